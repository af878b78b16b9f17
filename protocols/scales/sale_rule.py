"""Which weight may be sold: the last step of the weighing path, and the only one that decides. No I/O, no clock.

A weight may be sold when the scale itself calls it stable, it is above zero, not below the scale's minimum, and not older
than a second. Everything else has its reason. The weighing path is the whole package `protocols.scales`: its files are
summed up by `edge.weighing_path`, and a test holds that sum (docs/scales.md says what to do when it changes).
"""

from __future__ import annotations

import enum

from protocols.device_events import WeightState

VERSION = "1.0"
"""Of the weighing path. It changes with every change of the sum."""
WEIGHT_AGE_MAX_MS = 1_000
"""A weight older than this is not the weight of what lies on the scale now."""


class NotSold(enum.StrEnum):
    """Why a weight may not be sold. The values are the codes of the till's refusals."""

    SILENT = "scale_silent"
    MOTION = "weight_motion"
    ZERO = "weight_zero"
    UNDER_ZERO = "weight_under_zero"
    OVER_CAPACITY = "weight_over_capacity"
    BELOW_MINIMUM = "weight_below_minimum"
    WEIGH_AGAIN = "weight_again"
    FAULT = "scale_fault"


_WHY = {
    WeightState.MOTION: NotSold.MOTION,
    WeightState.ZERO: NotSold.ZERO,
    WeightState.UNDER_ZERO: NotSold.UNDER_ZERO,
    WeightState.OVER_CAPACITY: NotSold.OVER_CAPACITY,
    WeightState.BELOW_MINIMUM: NotSold.BELOW_MINIMUM,
    WeightState.WEIGH_AGAIN: NotSold.WEIGH_AGAIN,
    WeightState.FAULT: NotSold.FAULT,
}


def may_sell(state: WeightState, grams: int | None, age_ms: int, minimum_grams: int = 0) -> int | NotSold:
    """The grams that may be sold, or why none may."""
    if age_ms > WEIGHT_AGE_MAX_MS or age_ms < 0:
        return NotSold.SILENT
    if state is not WeightState.STABLE:
        return _WHY[state]
    if grams is None:
        return NotSold.FAULT
    if grams < 0:
        return NotSold.UNDER_ZERO
    if grams == 0:
        return NotSold.ZERO
    return NotSold.BELOW_MINIMUM if grams < minimum_grams else grams
