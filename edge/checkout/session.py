"""A till between two commands: who is at it, which shift runs, what is in the basket. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from edge.checkout.attempts import Attempt
from edge.checkout.basket import Basket
from edge.checkout.pricing import NOTHING, PricedBasket
from edge.checkout.reasons import Refusal
from edge.staff.service import Staff
from protocols.contract.reason import Reason
from protocols.contract.returns import SoldSale
from protocols.contract.till import LastSale
from protocols.contract.till_basket import PickChoice, Repriced
from protocols.contract.till_member import CardView, MemberChoice
from protocols.contract.till_payment import PaymentView


@dataclass(frozen=True, slots=True)
class TillSetup:
    """One till as the settings file names it. Device ids are None when the till has no such device."""

    till_id: str
    scale_id: str | None = None
    printer_id: str | None = None
    scanner_id: str | None = None
    terminal_id: str | None = None
    card_reader_id: str | None = None
    display_id: str | None = None
    more_scale_ids: tuple[str, ...] = ()

    @property
    def scale_ids(self) -> tuple[str, ...]:
        """Its scales, the main one first."""
        return (() if self.scale_id is None else (self.scale_id,)) + self.more_scale_ids

    @property
    def device_ids(self) -> tuple[str, ...]:
        """The till's devices."""
        beside = (self.printer_id, self.scanner_id, self.terminal_id, self.card_reader_id, self.display_id)
        named = (*self.scale_ids, *beside)
        return tuple(device_id for device_id in named if device_id is not None)


@dataclass(frozen=True, slots=True)
class Shift:
    """An open shift. `cash_minor` is what sales brought into the drawer, counted as it goes, for the screen; the report is
    added up from the journal."""

    shift_id: str
    cashier_id: str
    float_minor: int
    sale_count: int = 0
    cash_minor: int = 0
    cash_moved_minor: int = 0
    """Put in (positive) or taken out outside sales."""
    opened_at_ms: int = 0
    opened_position: int = 0
    """Of its `ShiftOpened` in the journal."""

    @property
    def expected_minor(self) -> int:
        """What should be in the drawer."""
        return self.float_minor + self.cash_minor + self.cash_moved_minor

    def with_sale(self, cash_minor: int) -> Shift:
        """The shift after one more cash sale."""
        return replace(self, sale_count=self.sale_count + 1, cash_minor=self.cash_minor + cash_minor)


@dataclass(frozen=True, slots=True)
class LastScan:
    """The pack scanned last: its other symbol may follow."""

    gtin: str
    two_dimensional: bool
    at_mono_ms: int
    line_no: int


@dataclass(frozen=True, slots=True)
class Session:
    """The state of one till."""

    setup: TillSetup
    cashier: Staff | None = None
    shift: Shift | None = None
    basket: Basket | None = None
    priced: PricedBasket = NOTHING
    """What `basket` comes to: made once per change, read by the view and by payment."""
    last_sale: LastSale | None = None
    found: SoldSale | None = None
    """A sale looked up for a return; forgotten by a restart."""
    card: CardView | None = None
    """The gift card just asked about, until the next command."""
    member_choices: tuple[MemberChoice, ...] = ()
    """Members that the last word may have meant, until the cashier has chosen."""
    attempts: tuple[Attempt, ...] = ()
    """Every payment attempt of the open sale, in order."""
    told: PaymentView | None = None
    """How the last payment ended, until the next command."""
    choices: tuple[PickChoice, ...] = ()
    """Items of the style last asked for, until one is picked or something else is done."""
    repriced: tuple[Repriced, ...] = ()
    """What a recalled basket cost differently when it was put aside, until it is changed."""
    last_scan: LastScan | None = None
    beyond: frozenset[str] = frozenset()
    """Items of which the basket has more than the store's records say (`edge.checkout.last_unit`)."""

    @property
    def till_id(self) -> str:
        """The till's id."""
        return self.setup.till_id

    def need_cashier(self, right: str = "till") -> Staff:
        """The person at the till. Raises `Refusal` when nobody is, or the right is missing."""
        if self.cashier is None:
            raise Refusal("login_first")
        if right not in self.cashier.rights:
            raise Refusal("not_allowed", right=right)
        return self.cashier

    def need_shift(self) -> Shift:
        """The open shift. Raises `Refusal`."""
        if self.shift is None:
            raise Refusal("shift_first")
        return self.shift

    def without_basket(self) -> Session:
        """The session after its sale has ended."""
        return replace(
            self, basket=None, priced=NOTHING, attempts=(), choices=(), repriced=(), last_scan=None, beyond=frozenset()
        )

    def need_basket(self) -> Basket:
        """The open sale, with at least one line that will be sold. Raises `Refusal`."""
        if self.basket is None or not self.basket.live_lines:
            raise Refusal("no_sale")
        return self.basket


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an answer that stays the same however often the command is repeated."""

    ok: bool
    reason: Reason | None = None
    sale: LastSale | None = None


DONE = StoredAnswer(ok=True)


@dataclass(frozen=True, slots=True)
class Step:
    """What a command led to, already stored."""

    session: Session
    answer: StoredAnswer = DONE
