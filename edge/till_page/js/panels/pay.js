// Taking money: what is left to pay, sums likely to be handed over, the other ways to pay, tenders taken so far.

import { likelyAmounts } from "../cash_units.js";
import { make, makeButton, setShown } from "../dom.js";
import { amountOf, anyCode } from "../entry.js";
import { ChoicePart, EntryPart, TextPart } from "../parts.js";
import { isPaymentCode } from "../payment_codes.js";
import { Sheet } from "../sheet.js";

const QUICK_MOST = 4; // one beside each row of keys
const METHOD_KEYS = ["F2", "F3", "F4", "F6", "F7", "F8"];
/** These want a code from the customer: a number on a card, or the code a phone shows. */
const CODED = new Set(["code", "gift_card"]);

/** Still to pay, whatever the tender; a box that tells no remainder has taken no tender yet. */
export const remainingOf = (state) => ((state.tenders?.length ?? 0) > 0 || state.remaining_minor ? state.remaining_minor : state.due_minor);

export const isRefund = (state) => remainingOf(state) < 0 || ((state.returns?.length ?? 0) > 0 && remainingOf(state) <= 0);

export class PaySheet extends Sheet {
  static title = "Take payment";
  static look = "pay";

  build() {
    const { till } = this;
    this.amount = this.add(new EntryPart({ label: "Given", accepts: amountOf(till.state.minor_digits), layout: "amount", optional: true, unset: "The exact sum" }));
    this.add(new TextPart(() => this.hint()));
    this.beside = make("div", "quick");
    this.methods.forEach((method, index) => {
      this.extra({ key: METHOD_KEYS[index] ?? "", text: () => this.methodText(method), run: () => this.payBy(method), off: () => !this.usable(method) });
    });
    this.extra({ key: "F10", text: () => this.backText(), run: () => this.giveBack() });
  }

  get methods() {
    return (this.till.state.methods ?? []).map((each) => each.method).filter((method) => method !== "cash").slice(0, METHOD_KEYS.length);
  }

  view(method) {
    return (this.till.state.methods ?? []).find((each) => each.method === method);
  }

  usable(method) {
    return this.view(method)?.usable ?? false;
  }

  methodText(method) {
    const view = this.view(method);
    if (!view) return "";
    const name = this.words.code("method", method);
    if (!view.usable && view.reason) return `${name}: ${this.till.reasonText(view.reason)}`;
    const limit = view.limit_minor;
    return limit === null || limit === undefined ? name : `${name} ≤ ${this.money.text(limit)}`;
  }

  get lastTender() {
    return this.till.state.tenders?.at(-1) ?? null;
  }

  backText() {
    const tender = this.lastTender;
    return tender ? this.words.t("Give back {amount}", { amount: this.money.text(tender.amount_minor) }) : "";
  }

  giveBack() {
    const tender = this.lastTender;
    if (tender) this.till.act({ kind: "reverse_tender", tender_no: tender.tender_no });
  }

  get due() {
    return this.till.state.due_minor;
  }

  /** Nothing typed: exactly what is due. */
  get handedMinor() {
    return this.money.parse(this.amount.value);
  }

  get part() {
    return this.handedMinor !== null && this.handedMinor < this.due;
  }

  hint() {
    const { words, money, due, handedMinor: typed } = this;
    if (typed === null) return words.t("Type what you are given, or touch a sum");
    if (!this.part) return { text: words.t("Change {amount}", { amount: money.text(typed - due) }), look: "strong" };
    const look = this.partly ? "strong" : "short";
    return { text: words.t("{amount} is missing", { amount: money.text(due - typed) }), look };
  }

  /** Part of the sum in cash makes sense only where there is another way for the rest. */
  get partly() {
    return this.methods.length > 0 && this.handedMinor > 0;
  }

  goes() {
    const { words, money, handedMinor: typed } = this;
    if (typed === null) return words.t("Cash: exactly {amount}", { amount: money.text(this.due) });
    return this.part ? words.t("{amount} in cash, the rest later", { amount: money.text(typed) }) : words.t("Cash: take {amount}", { amount: money.text(typed) });
  }

  ready() {
    return this.till.hasBasket && (!this.part || this.partly);
  }

  render() {
    super.render();
    const { state } = this.till;
    const amounts = this.due > 0 ? likelyAmounts(this.due, state.currency, state.minor_digits, QUICK_MOST) : [];
    const keys = amounts.join();
    if (this.beside.dataset.for !== keys) {
      this.beside.dataset.for = keys;
      this.beside.replaceChildren(...amounts.map((amount) => this.quickButton(amount)));
    }
  }

