// Something being keyed in: digits from a keypad on the glass or from the keyboard, never from a scanner.

import { makeButton } from "./dom.js";

const BACK = "⌫";
const LAYOUTS = {
  whole: ["7", "8", "9", "4", "5", "6", "1", "2", "3", "C", "0", BACK],
  amount: ["7", "8", "9", "4", "5", "6", "1", "2", "3", ".", "0", BACK],
};

export class Entry {
  /** `accepts(text)` says whether what would stand there is possible; an impossible key does nothing. */
  constructor(accepts, onChange) {
    this.accepts = accepts;
    this.onChange = onChange;
    this.text = "";
  }

  type(character) {
    const text = this.text + character;
    if (!this.accepts(text)) return false;
    this.set(text);
    return true;
  }

  back() {
    this.set(this.text.slice(0, -1));
  }

  clear() {
    this.set("");
  }

  set(text) {
    this.text = text;
    this.onChange();
  }

  press(key) {
    if (key === BACK) this.back();
    else if (key === "C") this.clear();
    else this.type(key);
  }
}

export const wholeNumber = (mostDigits) => (text) => text.length <= mostDigits && /^\d*$/.test(text);
export const anyCode = (text) => text.length <= 64;

/** Up to 7 digits and as many decimals as the currency has; a comma counts as a point. */
export function amountOf(minorDigits) {
  const decimals = minorDigits > 0 ? `(?:\\.\\d{0,${minorDigits}})?` : "";
  const pattern = new RegExp(`^\\d{0,7}${decimals}$`);
  return (text) => pattern.test(text);
}

/** Fill `parent` with keys that act on whatever entry `current()` returns. Left out of the tab order: a keyboard has digits. */
export function buildKeypad(parent, layout, words, current) {
  const names = { [BACK]: "Delete the last digit", C: "Clear" };
  parent.replaceChildren(
    ...LAYOUTS[layout].map((key) => {
      const button = makeButton(/\d/.test(key) ? "key" : "key soft", key, () => current()?.press(key));
      button.tabIndex = -1;
      if (key in names) {
        button.dataset.tLabel = names[key];
        button.setAttribute("aria-label", words.t(names[key]));
      }
      return button;
    }),
  );
}
