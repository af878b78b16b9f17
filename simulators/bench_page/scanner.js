// A serial barcode scanner: codes typed or chosen go through its window.

import { post } from "./api.js";
import { ean13 } from "./barcode.js";
import { button, card, make, row } from "./dom.js";
import { faultPanel, toggle } from "./faults.js";
import { nameOf, t } from "./words.js";

const KINDS = ["untold", "ean_upc", "ean8", "code128", "gs1_128", "itf", "databar", "qr", "data_matrix"];

export function scannerCard(view, context) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/scanners/${view.id}`;
  const window_ = make("div", "window", make("span", "", t("Hold a code here")));
  const code = make("input", "type");
  code.placeholder = t("A code");
  code.setAttribute("aria-label", t("A code"));
  code.autocomplete = "off";
  const kind = make("select");
  kind.setAttribute("aria-label", t("Kind of barcode"));
  for (const each of KINDS) {
    const option = make("option", "", each === "untold" ? t("kind not told") : each);
    option.value = each;
    kind.append(option);
  }

  async function scan(text, symbology) {
    window_.replaceChildren(ean13(text) ?? make("span", "", text));
    window_.classList.remove("read");
    void window_.offsetWidth; // starts the flash anew
    if (await post(`${at}/scans`, { code: text, symbology })) window_.classList.add("read");
  }
  const typed = () => code.value && scan(code.value, kind.value);
  code.addEventListener("keydown", (event) => event.key === "Enter" && typed());
  const list = make("div", "codes", ...context.goods.map((goods) => {
    const node = button("", () => scan(goods.code, goods.symbology));
    node.append(make("span", "", nameOf(goods)), make("code", "", goods.code));
    return node;
  }));
  const unplug = toggle("cable pulled", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const panel = faultPanel(at, view.faults, view.id, context.proxy(view.id), [unplug.node]);
  made.section.append(window_, row(code, kind, button(t("Scan"), typed, "main")), list, panel.node);
  return { section: made.section, show(now, state) {
    made.show(now.plugged_in ? "good" : "bad", now.port);
    unplug.show(!now.plugged_in);
    panel.show(now.faults, state.proxies.find((each) => each.id === now.id), now.plugged_in ? 0 : 1);
  } };
}
