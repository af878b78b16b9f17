"""Why a price check could not do what it was told: stable code, plain English, values. Screens translate by code."""

from __future__ import annotations

from protocols.contract.reason import Reason

TEXTS = {
    "code_empty": "Nothing was scanned.",
    "code_not_digits": "'{code}' is not a product barcode. Scan again.",
    "code_length": "'{code}' has the wrong number of digits. Scan again.",
    "check_digit": "'{code}' was misread: its check digit is wrong. Scan again.",
    "unknown_code": "'{code}' is not in the catalogue. Put the item aside and tell the office.",
    "audit_unknown": "This price check is not on the box. Start a new one.",
    "audit_ended": "This price check was finished already. Start a new one.",
    "audit_other": "Another price check has this number. Start a new one.",
    "audit_nothing": "There is no price to check: no label is bound, or no goods have a price.",
    "audit_no_price": "'{code}' has no price here: there is nothing to compare with.",
    "audit_unbound": "The label {code} is bound to nothing. Bind it first, or scan another.",
    "audit_full": "The check has {most} lines. Finish it and start a new one.",
    "audit_size": "A check has 1 to {most} prices.",
    "audit_price": "A price is more than 0 and at most {most}.",
    "audits_too_many": "There are {most} unfinished price checks. Finish or discard one first.",
    "audit_unread": "Nothing has been checked yet. Read the first price.",
}


class AuditRefused(Exception):
    """A command that was understood and not carried out. Nothing changed."""

    def __init__(self, code: str, /, **params: str | int) -> None:
        words = {name: str(value) for name, value in params.items()}
        self.reason = Reason(code=code, text=TEXTS[code].format(**words), params=words)
        super().__init__(self.reason.text)
