// What a refusal leads to: most are said and that is all; some ask for a person, an answer or a reason, and then the same
// command is sent again with it.

/** Opened by themselves: without an answer the item or the step is not done. */
const DIALOGS = { approval_needed: "approval", return_too_late: "approval", age_check: "age" };
/** Offered on the banner: the usual way is to put the item aside. */
const OFFERS = { unknown_code: "unknown", expired: "override", recalled: "override", serial_sold: "override", serial_missing: "override", serial_elsewhere: "override", not_on_hand: "override" };
const OFFER_WORDS = { unknown: "Sell it at a price …", override: "Sell it anyway …" };
/** The second person's own refusals: asked again, with the reason on the sheet. */
const PERSON = new Set(["wrong_pin", "unknown_staff", "approval_self", "not_allowed", "locked_out"]);

/** The count of a shift differs by more than the store allows: it needs a reason before anybody may allow it. */
const isDifference = (command, { code }) => command.kind === "close_shift" && !command.why && ["approval_needed", "why_missing"].includes(code);

/** The dialog a refusal opens: {panel, given}, or null. */
export function dialogFor(command, reason) {
  if (command.approval && PERSON.has(reason.code)) return { panel: "approval", given: { command, reason } };
  const panel = isDifference(command, reason) ? "variance" : DIALOGS[reason.code];
  return panel === undefined ? null : { panel, given: { command, reason } };
}

/** The step a banner offers: {text, run}, or null. */
export function offerFor(till, command, reason) {
  const panel = OFFERS[reason.code];
  if (panel === undefined || !["scan", "add_item", "add_tags"].includes(command.kind)) return null;
  return { text: till.words.t(OFFER_WORDS[panel]), run: () => till.openPanel(panel, { command, reason }) };
}
