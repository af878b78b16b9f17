"""What an ePOS printer answers: whether it printed, why not, and its status bits. Both roles.

Source: the public ePOS-Print XML manual (`response`, ASB status bits, error codes).
"""

from __future__ import annotations

from typing import Literal
from xml.etree import ElementTree as ET

import msgspec

from protocols.epos.soap import BadXml, unwrapped, wrapped
from protocols.escpos.status import PrinterCondition

NO_RESPONSE, PRINTED, DRAWER, OFFLINE, COVER, FEED = 0x1, 0x2, 0x4, 0x8, 0x20, 0x40
CUTTER, UNRECOVERABLE, AUTO_RECOVER, NEAR_END, END = 0x800, 0x2000, 0x4000, 0x20000, 0x80000
Outcome = Literal["confirmed", "unknown", "not_sent"]

COVER_OPEN, NO_PAPER, CUTTER_STUCK, BROKEN = "EPTR_COVER_OPEN", "EPTR_REC_EMPTY", "EPTR_CUTTER", "EPTR_UNRECOVERABLE"
_NOTHING_PRINTED = {"SchemaError", "DeviceNotFound", "ParameterError", "EX_BADPORT", "ERROR_DEVICE_BUSY"}
"""The printer refused the whole document before a line of it."""


class EposAnswer(msgspec.Struct, frozen=True):
    """One `<response>`. `code` is empty when it printed. `status`: the bits above."""

    success: bool
    code: str
    status: int

    @property
    def condition(self) -> PrinterCondition:
        """The status bits as every printer of the house tells them."""
        status = self.status
        return PrinterCondition(
            offline=bool(status & (OFFLINE | NO_RESPONSE)),
            cover_open=bool(status & COVER),
            paper_out=bool(status & END),
            paper_near_end=bool(status & (NEAR_END | END)),
            feed_button=bool(status & FEED),
            cutter_error=bool(status & CUTTER),
            unrecoverable_error=bool(status & UNRECOVERABLE),
            recoverable_error=bool(status & AUTO_RECOVER),
            drawer_pin_high=bool(status & DRAWER),
        )

    @property
    def outcome(self) -> Outcome:
        """What became of the document. An error in mid-print may leave half a receipt on paper: unknown."""
        if self.success:
            return "confirmed"
        return "not_sent" if self.code in _NOTHING_PRINTED else "unknown"


def answer_bytes(answer: EposAnswer) -> bytes:
    """The printer's side."""
    success = "true" if answer.success else "false"
    given = {"success": success, "code": answer.code, "status": str(answer.status)}
    return wrapped(ET.Element("response", given))


def read_answer(data: bytes) -> EposAnswer:
    """Raises BadXml."""
    found = unwrapped(data, "response")
    status = found.get("status", "")
    if not (status.isascii() and status.isdigit() and len(status) <= 10):
        raise BadXml(f"no status: {status!r}")
    return EposAnswer(found.get("success") in {"true", "1"}, found.get("code", "")[:64], int(status))


def status_bits(condition: PrinterCondition, *, printed: bool = False) -> int:
    """The printer's side."""
    c = condition
    bits = (
        (printed, PRINTED), (c.drawer_pin_high, DRAWER), (c.offline, OFFLINE), (c.cover_open, COVER), (c.feed_button, FEED),
        (c.cutter_error, CUTTER), (c.unrecoverable_error, UNRECOVERABLE), (c.recoverable_error, AUTO_RECOVER),
        (c.paper_near_end or c.paper_out, NEAR_END), (c.paper_out, END),
    )  # fmt: skip
    return sum(bit for stands, bit in bits if stands)


def error_code(condition: PrinterCondition) -> str:
    """Why a printer in this condition prints nothing; empty when it can."""
    for wrong, code in (
        (condition.cover_open, COVER_OPEN),
        (condition.paper_out, NO_PAPER),
        (condition.cutter_error, CUTTER_STUCK),
        (condition.unrecoverable_error, BROKEN),
        (condition.recoverable_error, "EPTR_AUTOMATICAL"),
        (condition.offline, "EPTR_MECHANICAL"),
    ):
        if wrong:
            return code
    return ""
