// What changes one line or the next one: a code typed in, quantity, price, discount, tare, bag, deposit.

import { amountOf, anyCode, note, percent, wholeNumber } from "../entry.js";
import { nameOf } from "../names.js";
import { ChoicePart, EntryPart, TextPart } from "../parts.js";
import { Sheet } from "../sheet.js";

const PRICE_WHYS = ["wrong_price", "damaged", "short_dated", "competitor", "goodwill", "other"];

export const reasonOptions = (words, context, codes) => () => codes.map((code) => ({ value: code, text: words.code(context, code) }));

export class CodeSheet extends Sheet {
  static scans = "pass";
  static title = "Type a code";
  static close = "Close";

  build() {
    this.add(new TextPart(() => this.words.t("Barcode or short number. Goods by weight: put them on the scale and wait until the weight rests.")));
    this.code = this.add(new EntryPart({ label: "Code", accepts: anyCode }));
    this.extra({ key: "F2", text: () => this.words.t("Letters"), run: () => this.letters() });
  }

  letters() {
    this.code.layout = this.code.layout === "letters" ? "whole" : "letters";
    this.till.render();
  }

  goes() {
    return this.words.t("Add to the sale");
  }

  send() {
    this.till.scan(this.code.value);
    return true;
  }
}

/** A sheet about the line that was chosen when it opened. */
class LineSheet extends Sheet {
  build() {
    this.lineNo = this.till.selectedLine;
    this.add(new TextPart(() => this.about()));
  }

  get line() {
    return this.till.liveLines.find((line) => line.line_no === this.lineNo);
  }

  about() {
    const { line, words, money } = this;
    if (!line) return words.t("The line is gone.");
    return words.t("{name}, now {price}", { name: nameOf(line, words.language), price: money.text(line.unit_price_minor) });
  }

  ready() {
    return this.line !== undefined;
  }
}

export class QuantitySheet extends LineSheet {
  static title = "Quantity";

  build() {
    super.build();
    this.count = this.add(new EntryPart({ label: "Quantity", accepts: wholeNumber(3) }));
  }

  about() {
    const { line, words } = this;
    return line ? words.t("{name}, now {count}", { name: nameOf(line, words.language), count: String(line.quantity) }) : words.t("The line is gone.");
  }

  goes() {
    return this.words.t("Set quantity");
  }

  send() {
    return this.till.act({ kind: "set_quantity", line_no: this.lineNo, quantity: Number(this.count.value) });
  }
}

export class PriceSheet extends LineSheet {
  static title = "Another price for the line";

  build() {
    super.build();
    this.price = this.add(new EntryPart({ label: "New price", accepts: amountOf(this.till.state.minor_digits), layout: "amount" }));
    this.why = this.add(new ChoicePart({ label: "Reason", columns: 3, options: reasonOptions(this.words, "why", PRICE_WHYS) }));
  }

  goes() {
    return this.words.t("Set price");
  }

  ready() {
    return super.ready() && this.money.parse(this.price.value) !== null;
  }

  send() {
    return this.till.act({ kind: "set_price", line_no: this.lineNo, price_minor: this.money.parse(this.price.value), why: this.why.value });
  }
}

/** A share or an amount off; the same sheet for a line and for the whole sale. */
class DiscountSheet extends LineSheet {
  build() {
    super.build();
    const unit = new ChoicePart({
      options: () => [
        { value: "percent", text: this.words.t("Percent") },
        { value: "amount", text: this.words.t("Amount") },
      ],
      value: "percent",
    });
    this.unit = this.add(unit);
    const accepts = (text) => (this.unit.value === "percent" ? percent(text) : amountOf(this.till.state.minor_digits)(text));
    this.size = this.add(new EntryPart({ label: "Off", accepts, layout: "amount", show: (text) => (text && this.unit.value === "percent" ? `${text} %` : text) }));
    this.why = this.add(new ChoicePart({ label: "Reason", columns: 3, options: reasonOptions(this.words, "why", PRICE_WHYS) }));
    this.current = this.size;
  }

  goes() {
    return this.words.t("Take it off");
  }

  ready() {
    return super.ready() && /\d/.test(this.size.value);
  }

  get discount() {
    const typed = this.size.value;
    const [whole, rest = ""] = typed.split(".");
    const hundredths = Number((whole || "0") + rest.padEnd(2, "0").slice(0, 2));
    return this.unit.value === "percent" ? { percent_bp: hundredths } : { amount_minor: this.money.parse(typed) };
  }
}

export class DiscountLineSheet extends DiscountSheet {
  static title = "Discount on the line";

  send() {
    return this.till.act({ kind: "discount_line", line_no: this.lineNo, ...this.discount, why: this.why.value });
  }
}

export class DiscountBasketSheet extends DiscountSheet {
  static title = "Discount on the whole sale";

  about() {
    return this.words.t("It comes off after all offers and is shared over the lines.");
  }

  ready() {
    return this.till.liveLines.length > 0 && /\d/.test(this.size.value);
  }

  send() {
    return this.till.act({ kind: "discount_basket", ...this.discount, why: this.why.value });
  }
}

export class TareSheet extends Sheet {
  static scans = "pass";
  static title = "Container on the scale (tare)";

  build() {
    this.add(new TextPart(() => this.words.t("What the container weighs comes off the next weighed item, and only that one.")));
    this.grams = this.add(new EntryPart({ label: "Grams", accepts: wholeNumber(5), show: (text) => (text ? `${text} g` : "") }));
  }

  goes() {
    return this.words.t("Set tare");
  }

  send() {
    return this.till.act({ kind: "set_tare", grams: Number(this.grams.value) });
  }
}

export class PresaleSheet extends LineSheet {
  static title = "Deposit on the line";

  build() {
    super.build();
    this.deposit = this.add(new EntryPart({ label: "Deposit now", accepts: amountOf(this.till.state.minor_digits), layout: "amount" }));
    this.note = this.add(new EntryPart({ label: "Note", accepts: note, optional: true, layout: "letters", unset: "May be left empty" }));
  }

  about() {
    return this.line ? `${super.about()} · ${this.words.t("The deposit is a line of its own. Take the goods' line off when it is there.")}` : super.about();
  }

  goes() {
    return this.words.t("Take the deposit");
  }

  ready() {
    return super.ready() && this.money.parse(this.deposit.value) > 0;
  }

  send() {
    const { item_id: itemId, quantity } = this.line;
    return this.till.act({ kind: "sell_deposit", item_id: itemId, quantity, deposit_minor: this.money.parse(this.deposit.value), note: this.note.value });
  }
}
