// What the screen says when an input was carried out. Most results show by themselves; these are said.

const SAID = {
  open_drawer: "The drawer opens.",
  abandon_sale: "The sale was abandoned. Nothing was sold.",
  hold_sale: "The sale is put aside. Any till of the store can take it up again.",
  recall_sale: "The sale is taken up again.",
  move_cash: "Recorded. Put the slip into the drawer.",
  print_x_report: "The X report is being printed.",
  print_z_report: "The Z report is being printed again, marked as a copy.",
  reprint_receipt: "The receipt is printed again, marked as a copy.",
  reverse_tender: "The payment is given back.",
  add_coupon: "The coupon is noted. The best basket decides whether it is used.",
};

const ADDS = new Set(["scan", "add_item", "add_tags", "add_unknown"]);

function shiftResult(till, command, before) {
  const { words, money } = till;
  const expected = before?.shift?.expected_minor;
  if (expected === undefined || expected === null) return words.t("The shift is closed. The Z report is being printed.");
  const difference = command.counted_minor - expected;
  return words.t("The shift is closed. Counted {counted}, expected {expected}, difference {difference}.", {
    counted: money.text(command.counted_minor),
    expected: money.text(expected),
    difference: (difference > 0 ? "+" : "") + money.text(difference),
  });
}

/** What is left on a card, and until when. */
function cardText(till, card) {
  const { words, money } = till;
  if (!card) return "";
  const values = { tail: card.tail, balance: money.text(card.balance_minor) };
  if (card.expires_ms == null) return words.t("Gift card …{tail}: {balance} left.", values);
  const day = new Intl.DateTimeFormat(words.tag, { dateStyle: "medium" }).format(card.expires_ms);
  return words.t("Gift card …{tail}: {balance} left, until {day}.", { ...values, day });
}

/** `before` is the state the input's maker saw. */
export function tellResult(till, command, answer, before) {
  if (ADDS.has(command.kind)) {
    // The code of a style or of a receipt adds nothing by itself: its sheet is open now.
    if (!["pick", "found"].includes(till.panel)) till.scanned();
  } else if (answer.sale) till.notices.clear();
  else if (command.kind === "close_shift") till.say("done", shiftResult(till, command, before));
  else if (command.kind === "ask_gift_card") till.say("done", cardText(till, answer.state.card));
  else if (command.kind in SAID) till.say("done", till.words.t(SAID[command.kind]));
  if (command.kind === "recall_sale" && till.state.repriced?.length > 0) till.openPanel("changed");
}
