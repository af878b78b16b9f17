// What a sheet is made of: entries that are keyed in, choices picked by finger or digit, plain text. One part is current.

import { make, makeButton, setAttribute, setChildren, setClass, setDisabled, setShown, setText } from "./dom.js";
import { Entry } from "./entry.js";

/** Something keyed in. `scan`: a scan belongs here too, exactly one. `show` turns what was typed into what is shown. */
export class EntryPart {
  constructor({ label, accepts, layout = "whole", scan = false, secret = false, optional = false, unset = "", show = null }) {
    Object.assign(this, { label, layout, scan, secret, optional, unset, show });
    this.entry = new Entry(accepts, () => this.changed());
    this.scanned = false;
    this.isEntry = true;
    this.node = makeButton("field", "", () => this.sheet.choose(this));
    this.node.append(make("span"), make("output"));
  }

  changed() {
    if (this.entry.text === "") this.scanned = false;
    this.onChange?.();
    this.sheet.till.render();
  }

  get value() {
    return this.entry.text.trim();
  }

  get filled() {
    return this.optional || this.value !== "";
  }

  get openToScan() {
    return this.scan && !this.scanned;
  }

  takeScan(code) {
    this.scanned = true;
    this.entry.set(code);
  }

  typed(character) {
    return this.entry.type(this.layout === "amount" && character === "," ? "." : character);
  }

  keep() {
    return this.entry.text;
  }

  restore(kept) {
    this.entry.text = kept;
  }

  render() {
    const { entry, node, sheet } = this;
    const text = this.secret ? "●".repeat(entry.text.length) : (this.show?.(entry.text) ?? entry.text);
    const unset = entry.text === "" && !(this.show?.("") ?? "");
    setText(node.firstChild, sheet.words.t(this.label));
    setText(node.lastChild, unset ? sheet.words.t(this.scan ? "Scan or type" : this.unset) : text);
    setClass(node.lastChild, "unset", unset);
    setClass(node.lastChild, "dots", this.secret);
    setClass(node, "on", sheet.current === this);
    setClass(node, "takes-scan", this.openToScan);
  }
}

/** Buttons to pick from. `options()` tells {value, text, detail, side, off, look}; digits 1 to 9 pick the first nine. */
export class ChoicePart {
  constructor({ label = "", options, onPick = null, optional = false, columns = 2, value = null, none = "" }) {
    Object.assign(this, { label, options, onPick, optional, value, none });
    this.node = make("div", "pick");
    this.node.append(make("span", "pick-label"), make("div", `choices of-${columns}`), make("p", "hint"));
  }

  get filled() {
    return this.optional || this.onPick !== null || this.value !== null;
  }

  pick(value) {
    if (this.onPick) {
      this.onPick(value);
      this.sheet.till.render();
      return;
    }
    this.value = value;
    this.sheet.advance(this);
    this.sheet.till.render();
    // Enter on the choice that is taken goes on: the focus must lie there, not on another one.
    if (this.node.contains(document.activeElement)) this.node.querySelector(".choice.on")?.focus();
  }

  typed(character) {
    const option = /[1-9]/.test(character) ? this.options()[Number(character) - 1] : undefined;
    if (option === undefined || option.off) return false;
    this.pick(option.value);
    return true;
  }

  keep() {
    return this.value;
  }

  restore(kept) {
    this.value = kept;
  }

  render() {
    const options = this.options();
    const [label, host, none] = this.node.children;
    const byKey = new Map(options.map((option, index) => [String(option.value), { ...option, digit: index + 1 }]));
    setText(label, this.label ? this.sheet.words.t(this.label) : "");
    setShown(label, this.label !== "" && (options.length > 0 || this.none !== ""));
    setText(none, this.none && options.length === 0 ? this.sheet.words.t(this.none) : "");
    setShown(none, this.none !== "" && options.length === 0);
    setChildren(host, [...byKey.keys()], (key) => this.makeChoice(key), (button, key) => this.writeChoice(button, byKey.get(key)));
    setClass(this.node, "on", this.sheet.current === this);
  }

  makeChoice(key) {
    const button = makeButton("choice", "", () => {
      const option = this.options().find((each) => String(each.value) === key);
      if (option && !option.off) this.pick(option.value);
    });
    const text = make("span", "choice-text");
    text.append(make("b"), make("small"));
    button.append(text, make("em"), make("kbd"));
    button.addEventListener("focus", () => this.sheet.choose(this, false));
    return button;
  }

  writeChoice(button, option) {
    const [text, side, key] = button.children;
    setText(text.firstChild, option.text);
    setText(text.lastChild, option.detail ?? "");
    setText(side, option.side ?? "");
    setText(key, option.digit < 10 ? String(option.digit) : "");
    setAttribute(button, "class", `choice ${option.look ?? ""} ${option.value === this.value ? "on" : ""}`);
    setAttribute(button, "aria-pressed", String(option.value === this.value));
    setDisabled(button, option.off ?? false);
  }
}

/** A line of text that follows the state. `write()` returns text, or {text, look}. */
export class TextPart {
  constructor(write, className = "hint") {
    this.write = write;
    this.className = className;
    this.node = make("p", className);
    this.filled = true;
    this.still = true;
  }

  render() {
    const said = this.write();
    const { text, look = "" } = typeof said === "string" ? { text: said } : said;
    setText(this.node, text);
    setAttribute(this.node, "class", `${this.className} ${look}`);
    setShown(this.node, text !== "");
  }
}
