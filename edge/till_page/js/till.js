// What this screen knows and what its user can do. Views read it; every change ends in one synchronous `render`.

import { Money } from "./money.js";

const NOTICE_MIN_MS = 6000; // long enough to be read after the eye came back from the goods
const NOTICE_GLANCE_MS = 1500; // who opens a dialog this long after a banner has seen it
const NOTICES_MAX = 4;
/** While one of these waits for its answer, what the screen shows may already be over. */
const ENDINGS = ["pay_cash", "abandon_sale", "close_shift", "logout"];
/** Values of reasons that are minor units of the currency. */
const MONEY_VALUES = new Set(["missing", "amount", "was", "due"]);
/** A dialog that decides something holds scans back until it is decided. */
const DECIDING = new Set(["quantity", "pay", "drawer", "abandon", "close"]);

export class Till {
  constructor(tillId, words, sound) {
    this.tillId = tillId;
    this.words = words;
    this.sound = sound;
    this.outbox = null; // set once this window has claimed the till
    this.screen = "connecting";
    this.state = null;
    this.money = new Money("en", "", 2);
    this.lineOpen = false;
    this.lineSince = performance.now();
    this.selectedLine = null;
    this.last = null;
    this.panel = null;
    this.sheet = null; // the open panel's view
    this.notices = [];
    this.keepTrouble = "";
    this.statusOpen = false;
    this.staff = [];
    this.toldScans = new Set();
    this.pastSaleId = null; // its change was shown; a later sale has begun since
    this.onState = () => {};
    this.renderers = [];
  }

  render() {
    for (const render of this.renderers) render();
  }

  // ---- what the box says

  /** Take a pushed state. `fresh` accepts a lower revision: a restarted box counts anew. */
  apply(state, fresh) {
    if (!fresh && this.state !== null && state.revision < this.state.revision) return;
    const before = this.state;
    this.state = state;
    if (this.screen !== "elsewhere") this.screen = state.mode;
    if (state.mode !== before?.mode) this.notices = [];
    if (before?.currency !== state.currency || before?.minor_digits !== state.minor_digits) this.newMoney();
    if (state.mode !== "sale" && this.panel !== null) this.closePanel();
    if (state.sale_id !== before?.sale_id) this.selectedLine = state.lines.findLast((line) => !line.voided)?.line_no ?? null;
    if (!state.lines.some((line) => line.line_no === this.selectedLine && !line.voided)) this.selectedLine = null;
    if (state.lines.length > 0 && state.last_sale) this.pastSaleId = state.last_sale.sale_id;
    if (state.lines.length === 0 && this.last?.kind === "line") this.last = null;
    this.deviceScans(before === null);
    this.onState(before);
  }

  /** What the till's own scanner read: the box has taken it already; say so as for a scan of this page, once. */
  deviceScans(first) {
    const scans = this.state.device_scans ?? [];
    const news = scans.filter((scan) => !this.toldScans.has(scan.id));
    this.toldScans = new Set(scans.map((scan) => scan.id));
    if (first) return;
    for (const scan of news) {
      if (scan.ok) {
        for (const notice of this.notices) notice.over = true;
        this.scanned();
      } else this.refused({ kind: "scan", code: scan.code }, scan.reason);
    }
  }

  newMoney() {
    this.money = new Money(this.words.tag, this.state?.currency ?? "", this.state?.minor_digits ?? 2);
  }

  /** An input was answered: say so by sight and sound. `before` is the state its maker saw. */
  answered(entry, answer, before) {
    const { command } = entry;
    if (!answer.ok) {
      this.refused(command, answer.reason);
      return;
    }
    for (const notice of this.notices) notice.over = true;
    if (command.kind === "scan") this.scanned();
    else if (command.kind === "pay_cash") {
      this.notices = [];
      this.sound.play("paid");
    } else if (command.kind === "close_shift") this.say("done", this.shiftResult(command, before));
    else if (command.kind === "reprint_receipt") this.say("done", this.words.t("The receipt is printed again, marked as a copy."));
    else if (command.kind === "open_drawer") this.say("done", this.words.t("The drawer opens."));
    else if (command.kind === "abandon_sale") this.say("done", this.words.t("The sale was abandoned. Nothing was sold."));
  }

  scanned() {
    const line = this.state.lines.at(-1);
    if (line === undefined) return;
    this.last = { kind: "line", lineNo: line.line_no, at: performance.now() };
    this.selectedLine = line.line_no;
    this.sound.play("taken");
  }

  refused(command, reason) {
    const text = this.words.code("reason", reason.code, reason.text, this.reasonValues(reason));
    if (command.kind === "scan") this.last = { kind: "refused", code: command.code, at: performance.now() };
    this.say("error", text, command.kind === "scan" ? command.code : "");
    this.sound.play("refused");
  }

