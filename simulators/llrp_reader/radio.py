"""How loud a tag is: distance, power, the antenna's pattern, what stands in between. Pure arithmetic, no chance.

The door lies at x = 0 mm, outside is negative; the antennas hang at y = 0 and people pass at `BESIDE_MM`. The way to the tag
(forward link) falls with the square of the distance and decides whether the tag wakes; what comes back falls with the
fourth power and is the RSSI. Calibrated for 30 dBm: -46 dBm at one metre before the antenna, sure to 2.5 m, deaf at 4.5 m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

BESIDE_MM = 800
"""How far to the side of the antennas goods go through."""
FULL_POWER_CDBM = 3_000
AT_ONE_METRE_DBM = -46.0
SURE_DB, DEAF_DB = -8.0, -13.0
"""Forward link against one metre at full power: a tag always wakes, never wakes."""
BACK_LOBE_DB = -20.0
ALL_ROUND_DEG = 360
BEAM_DEG = 90


@dataclass(frozen=True, slots=True)
class Antenna:
    """`number` as on the reader's socket, from 1; where it hangs, where it looks, how wide.

    `facing_deg`: 0 looks straight across the way, 90 along it to the inside, -90 to the outside.
    `beam_deg`: the width in which it loses less than 3 dB; 360: it hears equally all round.
    """

    number: int
    x_mm: int
    y_mm: int = 0
    facing_deg: int = 0
    beam_deg: int = ALL_ROUND_DEG


def door_antennas(count: int = 4, apart_mm: int = 1_200, *, beam_deg: int = ALL_ROUND_DEG) -> tuple[Antenna, ...]:
    """The first half of the antennas outside, the second inside, all looking across. A single one hangs above the door.

    Without a beam (`BEAM_DEG` is a common one) they hear all round: the hardest door to judge.
    """
    if count == 1:
        return (Antenna(1, 0),)
    half = apart_mm // 2
    return tuple(
        Antenna(number, -half if number <= count // 2 else half, beam_deg=beam_deg) for number in range(1, count + 1)
    )


@dataclass(frozen=True, slots=True)
class Loudness:
    """At full power, before chance: `forward_db` against one metre; `rssi_dbm` at the reader."""

    forward_db: float
    rssi_dbm: float


def pattern_db(antenna: Antenna, dx_mm: float, dy_mm: float) -> float:
    """What the antenna loses in that direction, 0 or less: a parabola in decibels down to the back lobe."""
    if antenna.beam_deg >= ALL_ROUND_DEG:
        return 0.0
    off_deg = abs(math.degrees(math.atan2(dx_mm, dy_mm)) - antenna.facing_deg) % 360
    off_deg = min(off_deg, 360 - off_deg)
    return max(BACK_LOBE_DB, -12.0 * (off_deg / antenna.beam_deg) ** 2)


def loudness(antenna: Antenna, x_mm: float, y_mm: float, loss_db: float = 0.0) -> Loudness:
    """A tag at a place. `loss_db`: what body, trolley or a bad angle swallow, each way."""
    dx_mm, dy_mm = x_mm - antenna.x_mm, y_mm - antenna.y_mm
    metres = max(0.05, math.hypot(dx_mm, dy_mm) / 1_000)
    one_way = pattern_db(antenna, dx_mm, dy_mm) - loss_db - 20.0 * math.log10(metres)
    return Loudness(one_way, AT_ONE_METRE_DBM + 2.0 * one_way)


def wakes_share(forward_db: float) -> float:
    """Which share of its chances a tag with this forward link is awake, 0 to 1."""
    return min(1.0, max(0.0, (forward_db - DEAF_DB) / (SURE_DB - DEAF_DB)))
