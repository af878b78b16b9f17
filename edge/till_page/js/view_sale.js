// The sale screen around its lines: last scan, total and savings, weight, hints, what was paid, and the actions.

import { ACTIONS, runAction } from "./actions.js";
import { byId, make, makeButton, setAttribute, setChildren, setClass, setDisabled, setShown, setText } from "./dom.js";
import { weightText } from "./money.js";
import { amountText, hintText, nameOf, unitText } from "./names.js";
import { isRefund, remainingOf } from "./panels/pay.js";

const HINTS_SHOWN_MAX = 2;

function mountActions(till) {
  const shown = ACTIONS.filter((action) => !action.hidden);
  const buttons = shown.map((action) => {
    const button = makeButton(`action ${action.className ?? ""}`, "", () => runAction(till, action));
    const name = make("span");
    name.dataset.t = action.name;
    button.append(name, make("em"), make("kbd", "", action.key));
    return button;
  });
  byId("actions").append(...buttons);
  return () => {
    shown.forEach((action, index) => {
      const [, badge] = buttons[index].children;
      const count = action.badge?.(till) ?? 0;
      setDisabled(buttons[index], !action.enabled(till));
      setShown(buttons[index], action.shown?.(till) ?? true);
      setText(badge, count > 0 ? String(count) : "");
      setShown(badge, count > 0);
    });
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
    setText(byId("last-detail"), line.voided ? words.t("Taken off") : `${amountText(line, words)} × ${unitText(line, till.money)}`);
    setText(byId("last-price"), line.voided ? "" : till.money.text(line.net_minor));
  }
}

function sideText(till) {
  const { state, words, money } = till;
  const pieces = till.liveLines.reduce((sum, line) => sum + line.quantity, 0);
  const side = [];
  if (till.liveLines.length > 0) side.push(words.n("{count} piece", "{count} pieces", pieces));
  if (state.tax_minor > 0) side.push(words.t("tax {amount}", { amount: money.text(state.tax_minor) }));
  const remaining = remainingOf(state);
  if (state.due_minor !== remaining && remaining > 0) side.push(words.t("rounded from {amount}", { amount: money.text(remaining) }));
  return side.join(" · ");
}

function totalWord(till) {
  const { state, words, outbox } = till;
  if (outbox?.awaits("pay_cash", "pay", "refund")) return words.t("The payment is being stored …");
  if (isRefund(state)) return words.t("To pay back");
  return (state.tenders?.length ?? 0) > 0 ? words.t("Still to pay") : words.t("To pay");
}

function renderTotal(till) {
  const { state, words, money } = till;
  const back = isRefund(state);
  setClass(byId("total-card"), "busy", till.outbox?.awaits("pay_cash", "pay", "refund") ?? false);
  setClass(byId("total-card"), "back", back);
  setText(byId("total-word"), totalWord(till));
  setText(byId("total"), money.text(back ? -remainingOf(state) : state.due_minor));
  setText(byId("total-side"), sideText(till));
  const saved = state.saved_minor ?? 0;
  setShown(byId("saved"), saved > 0);
  setText(byId("saved"), words.t("You save {amount}", { amount: money.text(saved) }));
  setShown(byId("proof"), saved > 0);
  setText(byId("proof"), (state.proved ?? true) ? words.t("best total, proved") : words.t("best found"));
  setClass(byId("proof"), "found", !(state.proved ?? true));
}

function renderTenders(till) {
  const tenders = new Map((till.state.tenders ?? []).map((tender) => [String(tender.tender_no), tender]));
  const host = byId("tenders");
  const create = () => {
    const row = make("li");
    row.append(make("span"), make("b"));
    return row;
  };
  setChildren(host, [...tenders.keys()], create, (row, key) => {
    const tender = tenders.get(key);
    setText(row.firstChild, [till.words.code("method", tender.method), tender.reference].filter(Boolean).join(" "));
    setText(row.lastChild, till.money.text(tender.amount_minor));
  });
  setShown(host, tenders.size > 0);
}

function renderHints(till) {
  const hints = new Map((till.state.hints ?? []).slice(0, HINTS_SHOWN_MAX).map((hint) => [hint.promotion_id, hint]));
  const create = () => {
    const row = make("li");
    row.append(make("b"), make("span"));
    return row;
  };
  setChildren(byId("hints"), [...hints.keys()], create, (row, key) => {
    const hint = hints.get(key);
    setText(row.firstChild, hintText(hint, till.words, till.money));
    setText(row.lastChild, nameOf(hint, till.words.language));
  });
  setShown(byId("hints"), hints.size > 0 && till.state.lines.length > 0);
}

function renderWeight(till) {
  const { weight, tare_grams: tare } = till.state;
  setShown(byId("weight-card"), weight !== null && weight !== undefined);
  if (!weight) return;
  const usable = weight.grams !== null && weight.grams !== undefined;
  setClass(byId("weight-card"), "usable", usable);
  setText(byId("weight"), usable ? weightText(weight.grams) : "–");
  const tareText = tare > 0 ? till.words.t("tare {weight}", { weight: weightText(tare) }) : "";
  const netText = weight.net ? till.words.t("net") : "";
  setText(byId("weight-state"), [till.words.code("weight", weight.state), netText, tareText].filter(Boolean).join(" · "));
}

function renderPaid(till) {
  const sale = till.paidToShow;
  const shown = sale !== null;
  setShown(byId("paid"), shown);
  setShown(byId("empty"), !till.hasBasket && till.state.lines.length === 0 && !shown);
  if (!shown) return;
  setText(byId("paid-change"), till.money.text(sale.change_minor));
  setText(byId("paid-due"), till.money.text(sale.due_minor));
  const back = sale.refunded_minor ?? 0;
  setText(byId("paid-change-word"), back > 0 ? till.words.t("Given back") : till.words.t("Change"));
  if (back > 0) setText(byId("paid-change"), till.money.text(back));
  setText(byId("paid-given"), till.money.text(sale.tendered_minor));
  setText(byId("paid-receipt"), sale.receipt);
  setText(byId("paid-print"), till.words.code("print_state", sale.print_state));
  setAttribute(byId("paid-print"), "class", sale.print_state);
}

export function mountSale(till) {
  const renderActions = mountActions(till);
  byId("total-card").addEventListener("click", () => till.hasBasket && till.openPanel("why"));
  return () => {
    if (till.state?.mode !== "sale") return;
    renderLast(till);
    renderTotal(till);
    renderTenders(till);
    renderHints(till);
    renderWeight(till);
    renderPaid(till);
    renderActions();
  };
}
