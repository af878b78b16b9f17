// Shelf labels of an access point, as pictures on a shelf. A touched label is out of reach until touched again.

import { get, post } from "./api.js";
import { button, card, make, row, setText } from "./dom.js";
import { faultPanel } from "./faults.js";
import { t } from "./words.js";

const SHOWN_FIRST = 48;
const FRESH_MS = 4000;

export function shelfCard(view, context, kind = "access_points") {
  const made = card(`device-${view.id}`, view.id);
  const at = `/${kind}/${view.id}`;
  const shelf = make("div", "shelf");
  const find = make("input");
  Object.assign(find, { type: "search", placeholder: t("Find a label") });
  find.setAttribute("aria-label", t("Find a label"));
  const count = make("span", "soft");
  const all = button("", () => { limit = Infinity; refresh(); });
  const panel = faultPanel(at, view.faults, view.id, context.proxy(view.id), [
    button(t("Restart it"), () => post(`${at}/restart`, {})),
    button(t("Cut its power for 3 s"), () => post(`${at}/restart`, { orderly: false, down_ms: 3000 })),
  ]);
  made.section.append(row(find, count, all), shelf, panel.node);
  const known = new Map();
  let limit = SHOWN_FIRST;

  function makeTag(label) {
    const img = make("img");
    Object.assign(img, { width: label.width, height: label.height, alt: label.mac, loading: "lazy" });
    const left = make("span");
    const node = button("", () => post(`${at}/labels/${label.mac}`, { silent: !node.classList.contains("silent") }), "tag");
    node.append(img, left);
    node.title = t("Touch: out of reach, or back");
    left.append(make("b", "", label.mac.slice(-6)), make("i"));
    shelf.append(node);
    return { node, img, words: left.lastChild, picture: null };
  }
  function draw(labels) {
    const wanted = labels.filter((label) => label.mac.includes(find.value.toUpperCase()));
    const shown = new Set(wanted.slice(0, limit).map((label) => label.mac));
    for (const label of labels) {
      if (!shown.has(label.mac) && !known.has(label.mac)) continue;
      if (!known.has(label.mac)) known.set(label.mac, makeTag(label));
      const tag = known.get(label.mac);
      tag.node.hidden = !shown.has(label.mac);
      if (tag.picture !== label.picture) {
        if (tag.picture !== null) {
          tag.node.classList.add("fresh");
          setTimeout(() => tag.node.classList.remove("fresh"), FRESH_MS);
        }
        tag.picture = label.picture;
        tag.img.src = `${at}/labels/${label.mac}.png?${label.picture.slice(0, 12)}`;
      }
      tag.node.classList.toggle("silent", label.silent);
      setText(tag.words, label.silent ? t("out of reach") : label.pending ? t("{count} waiting", { count: label.pending }) : "");
    }
    all.hidden = wanted.length <= limit;
    setText(all, t("Show all {count}", { count: wanted.length }));
  }
  async function refresh() {
    const labels = await get(`${at}/labels`);
    if (labels !== null) draw(labels);
  }
  find.addEventListener("input", refresh);
  return { section: made.section, show(now, state) {
    setText(count, now.waiting ? t("{labels} labels, {waiting} pictures on the way", { labels: now.labels, waiting: now.waiting }) : t("{labels} labels, all up to date", { labels: now.labels }));
    made.show(now.up ? (now.waiting ? "warn" : "good") : "bad", now.url);
    panel.show(now.faults, state.proxies.find((each) => each.id === now.id));
    refresh();
  } };
}
