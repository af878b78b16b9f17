// The sale screen around its lines: last scan, total, weight, what was paid, and the actions.

import { byId, make, makeButton, setAttribute, setClass, setDisabled, setShown, setText } from "./dom.js";
import { weightText } from "./money.js";
import { amountText, nameOf, unitText } from "./view_lines.js";

/** Function keys browsers leave alone or give up when asked; F5, F11 and F12 stay the browser's. */
export const ACTIONS = [
  { key: "F2", name: "Quantity", run: (till) => startQuantity(till), enabled: (till) => till.selectedLine !== null },
  { key: "F3", name: "Void line", run: (till) => till.voidSelected(), enabled: (till) => till.liveLines.length > 0 },
  { key: "F4", name: "Type code / weigh", className: "wide", run: (till) => till.openPanel("code"), enabled: () => true },
  { key: "F6", name: "Open drawer", run: (till) => till.openPanel("drawer"), enabled: (till) => till.state.sale_id === null },
  { key: "F7", name: "Reprint", run: (till) => till.input({ kind: "reprint_receipt" }), enabled: () => true },
  { key: "F8", name: "Abandon sale", run: (till) => till.openPanel("abandon"), enabled: (till) => till.state.lines.length > 0 },
  { key: "F10", name: "Close shift", run: (till) => till.openPanel("close"), enabled: (till) => till.state.sale_id === null },
  { key: "F9", name: "Pay cash", className: "pay", run: (till) => startPay(till), enabled: (till) => till.liveLines.length > 0 },
];

function startPay(till) {
  if (till.settling) till.localRefusal(till.words.t("Wait: the box has not answered the last step yet."));
  else till.openPanel("pay");
}

function startQuantity(till) {
  const line = till.liveLines.find((each) => each.line_no === till.selectedLine);
  if (line?.grams !== null && line?.grams !== undefined) {
    till.localRefusal(till.words.code("reason", "weighed_quantity"));
    return;
  }
  till.openPanel("quantity");
}

export function runAction(till, action) {
  if (action.enabled(till)) action.run(till);
}

function mountActions(till) {
  const buttons = ACTIONS.map((action) => {
    const button = makeButton(`action ${action.className ?? ""}`, "", () => runAction(till, action));
    const name = make("span");
    name.dataset.t = action.name;
    button.append(name);
    if (action.key) button.append(make("kbd", "", action.key));
    return button;
  });
  byId("actions").append(...buttons);
  return () => {
    if (till.state?.mode !== "sale") return;
    ACTIONS.forEach((action, index) => setDisabled(buttons[index], !action.enabled(till)));
  };
}

function renderLast(till) {
  const { last, words, state } = till;
  const card = byId("last");
  const line = last?.kind === "line" ? state.lines.find((each) => each.line_no === last.lineNo) : undefined;
  const refused = last?.kind === "refused";
  setShown(card, line !== undefined || refused);
  setClass(card, "refused", refused);
  if (refused) {
    setText(byId("last-name"), last.code);
    setText(byId("last-detail"), words.t("Not added"));
    setText(byId("last-price"), "");
  } else if (line !== undefined) {
    setText(byId("last-name"), nameOf(line, words.language));
    setText(byId("last-detail"), line.voided ? words.t("Taken off") : `${amountText(line, words)} × ${unitText(line, till)}`);
    setText(byId("last-price"), line.voided ? "" : till.money.text(line.net_minor));
  }
}

function renderTotal(till) {
  const { state, words, money } = till;
  const paying = till.outbox?.awaits("pay_cash") ?? false;
  const pieces = till.liveLines.reduce((sum, line) => sum + line.quantity, 0);
  const side = [];
  if (till.liveLines.length > 0) side.push(words.n("{count} piece", "{count} pieces", pieces));
  if (state.tax_minor > 0) side.push(words.t("tax {amount}", { amount: money.text(state.tax_minor) }));
  if (state.due_minor !== state.total_minor) side.push(words.t("rounded from {amount}", { amount: money.text(state.total_minor) }));
  setClass(byId("total-card"), "busy", paying);
  setText(byId("total-word"), paying ? words.t("The payment is being stored …") : words.t("To pay"));
  setText(byId("total"), money.text(state.due_minor));
  setText(byId("total-side"), side.join(" · "));
}

function renderWeight(till) {
  const { weight } = till.state;
  setShown(byId("weight-card"), weight !== null && weight !== undefined);
  if (!weight) return;
  const usable = weight.grams !== null && weight.grams !== undefined;
  setClass(byId("weight-card"), "usable", usable);
  setText(byId("weight"), usable ? weightText(weight.grams) : "–");
  setText(byId("weight-state"), till.words.code("weight", weight.state));
}

function renderPaid(till) {
  const sale = till.paidToShow;
  const shown = till.paidToShow !== null;
  setShown(byId("paid"), shown);
  setShown(byId("empty"), till.state.lines.length === 0 && !shown);
  if (!shown) return;
  setText(byId("paid-change"), till.money.text(sale.change_minor));
  setText(byId("paid-due"), till.money.text(sale.due_minor));
  setText(byId("paid-given"), till.money.text(sale.tendered_minor));
  setText(byId("paid-receipt"), sale.receipt);
  setText(byId("paid-print"), till.words.code("print_state", sale.print_state));
  setAttribute(byId("paid-print"), "class", sale.print_state);
}

export function mountSale(till) {
  const renderActions = mountActions(till);
  return () => {
    if (till.state?.mode !== "sale") return;
    renderLast(till);
    renderTotal(till);
    renderWeight(till);
    renderPaid(till);
    renderActions();
  };
}
