"""What an invoice is asked with, and how the paper of a sale adds up. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cloud.refusals import FieldProblem, Invalid

State = Literal["pending", "issued", "failed", "included"]
Kind = Literal["invoice", "red_letter"]

TEXT_LENGTH_MAX = 200
_RECEIPT = re.compile(r"(?P<till>.+)-(?P<incarnation>\d{1,12})-(?P<number>\d{1,12})")


@dataclass(frozen=True)
class Buyer:
    """Whom the invoice is for. `deliver_to`: an e-mail address or a phone number, as the issuing program understands it."""

    name: str
    tax_number: str = ""
    deliver_to: str = ""

    def check(self) -> Buyer:
        """Itself, trimmed. Raises `Invalid`."""
        made = Buyer(self.name.strip(), self.tax_number.strip(), self.deliver_to.strip())
        problems = []
        if not made.name:
            problems.append(FieldProblem("buyer_name", "empty", "Say whom the invoice is for."))
        for field, value in (
            ("buyer_name", made.name),
            ("buyer_tax_number", made.tax_number),
            ("deliver_to", made.deliver_to),
        ):
            if len(value) > TEXT_LENGTH_MAX:
                problems.append(FieldProblem(field, f"longer than {TEXT_LENGTH_MAX} characters", "Shorten it."))
        if problems:
            raise Invalid.fields(problems)
        return made


@dataclass(frozen=True)
class ReceiptName:
    """A receipt of a store as printed: till-incarnation-number."""

    till_id: str
    incarnation: int
    number: int


def read_receipt(text: str) -> ReceiptName:
    """Raises `Invalid`."""
    plain = text.strip().rpartition("/")[2]
    found = _RECEIPT.fullmatch(plain)
    if found is None:
        raise Invalid.field("receipt", "not till-incarnation-number", "Write it as it is printed on the receipt.")
    return ReceiptName(found["till"], int(found["incarnation"]), int(found["number"]))


@dataclass(frozen=True)
class Sum:
    """An amount with the tax in it."""

    amount_minor: int
    tax_minor: int


def invoice_sum(sold: Sum, returned: Sequence[Sum]) -> Sum:
    """What the invoice is over: the sale less what came back before it was made."""
    return Sum(
        sold.amount_minor - sum(each.amount_minor for each in returned),
        sold.tax_minor - sum(each.tax_minor for each in returned),
    )
