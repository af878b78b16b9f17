// Money as integers of minor units, in and out of text. Digits are moved, never divided: no float touches an amount.

/** "1250" with 2 minor digits -> ["12", "50"]. `minor` is a safe integer. */
function split(minor, minorDigits) {
  const digits = String(Math.abs(minor)).padStart(minorDigits + 1, "0");
  const cut = digits.length - minorDigits;
  return [digits.slice(0, cut), digits.slice(cut)];
}

const group = (whole, separator) => whole.replace(/\B(?=(\d{3})+$)/g, separator);

/** How a currency is written in a language: what stands before and after the digits. */
export class Money {
  constructor(language, currency, minorDigits) {
    this.minorDigits = minorDigits;
    this.point = ".";
    this.separator = ",";
    this.before = "";
    this.after = "";
    if (!currency) return;
    const style = { style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: 1 };
    const parts = new Intl.NumberFormat(language, style).formatToParts(1234);
    const value = (type) => parts.find((part) => part.type === type)?.value;
    this.point = value("decimal") ?? ".";
    this.separator = value("group") ?? "";
    const first = parts.findIndex((part) => part.type === "integer");
    const outside = (keep) => parts.filter(keep).map((part) => part.value).join("");
    const isSign = (part) => part.type === "currency" || part.type === "literal";
    this.before = outside((part, index) => isSign(part) && index < first);
    this.after = outside((part, index) => isSign(part) && index > first);
  }

  /** "¥1,234.50"; a minus sign in front when negative. */
  text(minor) {
    return `${minor < 0 ? "−" : ""}${this.before}${this.plain(minor)}${this.after}`;
  }

  /** Digits only, grouped: "1,234.50". */
  plain(minor) {
    const [whole, rest] = split(minor, this.minorDigits);
    return group(whole, this.separator) + (rest ? this.point + rest : "");
  }

  /** As `plain`, with an explicit sign: what changed, or what comes off. */
  change(minor) {
    return `${minor < 0 ? "−" : "+"}${this.plain(minor)}`;
  }

  /** "12.5" typed by a person -> 1250; null when nothing was typed. */
  parse(typed) {
    if (!/\d/.test(typed)) return null;
    const [whole, rest = ""] = typed.split(".");
    return Number(whole + rest.padEnd(this.minorDigits, "0").slice(0, this.minorDigits));
  }
}

/** 452 -> "0.452 kg" */
export function weightText(grams) {
  const [whole, rest] = split(grams, 3);
  return `${grams < 0 ? "−" : ""}${whole}.${rest} kg`;
}
