"""Where a scanned code goes: by its length, its first digits and what the till is doing, so that exactly one row fits.

| what it is | goods are sold | a payment code is wanted | a member or a number is wanted |
|---|---|---|---|
| magnetic stripe of a bank card | refused | refused | refused |
| number of a payment card (no barcode has one) | refused | refused | the number |
| receipt | the receipt is found | not wanted | not wanted |
| own number of a member, gift card, coupon | that one | not wanted | the number |
| WeChat code (18 digits, 10 to 15) | too early (*) | WeChat | the number |
| Alipay code (16 to 24 digits, 25 to 30; face) | too early (*) | Alipay | the number |
| everything else | goods | not wanted | the number |

(*) Goods, when a layout of in-store numbers of the store's price zone fits it.

Own numbers are the store's settings: what they mean, their first digits and their length. They may fit neither each other
nor a payment code nor a public product number (`number_faults`), so no order among the rows is needed.

Sources: pay.weixin.qq.com (payment code), Alipay barcode payment (auth code), ISO/IEC 7813 (tracks 1 and 2).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from protocols.gs1.gtin import CodeRefused, check_digit
from protocols.gs1.restricted import Layout, read_embedded
from protocols.payment.codes.kinds import Provider, provider_of

Meaning = Literal["member", "gift_card", "coupon"]
NUMBERS_MAX = 20
_IDENTIFIER = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_OF_GOODS = ("]E", "]e", "]C1", "]d2", "]Q3", "]J1", "]I")
"""Kinds of barcode that no telephone shows to pay."""
_TRACK = re.compile(r"%?B\d{8,19}\^|;?\d{8,19}[=D]\d{4}")
_RECEIPT = re.compile(r"[^/:]*/?[^/:]*[^/:-][^/:]*-\d+-\d+")
_CARD_STARTS = {
    15: re.compile(r"3[47]"),
    16: re.compile(r"4|5[1-5]|2[2-7]|3[56]|6[0245]"),
    17: re.compile(r"3[56]|6[0245]"),
    18: re.compile(r"3[56]|6[0245]"),
    19: re.compile(r"4|3[56]|6[0245]"),
}
_PUBLIC_LENGTHS = frozenset({8, 12, 13, 14})
_OWN_STARTS = ("2", "02", "04", "98", "99")
"""First digits of restricted and coupon numbers: no public product number begins so."""


class Moment(enum.Enum):
    """What the till is doing: which field the code is for."""

    SALE = "sale"
    PAYMENT_CODE = "payment_code"
    MEMBER = "member"
    NUMBER = "number"
    """A gift card or a coupon."""


class Route(enum.Enum):
    """Where the code goes."""

    GOODS = "goods"
    RECEIPT = "receipt"
    MEMBER = "member"
    GIFT_CARD = "gift_card"
    COUPON = "coupon"
    WECHAT = "wechat"
    ALIPAY = "alipay"
    NUMBER = "number"
    """What the open field asks for, whatever it looks like."""
    TOO_EARLY = "too_early"
    """A payment code, and nobody is paying."""
    BANK_CARD = "bank_card"
    """Never to be taken, kept or shown."""
    NOT_WANTED = "not_wanted"
    """No payment code, and one is wanted."""


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """Numbers the chain gives out itself: `digits` of them, the first ones `prefix`."""

    means: Meaning
    prefix: str
    digits: int

    def fits(self, code: str) -> bool:
        """Whether the code is such a number."""
        return len(code) == self.digits and code.isascii() and code.isdecimal() and code.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a code looks like, each trait by itself."""

    track: bool
    card: bool
    receipt: bool
    own: Meaning | None
    wallet: Provider | None
    in_store: bool


def bare(code: str) -> str:
    """The code without blanks around it and without its AIM identifier."""
    plain = code.strip()
    return plain[3:] if _IDENTIFIER.match(plain) and len(plain) > 3 else plain


def shape_of(code: str, numbers: Sequence[OwnNumber], in_store: Callable[[str], bool]) -> Shape:
    """`in_store`: whether a layout of the store's price zone fits the digits."""
    plain = bare(code)
    wallet = None if code.strip().startswith(_OF_GOODS) else wallet_of(plain)
    return Shape(
        track=is_track(plain),
        card=_is_card(plain),
        receipt=_RECEIPT.fullmatch(plain) is not None,
        own=next((each.means for each in numbers if each.fits(plain)), None),
        wallet=wallet,
        in_store=wallet is not None and in_store(plain),
    )


def wallet_of(plain: str) -> Provider | None:
    """Whose payment code it looks like; that alone makes it none: a code of goods may begin and be as long."""
    return provider_of(plain)


def is_track(plain: str) -> bool:
    """The content of a magnetic stripe of a bank card, as a keyboard wedge types it."""
    return _TRACK.match(plain) is not None


