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
    "why_missing": "Say why: the reason goes on record.",
    "cash_not_there": "There is not that much cash in the drawer.",
    "no_such_report": "This till has no such report.",
    "receipt_unknown": "There is no receipt {receipt} in this store.",
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
    "member_unknown": "There is no such member. Try the card, the code or the last four digits of the phone number.",
    "member_unknown_offline": "This member is not known here, and headquarters cannot be asked now.",
    "coupon_unknown": "There is no such coupon.",
    "coupon_twice": "This coupon is in the basket already.",
    "coupons_many": "There are {most} coupons in the basket: that is the most.",
    "coupon_taken": "This coupon is being used at another till.",
    "coupon_used": "This coupon was used before.",
    "coupon_early": "This coupon is not valid yet.",
    "coupon_of_another": "This coupon belongs to a member. Enter the member first.",
    "coupon_not_here": "The offer of this coupon is not on in this store now.",
    "coupon_not_there": "This coupon is not in the basket.",
    "coupon_offline": "Headquarters cannot be asked now, and this coupon is not known here.",
    "value_unknown": "There is no such card, or it was never loaded.",
    "value_blocked": "It is blocked. Ask the office.",
    "value_expired": "Its time is over.",
    "value_short": "Not enough is left: {balance}.",
    "value_offline": "Headquarters cannot be asked now, and this store may not take it alone.",
    "value_offline_limit": "Headquarters cannot be asked now: only small amounts are taken.",
    "offline_limit": "Headquarters cannot be asked now. Alone this store may take {left} more (limit: {limit}).",
    "points_do_not_pay": "Points do not pay here.",
    "card_number": "This is no gift card number. Scan the card again.",
    "card_twice": "This gift card is in the basket already.",
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
