"""What a store and headquarters tell each other about a sale of which goods come back.

The questions themselves are in `protocols.contract.questions`; here is what they are made of.
"""

from __future__ import annotations

import msgspec

from protocols.contract.sale_parts import Tender


class UnitsBack(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a sold line that came back: `quantity` from `first_unit` on, in stored order (rule R8)."""

    line_no: int
    first_unit: int
    quantity: int
    refund_minor: int = 0

    @property
    def units(self) -> range:
        """Their numbers."""
        return range(self.first_unit, self.first_unit + self.quantity)


class EarlierReturn(msgspec.Struct, frozen=True, kw_only=True):
    """A return of the sale, as far as the next one must know it."""

    return_id: str
    store_id: str
    policy: str
    lines: tuple[UnitsBack, ...]
    tenders: tuple[Tender, ...] = ()


class UnitsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of a sold line are to be set aside for a return."""

    line_no: int
    quantity: int
    sold: int
    """Units of the line that may come back; headquarters believes its own record of the sale when it has one."""
    taken: tuple[int, ...] = ()
    """Units the asking store knows as taken: not to be set aside."""


class UnitsGranted(msgspec.Struct, frozen=True, kw_only=True):
    """The units set aside, by number."""

    line_no: int
    units: tuple[int, ...]
