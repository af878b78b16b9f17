// The sheet that takes the place of the actions: type a code, quantity, cash, drawer, abandon, close the shift.
// No sheet blocks the page: the lines stay visible and scans are taken (a deciding sheet holds them until it is closed).

import { byId, make, makeButton, setAttribute, setDisabled, setShown, setText } from "./dom.js";
import { amountOf, anyCode, buildKeypad, Entry, wholeNumber } from "./entry.js";
import { likelyAmounts } from "./money.js";
import { nameOf } from "./view_lines.js";

const QUICK_MOST = 4; // one beside each row of keys
const DRAWER_REASONS = ["change", "check", "cash_in_out", "other"];

/** One opened sheet: its entry (if it takes keys), how it shows itself, what Enter does. */
class Sheet {
  constructor(till, root) {
    this.till = till;
    this.root = root;
    this.entry = null;
    this.part = (name) => root.querySelector(`[data-${name}]`);
  }

  takes(accepts) {
    this.entry = new Entry(accepts, () => this.till.render());
  }

  render() {
    if (this.entry !== null) setText(this.part("entry"), this.entry.text);
  }

  submit() {}
}

class CodeSheet extends Sheet {
  constructor(till, root) {
    super(till, root);
    this.takes(anyCode);
  }

  render() {
    super.render();
    setDisabled(this.part("submit"), this.entry.text === "");
  }

  submit() {
    const code = this.entry.text.trim();
    if (code === "") return;
    this.till.scan(code);
    this.till.closePanel();
  }
}

class QuantitySheet extends Sheet {
  constructor(till, root) {
    super(till, root);
    this.takes(wholeNumber(3));
    this.lineNo = till.selectedLine;
  }

  get line() {
    return this.till.liveLines.find((line) => line.line_no === this.lineNo);
  }

  render() {
    super.render();
    const { line, till } = this;
    if (line) setText(this.part("hint"), till.words.t("{name}, now {count}", { name: nameOf(line, till.words.language), count: String(line.quantity) }));
    setDisabled(this.part("submit"), this.entry.text === "");
  }

  submit() {
    if (this.entry.text === "") return;
    const sent = this.till.act({ kind: "set_quantity", line_no: this.lineNo, quantity: Number(this.entry.text) });
    if (sent) this.till.closePanel();
  }
}

class PaySheet extends Sheet {
  constructor(till, root) {
    super(till, root);
    this.takes(amountOf(till.state.minor_digits));
  }

  /** Nothing typed: exactly what is due. */
  get tenderedMinor() {
    return this.till.money.parse(this.entry.text) ?? this.till.state.due_minor;
  }

  render() {
    super.render();
    const { till } = this;
    const due = till.state.due_minor;
    const amounts = likelyAmounts(due, till.state.minor_digits, QUICK_MOST);
    const quick = this.part("quick");
    const keys = amounts.map(String).join();
    if (quick.dataset.for !== keys) {
      quick.dataset.for = keys;
      quick.replaceChildren(...amounts.map((amount) => this.quickButton(amount, due)));
    }
    const typed = till.money.parse(this.entry.text);
    const difference = this.tenderedMinor - due;
    const short = typed !== null && difference < 0;
    setText(this.part("hint"), this.hint(typed, difference, due));
    setAttribute(this.part("hint"), "class", short ? "hint short" : typed === null ? "hint" : "hint strong");
    setText(this.part("go"), typed === null ? till.words.t("Exactly {amount}", { amount: till.money.text(due) }) : till.words.t("Take {amount}", { amount: till.money.text(typed) }));
    setDisabled(this.part("submit"), short || till.liveLines.length === 0);
  }

  hint(typed, difference, due) {
    const { words, money } = this.till;
    if (typed === null) return words.t("Type what you are given, or touch a sum");
    if (difference < 0) return words.t("{amount} is missing", { amount: money.text(due - this.tenderedMinor) });
    return words.t("Change {amount}", { amount: money.text(difference) });
  }

  quickButton(amount, due) {
    const { words, money } = this.till;
    const button = makeButton("quick-sum", money.text(amount), () => this.pay(amount));
    if (amount === due) button.append(make("small", "", words.t("exact")));
    return button;
  }

  submit() {
    const short = this.tenderedMinor < this.till.state.due_minor;
    if (short) this.till.localRefusal(this.till.words.t("Not enough: more is due."));
    else this.pay(this.tenderedMinor);
  }

  pay(tenderedMinor) {
    if (this.till.liveLines.length === 0) return;
    if (this.till.act({ kind: "pay_cash", tendered_minor: tenderedMinor, expected_due_minor: this.till.state.due_minor })) this.till.closePanel();
  }
}

class DrawerSheet extends Sheet {
  constructor(till, root) {
    super(till, root);
    const choose = (reason) => {
      if (till.act({ kind: "open_drawer", reason })) till.closePanel();
    };
    const words = (reason) => till.words.code("drawer_reason", reason);
    this.part("choices").append(...DRAWER_REASONS.map((reason) => makeButton("choice", words(reason), () => choose(reason))));
  }
}

class AbandonSheet extends Sheet {
  submit() {
    if (this.till.act({ kind: "abandon_sale" })) this.till.closePanel();
  }
}

class CloseSheet extends Sheet {
  constructor(till, root) {
    super(till, root);
    this.takes(amountOf(till.state.minor_digits));
  }

  render() {
    super.render();
    setDisabled(this.part("submit"), this.till.money.parse(this.entry.text) === null);
  }

  submit() {
    const counted = this.till.money.parse(this.entry.text);
    if (counted === null) return;
    if (this.till.act({ kind: "close_shift", counted_minor: counted })) this.till.closePanel();
  }
}

const SHEETS = {
  code: CodeSheet,
  quantity: QuantitySheet,
  pay: PaySheet,
  drawer: DrawerSheet,
  abandon: AbandonSheet,
  close: CloseSheet,
};

export function mountPanels(till) {
  const host = byId("sheet");
  let shown = null;
  let look = "";
  const open = () => {
    shown = till.panel;
    host.replaceChildren();
    till.sheet = null;
    if (shown === null) return;
    host.append(byId(`panel-${shown}`).content.cloneNode(true));
    host.dataset.panel = shown;
    till.words.apply(host);
    till.sheet = new SHEETS[shown](till, host);
    const keys = host.querySelector("[data-keys]");
    if (keys) buildKeypad(keys, keys.dataset.keys, till.words, () => till.sheet?.entry);
    host.querySelector("[data-submit]")?.addEventListener("click", () => till.sheet?.submit());
    host.querySelector("[data-close]").addEventListener("click", () => till.closePanel());
    host.querySelector("h2").tabIndex = -1;
    host.querySelector("h2").focus();
  };
  return () => {
    if (till.panel !== shown || look !== till.words.language) {
      const typed = till.panel === shown ? (till.sheet?.entry?.text ?? "") : "";
      look = till.words.language;
      open();
      if (typed) till.sheet.entry.text = typed;
    }
    setShown(host, shown !== null);
    setShown(byId("actions"), shown === null);
    document.body.dataset.panel = shown ?? "";
    till.sheet?.render();
  };
}
