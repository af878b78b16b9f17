// What a refusal asks for: a second person, the customer's age, a reason for an override, a price for the unknown.

import { amountOf, pinDigits, staffNumber } from "../entry.js";
import { ChoicePart, EntryPart, TextPart } from "../parts.js";
import { Sheet } from "../sheet.js";
import { loadStaff } from "../staff_list.js";
import { reasonOptions } from "./line.js";

const STAFF_SHOWN_MAX = 6;
const OVERRIDE_WHYS = ["checked_by_hand", "label_wrong", "customer_agrees", "other"];

/** What is to be allowed, in words: the input and its number. */
function commandText(till, command) {
  const amount = command.price_minor ?? command.amount_minor ?? command.tendered_minor;
  const name = till.words.code("input", command.kind);
  return [name, command.code, amount ? till.money.text(amount) : "", command.percent_bp ? `${command.percent_bp / 100} %` : ""].filter(Boolean).join(" · ");
}

export class ApprovalSheet extends Sheet {
  static title = "A second person must allow this";

  build() {
    const { command, reason } = this.given;
    if (this.till.staff.length === 0) loadStaff(this.till);
    this.add(new TextPart(() => commandText(this.till, command), "hint strong"));
    this.add(new TextPart(() => ({ text: this.till.reasonText(reason), look: reason.code === "approval_needed" ? "" : "short" })));
    this.people = this.add(new ChoicePart({ options: () => this.options(), optional: true, onPick: (staffId) => this.name(staffId) }));
    this.person = this.add(new EntryPart({ label: "Staff number", accepts: staffNumber, show: (text) => this.nameOf(text) ?? text }));
    this.pin = this.add(new EntryPart({ label: "PIN", accepts: pinDigits, secret: true }));
    this.current = this.person;
    if (command.approval && reason.code !== "unknown_staff") this.name(command.approval.staff_id);
  }

  options() {
    const others = this.till.staff.filter((person) => person.staff_id !== this.till.state.cashier_id);
    return others.slice(0, STAFF_SHOWN_MAX).map((person) => ({ value: person.staff_id, text: person.name }));
  }

  nameOf(staffId) {
    return this.till.staff.find((person) => person.staff_id === staffId)?.name;
  }

  name(staffId) {
    this.person.entry.text = staffId;
    this.people.value = staffId;
    this.current = this.pin;
  }

  goes() {
    return this.words.t("Allow it");
  }

  /** An input the second person allows is the same input with their name: a new one for the box, as the first was refused. */
  send() {
    const approval = { staff_id: this.person.value, pin: this.pin.value };
    return this.till.input({ ...this.given.command, approval });
  }
}

export class AgeSheet extends Sheet {
  static title = "Is the customer old enough?";
  static close = "No: put the item aside";
  static look = "pay";

  build() {
    this.add(new TextPart(() => this.till.reasonText(this.given.reason), "hint strong"));
    this.add(new TextPart(() => this.words.t("Look at the customer's identity card when in doubt.")));
  }

  goes() {
    return this.words.t("Yes, I have checked");
  }

  send() {
    return this.till.input({ ...this.given.command, age_confirmed: true });
  }
}

export class OverrideSheet extends Sheet {
  static title = "Sell it anyway?";
  static close = "Put the item aside";
  static look = "danger";

  build() {
    this.add(new TextPart(() => this.till.reasonText(this.given.reason), "hint strong"));
    this.add(new TextPart(() => this.words.t("This is recorded with your name and the reason.")));
    this.why = this.add(new ChoicePart({ label: "Reason", columns: 1, options: reasonOptions(this.words, "why", OVERRIDE_WHYS) }));
  }

  goes() {
    return this.words.t("Sell it");
  }

  send() {
    return this.till.input({ ...this.given.command, why: this.why.value });
  }
}

export class UnknownSheet extends Sheet {
  static title = "Not in the catalogue";
  static close = "Put the item aside";

  build() {
    this.add(new TextPart(() => this.given.command.code, "hint strong"));
    this.add(new TextPart(() => this.words.t("The office is told. Ask for the price; the shelf or a colleague knows it.")));
    this.price = this.add(new EntryPart({ label: "Price", accepts: amountOf(this.till.state.minor_digits), layout: "amount" }));
    this.classes = [];
    const classes = () => this.classes.map((each) => ({ value: each.tax_class, text: each.name, side: `${each.rate_bp / 100} %` }));
    this.tax = this.add(new ChoicePart({ label: "Kind of goods", options: classes, none: "The box tells no tax classes: put the item aside." }));
    this.load();
  }

  goes() {
    return this.words.t("Add to the sale");
  }

  async load() {
    try {
      const answer = await fetch("/v1/tax-classes", { signal: AbortSignal.timeout(3000) });
      if (answer.ok) this.classes = (await answer.json()).tax_classes;
      this.till.render();
    } catch {
      // The box is away: without its tax classes nothing unknown can be sold.
    }
  }

  ready() {
    return this.money.parse(this.price.value) > 0;
  }

  send() {
    const { code } = this.given.command;
    return this.till.act({ kind: "add_unknown", code, price_minor: this.money.parse(this.price.value), tax_class: this.tax.value, why: "not_in_catalogue" });
  }
}

export class AbandonSheet extends Sheet {
  static title = "Abandon this sale?";
  static close = "Keep the sale";
  static look = "danger";

  build() {
    this.add(new TextPart(() => this.words.t("All lines are taken off and nothing is sold. This is recorded.")));
  }

  goes() {
    return this.words.t("Abandon it");
  }

  send() {
    return this.till.act({ kind: "abandon_sale" });
  }
}
