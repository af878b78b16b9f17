"""Why a stock task could not do what it was told: stable code, plain English, values. Screens translate by code."""

from __future__ import annotations

from protocols.contract.reason import Reason

TEXTS = {
    "code_empty": "Nothing was scanned.",
    "code_not_digits": "'{code}' is not a product barcode. Scan again.",
    "code_length": "'{code}' has the wrong number of digits. Scan again.",
    "code_unreadable": "'{code}' cannot be read as a product code. Scan again.",
    "check_digit": "'{code}' was misread: its check digit is wrong. Scan again.",
    "unknown_code": "'{code}' is not in the catalogue. Put the item aside and tell the office.",
    "piece_again": "This very piece ({code}) is on the list already.",
    "draft_unknown": "This list is not on the box. Start a new one.",
    "draft_ended": "This list was finished already. Start a new one.",
    "draft_other_kind": "Another list has this number. Start a new one.",
    "draft_empty": "There is nothing on the list yet. Scan something first.",
    "draft_full": "The list is full ({most} items). Finish it and start a new one.",
    "drafts_too_many": "There are {most} unfinished lists. Finish or discard one first.",
    "draft_no_line": "This item is not on the list.",
    "draft_quantity": "The quantity must be between 0 and {most}.",
    "lot_invalid": "Give the date as year-month-day and a batch of at most {most} characters.",
    "notice_unknown": "This delivery is not announced, or it was received already. Choose another one.",
    "place_same": "Choose two different places.",
    "store_needed": "Say which other store the goods go to.",
    "write_off_reason": "Say why the goods are written off.",
    "count_needs_approval": "The differences are large: a second person must allow this count.",
    "write_off_needs_approval": "This is worth more than you may write off: a second person must allow it.",
    "approval_self": "You cannot allow your own work: a second person must.",
    "reservation_unknown": "This order is not held here.",
    "reservation_over": "This order is over: nothing is held for it any more.",
    "reservation_not_picked": "Pick the goods of this order first.",
    "reservation_quantity": "{name}: no more can be picked than is held.",
    "recall_done": "Nothing of this recall stands in the shop any more.",
}


class StockRefused(Exception):
    """A task that was understood and not carried out. Nothing changed."""

    def __init__(self, code: str, /, **params: str | int) -> None:
        words = {name: str(value) for name, value in params.items()}
        self.reason = Reason(code=code, text=TEXTS[code].format(**words), params=words)
        super().__init__(self.reason.text)
