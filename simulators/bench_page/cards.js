// A card reader: a card is put on it with a click, and lies there until it is taken away.

import { get, post } from "./api.js";
import { button, card, make, row, setText } from "./dom.js";
import { faultPanel } from "./faults.js";
import { t } from "./words.js";

export function cardReaderCard(view) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/card_readers/${view.id}`;
  const pad = make("div", "card-pad");
  const word = make("span");
  const uid = make("code");
  pad.append(word, uid);
  const take = button(t("Take it away"), () => post(`${at}/take`), "main");
  const list = make("div", "codes");
  get("/cards").then((cards) => {
    list.replaceChildren(...(cards ?? []).map((each) => {
      const node = button("", () => post(`${at}/card`, { id: each.id }));
      node.append(make("span", "", each.name), make("code", "", each.kind));
      return node;
    }));
    if ((cards ?? []).length === 0) list.replaceChildren(make("span", "fine", t("The bench's file names no cards.")));
  });
  const panel = faultPanel(at, view.faults, view.id, null);
  made.section.append(pad, row(take), list, panel.node);
  return { section: made.section, show(now) {
    made.show("good", String(now.port));
    pad.classList.toggle("lies", now.uid !== "");
    setText(word, now.uid === "" ? t("Put a card here") : t("A card lies here"));
    setText(uid, now.uid);
    take.disabled = now.uid === "";
    panel.show(now.faults, null, 0);
  } };
}
