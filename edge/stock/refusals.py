"""Why a stock task could not do what it was told: stable code, plain English, values. Screens translate by code."""

from __future__ import annotations

from protocols.contract.reason import Reason

TEXTS = {
    "code_empty": "Nothing was scanned.",
    "code_not_digits": "'{code}' is not a product barcode. Scan again.",
    "code_length": "'{code}' has the wrong number of digits. Scan again.",
    "check_digit": "'{code}' was misread: its check digit is wrong. Scan again.",
    "unknown_code": "'{code}' is not in the catalogue. Put the item aside and tell the office.",
    "draft_unknown": "This list is not on the box. Start a new one.",
    "draft_ended": "This list was finished already. Start a new one.",
    "draft_other_kind": "Another list has this number. Start a new one.",
    "draft_empty": "There is nothing on the list yet. Scan something first.",
    "draft_full": "The list is full ({most} items). Finish it and start a new one.",
    "drafts_too_many": "There are {most} unfinished lists. Finish or discard one first.",
    "draft_no_line": "This item is not on the list.",
    "draft_quantity": "The quantity must be between 0 and {most}.",
}


class StockRefused(Exception):
    """A task that was understood and not carried out. Nothing changed."""

    def __init__(self, code: str, /, **params: str | int) -> None:
        words = {name: str(value) for name, value in params.items()}
        self.reason = Reason(code=code, text=TEXTS[code].format(**words), params=words)
        super().__init__(self.reason.text)
