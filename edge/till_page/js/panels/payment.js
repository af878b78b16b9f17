// A payment that is not over: what the terminal is doing, for how long, and what the cashier must and must not do.

import { ChoicePart, TextPart } from "../parts.js";
import { Sheet } from "../sheet.js";

const SLOW_SECONDS = 20;
const SLIP_WHYS = ["slip_seen", "terminal_journal", "terminal_dead", "other"];

export class PaymentSheet extends Sheet {
  static title = "Payment";
  static close = "Look at the sale";

  build() {
    this.add(new TextPart(() => this.what(), "hint strong"));
    this.add(new TextPart(() => this.standing(), "standing"));
    this.add(new TextPart(() => this.advice(), "advice"));
    this.add(new TextPart(() => (this.payment?.reason ? this.till.reasonText(this.payment.reason) : "")));
    this.extra({ key: "F2", text: () => this.when(["unknown"], "Ask the terminal again"), run: () => this.tell("resolve_payment") });
    this.extra({ key: "F3", text: () => this.when(["asking"], "Stop the payment"), run: () => this.tell("cancel_payment") });
    this.extra({ key: "F4", text: () => this.when(["unknown"], "I have the terminal's slip"), run: () => this.till.openPanel("settlepay", this.given) });
  }

  get payment() {
    return this.till.state.payment;
  }

  when(states, text) {
    return states.includes(this.payment?.state) ? this.words.t(text) : "";
  }

  what() {
    const { payment, words, money } = this;
    return payment ? `${words.code("method", payment.method)} · ${money.text(payment.amount_minor)}` : "";
  }

  standing() {
    const { payment, words } = this;
    if (!payment) return "";
    const seconds = Math.max(0, Math.trunc((Date.now() - payment.since_ms) / 1000));
    const text = `${words.code("payment_state", payment.state)} · ${words.n("{count} second", "{count} seconds", seconds)}`;
    return { text, look: payment.state === "unknown" ? "bad" : payment.state };
  }

  advice() {
    const { payment, words } = this;
    if (payment?.state === "unknown") return { text: words.t("Do not charge again. The card may have been charged: ask the terminal, or look at its slip."), look: "bad" };
    if (payment?.state === "enquiring") return words.t("Do not charge again. The terminal is being asked what became of it.");
    if (payment?.state === "reversing") return words.t("The money goes back to the customer. Wait.");
    const slow = payment && Date.now() - payment.since_ms > SLOW_SECONDS * 1000;
    return slow ? words.t("The customer has not finished. You may stop the payment; what the terminal says counts.") : words.t("The customer pays at the terminal. Wait for its answer.");
  }

  tell(kind) {
    this.till.input({ kind, attempt_id: this.payment.attempt_id });
  }
}

export class SettlePaySheet extends Sheet {
  static title = "What does the slip say?";
  static close = "Back";
  static look = "danger";

  build() {
    this.add(new TextPart(() => this.words.t("Only with the terminal's slip or its journal in hand. A second person confirms it.")));
    const outcomes = () => [
      { value: true, text: this.words.t("Approved: the card was charged") },
      { value: false, text: this.words.t("Declined or nothing there: not charged") },
    ];
    this.outcome = this.add(new ChoicePart({ columns: 1, options: outcomes }));
    const whys = () => SLIP_WHYS.map((code) => ({ value: code, text: this.words.code("why", code) }));
    this.why = this.add(new ChoicePart({ label: "How do you know?", options: whys }));
  }

  goes() {
    return this.words.t("Record it");
  }

  send() {
    const { payment } = this.till.state;
    if (!payment) return true;
    return this.till.input({ kind: "settle_payment", attempt_id: payment.attempt_id, approved: this.outcome.value, why: this.why.value });
  }
}
