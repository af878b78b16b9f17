// Something being keyed in: digits from a keypad on the glass or from the keyboard, never from a scanner.

import { makeButton } from "./dom.js";

const BACK = "⌫";
const LETTERS = [..."1234567890QWERTYUIOPASDFGHJKL-ZXCVBNM,"];
const LAYOUTS = {
  whole: ["7", "8", "9", "4", "5", "6", "1", "2", "3", "C", "0", BACK],
  amount: ["7", "8", "9", "4", "5", "6", "1", "2", "3", ".", "0", BACK],
  code: ["7", "8", "9", "4", "5", "6", "1", "2", "3", "-", "0", BACK],
  letters: [...LETTERS, "␣", BACK],
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
export const note = (text) => text.length <= 40;
export const staffNumber = (text) => text.length <= 24 && /^\S*$/.test(text);
export const pinDigits = (text) => text.length <= 12 && /^\d*$/.test(text);
/** Up to 100 with two decimals: hundredths of a percent are the smallest unit a discount has. */
export const percent = (text) => /^\d{0,3}(?:\.\d{0,2})?$/.test(text) && Number(text || 0) <= 100;

/** Up to 7 digits and as many decimals as the currency has; a comma counts as a point. */
export function amountOf(minorDigits) {
  const decimals = minorDigits > 0 ? `(?:\\.\\d{0,${minorDigits}})?` : "";
  const pattern = new RegExp(`^\\d{0,7}${decimals}$`);
  return (text) => pattern.test(text);
}

/** Fill `parent` with keys that act on whatever entry `current()` returns. Left out of the tab order: a keyboard has digits. */
export function buildKeypad(parent, layout, words, current) {
  const names = { [BACK]: "Delete the last digit", C: "Clear", "␣": "Space" };
  parent.replaceChildren(
    ...LAYOUTS[layout].map((key) => {
      // In the layout of letters, C is the letter.
      const press = () => (layout === "letters" && key !== BACK ? current()?.type(key === "␣" ? " " : key) : current()?.press(key));
      const button = makeButton(/\d/.test(key) ? "key" : "key soft", key, press);
      button.tabIndex = -1;
      if (key in names && !(layout === "letters" && key === "C")) {
        button.dataset.tLabel = names[key];
        button.setAttribute("aria-label", words.t(names[key]));
      }
      return button;
    }),
  );
}
