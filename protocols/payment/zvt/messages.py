"""What cash register and terminal say to each other in ZVT, as values; both roles build and read them here.

Commands of the cash register: `Register` … `LogOff`. Told by the terminal: `Intermediate` … `Slip`. Each message is answered
with `ACK` (or `nack`) before the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from protocols.payment.zvt.apdu import Apdu
from protocols.payment.zvt.fields import Fields, Tag, every_tag, read_fields, read_tags, text_of, tlv_field, to_bcd, variable

REGISTER, AUTHORISE, LOG_OFF, COMPLETION, ABORT_TOLD = 0x0600, 0x0601, 0x0602, 0x060F, 0x061E
REPEAT_RECEIPT, REVERSAL, REFUND, END_OF_DAY, DIAGNOSIS, ABORT = 0x0620, 0x0630, 0x0631, 0x0650, 0x0670, 0x06B0
STATUS_ENQUIRY, STATUS, INTERMEDIATE = 0x0501, 0x040F, 0x04FF
PRINT_LINE, PRINT_BLOCK = 0x06D1, 0x06D3
ACKNOWLEDGED, REFUSED = 0x8000, 0x84

ACK = Apdu(ACKNOWLEDGED)
MORE_TIME = Apdu(0x849C)
"""Answer to a status: wait for me, and tell it again."""
GOODS_NOT_ISSUED = Apdu(0x8466)
"""Answer to a status: the customer does not get the goods; the terminal gives the money back."""
CURRENCIES = {"EUR": 978, "CHF": 756, "GBP": 826, "CNY": 156, "USD": 840, "HKD": 344, "PLN": 985, "CZK": 203}

PRINTS_AT_TILL = 0xBE
"""Registration: the till prints receipts, wants intermediate status, and alone begins payments and administration."""
PRINTS_ITSELF = 0xB8
"""The same, and the terminal prints."""


def nack(code: int) -> Apdu:
    """Refuse the last message."""
    return Apdu(REFUSED << 8 | code)


def smaller_amount(amount_minor: int) -> Apdu:
    """Answer to a status: take only this much."""
    return Apdu(0x849D, b"\x04" + to_bcd(amount_minor, 6))


def register(password: int, config: int, currency: str) -> Apdu:
    """The first message on a connection. Raises ValueError for a currency without a number."""
    return Apdu(REGISTER, to_bcd(password, 3) + bytes((config,)) + _currency(currency))


def authorise(amount_minor: int, currency: str = "") -> Apdu:
    """Take an amount. Without a currency: the registered one."""
    return Apdu(AUTHORISE, b"\x04" + to_bcd(amount_minor, 6) + (b"\x49" + _currency(currency) if currency else b""))


def reversal(password: int, receipt: int) -> Apdu:
    """Undo a payment wholly, by its receipt number, before the end of day."""
    return Apdu(REVERSAL, to_bcd(password, 3) + b"\x87" + to_bcd(receipt, 2))


def refund(password: int, amount_minor: int, currency: str = "") -> Apdu:
    """Pay an amount to a card that is presented now."""
    money = b"\x04" + to_bcd(amount_minor, 6) + (b"\x49" + _currency(currency) if currency else b"")
    return Apdu(REFUND, to_bcd(password, 3) + money)


def repeat_receipt(password: int) -> Apdu:
    """Tell the last transaction once more."""
    return Apdu(REPEAT_RECEIPT, to_bcd(password, 3))


def end_of_day(password: int) -> Apdu:
    """Close the batch."""
    return Apdu(END_OF_DAY, to_bcd(password, 3))


def status_enquiry(password: int) -> Apdu:
    """Are you there?"""
    return Apdu(STATUS_ENQUIRY, to_bcd(password, 3))


def _currency(currency: str) -> bytes:
    if currency not in CURRENCIES:
        raise ValueError(f"ZVT: no currency number for {currency!r}; known: {', '.join(CURRENCIES)}")
    return to_bcd(CURRENCIES[currency], 2)


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a transaction: the fields of `04 0F` that are of use. Of a card, its last four digits at most."""

    result: int | None = None
    amount_minor: int | None = None
    trace: int | None = None
    receipt: int | None = None
    terminal_id: str = ""
    card_tail: str = ""
    card_name: str = ""
    time: str = ""
    """`hhmmss`; empty: untold."""
    date: str = ""
    """`mmdd`."""
    text: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Status:
        """From the fields of the message."""
        shown = fields.values.get(0x22, b"").hex().rstrip("f")
        tail = shown[-4:]
        return cls(
            result=fields.byte(0x27),
            amount_minor=fields.number(0x04),
            trace=fields.number(0x0B),
            receipt=fields.number(0x87),
            terminal_id=fields.values.get(0x29, b"").hex(),
            card_tail=tail if len(tail) == 4 and tail.isdecimal() else "",
            card_name=fields.text(0x8B)[:40],
            time=fields.values.get(0x0C, b"").hex(),
            date=fields.values.get(0x0D, b"").hex(),
            text=_masked(fields.text(0x3C))[:80],
        )

    def data(self) -> bytes:
        """The fields as a terminal sends them; the number of the card masked."""
        parts = [
            b"" if self.result is None else bytes((0x27, self.result)),
            b"" if self.amount_minor is None else b"\x04" + to_bcd(self.amount_minor, 6),
            b"" if self.trace is None else b"\x0b" + to_bcd(self.trace, 3),
            b"" if not self.time else b"\x0c" + bytes.fromhex(self.time),
            b"" if not self.date else b"\x0d" + bytes.fromhex(self.date),
            b"" if not self.card_tail else variable(0x22, b"\xee" * 6 + bytes.fromhex(self.card_tail)),
            b"" if not self.terminal_id else b"\x29" + bytes.fromhex(self.terminal_id),
            b"" if not self.text else variable(0x3C, self.text.encode("latin-1", "replace")),
            b"" if self.receipt is None else b"\x87" + to_bcd(self.receipt, 2),
            b"" if not self.card_name else variable(0x8B, self.card_name.encode("latin-1", "replace") + b"\x00"),
        ]
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side has the message."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The other side does not do it. `amount_minor`: of a smaller amount."""

    code: int
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Intermediate:
    """How far the customer is."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class StatusTold:
    status: Status


@dataclass(frozen=True, slots=True)
class Completed:
    """The command is over. Of a payment, the status before it tells what came of it."""

    status: Status


@dataclass(frozen=True, slots=True)
class Aborted:
    """The command is over, and was not carried out."""

    code: int


@dataclass(frozen=True, slots=True)
class Slip:
    """Lines for a printer. `copy`: 1 merchant, 2 customer, 3 administration, 0 untold."""

    lines: tuple[str, ...]
    copy: int = 0
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """A message of no use here. It is acknowledged with a refusal, for nobody acts on it."""

    command: int


Told: TypeAlias = Accepted | Refusal | Intermediate | StatusTold | Completed | Aborted | Slip | Other


def read_told(apdu: Apdu) -> Told:
    """What a terminal (or an answering cash register) said. Never raises."""
    if apdu.command >> 8 == REFUSED and apdu.command & 0xFF:
        return Refusal(apdu.command & 0xFF, read_fields(apdu.data).number(0x04))
    match apdu.command:
        case 0x8000 | 0x8400:
            return Accepted()
        case 0x040F:
            return StatusTold(Status.read(read_fields(apdu.data)))
        case 0x04FF:
            return _intermediate(apdu.data)
        case 0x060F:
            return Completed(Status.read(read_fields(apdu.data)))
        case 0x061E:
            return Aborted(apdu.data[0] if apdu.data else 0xFF)
        case 0x06D1:
            return _line(apdu.data)
        case 0x06D3:
            return _block(apdu.data)
        case _:
            return Other(apdu.command)


def _intermediate(data: bytes) -> Intermediate:
    tags = read_tags(read_fields(data[2:]).values.get(0x06, b"")) if len(data) > 2 else ()
    lines = [text_of(tag.value) for tag in every_tag(tags) if tag.number == 0x07]
    return Intermediate(data[0] if data else 0, " ".join(_masked(line.strip()) for line in lines)[:80])


def _line(data: bytes) -> Slip:
    text, mark, tlv = data[1:].partition(b"\x06")
    tags = read_tags(read_fields(mark + tlv).values.get(0x06, b"")) if mark else ()
    ends = bool(data) and data[0] == 0x81
    return Slip(() if ends and not text else (_masked(text_of(text)),), _copy(tags), ends)


def _block(data: bytes) -> Slip:
    tags = read_tags(read_fields(data).values.get(0x06, b""))
    flat = list(every_tag(tags))
    lines = tuple(_masked(text_of(tag.value)) for tag in flat if tag.number == 0x07)
    ends = any(tag.number == 0x09 and tag.value == b"\x81" for tag in flat)
    return Slip(lines, _copy(tags), ends)


def _copy(tags: tuple[Tag, ...]) -> int:
    return next((tag.value[0] for tag in every_tag(tags) if tag.number == 0x1F07 and tag.value), 0)


def _masked(line: str) -> str:
    """A line without any long number: a terminal that forgot to mask must not put a card number on paper or into a file."""
    digits = sum(character.isdigit() for character in line)
    if digits < 13:
        return line
    out, run = [], 0
    for character in reversed(line):
        if character.isdigit():
            run += 1
            out.append(character if run <= 4 else "*")
        else:
            run = run if character in " -" else 0
            out.append(character)
    # Dates and references survive only as their last four digits on such a line: rather too much hidden than too little.
    return "".join(reversed(out)) if _longest_run(line) >= 13 else line


def _longest_run(line: str) -> int:
    longest = run = 0
    for character in line:
        run = run + 1 if character.isdigit() else run if character in " -" else 0
        longest = max(longest, run)
    return longest


def slip_line(text: str, copy: int = 2, *, attribute: int = 0) -> Apdu:
    """One line for the till's printer."""
    return Apdu(PRINT_LINE, bytes((attribute,)) + text.encode("cp437", "replace") + tlv_field(Tag(0x1F07, bytes((copy,)))))


def slip_block(lines: tuple[str, ...], copy: int = 2) -> Apdu:
    """A whole slip."""
    texts = tuple(Tag(0x07, (line or " ").encode("cp437", "replace")) for line in lines)
    return Apdu(PRINT_BLOCK, tlv_field(Tag(0x1F07, bytes((copy,))), Tag(0x25, b"", (*texts, Tag(0x09, b"\x81")))))
