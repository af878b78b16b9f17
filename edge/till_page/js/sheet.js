// A sheet takes the place of the actions while something is asked. It has parts from top to bottom; Tab and the arrow keys
// move between them, digits go to the current one, Enter goes on. A finger does the same.

import { make, makeButton, setDisabled, setShown, setText } from "./dom.js";
import { buildKeypad } from "./entry.js";

export class Sheet {
  /** What a scan does while the sheet is open: `hold` waits until it is closed, `pass` goes to the sale at once.
   *  An entry that takes a scan comes before either. */
  static scans = "hold";
  /** Needs the room of the lines too. */
  static wide = false;
  static title = "";
  static close = "Cancel";
  static look = "primary";
  static enterKey = "Enter";

  constructor(till, given) {
    this.till = till;
    this.given = given;
    this.parts = [];
    this.extras = [];
    this.current = null;
    this.node = make("div", "sheet-body");
    this.build();
    this.lay();
  }

  get words() {
    return this.till.words;
  }

  get money() {
    return this.till.money;
  }

  // ---- what a panel says of itself

  build() {}

  /** The text on the button that goes on; empty: there is none. */
  goes() {
    return "";
  }

  ready() {
    return true;
  }

  /** Do it. True when the sheet is done with. */
  send() {
    return false;
  }

  /** Called when the sheet is left without `send`. */
  left() {}

  // ---- how it is put together

  add(part) {
    part.sheet = this;
    this.parts.push(part);
    if (!part.still && this.current === null) this.current = part;
    return part;
  }

  /** A further button with a key of its own: {key, text(), run(), off()}. */
  extra(action) {
    const button = makeButton("extra", "", () => action.off?.() || action.run());
    button.append(make("span"), make("kbd", "", action.key));
    this.extras.push({ ...action, button });
  }

  lay() {
    const { title, close, look, enterKey } = this.constructor;
    const heading = make("h2", "", this.words.t(title));
    heading.tabIndex = -1;
    this.heading = heading;
    this.pad = make("div", "keypad");
    this.padLayout = "";
    this.extraRow = make("div", "extras");
    this.extraRow.append(...this.extras.map((extra) => extra.button));
    this.row = make("div", "row");
    const closeButton = makeButton("quiet", "", () => this.leave());
    closeButton.append(make("span", "", this.words.t(close)), make("kbd", "", "Esc"));
    this.goButton = makeButton(look, "", () => this.submit());
    this.goButton.dataset.submit = "";
    this.goButton.append(make("span"), make("kbd", "", enterKey));
    this.row.append(closeButton, this.goButton);
    const main = make("div", "sheet-parts");
    main.append(...this.parts.map((part) => part.node));
    const side = make("div", "sheet-side");
    side.append(this.pad);
    if (this.beside) side.append(this.beside);
    this.node.append(heading, main, side, this.extraRow, this.row);
    for (const part of this.parts) part.node.addEventListener("focus", () => this.choose(part, false));
  }

  get padEntry() {
    if (this.current?.isEntry) return this.current;
    return this.parts.find((part) => part.isEntry) ?? null;
  }

  renderPad() {
    const part = this.padEntry;
    setShown(this.pad, part !== null);
    if (part === null || this.padLayout === part.layout) return;
    this.padLayout = part.layout;
    this.pad.dataset.layout = part.layout;
    buildKeypad(this.pad, part.layout, this.words, () => {
      const entry = this.padEntry;
      if (this.current !== entry) this.choose(entry);
      return entry?.entry;
    });
  }

  render() {
    for (const part of this.parts) part.render();
    this.renderPad();
    for (const { button, text, off } of this.extras) {
      setText(button.firstChild, text());
      setShown(button, text() !== "");
      setDisabled(button, off?.() ?? false);
    }
    setShown(this.extraRow, this.extras.some(({ text }) => text() !== ""));
    const goes = this.goes();
    setShown(this.goButton, goes !== "");
    setText(this.goButton.firstChild, goes);
    setDisabled(this.goButton, goes === "" || !this.parts.every((part) => part.filled) || !this.ready());
  }

  // ---- keys

  /** Make a part current. `focus` moves the browser's focus along. */
  choose(part, focus = true) {
    if (this.current === part || part.still) return;
    this.current = part;
    if (focus) (part.isEntry ? part.node : (part.node.querySelector("button:not(:disabled)") ?? part.node)).focus();
    this.till.render();
  }

  /** After a choice: on to what is still missing behind it. */
  advance(part) {
    const behind = this.parts.slice(this.parts.indexOf(part) + 1);
    const next = behind.find((each) => !each.still && !each.filled) ?? behind.find((each) => each.isEntry);
    if (next) this.choose(next);
  }

  move(step) {
    if (this.current?.move?.(step)) return;
    const stops = this.parts.filter((part) => !part.still);
    const at = stops.indexOf(this.current) + step;
    if (at >= 0 && at < stops.length) this.choose(stops[at]);
  }

  /** A key of a further button, or of the sheet itself. */
  functionKey(key) {
    const extra = this.extras.find((each) => each.key === key);
    if (extra === undefined || extra.text() === "") return false;
    if (!extra.off?.()) extra.run();
    return true;
  }

  typed(character) {
    if (this.current?.typed?.(character)) return;
    const other = this.parts.find((part) => part.isEntry && part !== this.current);
    if (this.current && !this.current.isEntry && other?.typed(character)) this.choose(other);
  }

  back() {
    this.padEntry?.entry.back();
  }

  submit() {
    const missing = this.parts.find((part) => !part.filled);
    if (missing) this.choose(missing);
    else if (this.goes() !== "" && this.ready() && this.send()) this.till.closePanel();
  }

  leave() {
    this.left();
    this.till.closePanel();
  }

  // ---- scans

  /** Take a scan into the entry that is for it. False when there is none, or it has one already. */
  takeScan(code) {
    const part = this.parts.find((each) => each.openToScan);
    if (part === undefined) return false;
    part.takeScan(code);
    if (this.current === part && this.parts.every((each) => each.filled) && this.scanGoesOn) this.submit();
    else this.advance(part);
    this.till.render();
    return true;
  }

  /** A scan that fills the last open entry also goes on. */
  get scanGoesOn() {
    return true;
  }

  keep() {
    return { values: this.parts.map((part) => part.keep?.()), at: this.parts.indexOf(this.current) };
  }

  restore({ values, at }) {
    this.parts.forEach((part, index) => part.restore?.(values[index]));
    this.current = this.parts[at] ?? this.current;
  }
}
