"""What the store's readers hear: the reader simulator's walks and physics, without sockets. Dead tags are silent."""

from __future__ import annotations

import random
from collections.abc import Sequence

from protocols.clock import SeededRandom
from protocols.device_events import TagRead
from simulators.llrp_reader.air import Air, Antenna, Asking, Heard
from simulators.llrp_reader.gen2 import Query
from simulators.llrp_reader.paths import staying
from simulators.llrp_reader.radio import BEAM_DEG
from simulators.llrp_reader.walks import Carrier, Walk, carriers_reads, walk_reads
from tests.sim.stock_week.goods import Piece

DOCK_ANTENNAS = (Antenna(1, -600), Antenna(2, -600), Antenna(3, 600), Antenna(4, 600))
"""All round: the hardest door to judge."""
DOORWAY_ANTENNAS = (
    Antenna(1, -400, facing_deg=-90, beam_deg=BEAM_DEG),
    Antenna(2, -400, facing_deg=-45, beam_deg=BEAM_DEG),
    Antenna(3, 400, facing_deg=90, beam_deg=BEAM_DEG),
    Antenna(4, 400, facing_deg=45, beam_deg=BEAM_DEG),
)
"""Two look into the back room, two onto the floor."""
PAD_ANTENNA = (Antenna(1, 0),)
PAD_MM, PAD_LASTS_MS = 300, 900
SWEEP_PIECES = 120
"""In reach of a handheld reader at one stand."""
SWEEP_MS = 1_500
COUNTING = Asking(query=Query(session=2, population=128))
"""As the preset for counts: a tag that was read keeps still."""
READ_PERCENT = 60


def walked(walk: Walk, pieces: Sequence[Piece], seed: int, start_ms: int, antennas: Sequence[Antenna]) -> list[TagRead]:
    """Goods are carried past antennas."""
    tags = [piece.tag for piece in pieces if piece.readable]
    if not tags:
        return []
    heard = walk_reads(walk, tags, seed=seed, read_percent=READ_PERCENT, antennas=antennas, start_ms=start_ms)
    return _told(heard.reads)


def on_pad(pieces: Sequence[Piece], seed: int, start_ms: int) -> list[TagRead]:
    """Goods lie on the pad of the till."""
    tags = tuple(piece.tag for piece in pieces if piece.readable)
    if not tags:
        return []
    lying = Carrier(tags, staying(0, PAD_LASTS_MS, y_mm=PAD_MM), None)
    return _told(carriers_reads([lying], seed=seed, antennas=PAD_ANTENNA, start_ms=start_ms).reads)


def swept(pieces: Sequence[Piece], seed: int) -> set[str]:
    """The tags a person with a handheld reader hears who stops before every rack, as EPC URIs."""
    rng, found = random.Random(f"sweep {seed}"), set[str]()
    for start in range(0, len(pieces), SWEEP_PIECES):
        air = Air(PAD_ANTENNA, SeededRandom(rng.getrandbits(32)), 0, read_percent=READ_PERCENT)
        epcs = {}
        for piece in pieces[start : start + SWEEP_PIECES]:
            away_mm = rng.randint(2_000, 5_000) if piece.hidden else rng.randint(300, 2_000)
            if piece.readable:
                air.stand([piece.tag], 0, away_mm)
                epcs[piece.tag] = piece.epc
        found |= {epcs[heard.tag] for heard in air.listen(SWEEP_MS, (0,), COUNTING)}
    return found


def _told(heard: Sequence[Heard]) -> list[TagRead]:
    """As a reader's driver tells them."""
    return [TagRead(one.tag.epc, one.tag.bits, one.antenna, one.rssi_dbm, one.at_ms, one.at_ms) for one in heard]
