"""What a store and headquarters tell each other about a sale of which goods come back.

The questions themselves are in `protocols.contract.questions`; here is what they are made of.
"""

from __future__ import annotations

import msgspec

from protocols.contract.sale_parts import Tender
from protocols.contract.till_facts import SaleClosed


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


class SoldSale(msgspec.Struct, frozen=True, kw_only=True):
    """A closed sale of which goods may come back, wherever it was sold."""

    sale: SaleClosed
    receipt: str
    """As printed, without the store."""
    at_ms: int
    told: tuple[EarlierReturn, ...] = ()
    """Returns headquarters knows of, of any store."""
    verified: bool = True
    """False: headquarters could not be asked."""


class FindSale(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="find_sale"):
    """A sale by its receipt, and what came back of it at any store. Answer: `SaleFound`. Refusal: `sale_unknown`."""

    question_id: str
    store_id: str
    """Where it was sold."""
    till_id: str
    incarnation: int
    number: int


class SaleFound(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="sale_found"):
    sale: SaleClosed
    at_ms: int
    returns: tuple[EarlierReturn, ...] = ()


class ReserveReturn(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reserve_return"):
    """Set units of a sale aside for an open basket, instead of what was set aside for it before; without lines: give all
    of it back. All of it or nothing. Answer: `ReturnReserved`. Refusal: `returned_elsewhere` (`line_no`, `left`)."""

    question_id: str
    basket_id: str
    sold_store_id: str
    sale_id: str
    lines: tuple[UnitsWanted, ...] = ()


class ReturnReserved(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="return_reserved"):
    """The units no other store gives back meanwhile, until `expires_ms` (HQ's clock)."""

    lines: tuple[UnitsGranted, ...] = ()
    expires_ms: int = 0
