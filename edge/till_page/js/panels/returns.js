// Goods coming back: find the receipt, choose lines and units, see what is paid back; or without a receipt.

import { make, makeButton, setClass, setDisabled, setText } from "../dom.js";
import { anyCode, wholeNumber } from "../entry.js";
import { amountText, dayText, nameOf } from "../names.js";
import { ChoicePart, EntryPart, TextPart } from "../parts.js";
import { Sheet } from "../sheet.js";
import { reasonOptions } from "./line.js";

const RETURN_REASONS = ["unwanted", "damaged", "faulty", "wrong_item", "expired"];

export class ReturnSheet extends Sheet {
  static title = "Return";

  build() {
    this.add(new TextPart(() => this.words.t("Scan the code on the receipt, or type the number under it. Goods scanned afterwards make it an exchange.")));
    this.receipt = this.add(new EntryPart({ label: "Receipt", accepts: anyCode, scan: true, layout: "code" }));
    const returns = () => (this.till.state.returns ?? []).map((each) => this.option(each));
    this.add(new ChoicePart({ label: "Coming back (touch to take out again)", columns: 1, options: returns, onPick: (no) => this.drop(no) })).still = true;
    this.extra({ key: "F2", text: () => this.words.t("Without a receipt"), run: () => this.till.openPanel("noreceipt") });
  }

  option(each) {
    return { value: each.return_no, text: nameOf(each, this.words.language), detail: amountText(each, this.words), side: `−${this.money.plain(each.refund_minor)}` };
  }

  drop(returnNo) {
    this.till.act({ kind: "drop_return", return_no: returnNo });
  }

  render() {
    super.render();
    this.parts[2].node.hidden = (this.till.state.returns?.length ?? 0) === 0;
  }

  goes() {
    return this.words.t("Find receipt");
  }

  send() {
    return this.till.act({ kind: "find_receipt", receipt: this.receipt.value });
  }
}

/** The lines of the found sale with how many of each come back; up and down choose a line, a digit or + and − the number. */
class LinesPart {
  constructor(sheet) {
    this.sheet = sheet;
    this.counts = new Map();
    this.at = 0;
    this.node = make("ol", "found-lines");
    this.rows = sheet.sale.lines.map((line, index) => this.makeRow(line, index));
    this.node.append(...this.rows.map((row) => row.node));
  }

  makeRow(line, index) {
    const node = make("li");
    const name = makeButton("found-name", "", () => this.put(index, this.count(line) > 0 ? 0 : line.returnable));
    name.append(make("b"), make("small"));
    const less = makeButton("step", "−", () => this.put(index, this.count(line) - 1));
    const more = makeButton("step", "+", () => this.put(index, this.count(line) + 1));
    less.tabIndex = more.tabIndex = -1;
    name.addEventListener("focus", () => this.take(index));
    const count = make("output");
    const sum = make("span", "found-sum");
    node.append(name, less, count, more, sum);
    return { node, line, name, less, more, count, sum };
  }

  take(index) {
    this.at = index;
    this.sheet.choose(this, false);
    this.sheet.till.render();
  }

  count(line) {
    return this.counts.get(line.line_no) ?? 0;
  }

  put(index, wanted) {
    const { line } = this.rows[index];
    this.at = index;
    this.counts.set(line.line_no, Math.max(0, Math.min(line.returnable, wanted)));
    this.sheet.till.render();
  }

  get wanted() {
    return this.sheet.sale.lines.filter((line) => this.count(line) > 0);
  }

  get filled() {
    return this.wanted.length > 0;
  }

  refund(line) {
    return (line.refund_each_minor ?? []).slice(0, this.count(line)).reduce((sum, each) => sum + each, 0);
  }

  typed(character) {
    const row = this.rows[this.at];
    if (/\d/.test(character)) this.put(this.at, Number(character));
    else if (character === "+") this.put(this.at, this.count(row.line) + 1);
    else if (character === "-") this.put(this.at, this.count(row.line) - 1);
    else return false;
    return true;
  }

  move(step) {
    const next = this.at + step;
    if (next < 0 || next >= this.rows.length) return false;
    this.rows[next].name.focus();
    this.take(next);
    return true;
  }

