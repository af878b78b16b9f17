// The strip at the top: box, headquarters, devices; and, when something is wrong, one line that says what and what to do.

import { byId, make, setAttribute, setChildren, setClass, setShown, setText } from "./dom.js";

const KINDS = { printer: "Printer", scale: "Scale", scanner: "Scanner", card_reader: "Card reader", terminal: "Card terminal", labels: "Labels", display: "Display" };
const GOOD = "ready";
const SYMBOLS = { good: "●", fair: "▲", bad: "✕" };
const LINE_GRACE_MS = 700; // a box that restarts or a line that blinks is not worth a warning yet

function kindOf(device) {
  if (device.device_kind in KINDS) return device.device_kind;
  if (/terminal|payment/.test(device.device_kind)) return "terminal";
  return /label|oepl|access/.test(device.device_kind) ? "labels" : device.device_kind;
}

const levelOf = (device) => (device.state === GOOD ? "good" : ["failed", "stopped"].includes(device.state) ? "bad" : "fair");

export function ageText(words, seconds) {
  if (seconds < 60) return words.n("{count} second", "{count} seconds", seconds);
  if (seconds < 3600) return words.n("{count} minute", "{count} minutes", Math.trunc(seconds / 60));
  if (seconds < 172800) return words.n("{count} hour", "{count} hours", Math.trunc(seconds / 3600));
  return words.n("{count} day", "{count} days", Math.trunc(seconds / 86400));
}

/** Everything the strip tells of: {key, name, level, text}. `text` says what is wrong and what to do. */
export function partsOf(till) {
  const { words, state } = till;
  const parts = [boxPart(till)];
  if (state === null) return parts;
  parts.push(hqPart(words, state));
  for (const device of state.devices) {
    const name = KINDS[kindOf(device)];
    const said = device.reason ? words.code("device_reason", device.reason) : "";
    const level = levelOf(device);
    parts.push({
      key: device.device_id,
      name: name ? words.code("device", name) : device.device_kind,
      level,
      text: [words.code("device_state", device.state), said, level === "good" ? "" : remedy(words, kindOf(device))].filter(Boolean).join(" · "),
    });
  }
  for (const alarm of state.alarms) {
    parts.push({
      key: `alarm-${alarm.code}`,
      name: words.t("Attention"),
      level: "bad",
      text: words.code("reason", alarm.code, alarm.text, till.reasonValues(alarm)),
    });
  }
  return parts;
}

function remedy(words, kind) {
  if (kind === "printer") return words.t("Receipts wait and are printed later.");
  if (kind === "display") return words.t("Sales go on without it.");
  if (kind === "scale") return words.t("Goods by weight cannot be sold; everything else can.");
  if (kind === "scanner") return words.t("Type codes in, or use another scanner.");
  if (kind === "card_reader") return words.t("Ask for the member code or the telephone number.");
  if (kind === "terminal") return words.t("Take cash or a code meanwhile.");
  if (kind === "labels") return words.t("The till charges the lower price meanwhile.");
  return "";
}

function boxPart(till) {
  const { words } = till;
  const name = words.t("Box");
  if (till.keepTrouble) {
    const text = words.t("This browser cannot keep inputs safely: {detail}", { detail: till.keepTrouble });
    return { key: "box", name, level: "bad", text };
  }
  if (till.lineOpen) return { key: "box", name, level: "good", text: words.t("Connected") };
  const awayMs = performance.now() - till.lineSince;
  if (awayMs < LINE_GRACE_MS) return { key: "box", name, level: "fair", text: "" };
  const age = ageText(words, Math.trunc(awayMs / 1000));
  const text = words.t("No answer for {age}. Go on: inputs are kept and sent in order when it is back.", { age });
  return { key: "box", name, level: "bad", text };
}

function hqPart(words, state) {
  const name = words.t("HQ");
  if (state.hq_online) {
    const text = state.oldest_unacked_seconds > 30
      ? words.t("Connected; the oldest record still on its way is {age} old.", { age: ageText(words, state.oldest_unacked_seconds) })
      : words.t("Connected");
    return { key: "hq", name, level: state.oldest_unacked_seconds > 300 ? "fair" : "good", text };
  }
  const text = state.oldest_unacked_seconds > 0
    ? words.t("Not connected. Selling goes on; the oldest record waiting here is {age} old.", { age: ageText(words, state.oldest_unacked_seconds) })
    : words.t("Not connected. Selling goes on; nothing is waiting.");
  return { key: "hq", name, level: "fair", text };
}

function renderChips(chips, parts) {
  const create = () => {
    const chip = make("span");
    chip.append(make("i"), make("b"));
    return chip;
  };
  setChildren(chips, [...parts.keys()], create, (chip, key) => {
    const part = parts.get(key);
    setAttribute(chip, "class", `chip ${part.level}`);
    setText(chip.firstChild, SYMBOLS[part.level]);
    setText(chip.lastChild, part.name);
  });
}

function renderTrouble(list, parts) {
  const create = () => {
    const row = make("li");
    row.append(make("i"), make("b"), make("span"));
    return row;
  };
  setChildren(list, [...parts.keys()], create, (row, key) => {
    const part = parts.get(key);
    setAttribute(row, "class", part.level);
    setText(row.children[0], SYMBOLS[part.level]);
    setText(row.children[1], part.name);
    setText(row.children[2], part.text);
  });
}

/** Closed, the list tells the gravest trouble only (of light ones, what lies at hand before headquarters); touched, it tells of everything. */
function toShow(till, parts) {
  if (till.statusOpen) return parts;
  const wrong = [...parts.values()].filter((part) => part.level !== "good" && part.text);
  const gravest = wrong.find((part) => part.level === "bad") ?? wrong.find((part) => part.key !== "hq") ?? wrong[0];
  return new Map(gravest === undefined || till.screen === "connecting" ? [] : [[gravest.key, gravest]]);
}

export function mountStatus(till) {
  const chips = byId("status-button");
  const trouble = byId("trouble");
  chips.addEventListener("click", () => {
    till.statusOpen = !till.statusOpen;
    till.render();
  });
  return () => {
    const { state } = till;
    setText(byId("place-till"), till.tillId);
    setText(byId("place-store"), state?.store_name ?? "");
    setText(byId("place-cashier"), state?.cashier_name ?? "");
    const parts = new Map(partsOf(till).map((part) => [part.key, part]));
    const shown = toShow(till, parts);
    renderChips(chips, parts);
    setAttribute(chips, "aria-expanded", String(till.statusOpen));
    renderTrouble(trouble, shown);
    setClass(trouble, "all", till.statusOpen);
    setShown(trouble, shown.size > 0);
  };
}
