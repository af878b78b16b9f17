// What the keyboard does when it is no scanner. Every action has a key, every key shows on its button.

import { ACTIONS, runAction } from "./actions.js";

/** Never given to the browser while selling: a help page or a menu must not open under the cashier's hands. */
const OURS = /^F([1-4]|[6-9]|10)$/;

export class Keys {
  constructor(till, login, shift) {
    this.till = till;
    this.login = login;
    this.shift = shift;
  }

  /** What typed characters go to, and what Enter does. */
  get target() {
    const { till } = this;
    if (till.screen === "login") return this.login;
    if (till.screen === "shift") return this.shift;
    return till.screen === "sale" ? till.sheet : null;
  }

  typed(character) {
    const { till } = this;
    if (till.screen === "sale" && till.panel === null) {
      const action = ACTIONS.find((each) => each.key === character);
      if (action) return runAction(till, action);
      if (!/[0-9A-Za-z]/.test(character)) return undefined;
      till.openPanel("code");
    }
    return this.target?.typed(character);
  }

  key(event) {
    const { till } = this;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (this.functionKey(event) || this.movement(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter") this.enter(event);
    else if (event.key === "Backspace") this.target?.back();
    else if (event.key === "Escape") this.escape();
    else return;
    event.preventDefault();
    till.sound.wake();
  }

  /** Enter presses the button that has the focus now (a held-back digit may just have moved it); else it goes on. */
  enter(event) {
    const { till } = this;
    const focus = document.activeElement;
    if (event.repeat) return;
    if (focus instanceof HTMLButtonElement && !focus.matches(".field, .choice.on, .found-name")) focus.click();
    else if (this.target) this.target.submit();
    else if (till.screen === "sale") till.notices.newest?.next?.run();
  }

  functionKey(event) {
    const { till } = this;
    if (till.screen !== "sale" || event.repeat || !OURS.test(event.key)) return false;
    if (till.sheet !== null && (till.sheet.functionKey(event.key) || till.sheet.constructor.scans !== "pass")) return true;
    const action = ACTIONS.find((each) => each.key === event.key);
    if (action) runAction(till, action);
    return true;
  }

  movement(event) {
    const { till } = this;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined) return false;
    if (till.screen === "sale" && till.panel === null) till.moveSelection(step);
    else if (this.target?.move) this.target.move(step);
    else return false;
    return true;
  }

  escape() {
    const { till } = this;
    if (till.panel !== null) till.sheet?.leave();
    else if (till.statusOpen) {
      till.statusOpen = false;
      till.render();
    } else if (till.notices.newest) till.dismiss(till.notices.newest.key);
    else this.target?.entry?.clear();
  }
}
