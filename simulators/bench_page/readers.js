// RFID portals: tags to push through, in and out. Shown when the bench has readers.

import { get, post } from "./api.js";
import { button, byId, card, make, row } from "./dom.js";
import { faultPanel, toggle } from "./faults.js";
import { sgtin96 } from "./sgtin.js";
import { nameOf, t } from "./words.js";

const SERIALS = 1_000_000;
let serial = Date.now() % SERIALS; // tags of one session differ from those of the last

function readerCard(view, context) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/readers/${view.id}`;
  const tags = make("textarea", "tags");
  tags.placeholder = t("One EPC per line, 24 hex digits");
  tags.setAttribute("aria-label", t("Tags"));
  tags.spellcheck = false;
  const epcs = () => tags.value.split(/\s+/).filter(Boolean);
  const pass = (direction) => (epcs().length > 0 ? post(`${at}/passes`, { epcs: epcs(), direction }) : tags.focus());
  const goods = make("select");
  for (const each of context.goods.filter((each) => sgtin96(each.code, 0) !== null)) {
    const option = make("option", "", nameOf(each));
    option.value = each.code;
    goods.append(option);
  }
  goods.setAttribute("aria-label", t("Goods"));
  const number = make("input", "exact");
  Object.assign(number, { type: "number", min: 1, max: 500, value: 10 });
  number.setAttribute("aria-label", t("How many"));
  const add = button(t("Tag them"), () => {
    const made = Array.from({ length: Math.min(500, Number(number.value) || 1) }, () => sgtin96(goods.value, serial++));
    tags.value = [...epcs(), ...made].join("\n");
  });
  const door = make("div", "door", make("span", "carton"));
  made.section.append(
    make("div", "portal", button(`${t("In, to the store")} →`, () => pass("in")), door, button(`← ${t("Out, to the street")}`, () => pass("out"))),
    row(number, goods, add, button(t("Clear"), () => (tags.value = ""))), tags,
  );
  if (goods.options.length === 0) goods.hidden = number.hidden = add.hidden = true;
  const unplug = toggle("unplugged", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const panel = faultPanel(at, view.faults ?? null, view.id, context.proxy(view.id), "plugged_in" in view ? [unplug.node] : []);
  made.section.append(panel.node);
  return { section: made.section, show(now, state) {
    const off = now.plugged_in === false;
    const words = off ? t("off") : now.connected === false ? t("waits for the box") : t("connected");
    const near = now.tags_near ? t("{count} tags near", { count: now.tags_near }) : "";
    made.show(off ? "bad" : now.connected === false ? "warn" : "good", [words, near, now.port ? `127.0.0.1:${now.port}` : ""].filter(Boolean).join(" · "));
    unplug.show(off);
    panel.show(now.faults, state.proxies.find((each) => each.id === now.id), off ? 1 : 0);
  } };
}

/** Hidden while the bench knows no readers (404) or has none. */
export function mountReaders(context) {
  const host = byId("portals");
  const cards = new Map();
  let asks = true; // a bench that knows no readers will not learn it while it runs
  host.replaceChildren();
  return async (state) => {
    const found = asks ? await get("/readers") : null;
    asks = found !== null;
    const readers = found ?? [];
    host.hidden = readers.length === 0;
    for (const view of readers) {
      if (!cards.has(view.id)) {
        cards.set(view.id, readerCard(view, context));
        host.append(cards.get(view.id).section);
      }
      cards.get(view.id).show(view, state);
    }
    return readers;
  };
}
