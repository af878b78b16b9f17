// Tells a barcode scanner that types ("keyboard wedge") from a person who types, wherever the focus is.
//
// Printable keys are held back until it is clear who typed them: a burst of short gaps that ends with Enter or Tab is a
// scan; everything else is handed on, in order, as typed keys. So a scan never leaks into an open amount, and the page
// has no native input field that could swallow one (or an input method that could rewrite it).

const GAP_MS = 50; // longest gap inside a burst; persons stay above it, scanners far below
const SCAN_LENGTH_MIN = 4; // a person hits two or three keys that fast by accident, never four and Enter
const SCAN_LENGTH_MAX = 400; // the longest GS1 symbol carries less
const GROUP_SEPARATOR = "\u001d";

/** What a key types into a burst, or null. Scanners send GS as Ctrl+] or F8. */
function characterOf(event, inBurst) {
  if (inBurst && ((event.ctrlKey && event.key === "]") || event.key === "F8")) return GROUP_SEPARATOR;
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  return event.key.length === 1 ? event.key : null;
}

export class Wedge {
  /** `onScan(code)`; `onTyped(character)`; `onKey(event)` for Enter, Tab and every other key that ends no scan. */
  constructor({ onScan, onTyped, onKey }) {
    this.onScan = onScan;
    this.onTyped = onTyped;
    this.onKey = onKey;
    this.burst = [];
    this.lastAt = -Infinity;
    this.timer = 0;
  }

  attach(target) {
    target.addEventListener("keydown", (event) => this.keydown(event), { capture: true });
    // Firefox searches and buttons react to the release of the space bar: what is held back must not act.
    target.addEventListener("keyup", (event) => this.burst.length > 0 && event.preventDefault(), { capture: true });
  }

  keydown(event) {
    if (event.key === "Shift" || event.key === "CapsLock") return;
    const inTime = event.timeStamp - this.lastAt <= GAP_MS;
    if (!inTime) this.flush();
    const inBurst = this.burst.length > 0;
    if (inBurst && (event.key === "Enter" || event.key === "Tab") && this.endsScan()) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const character = characterOf(event, inBurst);
    if (character === null || (character === " " && !inBurst)) {
      this.flush();
      this.onKey(event);
      return;
    }
    event.preventDefault();
    this.hold(character, event);
  }

  hold(character, event) {
    if (event.repeat || this.burst.length >= SCAN_LENGTH_MAX) this.flush();
    this.burst.push(character);
    this.lastAt = event.repeat ? -Infinity : event.timeStamp;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), GAP_MS);
  }

  endsScan() {
    if (this.burst.length < SCAN_LENGTH_MIN) return false;
    const code = this.burst.join("");
    this.clear();
    this.onScan(code);
    return true;
  }

  /** A person typed these. */
  flush() {
    if (this.burst.length === 0) return;
    const typed = this.burst;
    this.clear();
    for (const character of typed) this.onTyped(character);
  }

  clear() {
    clearTimeout(this.timer);
    this.burst = [];
    this.lastAt = -Infinity;
  }
}
