"""Tag reports decoded per second on one core, as typed records, compared with sllurp on the same bytes in the same run.

sllurp is GPL software: it is a yardstick here and a foreign client in the tests, and never part of the product. Rounds
alternate, so that a busy machine burdens both sides; each side's best round counts.
"""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable

from firmware_bridges.reader_clock import ReaderClock
from protocols.llrp.client import ClientSession, TagsReported
from protocols.llrp.messages import HEADER_BYTES
from protocols.llrp.reader import ReaderSession, write_tag
from protocols.llrp.reader_setup import InventorySetup
from protocols.llrp.reads import ReportReader, TagRecord
from tests.bench.report import report

TAGS = 200
BIG_TAGS = 60_000
LONGEST_TAGS = 26_000
"""About the longest report the framer lets through (1 MiB)."""
ROUNDS = 7
ROUND_SECONDS = 0.25
FIELDS = 0x1000 | 0x0400 | 0x0200 | 0x0100
"""Antenna, RSSI, first and last seen: 40 bytes a tag."""
OPTIONAL_BITS = (0x8000, 0x4000, 0x2000, 0x1000, 0x0800, 0x0400, 0x0200, 0x0100, 0x0080)


def record(number: int, bits: int = 96) -> TagRecord:
    """A tag unlike its neighbours."""
    epc = (0x30 << 88 | number * 7919).to_bytes(12, "big").ljust(bits // 8, b"\1")[: bits // 8]
    first_us = 1_700_000_000_000_000 + number
    return TagRecord(epc, 1 + number % 4, -40 - number % 30, first_us, first_us + 500_000, 1, bits)


def frame_of(tags: list[bytes]) -> bytes:
    """A whole RO_ACCESS_REPORT."""
    session = ReaderSession()
    session.report(tags)
    return session.take_output()


def uniform(count: int) -> bytes:
    """Every tag told alike."""
    return frame_of([write_tag(record(number), FIELDS) for number in range(count)])


def mixed() -> bytes:
    """Tags told with any subset of nine fields, EPCs of three lengths, some with a maker's own parameter."""
    chance = random.Random(5)
    tags = []
    for number in range(TAGS):
        tell = sum(bit for bit in OPTIONAL_BITS if chance.random() < 0.7)
        tag = write_tag(record(number, chance.choice((96, 96, 96, 64, 128))), tell)
        if chance.random() < 0.2:
            own = struct.pack(">HHIIH", 1023, 14, 25_882, 57, 0xEC00 + number)
            tag = tag[:2] + struct.pack(">H", len(tag) + len(own)) + tag[4:] + own
        tags.append(tag)
    return frame_of(tags)


def rate(decode_once: Callable[[], object], tags: int) -> float:
    """Tags per CPU second of one round."""
    done, begun = 0, time.process_time()
    while (took := time.process_time() - begun) < ROUND_SECONDS:
        decode_once()
        done += tags
    return done / took


def ours(frame: bytes) -> Callable[[], object]:
    """Our reading, with the layouts of the frames before: as on a running connection."""
    reader = ReportReader()
    return lambda: reader.read(frame[HEADER_BYTES:])


def theirs(frame: bytes) -> Callable[[], object]:
    """sllurp's decoder, to its own dictionaries."""
    from sllurp.llrp import LLRPMessage

    return lambda: LLRPMessage(msgbytes=frame)


def compare(name: str, frame: bytes, tags: int, target: float) -> float:
    """Print one ratio; our rate."""
    mine, peer = ours(frame), theirs(frame)
    best = peer_best = 0.0
    for _ in range(ROUNDS):
        best, peer_best = max(best, rate(mine, tags)), max(peer_best, rate(peer, tags))
    ratio = round(best / peer_best, 2)
    words = f"sllurp, same bytes, same run: {peer_best:.0f} tags/s; to beat {target:.0f}x"
    report(name, ratio, "x", peer=words, ratio=ratio, tags=tags, tags_per_s=round(best))
    return best


def longest_step(frame: bytes) -> float:
    """The longest single step, in CPU milliseconds, in which a connection reads this report: what other readers wait for.

    The best of several runs, as everywhere here: a busy machine makes single steps longer.
    """
    return min(_longest_step_once(frame) for _ in range(ROUNDS))


def _longest_step_once(frame: bytes) -> float:
    session, clock = ClientSession(InventorySetup(), 0), ReaderClock()
    worst, first = 0.0, True
    while first or session.has_more:
        begun = time.process_time()
        events = session.receive(frame, 1, at_once=False) if first else session.more(1)
        for event in events:
            if isinstance(event, TagsReported):
                clock.normalise(event.records, 1)
        first = False
        worst = max(worst, time.process_time() - begun)
    return worst * 1000


def main() -> None:
    """Print the figures. `llrp_uniform_ratio` is of 200-tag reports; other sizes carry theirs in the name."""
    small = compare("llrp_uniform_ratio", uniform(TAGS), TAGS, 20)
    for tags in (1, 50, 300):
        compare(f"llrp_uniform_{tags}_tags_ratio", uniform(tags), tags, 20)
    compare("llrp_mixed_ratio", mixed(), TAGS, 5)
    big = ours(uniform(BIG_TAGS))
    best = max(rate(big, BIG_TAGS) for _ in range(ROUNDS))
    share = round(best / small, 2)
    report(
        "llrp_large_share", share, "x", peer="200-tag reports, same run; to beat 0.5x", ratio=share, tags_per_s=round(best)
    )
    step_ms = longest_step(uniform(LONGEST_TAGS))
    report("llrp_longest_step_ms", step_ms, "ms", peer="5 ms, a report of 26,000 tags", ratio=round(step_ms / 5, 2))


if __name__ == "__main__":
    main()
