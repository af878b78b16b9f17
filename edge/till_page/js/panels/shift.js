// Drawer and shift: why it opens, cash in and out, receipts again, the count at the end.

import { cashUnits } from "../cash_units.js";
import { make, makeButton, setClass, setText } from "../dom.js";
import { amountOf, anyCode, Entry, wholeNumber } from "../entry.js";
import { timeText } from "../names.js";
import { ChoicePart, EntryPart, TextPart } from "../parts.js";
import { Sheet } from "../sheet.js";
import { reasonOptions } from "./line.js";

const DRAWER_REASONS = ["change", "check", "cash_in_out", "other"];
const CASH_WHYS = ["change_brought", "to_the_safe", "petty_cash", "correction", "other"];
const VARIANCE_WHYS = ["counted_twice", "wrong_change", "unexplained", "other"];

export class DrawerSheet extends Sheet {
  static title = "Open the drawer";

  build() {
    this.add(new TextPart(() => this.words.t("Every opening is recorded with its reason.")));
    const open = (reason) => this.till.act({ kind: "open_drawer", reason }) && this.till.closePanel();
    this.add(new ChoicePart({ columns: 1, options: reasonOptions(this.words, "drawer_reason", DRAWER_REASONS), onPick: open }));
  }
}

export class CashSheet extends Sheet {
  static title = "Cash in or out";

  build() {
    const ways = () => [
      { value: 1, text: this.words.t("In: put into the drawer") },
      { value: -1, text: this.words.t("Out: taken from the drawer") },
    ];
    this.way = this.add(new ChoicePart({ options: ways }));
    this.amount = this.add(new EntryPart({ label: "Amount", accepts: amountOf(this.till.state.minor_digits), layout: "amount" }));
    this.why = this.add(new ChoicePart({ label: "Reason", columns: 3, options: reasonOptions(this.words, "why", CASH_WHYS) }));
  }

  goes() {
    return this.words.t("Record it");
  }

  ready() {
    return this.money.parse(this.amount.value) > 0;
  }

  send() {
    return this.till.act({ kind: "move_cash", amount_minor: this.way.value * this.money.parse(this.amount.value), why: this.why.value });
  }
}

export class ReceiptsSheet extends Sheet {
  static title = "Print a receipt again";
  static close = "Close";

  build() {
    this.recent = [];
    this.add(new TextPart(() => this.words.t("Every further print is marked as a copy and recorded. An older receipt: scan or type its number.")));
    const rows = () => this.recent.map((each) => ({ value: each.receipt, text: each.receipt, detail: timeText(each.closed_at_ms, this.words.tag), side: this.money.text(each.total_minor) }));
    this.list = this.add(new ChoicePart({ columns: 1, options: rows, onPick: (receipt) => this.print(receipt), none: "This till has no receipt yet." }));
    this.receipt = this.add(new EntryPart({ label: "Receipt", accepts: anyCode, scan: true, layout: "code" }));
    this.load();
  }

  async load() {
    try {
      const answer = await fetch(`/v1/tills/${encodeURIComponent(this.till.tillId)}/receipts`, { cache: "no-store", signal: AbortSignal.timeout(3000) });
      if (answer.ok) this.recent = (await answer.json()).receipts;
      this.till.render();
    } catch {
      // The box is away: a number can still be typed, and is sent when it is back.
    }
  }

  goes() {
    return this.words.t("Print again");
  }

  /** The till's last receipt needs no right of its own, so it goes without its number. */
  print(receipt) {
    const number = receipt === this.recent[0]?.receipt ? "" : receipt;
    if (this.till.act({ kind: "reprint_receipt", receipt: number })) this.till.closePanel();
  }

  send() {
    return this.till.act({ kind: "reprint_receipt", receipt: this.receipt.value });
  }
}

