"""Scenes at a gate, reproducible from a seed: what a reader hears of people who go out, turn round, follow each other."""

from __future__ import annotations

from collections.abc import Iterable

from edge.rfid.gate import ExitGate, GatePass, GateSetup
from protocols.clock import SeededRandom
from protocols.device_events import TagRead
from simulators.llrp_reader.air import SLOT_MS, Air, Tag, door_antennas
from simulators.llrp_reader.air import Direction as Way

GATE = GateSetup(inside=frozenset({3, 4}), outside=frozenset({1, 2}))
OVER_MS = 1_000_000


def tag(number: int) -> Tag:
    """A tag unlike others."""
    return Tag((0x30 << 88 | number).to_bytes(12, "big"))


def heard(air: Air, until_ms: int) -> list[TagRead]:
    """What the reader reports until then."""
    found = air.listen(until_ms, (0,))
    return [TagRead(each.tag.epc, 96, each.antenna, each.rssi_dbm, each.at_ms, each.at_ms) for each in found]


def reads_of_pass(
    seed: int, way: Way, *, tags: int = 1, speed_mm_per_s: int = 1_500, read_percent: int = 60
) -> list[TagRead]:
    """Somebody carries tags through."""
    air = Air(door_antennas(4), SeededRandom(seed), 0, read_percent=read_percent)
    air.push([tag(number) for number in range(1, tags + 1)], way, 0, speed_mm_per_s=speed_mm_per_s)
    return heard(air, 20_000)


def reads_of_walk(seed: int, places_mm: Iterable[int]) -> list[TagRead]:
    """A tag is carried from place to place, one slot of the reader each."""
    air, reads = Air(door_antennas(4), SeededRandom(seed), 0), list[TagRead]()
    for number, x_mm in enumerate(places_mm):
        air.stand([tag(1)], x_mm)
        reads += heard(air, (number + 1) * SLOT_MS)
    return reads


def judged(reads: list[TagRead], *, step_ms: int = 100, gate: ExitGate | None = None) -> list[tuple[GatePass, int]]:
    """What the gate tells, and when: the box looks every `step_ms` of virtual time."""
    gate = gate or ExitGate(GATE)
    told, index = list[tuple[GatePass, int]](), 0
    until_ms = (reads[-1].last_seen_ms if reads else 0) + 4_000
    for now_ms in range(0, until_ms, step_ms):
        batch = []
        while index < len(reads) and reads[index].last_seen_ms <= now_ms:
            batch.append(reads[index])
            index += 1
        told += [(each, now_ms) for each in (*gate.take(batch), *gate.advance(now_ms))]
    return told
