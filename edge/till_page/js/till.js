// What this screen knows and what its user can do. Views read it; every change ends in one synchronous `render`.

import { followState, takeHeldScans, tellDeviceScans } from "./follow.js";
import { Money } from "./money.js";
import { Notices } from "./notices.js";
import { dialogFor, offerFor } from "./refusals.js";
import { tellResult } from "./results.js";

/** While one of these waits for its answer, what the screen shows may already be over. */
const ENDINGS = ["pay_cash", "pay", "refund", "abandon_sale", "hold_sale", "close_shift", "logout"];
/** Values of reasons that are minor units of the currency. */
const MONEY_VALUES = new Set(["missing", "amount", "was", "due", "balance"]);
/** Reasons whose other values are money as well; elsewhere these names count things. */
const MONEY_OF = { offline_limit: ["left", "limit"], approval_limit: ["limit"] };
const DIALOGS_MAX = 8;
/** Of these one is enough: they show what the state says when they open. */
const FOLLOWING = new Set(["payment", "memberpick", "pick"]);
const ABOUT_SCANS = new Set(["hold_scans", "take_scan"]);
const UNDER_WAY = new Set(["asking", "unknown", "enquiring", "reversing"]);
/** Refusals of payment codes and bank cards: the screen does not repeat them either. */
const SECRET = new Set(["payment_code_early", "bank_card"]);

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
    this.given = {}; // what the open panel was opened with
    this.sheet = null; // the open panel's view
    this.dialogs = []; // asked for while another panel is open
    this.notices = new Notices();
    this.keepTrouble = "";
    this.statusOpen = false;
    this.staff = [];
    this.toldScans = new Set();
    this.takenScans = new Set(); // held scans that a field of a sheet has taken
    this.toldHolding = false; // what the box was told last of `holdsScans`
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
    if (state.mode !== before?.mode) this.notices.clear();
    if (before?.currency !== state.currency || before?.minor_digits !== state.minor_digits) this.newMoney();
    if (state.mode !== "sale" && this.panel !== null) this.closePanel();
    if (state.sale_id !== before?.sale_id) this.selectedLine = state.lines.findLast((line) => !line.voided)?.line_no ?? null;
    if (!state.lines.some((line) => line.line_no === this.selectedLine && !line.voided)) this.selectedLine = null;
    if (state.lines.length > 0 && state.last_sale) this.pastSaleId = state.last_sale.sale_id;
    if (state.lines.length === 0 && this.last?.kind === "line") this.last = null;
    tellDeviceScans(this, before === null);
    takeHeldScans(this);
    followState(this, before);
    this.onState(before);
  }

  /** Something is at the terminal, or not known; an ended one is told once and stands in the way of nothing. */
  get paymentUnderWay() {
    return UNDER_WAY.has(this.state?.payment?.state);
  }

  newMoney() {
    this.money = new Money(this.words.tag, this.state?.currency ?? "", this.state?.minor_digits ?? 2);
  }

  /** An input was answered: say so by sight and sound. `before` is the state its maker saw. */
  answered(entry, answer, before) {
    if (ABOUT_SCANS.has(entry.command.kind)) return; // between page and box: the user did nothing
    if (!answer.ok) {
      this.refused(entry.command, answer.reason);
      return;
    }
    this.notices.overcome();
    tellResult(this, entry.command, answer, before);
  }

  scanned() {
    const line = this.state.lines.at(-1);
    if (line === undefined) return;
    this.last = { kind: "line", lineNo: line.line_no, at: performance.now() };
    this.selectedLine = line.line_no;
    this.sound.play("taken");
  }

  refused(command, reason) {
    const dialog = this.screen === "sale" ? dialogFor(command, reason) : null;
    this.sound.play("refused");
    if (dialog !== null) {
      this.ask(dialog.panel, dialog.given);
      return;
    }
    const code = command.kind === "scan" && !SECRET.has(reason.code) ? command.code : "";
    if (command.kind === "scan") this.last = { kind: "refused", code, at: performance.now() };
    this.notices.say("error", this.reasonText(reason), code, offerFor(this, command, reason));
  }

  /** The box said that it cannot read an input at all: page and box are of different versions. */
  unreadable(entry, status) {
    const text = this.words.t("The box does not understand this input (error {status}). Reload this page; if that does not help, call support.", { status: String(status) });
    this.say("error", text, this.words.code("input", entry.command.kind));
    this.sound.play("refused");
    this.render();
  }

  reasonText(reason) {
    return this.words.code("reason", reason.code, reason.text, this.reasonValues(reason));
  }

  /** Amounts come as minor units and rights as codes. */
  reasonValues(reason) {
    const values = { ...reason.params };
    for (const [name, value] of Object.entries(values)) {
      const isMoney = name.endsWith("_minor") || MONEY_VALUES.has(name) || MONEY_OF[reason.code]?.includes(name);
      if (isMoney && /^-?\d+$/.test(value)) values[name] = this.money.text(Number(value));
      if (name === "right") values[name] = this.words.code("right", value);
    }
    return values;
  }

  dismiss(key) {
    this.notices.dismiss(key);
    this.render();
  }

  say(level, text, about = "") {
    this.notices.say(level, text, about);
  }

  // ---- what the user does

  get settling() {
    return this.outbox?.awaits(...ENDINGS) ?? false;
  }

  /** The sale just paid, to be shown until the next scan. */
  get paidToShow() {
    const { lines, returns = [], last_sale: sale, shift } = this.state;
    const shown = sale && lines.length === 0 && returns.length === 0 && sale.sale_id !== this.pastSaleId && shift?.sale_count > 0;
    return shown ? sale : null;
  }

  get liveLines() {
    return this.state?.lines.filter((line) => !line.voided) ?? [];
  }

  /** Something is in the basket: goods going out or coming back. */
  get hasBasket() {
    return this.liveLines.length > 0 || (this.state?.returns?.length ?? 0) > 0;
  }

  get selected() {
    return this.liveLines.find((line) => line.line_no === this.selectedLine) ?? null;
  }

  /** Keep an input and send it. Returns false, loudly, when no more can be kept. */
  input(command, hold = false) {
    if (this.outbox === null) return false;
    if (this.outbox.add(command, hold) !== null) return true;
    this.localRefusal(this.words.t("Too many inputs wait for the box. This one was NOT taken. Check the box."));
    return false;
  }

  /** A scan goes into the open sheet's field if one is for it, waits while a sheet decides something, or is sold. */
  scan(code) {
    if (this.sheet?.takeScan(code)) return;
    this.input({ kind: "scan", code }, this.holdsScans);
  }

  /** A sheet decides something: what is scanned waits for it. */
  get holdsScans() {
    return this.panel !== null && this.sheet?.constructor.scans !== "pass";
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

  // ---- sheets

  openPanel(name, given = {}) {
    if (this.screen !== "sale") return;
    this.notices.glance();
    this.panel = name;
    this.given = given;
    this.sheet = null;
    this.render();
  }

  /** The box needs an answer: at once, or after the sheet that is open now. */
  ask(name, given) {
    if (FOLLOWING.has(name)) this.forget(name);
    if (this.panel === null) this.openPanel(name, given);
    else if (this.dialogs.length < DIALOGS_MAX) this.dialogs.push({ panel: name, given });
  }

  /** What was to be asked is no more. */
  forget(name) {
    this.dialogs = this.dialogs.filter((each) => each.panel !== name);
  }

  /** The sheet is over. What was asked meanwhile comes next; then scans that came follow what was decided. */
  closePanel() {
    this.panel = null;
    this.sheet = null;
    const next = this.screen === "sale" ? this.dialogs.shift() : undefined;
    if (next) this.openPanel(next.panel, next.given);
    else {
      this.dialogs = [];
      this.outbox?.release();
    }
    this.render();
  }
}
