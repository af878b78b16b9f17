// What a new state of the box leads to on this screen: sheets it brings up or makes needless, and what is said of it.

/** Sheets a payment takes the place of. */
const PAYING = new Set(["pay", "paycode", "payment"]);
/** Sheets that lose their meaning with the sale they were opened for. */
const ABOUT_THE_SALE = new Set(["pay", "paycode", "payment", "settlepay", "why", "abandon", "quantity", "price", "discount_line", "discount_basket"]);

/** A payment that is not over, several members, items to pick from, the end of a sale. */
export function followState(till, before) {
  const { state } = till;
  if (state.mode !== "sale") return;
  const ended = Boolean(before?.sale_id) && before.sale_id !== state.sale_id;
  if (ended && ABOUT_THE_SALE.has(till.panel)) till.closePanel();
  if (before !== null && state.last_sale && state.last_sale.sale_id !== before.last_sale?.sale_id) {
    till.notices.clear();
    till.last = null;
    till.sound.play("paid");
  }
  followPayment(till, before);
  followFound(till, before?.found_sale);
  followChoice(till, "memberpick", state.member_choices, before?.member_choices);
  followChoice(till, "pick", state.choices, before?.choices);
}

/** A receipt was found, by the return sheet or by scanning it on the sale screen. */
function followFound(till, then) {
  const now = till.state.found_sale;
  if (now && now.sale_id !== then?.sale_id) {
    if (["return", "found", null].includes(till.panel)) till.openPanel("found");
    else till.ask("found", {});
  }
  if (now) return;
  till.forget("found");
  if (till.panel === "found") till.closePanel();
}

function followChoice(till, name, now = [], then = []) {
  if (now.length > 0 && JSON.stringify(now) !== JSON.stringify(then)) till.ask(name, {});
  if (now.length > 0) return;
  till.forget(name);
  if (till.panel === name) till.closePanel();
}

const standing = (state) => (state?.payment ? `${state.payment.attempt_id} ${state.payment.state}` : "");

/** A payment under way comes before the sheet it was started from; how it ended is said, and the rest is asked for. */
function followPayment(till, before) {
  const [now, then] = [standing(till.state), standing(before)];
  if (now === then) return;
  if (till.paymentUnderWay) {
    if (till.panel === null || PAYING.has(till.panel)) till.openPanel("payment");
    else till.ask("payment", {});
    return;
  }
  if (now !== "") sayPaymentEnd(till);
  till.forget("payment");
  if (!["payment", "settlepay"].includes(till.panel)) return;
  if (till.hasBasket) till.openPanel("pay");
  else till.closePanel();
}

function sayPaymentEnd(till) {
  const { words, money, state } = till;
  const { payment } = state;
  const text = payment.reason ? till.reasonText(payment.reason) : words.code("payment_state", payment.state);
  till.notices.say("error", text, `${words.code("method", payment.method)} ${money.text(payment.amount_minor)}`);
  till.sound.play("refused");
}

/** What the till's own scanner read: the box has taken it already; say so as for a scan of this page, once. */
export function tellDeviceScans(till, first) {
  const scans = till.state.device_scans ?? [];
  const news = scans.filter((scan) => !till.toldScans.has(scan.id));
  till.toldScans = new Set(scans.map((scan) => scan.id));
  if (first) return;
  for (const scan of news) {
    if (scan.card) tellCard(till, scan);
    else if (scan.ok) {
      till.notices.overcome();
      till.scanned();
    } else if (scan.code === "" || !till.sheet?.takeScan(scan.code)) till.refused({ kind: "scan", code: scan.code }, scan.reason);
  }
}

/** A member card on the till's reader: it means its member, whatever is open. */
function tellCard(till, scan) {
  if (!scan.ok) {
    till.refused({ kind: "set_member" }, scan.reason);
    return;
  }
  till.notices.overcome();
  till.sound.play("taken");
  if (till.panel === "member") till.closePanel();
}

/** What the till's own scanner reads while a sheet decides something waits in the box: the sheet's field may take it. */
export function takeHeldScans(till) {
  for (const scan of till.state.held_scans ?? []) {
    if (till.takenScans.has(scan.id) || !till.sheet?.takeScan(bare(scan.code))) continue;
    till.takenScans.add(scan.id);
    till.input({ kind: "take_scan", scan_id: scan.id });
  }
}

/** Have the box hold its scanner's codes back while a sheet decides something, as this page does with those typed into it. */
export function tellSheetIsOpen(till) {
  if (!till.lineOpen || till.outbox === null || !till.state?.devices?.some((device) => device.device_kind === "scanner")) return;
  const open = till.holdsScans;
  if (open === till.toldHolding) return;
  till.toldHolding = open;
  till.input({ kind: "hold_scans", held: open });
}

/** Without the identifier that names the symbol. */
const bare = (code) => (code.startsWith("]") ? code.slice(3) : code);
