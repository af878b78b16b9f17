// The basket as a whole: put aside and taken up again, what changed meanwhile, one item of a style, why the total is what it is.

import { note } from "../entry.js";
import { hintText, nameOf, timeText } from "../names.js";
import { ChoicePart, EntryPart, TextPart } from "../parts.js";
import { Sheet } from "../sheet.js";

const HOLD_NOTES = ["forgot_money", "fetches_item", "waits_for_help"];

export class HeldSheet extends Sheet {
  static scans = "pass";
  static title = "Hold / recall";
  static close = "Close";

  build() {
    const { till } = this;
    this.add(new TextPart(() => this.hint()));
    const notes = () => (till.hasBasket ? HOLD_NOTES.map((code) => ({ value: code, text: this.words.code("hold_note", code) })) : []);
    this.reason = this.add(new ChoicePart({ options: notes, optional: true, columns: 3, onPick: (code) => this.hold(this.words.code("hold_note", code)) }));
    if (till.hasBasket) this.note = this.add(new EntryPart({ label: "Note", accepts: note, optional: true, layout: "letters", unset: "May be left empty" }));
    else {
      const held = () => (till.state.held ?? []).map((each) => this.option(each));
      this.add(new ChoicePart({ columns: 1, options: held, onPick: (saleId) => this.recall(saleId), none: "No sale is put aside." }));
      this.current = this.parts.at(-1);
    }
  }

  hint() {
    const { words, till } = this;
    const count = till.state.held?.length ?? 0;
    if (!till.hasBasket) return words.t("A sale put aside can be taken up at any till. It is priced anew.");
    const others = count > 0 ? ` ${words.n("{count} other sale is put aside; hold or finish this one first to take it up.", "{count} other sales are put aside; hold or finish this one first to take one up.", count)}` : "";
    return words.t("Put this sale aside and serve the next customer.") + others;
  }

  option(each) {
    const { words, money } = this;
    const pieces = words.n("{count} piece", "{count} pieces", each.units);
    const till = words.t("Till {till}", { till: each.till_id });
    return { value: each.sale_id, text: `${timeText(each.held_at_ms, words.tag)} · ${pieces}`, detail: [each.note, till].filter(Boolean).join(" · "), side: money.text(each.total_minor) };
  }

  goes() {
    return this.till.hasBasket ? this.words.t("Put aside") : "";
  }

  send() {
    return this.till.act({ kind: "hold_sale", note: this.note.value });
  }

  hold(text) {
    if (this.till.act({ kind: "hold_sale", note: text })) this.till.closePanel();
  }

  recall(saleId) {
    if (this.till.act({ kind: "recall_sale", sale_id: saleId })) this.till.closePanel();
  }
}

export class ChangedSheet extends Sheet {
  static scans = "pass";
  static title = "Prices changed while the sale was put aside";
  static close = "Close";
  static wide = false;

  build() {
    this.add(new TextPart(() => this.words.t("Tell the customer. What is cheaper now is charged at once.")));
    const rows = () => (this.till.state.repriced ?? []).map((each) => this.option(each));
    this.add(new ChoicePart({ columns: 1, options: rows, onPick: (lineNo) => this.till.select(lineNo) }));
  }

  option(each) {
    const { money, words } = this;
    const look = each.is_minor < each.was_minor ? "good" : "bad";
    return { value: each.line_no, text: nameOf(each, words.language), detail: `${money.text(each.was_minor)} → ${money.text(each.is_minor)}`, side: money.change(each.is_minor - each.was_minor), look };
  }
}

export class WhySheet extends Sheet {
  static scans = "pass";
  static wide = true;
  static title = "Why this total?";
  static close = "Close";

  build() {
    this.add(new TextPart(() => this.sum(), "sums"));
    this.add(new TextPart(() => this.proof()));
    const offers = () => (this.till.state.offers ?? []).map((offer) => this.offer(offer));
    this.add(new ChoicePart({ label: "Offers of this sale (touch one the customer does not want)", columns: 1, options: offers, onPick: (id) => this.decline(id), none: "No offer takes anything off this sale." }));
    const hints = () => (this.till.state.hints ?? []).map((hint) => ({ value: `hint-${hint.promotion_id}`, text: nameOf(hint, this.words.language), detail: hintText(hint, this.words, this.money), look: "plain", off: true }));
    this.add(new ChoicePart({ label: "Nearly reached", columns: 1, options: hints, onPick: () => {} })).still = true;
    const others = () => (this.till.state.not_applied ?? []).map((each) => ({ value: `not-${each.promotion_id}`, text: nameOf(each, this.words.language), detail: this.till.reasonText(each.reason), look: "plain", off: true }));
    this.add(new ChoicePart({ label: "Not used, and why", columns: 1, options: others, onPick: () => {} })).still = true;
  }

  sum() {
    const { till, words, money } = this;
    const { state } = till;
    const parts = [];
    if (state.saved_minor > 0) parts.push(words.t("Goods {amount}", { amount: money.text(state.gross_minor) }), words.t("savings {amount}", { amount: money.text(state.saved_minor) }));
    if (state.tax_minor > 0) parts.push(words.t("tax {amount}", { amount: money.text(state.tax_minor) }));
    parts.push(words.t("total {amount}", { amount: money.text(state.total_minor) }));
    return parts.join(" · ");
  }

  proof() {
    const { state } = this.till;
    if (state.proved ?? true) return this.words.t("Proved: under the rules of the offers no lower total exists.");
    const bound = state.lower_bound_minor;
    if (bound === null || bound === undefined) return this.words.t("Best found: the search was cut short.");
    return this.words.t("Best found: at most {amount} lower is possible.", { amount: this.money.text(state.total_minor - bound) });
  }

  offer(offer) {
    const { words, money } = this;
    const times = offer.times > 1 ? ` × ${offer.times}` : "";
    const detail = offer.declined ? words.t("Declined. Touch to use it after all.") : words.t("Touch to decline it.");
    return { value: offer.promotion_id, text: nameOf(offer, words.language) + times, detail, side: offer.declined ? "" : `−${money.plain(offer.saved_minor)}`, look: offer.declined ? "" : "good" };
  }

  decline(id) {
    const offer = this.till.state.offers.find((each) => each.promotion_id === id);
    this.till.act({ kind: "decline_offer", promotion_id: id, declined: !offer.declined });
  }
}

const KEY_ROWS = [
  ["0–9 A–Z", "Begin typing a code"],
  ["↑ ↓", "Choose a line, or go to the next field of a sheet"],
  ["Enter", "Go on with the sheet, or take the step a red banner offers"],
  ["Esc", "Close a sheet or a banner"],
  ["Tab", "Next button or field"],
  ["1–9", "Take a numbered choice"],
];

export class KeysSheet extends Sheet {
  static scans = "pass";
  static wide = true;
  static title = "Keys";
  static close = "Close";

  build() {
    for (const [key, text] of [...this.given.actions.map(({ key, name }) => [key, name]), ...KEY_ROWS]) {
      const row = this.add(new TextPart(() => this.words.t(text), "key-row"));
      row.node.dataset.keyName = key;
    }
  }
}
