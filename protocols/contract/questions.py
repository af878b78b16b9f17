"""Questions a store asks headquarters while a customer waits, and their answers: the narrow line beside facts and feeds.

POST /v1/edge/{store}/questions: one question as JSON, one answer as JSON. A question carries an id made by the asker. One
that changes something (`KEPT`) is answered once: its answer is kept and repeated, so that asking again after a lost answer
never reserves twice. One that only asks is answered anew.

To add one: a struct here (in `Question`, and in `KEPT` when it changes something), its answer (in `Answer`), and a line in
HQ's `cloud/edge_api/question_desk.py`. A headquarters that does not know a question refuses it with `not_known`.

Numbers of gift cards and codes of coupons never travel or lie about in plain: a till makes `value_key` of them at once.
"""

from __future__ import annotations

import enum
import hashlib

import msgspec

from protocols.contract.feed_members import MemberRow

QUESTION_BYTES_MAX = 64 * 1024
ANSWER_BYTES_MAX = 1024 * 1024
ANSWER_SECONDS = 1.5
"""How long a till waits; HQ gives up a little earlier."""
ID_LENGTH_MAX = 64
CHOICES_MAX = 10
"""Members an answer names at most."""


class ValueKind(enum.StrEnum):
    """What HQ keeps for customers."""

    GIFT_CARD = "gift_card"
    POINTS = "points"
    COUPON = "coupon"


def value_key(kind: ValueKind, number: str) -> str:
    """What stands for a card number or coupon code: SHA-256 as hexadecimal, blanks and hyphens left out, letters capital."""
    plain = "".join(char for char in number if char not in " -").upper()
    return hashlib.sha256(f"tallystick/{kind}/{plain}".encode()).hexdigest()


def value_tail(number: str) -> str:
    """The last four characters: what people may see."""
    plain = "".join(char for char in number if char not in " -").upper()
    return plain[-4:] if len(plain) > 4 else ""


class ReserveValue(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reserve_value"):
    """Set something aside for a payment. The whole amount or nothing. Answer: `ValueReserved`.

    Refusals: `value_unknown`, `value_blocked`, `value_short` (`balance`), `value_expired`, `value_currency`.
    """

    question_id: str
    value_kind: ValueKind
    attempt_id: str
    """The payment attempt: reserved once however often it is asked for, and consumed when the sale's fact names it."""
    sale_id: str
    till_id: str
    amount: int
    """Minor units, or points."""
    currency: str = ""
    """Of a gift card."""
    key: str = ""
    """`value_key` of the gift card."""
    member_id: str = ""
    """Whose points."""


class ReserveCoupon(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reserve_coupon"):
    """Set a single-use coupon aside for a sale. Answer: `CouponReserved`.

    Refusals: `value_unknown`, `value_blocked`, `coupon_taken`, `coupon_used`, `coupon_early`, `value_expired`,
    `coupon_of_another`.
    """

    question_id: str
    attempt_id: str
    sale_id: str
    till_id: str
    key: str = ""
    """`value_key` of the code as scanned; or `coupon_id`, of a coupon a member holds."""
    coupon_id: str = ""
    member_id: str = ""


class ReleaseValue(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="release_value"):
    """Give back what was set aside for an attempt; nothing happens when it was consumed, has ended or never was.
    Answer: `ValueReleased`."""

    question_id: str
    attempt_id: str


class AskBalance(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ask_balance"):
    """What is on a gift card, or what points a member has. Answer: `Balance`. Refusals: `value_unknown`, `value_blocked`."""

    question_id: str
    value_kind: ValueKind
    key: str = ""
    member_id: str = ""


class FindMember(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="find_member"):
    """Members by a code, a card UID, or the last digits of a phone number. Answer: `MembersFound` (maybe empty)."""

    question_id: str
    code: str = ""
    member_id: str = ""
    """The chosen one of several."""


class ValueReserved(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="value_reserved"):
    """Set aside until `expires_ms` (HQ's clock); the sale consumes it even later, when nobody else took it meanwhile."""

    reservation_id: str
    amount: int
    left: int
    """What is still free to spend afterwards."""
    tail: str = ""
    expires_ms: int


class CouponReserved(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="coupon_reserved"):
    reservation_id: str
    coupon_id: str
    promotion_id: str
    tail: str = ""
    expires_ms: int


class ValueReleased(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="value_released"):
    released: int
    """0: nothing was set aside any more."""


class Balance(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="balance"):
    free: int
    """Minor units or points that may be spent now."""
    currency: str = ""
    tail: str = ""
    expires_ms: int | None = None
    """When the first part of it ends."""


class MembersFound(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="members_found"):
    members: tuple[MemberRow, ...] = ()
    """At most `CHOICES_MAX`."""
    more: bool = False
    """There are more: ask for more digits."""


class QuestionRefused(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="refused"):
    """HQ understood and says no. `code` is stable, `text` is English for a log; a till says it in its own words."""

    code: str
    text: str = ""
    params: dict[str, str] = {}


Question = ReserveValue | ReserveCoupon | ReleaseValue | AskBalance | FindMember

Answer = ValueReserved | CouponReserved | ValueReleased | Balance | MembersFound | QuestionRefused

KEPT: tuple[type, ...] = (ReserveValue, ReserveCoupon, ReleaseValue)
"""Questions that change something: answered once."""

_encoder = msgspec.json.Encoder()
_questions = msgspec.json.Decoder(Question)
_answers = msgspec.json.Decoder(Answer)


class QuestionError(ValueError):
    """Not a question (or answer) known here; the text says where it is wrong."""


def encode_question(question: Question) -> bytes:
    """The body of the request."""
    return _encoder.encode(question)


def decode_question(data: bytes) -> Question:
    """Read a request. Raises `QuestionError`."""
    if len(data) > QUESTION_BYTES_MAX:
        raise QuestionError(f"a question has at most {QUESTION_BYTES_MAX} bytes, this one {len(data)}")
    try:
        question: Question = _questions.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise QuestionError(str(error)) from error
    if not 0 < len(question.question_id) <= ID_LENGTH_MAX:
        raise QuestionError(f"question_id: 1 to {ID_LENGTH_MAX} characters")
    return question


def encode_answer(answer: Answer) -> bytes:
    """The body of the response."""
    return _encoder.encode(answer)


def decode_answer(data: bytes) -> Answer:
    """Read a response. Raises `QuestionError`, also for a kind of a newer headquarters."""
    if len(data) > ANSWER_BYTES_MAX:
        raise QuestionError(f"an answer has at most {ANSWER_BYTES_MAX} bytes, this one {len(data)}")
    try:
        answer: Answer = _answers.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise QuestionError(str(error)) from error
    return answer
