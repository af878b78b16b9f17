"""The weight of what lies on the till's scale, as far as it may be sold."""

from __future__ import annotations

from edge.catalogue.lookup import Item
from edge.checkout.desk import Desk
from edge.checkout.ports import WeightReading
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session
from protocols.device_events import WeightState

WEIGHT_AGE_MAX_MS = 1_000
"""A weight older than this is not the weight of what lies on the scale now."""
TARE_GRAMS_MAX = 15_000

_WEIGHT_REFUSALS = {
    WeightState.MOTION: "weight_motion",
    WeightState.ZERO: "weight_zero",
    WeightState.UNDER_ZERO: "weight_under_zero",
    WeightState.OVER_CAPACITY: "weight_over_capacity",
    WeightState.FAULT: "scale_fault",
}


def weigh(desk: Desk, session: Session, item: Item, tare_grams: int) -> tuple[int, int]:
    """Net grams on the till's scale, and the tare that was taken off here: the larger of the item's own and `tare_grams`;
    none when the scale took one off itself. Raises `Refusal` unless the scale rests with goods on it, as of now."""
    scale_id = session.setup.scale_id
    if scale_id is None:
        raise Refusal("no_scale", name=item.name)
    reading = desk.scales.latest(scale_id)
    grams = usable_grams(reading, desk.clock.monotonic_ms())
    if grams is None or reading is None:
        silent = reading is None or desk.clock.monotonic_ms() - reading.at_mono_ms > WEIGHT_AGE_MAX_MS
        raise Refusal("scale_silent" if silent or reading is None else _WEIGHT_REFUSALS.get(reading.state, "weight_zero"))
    tare = 0 if reading.net else max(item.tare_grams, tare_grams)
    if grams <= tare:
        raise Refusal("weight_zero")
    return grams - tare, tare


def usable_grams(reading: WeightReading | None, mono_ms: int) -> int | None:
    """The grams that may be sold: the scale rests, shows more than zero, and said so within the last second."""
    if reading is None or mono_ms - reading.at_mono_ms > WEIGHT_AGE_MAX_MS:
        return None
    if reading.state is not WeightState.STABLE or reading.grams is None or reading.grams <= 0:
        return None
    return reading.grams
