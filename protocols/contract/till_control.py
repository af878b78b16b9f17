"""Commands around the drawer and the shift."""

from __future__ import annotations

import msgspec

from protocols.contract.till_basket import Approval


class Login(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="login"):
    staff_id: str
    pin: str


class Logout(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="logout"):
    pass


class OpenShift(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="open_shift"):
    float_minor: int


class CountedTender(msgspec.Struct, frozen=True, kw_only=True):
    """What a person counted of a tender at the end of a shift, before the till said what it expects (blind)."""

    method: str
    counted_minor: int


class CloseShift(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="close_shift"):
    """End the shift with a count. A difference above the store's limit needs `approval` and a reason."""

    counted_minor: int
    """Cash in the drawer."""
    counted: tuple[CountedTender, ...] = ()
    """Other tenders, when the store counts them."""
    why: str = ""
    approval: Approval | None = None


class MoveCash(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="move_cash"):
    """Cash put into the drawer (positive) or taken out (negative) outside a sale."""

    amount_minor: int
    why: str
    approval: Approval | None = None


class PrintXReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="print_x_report"):
    """Where the shift stands; closes nothing."""

    approval: Approval | None = None


class PrintZReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="print_z_report"):
    """The report of a closed shift again, as it was; marked as a copy."""

    shift_id: str = ""
    """Empty: the last one closed at this till."""


class OpenDrawer(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="open_drawer"):
    reason: str
    approval: Approval | None = None


class ReprintReceipt(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reprint_receipt"):
    """Print a receipt of this store again, marked COPY."""

    receipt: str = ""
    """As printed; empty: the till's last one."""
    approval: Approval | None = None


class ShiftView(msgspec.Struct, frozen=True, kw_only=True):
    shift_id: str
    float_minor: int
    sale_count: int
    expected_minor: int | None
    """What should be in the drawer; None for a person who counts blind."""
    opened_at_ms: int = 0


class HoldScans(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hold_scans"):
    """A sheet of the screen decides something: what the till's own scanner reads waits (`TillState.held_scans`), until it is
    told that nothing is open any more, or no screen is there."""

    held: bool


class TakeScan(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="take_scan"):
    """The screen has taken a held scan into a field of the open sheet: it is not to be sold."""

    scan_id: str
