"""What stands on a two-line customer display: a pure cut of the state the customer's page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.checkout.documents import money
from protocols.contract.customer_display import CustomerLine, CustomerPaid, CustomerState
from protocols.escpos.charsets import unencodable
from protocols.escpos.columns import centred, two_ends

Language = Literal["en", "zh"]

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "welcome": "Welcome", "closed": "Till closed", "next": "Please use another", "total": "TOTAL", "to_pay": "TO PAY",
        "back": "BACK", "change": "CHANGE", "thanks": "Thank you", "pay_here": "Pay at the terminal", "save": "SAVED",
        "asking": "Please wait",
    },
    "zh": {
        "welcome": "欢迎光临", "closed": "暂停收款", "next": "请到其他收银台", "total": "合计", "to_pay": "应付",
        "back": "应退", "change": "找零", "thanks": "谢谢惠顾", "pay_here": "请在终端上付款", "save": "优惠",
        "asking": "请稍候",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DisplayLook:
    """How one display is set: its columns, the charset it can write, the language of its words, and its idle text."""

    columns: int = 20
    charset: str = "cp437"
    language: Language = "en"
    idle: str = ""

    @property
    def words(self) -> dict[str, str]:
        """Words it can write: English when it has no letters of its own language."""
        own = WORDS[self.language]
        return WORDS["en"] if unencodable("".join(own.values()), self.charset) else own


def lines_of(state: CustomerState, look: DisplayLook, before: tuple[CustomerLine, ...] = ()) -> tuple[str, str]:
    """Upper and lower line, each of exactly the display's columns. `before`: the lines before their last change."""
    columns, words = look.columns, look.words

    def amount(minor: int) -> str:
        return money(minor, state.minor_digits)

    if state.mode == "closed":
        return centred(words["closed"], columns), centred(words["next"], columns)
    if state.paid is not None and state.mode == "paid":
        return _paid(state.paid, look, amount(state.paid.change_minor), amount(state.paid.due_minor))
    if state.mode != "sale" or not state.lines:
        return _idle(state, look)
    if state.payment:
        asking = words["pay_here"] if state.payment == "asking" else words["asking"]
        return centred(asking, columns), two_ends(words["to_pay"], amount(state.remaining_minor), columns)
    if state.paid_minor:
        word = words["to_pay"] if state.remaining_minor >= 0 else words["back"]
        return (
            two_ends(words["total"], amount(state.total_minor), columns),
            two_ends(word, amount(abs(state.remaining_minor)), columns),
        )
    line = newest(state.lines, before)
    return (
        two_ends(_name(line, look), amount(line.net_minor), columns),
        two_ends(words["total"], amount(state.total_minor), columns),
    )


def newest(lines: tuple[CustomerLine, ...], before: tuple[CustomerLine, ...]) -> CustomerLine:
    """The line to show: the last one that is new or changed, else the last of all. `lines` is not empty."""
    known = {line.line_no: line for line in before}
    changed = [line for line in lines if known.get(line.line_no) != line]
    # An offer may change many lines at once; the one just scanned is the last of those with another count or weight.
    counted = [line for line in changed if _count(known.get(line.line_no)) != _count(line)]
    return (counted or changed or list(lines))[-1]


def _count(line: CustomerLine | None) -> tuple[int, int | None] | None:
    return None if line is None else (line.quantity, line.grams)


def _name(line: CustomerLine, look: DisplayLook) -> str:
    """In the display's language when it can write it; with its count."""
    names = [line.name_zh, line.name] if look.language == "zh" else [line.name, line.name_zh]
    name = next((each for each in names if each and not unencodable(each, look.charset)), line.name)
    return f"{line.quantity}x{name}" if line.quantity > 1 else name


def _paid(paid: CustomerPaid, look: DisplayLook, change: str, due: str) -> tuple[str, str]:
    words = look.words
    if paid.change_minor > 0:
        return two_ends(words["change"], change, look.columns), centred(words["thanks"], look.columns)
    return two_ends(words["total"], due, look.columns), centred(words["thanks"], look.columns)


def _idle(state: CustomerState, look: DisplayLook) -> tuple[str, str]:
    name = state.store_name if not unencodable(state.store_name, look.charset) else ""
    return centred(look.idle or look.words["welcome"], look.columns), centred(name, look.columns)
