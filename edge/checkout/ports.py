"""What the till needs from its surroundings: narrow ports that labels, devices and sync fill in, and stand-ins for none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.rfid.pads import PadReading
from protocols.contract.questions import Answer, Question
from protocols.contract.reason import Reason
from protocols.contract.till import DeviceView
from protocols.device_events import WeightState
from protocols.promotions.bundle import Bundle
from protocols.scales.session import Ordered, ScaleOrder


class ShownPrice(Protocol):
    """A price a shelf label may be showing."""

    @property
    def price_minor(self) -> int:
        """Per piece, or per kilogram when weighed."""

    @property
    def revision(self) -> int:
        """The price revision it came from."""


class LabelPrices(Protocol):
    """The shelf's word on prices (invariant 2)."""

    def lowest_for(self, item_id: str) -> ShownPrice | None:
        """The lowest price any label of the item may be showing; None when there is no label. Must be quick."""


class NoLabels:
    """A store without labels."""

    def lowest_for(self, _item_id: str) -> None:
        """No label shows anything."""
        return


@dataclass(frozen=True, slots=True)
class WeightReading:
    """The newest answer of a scale and when it arrived (monotonic clock). `net`: tare is already off.

    `minimum_grams`: the store does not sell less on this scale; 0: the scale itself says what is too light.
    """

    state: WeightState
    grams: int | None
    net: bool
    at_mono_ms: int
    minimum_grams: int = 0


class Scales(Protocol):
    """The store's scales."""

    def latest(self, device_id: str) -> WeightReading | None:
        """The newest reading; None while the scale has said nothing or is not connected."""

    def orders(self, device_id: str) -> frozenset[ScaleOrder]:
        """What the scale can be told."""

    async def order(self, device_id: str, order: ScaleOrder) -> Ordered:
        """Tell the scale, and how that ended; a few seconds at most. Never raises."""


class NoScales:
    """A store without scales."""

    def latest(self, _device_id: str) -> None:
        """Nothing was weighed."""
        return

    def orders(self, _device_id: str) -> frozenset[ScaleOrder]:
        """There is nobody to tell."""
        return frozenset()

    async def order(self, _device_id: str, _order: ScaleOrder) -> Ordered:
        """There is nobody to tell."""
        return Ordered.NOT_KNOWN


class Offers(Protocol):
    """The store's promotions. Both must be quick: they are asked with every first line and every restart."""

    def current(self) -> Bundle:
        """The bundle for a sale that begins now."""

    def by_hash(self, bundle_hash: str) -> Bundle | None:
        """A bundle of former days, kept for open sales and for the return window; None when it is gone."""


class NoOffers:
    """A store without promotions."""

    def current(self) -> Bundle:
        """Nothing is on offer."""
        return Bundle()

    def by_hash(self, _bundle_hash: str) -> Bundle | None:
        """Nothing ever was."""
        return None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Headquarters could not be asked, or did not answer in time. Ordinary: the till goes on with what it may do alone.
    A question that changes something may have been carried out all the same."""

    why: str


class Headquarters(Protocol):
    """Questions to headquarters while a customer waits."""

    @property
    def reachable(self) -> bool:
        """False: every question would be `Unreachable` at once."""

    async def ask(self, question: Question) -> Answer | Unreachable:
        """Ask; at most `protocols.contract.questions.ANSWER_SECONDS`. A refusal is an answer (`QuestionRefused`)."""

    def tell(self, question: Question) -> None:
        """Ask it some time soon; nobody waits for the answer. Left out when headquarters does not answer."""


class NoHeadquarters:
    """A store that stands alone."""

    reachable = False

    async def ask(self, _question: Question) -> Unreachable:
        """There is nobody to ask."""
        return Unreachable("this store has no headquarters")

    def tell(self, _question: Question) -> None:
        """Nobody listens."""


class PadReaders(Protocol):
    """The pads that read tags at the tills."""

    def reading(self, till_id: str) -> PadReading | None:
        """What lies on a till's pad; None: it has none."""


class NoPads:
    """No till has a pad."""

    def reading(self, _till_id: str) -> PadReading | None:
        """There is none."""
        return None


class Surroundings(Protocol):
    """What a till screen shows beside the sale."""

    def devices(self, device_ids: Sequence[str]) -> tuple[DeviceView, ...]:
        """The states of these devices."""

    def hq_online(self) -> bool:
        """Whether headquarters answers."""

    def oldest_unacked_seconds(self) -> int:
        """Age of the oldest fact headquarters does not hold; 0 when it holds all."""

    def alarms(self) -> tuple[Reason, ...]:
        """What a person must know now."""


class Quiet:
    """No devices, no headquarters, no alarms: a box on a desk."""

    def devices(self, _device_ids: Sequence[str]) -> tuple[DeviceView, ...]:
        """None."""
        return ()

    def hq_online(self) -> bool:
        """Never."""
        return False

    def oldest_unacked_seconds(self) -> int:
        """Nothing waits."""
        return 0

    def alarms(self) -> tuple[Reason, ...]:
        """None."""
        return ()
