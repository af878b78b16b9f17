// A payment terminal: its screen, its ledger, and keys for what may go wrong.

import { get, post } from "./api.js";
import { button, card, make, setText } from "./dom.js";
import { faultPanel, toggle } from "./faults.js";
import { t } from "./words.js";

const WORDS = { card: "card", code: "code" };
const SHOWN = 8;
const RESTART_MS = 1500;

const amount = (entry) => `${entry.kind === "charge" ? "" : "−"}${(entry.amount_minor / 100).toFixed(2)} ${entry.currency}`;

export function terminalCard(view, context) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/payment_terminals/${view.id}`;
  const screen = make("div", "terminal-screen");
  const digits = "123456789".split("").concat(["", "0", ""]).map((digit) => make("span", digit ? "digit" : "", digit));
  const declines = button("✕", () => post("/faults", { device: view.id, fault: "decline", value: true }), "no");
  const accepts = button("✓", () => post("/faults", { device: view.id, fault: "decline", value: false }), "yes");
  declines.setAttribute("aria-label", t("The bank declines the cards"));
  accepts.setAttribute("aria-label", t("The bank accepts the cards"));
  const digitsBox = make("div", "digits", ...digits);
  digitsBox.setAttribute("aria-hidden", "true");
  const body = make("div", "pos", screen, make("div", "reader-slot"), digitsBox, make("div", "row", declines, accepts));
  const list = make("div", "movements");
  const file = make("a", "", t("Acquirer's file"));
  file.href = `${at}/acquirer.csv`;
  const unplug = toggle("unplugged", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const keys = [
    button(t("Cut now"), () => post(`${at}/cut`)),
    button(t("Restart"), () => post(`${at}/restart`, { down_ms: RESTART_MS })),
    button(t("Call back"), () => post(`${at}/call_back`)),
  ];
  const panel = faultPanel(at, view.faults, view.id, context.proxy(view.id), [unplug.node, ...keys]);
  made.section.append(body, list, make("div", "row", file), panel.node);

  let known = -1;
  async function showMovements(count) {
    if (count === known) return;
    known = count;
    const found = await get(`${at}/ledger`);
    const rows = (found?.entries ?? []).slice(-SHOWN).reverse().map((entry) =>
      make("div", `movement ${entry.kind}`, make("code", "", entry.reference), make("span", "", entry.card_tail ? `•••• ${entry.card_tail}` : t(WORDS[entry.method] ?? entry.method)), make("b", "", amount(entry))));
    list.replaceChildren(...(rows.length > 0 ? rows : [make("p", "soft", t("No payment yet."))]));
  }
  return { section: made.section, show(now, state) {
    showMovements(now.movements);
    const off = !now.plugged_in;
    const busy = now.under_way !== "";
    screen.classList.toggle("off", off);
    screen.classList.toggle("busy", busy);
    declines.setAttribute("aria-pressed", String(now.faults.decline));
    accepts.setAttribute("aria-pressed", String(!now.faults.decline));
    setText(screen, off ? "" : now.faults.out_of_order ? t("Out of order") : now.faults.decline && !busy ? t("Cards are declined") : busy ? t("Present your card …") : t("Welcome"));
    unplug.show(off);
    const words = off ? t("off") : now.connected ? t("connected") : t("waits for the till");
    made.show(off ? "bad" : now.connected ? "good" : "warn", `${words} · 127.0.0.1:${now.port}`);
    panel.show(now.faults, state.proxies.find((each) => each.id === now.id), off ? 1 : 0);
  } };
}