  /** The box said that it cannot read an input at all: page and box are of different versions. */
  unreadable(entry, status) {
    const text = this.words.t("The box does not understand this input (error {status}). Reload this page; if that does not help, call support.", { status: String(status) });
    this.say("error", text, this.words.code("input", entry.command.kind));
    this.sound.play("refused");
    this.render();
  }

  /** Amounts come as minor units and rights as codes. */
  reasonValues(reason) {
    const values = { ...reason.params };
    for (const [name, value] of Object.entries(values)) {
      if (MONEY_VALUES.has(name) && /^-?\d+$/.test(value)) values[name] = this.money.text(Number(value));
      if (name === "right") values[name] = this.words.code("right", value);
    }
    return values;
  }

  shiftResult(command, before) {
    const expected = before?.shift?.expected_minor;
    if (expected === undefined || expected === null) return this.words.t("The shift is closed.");
    const difference = command.counted_minor - expected;
    return this.words.t("The shift is closed. Counted {counted}, expected {expected}, difference {difference}.", {
      counted: this.money.text(command.counted_minor),
      expected: this.money.text(expected),
      difference: (difference > 0 ? "+" : "") + this.money.text(difference),
    });
  }

  // ---- notices: a refusal stays until it is touched, or could be read and a later input succeeded

  say(level, text, about = "") {
    const same = this.notices.find((notice) => notice.text === text && notice.about === about);
    if (same) {
      same.count += 1;
      same.at = performance.now();
      same.over = false;
      return;
    }
    this.notices.push({ key: crypto.randomUUID(), level, text, about, count: 1, over: level === "done", at: performance.now() });
    if (this.notices.length > NOTICES_MAX) this.notices.shift();
  }

  /** Called twice a second. */
  dropOldNotices() {
    const now = performance.now();
    this.notices = this.notices.filter((notice) => !notice.over || now - notice.at < NOTICE_MIN_MS);
  }

  dismiss(key) {
    this.notices = this.notices.filter((notice) => notice.key !== key);
    this.render();
  }

  // ---- what the user does

  get settling() {
    return this.outbox?.awaits(...ENDINGS) ?? false;
  }

  /** The sale just paid, to be shown until the next scan. */
  get paidToShow() {
    const { lines, last_sale: sale, shift } = this.state;
    const shown = sale && lines.length === 0 && sale.sale_id !== this.pastSaleId && shift?.sale_count > 0;
    return shown ? sale : null;
  }

  get liveLines() {
    return this.state?.lines.filter((line) => !line.voided) ?? [];
  }

  /** Keep an input and send it. Returns false, loudly, when no more can be kept. */
  input(command, hold = false) {
    if (this.outbox === null) return false;
    if (this.outbox.add(command, hold) !== null) return true;
    this.say("error", this.words.t("Too many inputs wait for the box. This one was NOT taken. Check the box."));
    this.sound.play("refused");
    this.render();
    return false;
  }

  scan(code) {
    this.input({ kind: "scan", code }, DECIDING.has(this.panel));
  }

  /** Do something that rests on what the screen shows; refused here while the box may have moved on. */
  act(command) {
    if (this.settling) {
      this.localRefusal(this.words.t("Wait: the box has not answered the last step yet."));
      return false;
    }
    return this.input(command);
  }

  localRefusal(text) {
    this.say("error", text);
    this.sound.play("refused");
    this.render();
  }

  voidSelected() {
    const lineNo = this.selectedLine;
    if (lineNo === null) {
      this.localRefusal(this.words.t("Choose the line first: touch it, or use the arrow keys."));
      return;
    }
    // No line is chosen afterwards, so that a double tap does not take off two.
    if (this.act({ kind: "void_line", line_no: lineNo })) this.selectedLine = null;
    this.render();
  }

  select(lineNo) {
    this.selectedLine = lineNo;
    this.render();
  }

  /** Move the choice up (newer) or down (older) in the list, which shows the newest first. */
  moveSelection(step) {
    const numbers = this.liveLines.map((line) => line.line_no).reverse();
    if (numbers.length === 0) return;
    const at = numbers.indexOf(this.selectedLine);
    this.select(numbers[Math.max(0, Math.min(numbers.length - 1, at === -1 ? 0 : at + step))]);
  }

  openPanel(name) {
    if (this.screen !== "sale") return;
    const now = performance.now();
    this.notices = this.notices.filter((notice) => now - notice.at < NOTICE_GLANCE_MS);
    this.panel = name;
    this.render();
  }

  /** The dialog is over; scans that came meanwhile follow what it decided. */
  closePanel() {
    this.panel = null;
    this.outbox?.release();
    this.render();
  }
}
