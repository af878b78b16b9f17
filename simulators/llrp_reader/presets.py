"""How readers are usually set for a place in a store: power, session, target, tags expected. Starting values, as data.

walk_reads(Walk.OUT, tags, seed=1, asking=preset(Place.EXIT, door_antennas(4)))
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from simulators.llrp_reader.air import Asking
from simulators.llrp_reader.gen2 import Query, Target
from simulators.llrp_reader.radio import Antenna


class Place(enum.Enum):
    """What the antennas are there for."""

    EXIT = "exit"
    """Every tag answers in every round: its way is seen."""
    MOBILITY = "mobility"
    """Where a tag is: read again every second or so."""
    COUNT = "count"
    """Deep scan: every tag once, until nobody is left."""
    CHECKOUT = "checkout"
    """Little power, so that only the bin is read; each tag once in a basket, in turn A and B."""
    FITTING_ROOM = "fitting_room"


_SET: dict[Place, tuple[int, Query]] = {
    Place.EXIT: (2_850, Query(session=0, target=Target.A)),
    Place.MOBILITY: (3_000, Query(session=1, target=Target.DUAL)),
    Place.COUNT: (3_000, Query(session=2, target=Target.A, population=1_024)),
    Place.CHECKOUT: (2_100, Query(session=3, target=Target.DUAL)),
    Place.FITTING_ROOM: (2_400, Query(session=1, target=Target.DUAL)),
}


def preset(place: Place, antennas: Sequence[Antenna]) -> Asking:
    """How all these antennas ask at such a place."""
    power_cdbm, query = _SET[place]
    return Asking(query, {antenna.number: power_cdbm for antenna in antennas})
