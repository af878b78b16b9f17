// Before selling: who is at the till, and how much cash lies in the drawer.

import { byId, makeButton, setAttribute, setChildren, setClass, setDisabled, setShown, setText } from "./dom.js";
import { amountOf, buildKeypad, Entry, pinDigits, staffNumber } from "./entry.js";

export class LoginView {
  constructor(till) {
    this.till = till;
    this.number = new Entry(staffNumber, () => till.render());
    this.pin = new Entry(pinDigits, () => till.render());
    this.entry = this.number;
    byId("number-field").addEventListener("click", () => this.choose(this.number));
    byId("pin-field").addEventListener("click", () => this.choose(this.pin));
    byId("login-go").addEventListener("click", () => this.submit());
    buildKeypad(byId("login-keys"), "whole", till.words, () => this.entry);
  }

  choose(entry) {
    this.entry = entry;
    this.till.render();
  }

  typed(character) {
    this.entry.type(character);
  }

  back() {
    this.entry.back();
  }

  move(step) {
    this.choose(step < 0 ? this.number : this.pin);
  }

  reset() {
    this.number.text = "";
    this.pin.text = "";
    this.entry = this.number;
  }

  chooseStaff(staffId) {
    this.number.text = staffId;
    this.pin.text = "";
    this.choose(this.pin);
  }

  submit() {
    if (this.till.outbox?.awaits("login")) return;
    if (this.number.text === "") this.choose(this.number);
    else if (this.pin.text === "") this.choose(this.pin);
    else {
      const command = { kind: "login", staff_id: this.number.text, pin: this.pin.text };
      this.pin.text = "";
      this.entry = this.pin;
      this.till.input(command);
    }
    this.till.render();
  }

  render() {
    const { till } = this;
    if (till.screen !== "login") return;
    const people = new Map(till.staff.map((person) => [person.staff_id, person]));
    setShown(byId("staff-none"), people.size === 0);
    const create = (staffId) => makeButton("person", "", () => this.chooseStaff(staffId));
    setChildren(byId("staff-list"), [...people.keys()], create, (button, staffId) => {
      setText(button, people.get(staffId).name);
      setClass(button, "on", staffId === this.number.text);
      setAttribute(button, "aria-pressed", String(staffId === this.number.text));
    });
    setText(byId("number-text"), people.get(this.number.text)?.name ?? this.number.text);
    setText(byId("pin-text"), "●".repeat(this.pin.text.length));
    setClass(byId("number-field"), "on", this.entry === this.number);
    setClass(byId("pin-field"), "on", this.entry === this.pin);
    setDisabled(byId("login-go"), this.number.text === "" || this.pin.text === "" || (till.outbox?.awaits("login") ?? true));
  }
}

export class ShiftView {
  constructor(till) {
    this.till = till;
    this.entry = new Entry((text) => amountOf(till.state?.minor_digits ?? 2)(text), () => till.render());
    byId("float-go").addEventListener("click", () => this.submit());
    byId("shift-logout").addEventListener("click", () => till.act({ kind: "logout" }));
    buildKeypad(byId("float-keys"), "amount", till.words, () => this.entry);
  }

  typed(character) {
    this.entry.type(character === "," ? "." : character);
  }

  back() {
    this.entry.back();
  }

  reset() {
    this.entry.text = "";
  }

  submit() {
    const counted = this.till.money.parse(this.entry.text);
    if (counted !== null) this.till.act({ kind: "open_shift", float_minor: counted });
  }

  render() {
    if (this.till.screen !== "shift") return;
    setText(byId("float-text"), this.entry.text || this.till.money.plain(0));
    setClass(byId("float-text"), "unset", this.entry.text === "");
    setDisabled(byId("float-go"), this.entry.text === "" || (this.till.outbox?.awaits("open_shift") ?? true));
  }
}
