// A payment terminal on a maker's wire: its screen, its ledger, and what is to happen to the next customers.

import { get, post } from "./api.js";
import { button, card, make, setText } from "./dom.js";
import { faultPanel, toggle } from "./faults.js";
import { t } from "./words.js";

const WORDS = {
  approve: "approves", decline: "declines", partial: "approves a part", customer_abort: "customer stops",
  slow: "slow customer", no_reply_taken: "paid, says nothing", no_reply_not_taken: "request lost", reply_lost: "paid, then cut",
  late_approval: "approves too late", decline_then_approve: "declines, then approves", busy: "another customer is there",
  printer_out: "no paper for the slip", reboot: "restarts in between", end_of_day_required: "wants its end of day",
  waiting: "customer types a password", zvt: "ZVT", nexo_json: "Terminal API", payment_codes: "payment codes",
};
const SHOWN = 8;
const RESTART_MS = 1500;

const amount = (entry) => `${entry.kind === "charge" ? "" : "−"}${(entry.amount_minor / 100).toFixed(2)} ${entry.currency}`;

export function wireTerminalCard(view, context) {
  const made = card(`device-${view.id}`, view.id);
  const at = `/terminals/${view.id}`;
  const screen = make("div", "terminal-screen");
  const list = make("div", "movements");
  const file = make("a", "", t("Acquirer's file"));
  file.href = `${at}/acquirer.csv`;
  const scripted = make("p", "soft");
  const next = make("div", "grid", ...view.known.map((name) => button(t(WORDS[name] ?? name), () => post(`${at}/script`, { next: [name] }))));
  const unplug = toggle("unplugged", (on) => post(`${at}/plug`, { plugged_in: !on }));
  const restart = button(t("Restart"), () => post(`${at}/restart`, { down_ms: RESTART_MS }));
  const panel = faultPanel(at, null, view.id, context.proxy(view.id), [unplug.node, restart]);
  panel.node.append(make("h3", "", t("The next customer")), scripted, next);
  made.section.append(screen, list, make("div", "row", file), panel.node);

  let known = -1;
  async function showMovements(count) {
    if (count === known) return;
    known = count;
    const found = await get(`${at}/ledger`);
    const rows = (found?.entries ?? []).slice(-SHOWN).reverse().map((entry) =>
      make("div", `movement ${entry.kind}`, make("code", "", entry.reference), make("span", "", entry.card_tail ? `•••• ${entry.card_tail}` : ""), make("b", "", amount(entry))));
    list.replaceChildren(...(rows.length > 0 ? rows : [make("p", "soft", t("No payment yet."))]));
  }
  return { section: made.section, show(now, state) {
    showMovements(now.movements);
    const off = !now.plugged_in;
    const busy = now.under_way !== "";
    screen.classList.toggle("off", off);
    screen.classList.toggle("busy", busy);
    setText(screen, off ? "" : busy ? t("Present your card …") : t("Welcome"));
    setText(scripted, t("{count} wait", { count: now.scripted }));
    unplug.show(off);
    const one = now.kind === "zvt" && !off; // the others connect for each question
    const line = off ? t("off") : !one ? "" : now.connected ? t("connected") : t("waits for the till");
    const look = off ? "bad" : one && !now.connected ? "warn" : "good";
    made.show(look, [line, t(WORDS[now.kind]), `127.0.0.1:${now.port}`].filter(Boolean).join(" · "));
    panel.show(null, state.proxies.find((each) => each.id === now.id), off ? 1 : now.scripted);
  } };
}