  quickButton(amount) {
    const button = makeButton("quick-sum", this.money.text(amount), () => this.cash(amount) && this.till.closePanel());
    button.tabIndex = -1;
    if (amount === this.due) button.append(make("small", "", this.words.t("exact")));
    return button;
  }

  submit() {
    if (this.part && !this.partly) this.till.localRefusal(this.words.t("Not enough: more is due."));
    else super.submit();
  }

  send() {
    if (!this.part) return this.cash(this.handedMinor ?? this.due);
    const sent = this.till.act({ kind: "pay", method: "cash", amount_minor: this.handedMinor, expected_due_minor: remainingOf(this.till.state) });
    if (sent) this.amount.entry.clear();
    return false;
  }

  cash(tenderedMinor) {
    if (!this.till.hasBasket) return false;
    return this.till.act({ kind: "pay_cash", tendered_minor: tenderedMinor, expected_due_minor: this.due });
  }

  /** The customer's telephone is scanned while money is asked for: that is the payment, without another touch. */
  takeScan(code) {
    if (!isPaymentCode(code) || !this.usable("code")) return super.takeScan(code);
    const remaining = remainingOf(this.till.state);
    const amount = Math.min(this.handedMinor ?? remaining, this.view("code")?.limit_minor ?? remaining);
    if (amount > remaining) this.till.localRefusal(this.words.t("That is more than is left to pay."));
    else if (this.till.act({ kind: "pay", method: "code", amount_minor: amount, expected_due_minor: remaining, code: code.trim() })) this.amount.entry.clear();
    return true;
  }

  /** Another way to pay takes what was typed, or all that is left, up to its limit. */
  payBy(method) {
    const remaining = remainingOf(this.till.state);
    const limit = this.view(method)?.limit_minor ?? remaining;
    const amount = this.handedMinor ?? Math.min(remaining, limit);
    if (amount > remaining) this.till.localRefusal(this.words.t("That is more than is left to pay."));
    else if (CODED.has(method)) this.till.openPanel("paycode", { method, amount });
    else if (this.till.act({ kind: "pay", method, amount_minor: amount, expected_due_minor: remaining })) this.amount.entry.clear();
  }
}

export class PayCodeSheet extends Sheet {
  static title = "Scan the customer's code";
  static look = "pay";

  build() {
    const { method, amount } = this.given;
    this.add(new TextPart(() => `${this.words.code("method", method)} · ${this.money.text(amount)}`, "hint strong"));
    this.add(new TextPart(() => this.words.t(method === "gift_card" ? "Scan the gift card or type its number." : "Scan the payment code on the customer's phone.")));
    this.code = this.add(new EntryPart({ label: "Code", accepts: anyCode, scan: true, layout: "code" }));
  }

  goes() {
    return this.words.t("Pay {amount}", { amount: this.money.text(this.given.amount) });
  }

  send() {
    const { method, amount } = this.given;
    const sent = this.till.act({ kind: "pay", method, amount_minor: amount, expected_due_minor: remainingOf(this.till.state), code: this.code.value });
    if (sent) this.till.openPanel("pay");
    return false;
  }

  leave() {
    this.till.openPanel("pay");
  }
}

/** More comes back than goes out: pay the difference back. */
export class RefundSheet extends Sheet {
  static title = "Pay back";
  static look = "pay";

  build() {
    this.add(new TextPart(() => this.words.t("To be paid back: {amount}", { amount: this.money.text(this.amount) }), "hint strong"));
    const methods = () => [
      { value: "", text: this.words.t("The way it was paid"), detail: this.words.t("as the rules say") },
      ...(this.till.state.methods ?? []).filter((each) => each.usable && each.method !== "points").map(({ method }) => ({ value: method, text: this.words.code("method", method) })),
    ];
    this.method = this.add(new ChoicePart({ label: "Way", options: methods, value: "" }));
    this.code = this.add(new EntryPart({ label: "Gift card", accepts: anyCode, scan: true, optional: true, layout: "code" }));
  }

  get amount() {
    return Math.max(0, -remainingOf(this.till.state));
  }

  render() {
    super.render();
    const wants = this.method.value === "gift_card";
    setShown(this.code.node, wants);
    setShown(this.pad, wants);
  }

  goes() {
    return this.words.t("Pay {amount} back", { amount: this.money.text(this.amount) });
  }

  send() {
    const code = this.method.value === "gift_card" ? this.code.value : "";
    return this.till.act({ kind: "refund", expected_refund_minor: this.amount, method: this.method.value, code });
  }
}
