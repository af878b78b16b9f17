// A receipt printer: paper that grows out of it, a lid, a drawer.

import { get, post } from "./api.js";
import { button, card, make, setText } from "./dom.js";
import { tube } from "./display.js";
import { faultPanel, toggle } from "./faults.js";
import { t } from "./words.js";

const KEPT = 12;
const SLOW_BYTES = 120;

export function printerCard(view, context) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/printers/${view.id}`;
  const machine = make("div", "machine", make("span", "lid"), make("span", "slot"));
  const strip = make("div", "strip");
  const hanging = make("pre");
  hanging.hidden = true;
  const none = make("p", "soft", t("No receipt yet."));
  strip.append(hanging, none);
  const push = button(t("Push it shut"), () => post(`${at}/drawer`));
  const pull = button(t("Open it by key"), () => post(`${at}/drawer`, { open: true }));
  const drawerWords = make("span");
  const drawer = make("div", "drawer", drawerWords, push, pull);
  const glass = view.display ? tube() : null;

  const unplug = toggle("unplugged", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const switches = [["paper_out", "paper out"], ["paper_near_end", "paper low"], ["cover_open", "cover open"], ["offline", "offline"],
    ["cutter_error", "cutter stuck"], ["broken", "broken"], ["drawer_jammed", "drawer jammed"]]
    .map(([name, words]) => ({ name, ...toggle(words, (on) => post(`${at}/switches`, { [name]: on })) }));
  const slow = toggle("prints slowly", (on) => post(`${at}/switches`, { bytes_per_second: on ? SLOW_BYTES : 0 }));
  const panel = faultPanel(at, null, view.id, context.proxy(view.id), [unplug.node, ...switches.map((each) => each.node), slow.node]);
  made.section.append(machine, strip, ...(glass ? [glass.node] : []), drawer, panel.node);

  let newest = 0;
  async function showHanging() {
    const found = await get(`${at}/receipts`);
    const text = found?.hanging_out.trimEnd() ?? "";
    hanging.hidden = text === "";
    setText(hanging, text);
  }
  return { section: made.section, show(now, state) {
    for (let number = Math.max(newest + 1, now.receipts - KEPT + 1); number <= now.receipts; number++) {
      const img = make("img");
      img.src = `${at}/receipts/${number}.png`;
      img.alt = t("receipt {number}", { number });
      hanging.after(img);
      none.hidden = true;
    }
    newest = Math.max(newest, now.receipts);
    while (strip.querySelectorAll("img").length > KEPT) strip.querySelector("img:last-of-type").remove();
    showHanging();
    machine.classList.toggle("open", now.cover_open);
    drawer.classList.toggle("open", now.drawer_open);
    push.hidden = !now.drawer_open;
    pull.hidden = now.drawer_open;
    glass?.show(...now.display);
    setText(drawerWords, now.drawer_open ? t("The drawer is open") : t("Drawer · opened {count} times", { count: now.drawer_kicks }));
    const stopped = now.paper_out || now.cover_open || now.cutter_error || now.broken;
    unplug.show(!now.plugged_in);
    for (const each of switches)
      each.show(each.name === "offline" ? now.offline && !stopped : each.name === "paper_near_end" ? now.paper_near_end && !now.paper_out : now[each.name]);
    slow.show(now.bytes_per_second > 0);
    const words = !now.plugged_in ? t("off") : now.connected ? t("connected") : t("waits for the till");
    made.show(!now.plugged_in || stopped ? "bad" : now.offline ? "warn" : "good", `${words} · ${now.place}`);
    const wrong = [!now.plugged_in, now.paper_out, now.cover_open, now.cutter_error, now.broken, now.drawer_jammed, now.bytes_per_second > 0, !stopped && now.offline].filter(Boolean).length;
    panel.show(null, state.proxies.find((each) => each.id === now.id), wrong);
  } };
}
