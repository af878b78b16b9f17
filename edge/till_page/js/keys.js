// What the keyboard does when it is no scanner. Every action has a key, every key shows on its button.

import { ACTIONS, runAction } from "./view_sale.js";

export class Keys {
  constructor(till, login, shift) {
    this.till = till;
    this.login = login;
    this.shift = shift;
  }

  /** The entry that typed characters go to, and what Enter does with it. */
  get target() {
    const { till } = this;
    if (till.screen === "login") return this.login;
    if (till.screen === "shift") return this.shift;
    return till.screen === "sale" ? (till.sheet ?? null) : null;
  }

  typed(character) {
    const { till } = this;
    if (till.screen === "sale" && till.panel === null && /[0-9A-Za-z]/.test(character)) till.openPanel("code");
    this.target?.entry?.type(character === "," ? "." : character);
  }

  key(event) {
    const { till } = this;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (this.functionKey(event) || this.movement(event)) {
      event.preventDefault();
      return;
    }
    const onButton = event.target instanceof HTMLButtonElement;
    if (event.key === "Enter" && !onButton) this.target?.submit();
    else if (event.key === "Backspace") this.target?.entry?.back();
    else if (event.key === "Escape") this.escape();
    else return;
    if (event.key !== "Enter" || !onButton) event.preventDefault();
    till.sound.wake();
  }

  functionKey(event) {
    const { till } = this;
    if (till.screen !== "sale" || event.repeat) return false;
    const action = ACTIONS.find((each) => each.key === event.key);
    if (action === undefined) return /^F([2-4]|[6-9]|10)$/.test(event.key);
    if (event.key === "F8" && till.panel === "abandon") till.sheet.submit();
    else if (event.key === "F9" && till.panel === "pay") return true;
    else runAction(till, action);
    return true;
  }

  movement(event) {
    const { till } = this;
    if (till.screen === "login" && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      this.login.choose(event.key === "ArrowUp" ? this.login.number : this.login.pin);
      return true;
    }
    if (till.screen !== "sale" || till.panel !== null) return false;
    if (event.key === "ArrowUp") till.moveSelection(-1);
    else if (event.key === "ArrowDown") till.moveSelection(1);
    else return false;
    return true;
  }

  escape() {
    const { till } = this;
    if (till.panel !== null) till.closePanel();
    else if (till.statusOpen) {
      till.statusOpen = false;
      till.render();
    } else if (till.notices.length > 0) till.dismiss(till.notices.at(-1).key);
    else this.target?.entry?.clear();
  }
}
