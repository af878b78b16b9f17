"""Every refusal at the till: a stable code, plain English, and the values the text names. Screens translate by code."""

from __future__ import annotations

from protocols.contract.reason import Reason

TEXTS = {
    "setup_missing": "This till has no catalogue yet: headquarters has not sent it. Check the line to headquarters.",
    "not_at_this_till": "This till cannot do that.",
    "approval_needed": "A second person must allow this: the right '{right}' is missing.",
    "approval_self": "Nobody may allow their own doing. Ask another person.",
    "login_first": "Log in first.",
    "already_logged_in": "Somebody is logged in at this till. Log out first.",
    "unknown_staff": "There is no cashier {staff_id} in this store.",
    "wrong_pin": "Wrong PIN. Try again.",
    "locked_out": "Too many wrong PINs. Wait {seconds} seconds.",
    "not_allowed": "You may not do this: the right '{right}' is missing. Ask a supervisor.",
    "shift_first": "Open the shift first: count the cash in the drawer.",
    "shift_open": "The shift is still open. Close it first.",
    "shift_already_open": "A shift is already open at this till.",
    "amount_invalid": "The amount is not possible: {amount}.",
    "sale_open": "There is an open sale. Finish or abandon it first.",
    "no_sale": "There is nothing in the basket.",
    "no_such_line": "There is no line {line_no} in the basket.",
    "quantity_invalid": "The quantity must be between 1 and {most}.",
    "weighed_quantity": "A weighed line has no quantity: void it and weigh again.",
    "basket_full": "The basket is full ({most} lines). Finish this sale first.",
    "total_too_high": "The total would be too high for one sale. Finish this sale first.",
    "scan_unreadable": "What the scanner sent cannot be read. Scan again.",
    "code_empty": "Nothing was scanned.",
    "code_not_digits": "'{code}' is not a product barcode. Scan again.",
    "code_length": "'{code}' has the wrong number of digits. Scan again.",
    "check_digit": "'{code}' was misread: its check digit is wrong. Scan again.",
    "unknown_code": "'{code}' is not in the catalogue. Put the item aside and tell the office.",
    "item_inactive": "{name} is no longer sold. Put the item aside.",
    "no_price": "{name} has no price. Tell the office.",
    "no_tax_class": "{name} has no valid tax class. Tell the office.",
    "no_scale": "{name} is sold by weight, but this till has no scale.",
    "scale_silent": "The scale does not answer. Check its cable.",
    "weight_motion": "The weight is not steady. Wait until the scale rests, then scan again.",
    "weight_zero": "Nothing is on the scale. Put the goods on it, then scan again.",
    "weight_under_zero": "The scale is below zero. Empty it and press its zero key.",
    "weight_over_capacity": "Too heavy for the scale.",
    "scale_fault": "The scale reports a fault.",
    "total_changed": "The total is {due} now, not {was}. Check the lines with the customer, then take payment again.",
    "tendered_too_little": "Not enough: {missing} is missing.",
    "tendered_too_much": "The amount given is not plausible.",
    "overpaid": "{amount} more was paid than is due. Give a payment back, or add what is missing.",
    "amount_over_due": "Only {due} is due. Change is given from cash alone.",
    "cash_not_payable": "Coins cannot pay that amount: it must be a multiple of {amount}.",
    "no_such_method": "This till cannot take '{method}'.",
    "method_limit": "At most {amount} can be taken this way now.",
    "terminal_offline": "The payment terminal cannot be used: {detail}.",
    "payment_under_way": "A payment of {amount} is under way at the terminal. Wait for it, or stop it.",
    "payment_unknown": "Nobody knows yet what became of the payment of {amount}. Ask the terminal again first.",
    "payment_enquiring": "The outcome is not known: {detail}. The terminal is asked again and again.",
    "payment_declined": "The payment was declined: {detail}. Nothing was charged.",
    "payment_cancelled": "The payment was stopped. Nothing was charged.",
    "payment_not_made": "The payment was not made: {detail}. Nothing was charged.",
    "payment_partial": "Only {amount} was approved. The rest is still due.",
    "terminal_wrong_amount": "The terminal took {amount} instead of {was}. It is giving all of it back.",
    "no_such_payment": "That payment is not under way any more.",
    "no_such_tender": "There is no payment {tender_no} to give back.",
    "reverse_last_first": "Give payment {tender_no} back first: the last one taken.",
    "basket_paid": "A part of this sale is paid already. Give the payment back first, or take the rest.",
    "settle_why_missing": "Say what the terminal's slip shows.",
    "nothing_to_reprint": "There is no receipt to print again.",
    "disk_full": "The disk of the box is full. Selling has stopped; nothing is lost. Call support.",
    "disk_low": "The disk of the box is nearly full: {free_mb} MB are left. Call support.",
    "box_busy": "The box is busy. Try again.",
    "clock_implausible": "The clock of the box is wrong. Prices stay as they were; times on receipts may be wrong.",
    "unknown_till": "There is no till {till_id} in this store.",
    "second_medium_failed": "The second medium cannot be written: {detail}. Sales are kept on the main disk only.",
    "hq_clone_suspected": "Headquarters suspects a second box with this store's identity and takes nothing. Call support.",
    "hq_refused": "Headquarters refuses this box: {detail}. Selling goes on. Call support.",
    "hq_line_refused": "The line to headquarters is refused: {detail}. Selling goes on. Call support.",
    "journal_damaged": "The journal on the disk is damaged: {detail}. Call support at once.",
    "label_template": "Label templates cannot be used as they are ({templates}). The former or the built-in ones are used.",
    "promotion_refused": "Promotions this till does not understand are left out: {promotions}. Tell headquarters.",
    "tags_unknown": "{count} tags came in whose goods are not in the catalogue. They are kept: tell the office.",
    "offer_declined": "The customer does not want it.",
    "offer_not_started": "It has not begun yet.",
    "offer_ended": "It has ended.",
    "offer_not_today": "Not on this day of the week.",
    "offer_not_now": "Not at this hour.",
    "offer_other_customers": "For other customers only.",
    "offer_member_needed": "For members only: ask for the member's code.",
    "offer_limit_used": "The customer has had it as often as allowed ({limit}).",
    "offer_short_amount": "{missing_minor} short of {reach_minor} - {off_minor}.",
    "offer_short_amount_share": "{missing_minor} short of {reach_minor} for {percent}% off.",
    "offer_short_of": "{missing_minor} short of {reach_minor}.",
    "offer_short_units": "{missing_units} more needed, to make {needed_units}.",
    "offer_no_gift": "The gift is not in the basket yet.",
    "offer_no_deposit": "No deposit was paid for these goods.",
    "offer_excluded": "Not together with {by}.",
    "offer_not_better": "The basket costs no less with it.",
    "facts_missing": "Headquarters lacks facts this box no longer holds: {detail}. Call support.",
}


class Refusal(Exception):
    """A command that was understood and not carried out. Nothing changed."""

    def __init__(self, code: str, /, **params: str | int) -> None:
        self.reason = reason(code, **params)
        super().__init__(self.reason.text)


def refusal_of(said: Reason | None, code: str, /, **params: str | int) -> Refusal:
    """A refusal with a reason that was made elsewhere; `code` when none was given."""
    refusal = Refusal(code, **params)
    if said is not None:
        refusal.reason = said
    return refusal


def reason(code: str, /, **params: str | int) -> Reason:
    """Make a reason. Raises KeyError for a code that is not in `TEXTS` or a value its text needs."""
    words = {name: str(value) for name, value in params.items()}
    return Reason(code=code, text=TEXTS[code].format(**words), params=words)