def _is_card(plain: str) -> bool:
    """15 to 19 digits with the beginning and the check digit of a payment card."""
    begins = _CARD_STARTS.get(len(plain))
    if begins is None or not (plain.isascii() and plain.isdecimal() and begins.match(plain)):
        return False
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(plain))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def fits_layout(digits: str, layouts: Sequence[Layout]) -> bool:
    """Whether one of the store's own barcodes may read so: a layout fits, check digit and verifier are right."""
    if not (digits.isascii() and digits.isdecimal()):
        return False
    try:
        return check_digit(digits[:-1]) == int(digits[-1]) and read_embedded(digits, layouts) is not None
    except CodeRefused:
        return False


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the table."""

    route: Route
    moments: frozenset[Moment]
    fits: Callable[[Shape], bool]


def _known(shape: Shape) -> bool:
    """Something by itself, whatever the till sells."""
    return shape.track or shape.receipt or shape.own is not None or shape.wallet is not None or shape.card


def _own(means: Meaning) -> Callable[[Shape], bool]:
    return lambda shape: shape.own == means and not shape.track


def _wallet(name: Provider) -> Callable[[Shape], bool]:
    return lambda shape: shape.wallet == name and shape.own is None


_SALE, _PAYING = frozenset({Moment.SALE}), frozenset({Moment.PAYMENT_CODE})
_ASKING = frozenset({Moment.MEMBER, Moment.NUMBER})

TABLE: tuple[Row, ...] = (
    Row(Route.BANK_CARD, frozenset(Moment), lambda shape: shape.track),
    Row(
        Route.BANK_CARD,
        _SALE | _PAYING,
        lambda shape: shape.card and not shape.track and shape.own is None and shape.wallet is None,
    ),
    Row(Route.RECEIPT, _SALE, lambda shape: shape.receipt and not shape.track),
    Row(Route.MEMBER, _SALE, _own("member")),
    Row(Route.GIFT_CARD, _SALE, _own("gift_card")),
    Row(Route.COUPON, _SALE, _own("coupon")),
    Row(Route.TOO_EARLY, _SALE, lambda shape: shape.wallet is not None and shape.own is None and not shape.in_store),
    Row(Route.GOODS, _SALE, lambda shape: shape.wallet is not None and shape.own is None and shape.in_store),
    Row(Route.GOODS, _SALE, lambda shape: not _known(shape)),
    Row(Route.WECHAT, _PAYING, _wallet("wechat")),
    Row(Route.ALIPAY, _PAYING, _wallet("alipay")),
    Row(
        Route.NOT_WANTED,
        _PAYING,
        lambda shape: not shape.track and (shape.receipt or shape.own is not None or not _known(shape)),
    ),
    Row(Route.NOT_WANTED, _ASKING, lambda shape: shape.receipt and not shape.track),
    Row(Route.NUMBER, _ASKING, lambda shape: not shape.receipt and not shape.track),
)


def route_of(code: str, moment: Moment, numbers: Sequence[OwnNumber], in_store: Callable[[str], bool]) -> Route:
    """The one row that fits. Never raises: a test proves that there is always one."""
    shape = shape_of(code, numbers, in_store)
    return next(row.route for row in TABLE if moment in row.moments and row.fits(shape))


def is_secret(code: str) -> bool:
    """Payment codes and payment cards: never to be shown, kept or told, not even in a refusal."""
    plain = bare(code)
    return is_track(plain) or _is_card(plain) or wallet_of(plain) is not None


def number_faults(number: OwnNumber, others: Sequence[OwnNumber] = ()) -> list[tuple[str, str]]:
    """Key and complaint, with the remedy; `others`: the numbers named before it."""
    found = []
    if not number.prefix.isdecimal() or not number.prefix.isascii() or len(number.prefix) >= number.digits:
        return [("prefix", "one or more digits, fewer than the whole number has.")]
    if not 4 <= number.digits <= 40:
        return [("digits", "4 to 40 digits.")]
    starts = [start for start in range(10, 31) if _meet(number.prefix, str(start))]
    paying = (number.digits == 18 and any(10 <= start <= 15 for start in starts)) or (
        16 <= number.digits <= 24 and any(25 <= start <= 30 for start in starts)
    )
    if paying:
        found.append(("prefix", "such numbers are payment codes of WeChat or Alipay. Use another prefix or length."))
    if number.digits in _PUBLIC_LENGTHS and not number.prefix.startswith(_OWN_STARTS):
        allowed = ", ".join(_OWN_STARTS)
        found.append(("prefix", f"numbers of {number.digits} digits are products, but for those that begin with {allowed}."))
    if any(each.digits == number.digits and _meet(each.prefix, number.prefix) for each in others):
        found.append(("prefix", "an earlier one has the same length and beginning: a code would mean two things."))
    return found


def _meet(one: str, other: str) -> bool:
    """Whether a number can begin with both."""
    return one.startswith(other) or other.startswith(one)
