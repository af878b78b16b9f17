"""The weight of what lies on the till's scales, as far as it may be sold, and what a till tells its scales to do.

Whether a weight may be sold is decided by `protocols.scales.sale_rule`, nowhere else.
"""

from __future__ import annotations

from edge.catalogue.lookup import Item
from edge.checkout.desk import Desk, seat_of
from edge.checkout.ports import WeightReading
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from protocols.contract.till_scale import OrderScale
from protocols.device_events import WeightState
from protocols.scales.sale_rule import WEIGHT_AGE_MAX_MS, NotSold, may_sell
from protocols.scales.session import Ordered, ScaleOrder

TARE_GRAMS_MAX = 15_000
_EMPTY = {NotSold.ZERO, NotSold.UNDER_ZERO, NotSold.BELOW_MINIMUM, NotSold.FAULT}
_NOT_DONE = {
    Ordered.MOTION: "scale_order_motion",
    Ordered.OUT_OF_RANGE: "scale_order_range",
    Ordered.NOT_KNOWN: "scale_order_unknown",
    Ordered.UNANSWERED: "scale_order_unanswered",
}


def weigh(desk: Desk, session: Session, item: Item, tare_grams: int) -> tuple[int, int]:
    """Net grams on the till's scale, and the tare that was taken off here: the larger of the item's own and `tare_grams`;
    none when the scale took one off itself. Raises `Refusal` unless the scale rests with goods on it, as of now."""
    if not session.setup.scale_ids:
        raise Refusal("no_scale", name=item.name)
    scale_id = scale_in_use(desk, session)
    if scale_id is None:
        raise Refusal("scales_two_loaded")
    reading = desk.scales.latest(scale_id)
    grams = sold_grams(reading, desk.clock.monotonic_ms())
    if isinstance(grams, NotSold) or reading is None:
        raise Refusal(str(grams))
    tare = 0 if reading.net else max(item.tare_grams, tare_grams)
    if grams <= tare:
        raise Refusal("weight_zero")
    return grams - tare, tare


def scale_in_use(desk: Desk, session: Session) -> str | None:
    """The scale with goods on it; the till's first when there are none. None: goods lie on two, or there is no scale.

    A scale that is not at rest may have goods on it: it counts, or the other one's goods could be charged for them.
    """
    mono_ms = desk.clock.monotonic_ms()
    loaded = [
        scale_id
        for scale_id in session.setup.scale_ids
        if (reading := desk.scales.latest(scale_id)) is not None
        and mono_ms - reading.at_mono_ms <= WEIGHT_AGE_MAX_MS
        and sold_grams(reading, mono_ms) not in _EMPTY
    ]
    if len(loaded) > 1 or not session.setup.scale_ids:
        return None
    return loaded[0] if loaded else session.setup.scale_ids[0]


def sold_grams(reading: WeightReading | None, mono_ms: int) -> int | NotSold:
    """The grams that may be sold, or why none may."""
    if reading is None:
        return NotSold.SILENT
    return may_sell(reading.state, reading.grams, mono_ms - reading.at_mono_ms, reading.minimum_grams)


async def order_scale(desk: Desk, session: Session, command_id: str, command: OrderScale) -> Step:
    """Zero or tare at the scale itself. Only what the scale confirmed is done; the answer to everything else says why."""
    seat_of(session)
    scale_id = command.scale_id or scale_in_use(desk, session)
    if scale_id is None:
        raise Refusal("scales_two_loaded" if session.setup.scale_ids else "scale_missing")
    if scale_id not in session.setup.scale_ids:
        raise Refusal("scale_missing")
    reading = desk.scales.latest(scale_id)
    if reading is not None and reading.state is WeightState.MOTION:
        raise Refusal("scale_order_motion")  # at once: some scales would wait for rest, and the till with them
    ended = await desk.scales.order(scale_id, ScaleOrder(command.order))
    if ended is not Ordered.DONE:
        raise Refusal(_NOT_DONE[ended])
    return await desk.finish_shown(session, command_id)