/** How many of each note and coin. One row is current; digits go to it, up and down move. */
class CountPart {
  constructor(till) {
    const { notes, coins } = cashUnits(till.state.currency, till.state.minor_digits);
    this.till = till;
    this.isEntry = true;
    this.layout = "whole";
    this.at = 0;
    this.node = make("div", "counting");
    this.rows = [...notes, ...coins].map((unit, index) => this.makeRow(unit, index));
    this.node.append(...this.rows.map((row) => row.node));
  }

  makeRow(unit, index) {
    const node = makeButton("count-row field", "", () => this.take(index));
    node.append(make("span"), make("output"), make("em"));
    node.addEventListener("focus", () => this.take(index));
    return { unit, node, entry: new Entry(wholeNumber(4), () => this.till.render()) };
  }

  take(index) {
    this.at = index;
    if (this.sheet.current !== this) this.sheet.choose(this, false);
    this.till.render();
  }

  get entry() {
    return this.rows[this.at].entry;
  }

  get touched() {
    return this.rows.some((row) => row.entry.text !== "");
  }

  get sum() {
    return this.rows.reduce((sum, row) => sum + row.unit * Number(row.entry.text || "0"), 0);
  }

  filled = true;

  typed(character) {
    return this.entry.type(character);
  }

  move(step) {
    const next = this.at + step;
    if (next < 0 || next >= this.rows.length) return false;
    this.take(next);
    this.rows[next].node.focus();
    return true;
  }

  keep() {
    return this.rows.map((row) => row.entry.text);
  }

  restore(kept) {
    this.rows.forEach((row, index) => (row.entry.text = kept[index]));
  }

  render() {
    const { money } = this.till;
    this.rows.forEach(({ unit, node, entry }, index) => {
      const [name, count, sum] = node.children;
      setText(name, money.text(unit));
      setText(count, entry.text ? `× ${entry.text}` : "");
      setText(sum, entry.text ? money.plain(unit * Number(entry.text)) : "");
      setClass(node, "on", this.sheet.current === this && index === this.at);
    });
  }
}

export class CloseSheet extends Sheet {
  static title = "Close the shift";
  static wide = true;

  build() {
    const hint = "Count all the cash in the drawer: the sum, or how many of each note and coin. What should be there is told afterwards.";
    this.add(new TextPart(() => this.words.t(hint)));
    this.sum = this.add(new EntryPart({ label: "Cash in the drawer", accepts: amountOf(this.till.state.minor_digits), layout: "amount", optional: true, show: (text) => text || (this.count?.touched ? this.money.plain(this.count.sum) : "") }));
    this.count = this.add(new CountPart(this.till));
  }

  /** A typed sum counts before the counted pieces. */
  get counted() {
    return this.money.parse(this.sum.value) ?? (this.count.touched ? this.count.sum : null);
  }

  goes() {
    return this.counted === null ? this.words.t("Close the shift") : this.words.t("Close the shift with {amount}", { amount: this.money.text(this.counted) });
  }

  ready() {
    return this.counted !== null;
  }

  send() {
    return this.till.act({ kind: "close_shift", counted_minor: this.counted });
  }
}

/** The count differs by more than the store allows: count again, or say why and ask a second person. */
export class VarianceSheet extends Sheet {
  static title = "The count does not match";
  static close = "Count again";
  static look = "danger";

  build() {
    this.add(new TextPart(() => this.words.t("You counted {amount}. The difference is larger than the store allows.", { amount: this.money.text(this.given.command.counted_minor) }), "hint strong"));
    this.add(new TextPart(() => this.words.t("This count is on record. Count once more, or say why it differs; then a second person must allow it.")));
    this.why = this.add(new ChoicePart({ label: "Reason", columns: 1, options: reasonOptions(this.words, "why", VARIANCE_WHYS) }));
  }

  goes() {
    return this.words.t("Close it with this difference");
  }

  send() {
    const { command, reason } = this.given;
    const told = { ...command, why: this.why.value };
    if (reason.code === "why_missing") return this.till.input(told);
    this.till.openPanel("approval", { command: told, reason });
    return false;
  }

  leave() {
    this.till.openPanel("close");
  }
}
