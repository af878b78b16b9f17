// Refusals and results as banners that block nothing, and the honest count of inputs the box has not answered.

import { byId, make, makeButton, setAttribute, setChildren, setShown, setText } from "./dom.js";

const SHOW_AFTER_MS = 400; // an input that is answered at once needs no mention
const LISTED_MOST = 6;

function inputText(command, till) {
  const { words, money } = till;
  const amount = command.tendered_minor ?? command.counted_minor ?? command.float_minor ?? command.amount_minor;
  const name = words.code("input", command.kind);
  if (command.kind === "scan") return command.code;
  if (amount !== undefined) return `${name} ${money.text(amount)}`;
  if (command.line_no !== undefined) return `${name} ${command.line_no}`;
  return name;
}

function renderNotices(till, host) {
  const notices = new Map(till.notices.list.map((notice) => [notice.key, notice]));
  const create = (key) => {
    const banner = make("div");
    const button = makeButton("notice-text", "", () => till.dismiss(key));
    const text = make("span");
    text.append(make("b"), make("span"));
    button.append(text, make("i", "", "✕"));
    const next = makeButton("notice-next", "", () => till.notices.list.find((each) => each.key === key)?.next?.run());
    next.append(make("span"), make("kbd", "", "Enter"));
    banner.append(button, next);
    return banner;
  };
  setChildren(host, [...notices.keys()].reverse(), create, (banner, key) => {
    const notice = notices.get(key);
    setAttribute(banner, "class", `notice ${notice.level}`);
    const [button, next] = banner.children;
    const [about, text] = button.firstChild.children;
    setText(about, notice.about);
    setText(text, notice.count > 1 ? `${notice.text} (×${notice.count})` : notice.text);
    setShown(next, notice.next !== null);
    if (notice.next) setText(next.firstChild, notice.next.text);
    setShown(next.lastChild, notice === till.notices.newest);
  });
}

function renderWaiting(till) {
  const { words, outbox } = till;
  const host = byId("waiting");
  if (outbox === null) return;
  const oldest = outbox.queue[0]?.at ?? Infinity;
  const lateBox = Date.now() - oldest > SHOW_AFTER_MS || (!till.lineOpen && outbox.queue.length > 0);
  const inBox = till.state?.held_scans?.filter((scan) => !till.takenScans.has(scan.id)) ?? [];
  const held = outbox.held.length + inBox.length;
  setShown(host, lateBox || held > 0);
  if (!lateBox && held === 0) return;
  const counts = [];
  if (lateBox) counts.push(words.n("{count} input waits for the box", "{count} inputs wait for the box", outbox.queue.length));
  if (held > 0) counts.push(words.n("{count} scan waits until this is decided", "{count} scans wait until this is decided", held));
  setText(byId("waiting-count"), counts.join(" · "));
  const waiting = [...(lateBox ? outbox.queue : []), ...outbox.held, ...inBox.map(({ code }) => ({ command: { kind: "scan", code } }))];
  const listed = waiting.slice(0, LISTED_MOST).map((entry) => inputText(entry.command, till));
  if (waiting.length > LISTED_MOST) listed.push("…");
  setText(byId("waiting-list"), listed.join("  ·  "));
}

export function mountNotices(till) {
  const host = byId("notices");
  return () => {
    renderNotices(till, host);
    setShown(host, till.notices.list.length > 0);
    renderWaiting(till);
  };
}