  keep() {
    return [...this.counts];
  }

  restore(kept) {
    this.counts = new Map(kept);
  }

  render() {
    const { words, money, current } = this.sheet;
    this.rows.forEach(({ node, line, name, less, more, count, sum }, index) => {
      const left = line.returnable;
      setText(name.firstChild, nameOf(line, words.language));
      setText(name.lastChild, left > 0 ? `${amountText(line, words)} · ${money.plain(line.net_minor)} · ${words.n("{count} may come back", "{count} may come back", left)}` : words.t("came back already"));
      setText(count, String(this.count(line)));
      setText(sum, this.count(line) > 0 && this.sheet.previews ? `−${money.plain(this.refund(line))}` : "");
      setClass(node, "on", current === this && index === this.at);
      setClass(node, "wanted", this.count(line) > 0);
      setDisabled(name, left === 0);
      setDisabled(less, this.count(line) === 0);
      setDisabled(more, this.count(line) >= left);
    });
  }
}

export class FoundSheet extends Sheet {
  static wide = true;
  static title = "What comes back?";

  build() {
    this.sale = this.till.state.found_sale;
    this.add(new TextPart(() => this.about()));
    this.add(new TextPart(() => (this.sale.offline ? { text: this.words.t("Headquarters cannot be asked: what came back elsewhere is not known."), look: "short" } : "")));
    this.add(new TextPart(() => (this.late ? { text: this.words.t("The time for returns is over. A second person must allow it."), look: "short" } : "")));
    this.lines = this.add(new LinesPart(this));
    this.reason = this.add(new ChoicePart({ label: "Reason", columns: 3, options: reasonOptions(this.words, "return_reason", RETURN_REASONS) }));
    const policies = () => [
      { value: "prorate", text: this.words.t("What was paid for it") },
      { value: "reprice", text: this.words.t("As if only the rest had been bought") },
    ];
    const ways = () => (this.sale.repriceable ? policies() : []);
    this.policy = this.add(new ChoicePart({ label: "Paid back", options: ways, value: "prorate" }));
  }

  /** The box forgets the sale it found. */
  left() {
    this.till.input({ kind: "find_receipt", receipt: "" });
  }

  get late() {
    const ends = this.sale.window_ends_ms;
    return ends !== null && ends !== undefined && ends < Date.now();
  }

  get previews() {
    return this.policy.value === "prorate";
  }

  about() {
    const { sale, words, money } = this;
    return words.t("Receipt {receipt} of {day}, {total}", { receipt: sale.receipt, day: dayText(sale.closed_at_ms, words.tag), total: money.text(sale.total_minor) });
  }

  goes() {
    const sum = this.lines.wanted.reduce((total, line) => total + this.lines.refund(line), 0);
    return this.previews ? this.words.t("Take back: {amount}", { amount: this.money.text(sum) }) : this.words.t("Take back");
  }

  send() {
    const lines = this.lines.wanted.map((line) => ({ line_no: line.line_no, quantity: this.lines.count(line), reason: this.reason.value }));
    return this.till.act({ kind: "return_lines", sale_id: this.sale.sale_id, lines, policy: this.policy.value, why: this.reason.value });
  }
}

export class NoReceiptSheet extends Sheet {
  static title = "Return without a receipt";

  build() {
    this.add(new TextPart(() => this.words.t("The lowest price of the last days is paid back. Scan the goods.")));
    this.code = this.add(new EntryPart({ label: "Goods", accepts: anyCode, scan: true, layout: "code" }));
    this.count = this.add(new EntryPart({ label: "Quantity", accepts: wholeNumber(2), optional: true, show: (text) => text || "1" }));
    this.reason = this.add(new ChoicePart({ label: "Reason", columns: 3, options: reasonOptions(this.words, "return_reason", RETURN_REASONS) }));
  }

  goes() {
    return this.words.t("Take back");
  }

  send() {
    const quantity = Number(this.count.value || "1");
    return this.till.act({ kind: "return_item", code: this.code.value, quantity, reason: this.reason.value, why: "no_receipt" });
  }
}
