"""Tag logic: reads per second through the machine of presence and place with a thousand and a hundred thousand tags in the
store, the memory of fifty thousand of them, and how long a read takes from a reader's socket to the fact."""

from __future__ import annotations

import asyncio
import gc
import random
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.rfid.gate_service import GROUP_MS
from edge.rfid.hall import BEAT_SECONDS
from edge.rfid.presence import Presence, PresenceSetup
from protocols.device_events import TagRead
from tests.bench.report import percentile, report

ROUNDS = 5
ROUND_READS = 200_000
REPORT_READS = 200
ANTENNAS = 4
GOAL_READS_PER_S = 200_000
MEMORY_TAGS = 50_000
MEMORY_GOAL_MB = 256


def tag(number: int) -> bytes:
    """An EPC unlike its neighbours'."""
    return (0x30 << 88 | number * 7919).to_bytes(12, "big")


def reports(resident: int, count: int, rng: random.Random, from_ms: int) -> list[tuple[str, tuple[TagRead, ...]]]:
    """Reports of 200 reads: any tag, mostly at its own antenna, now and then at another."""
    made, at_ms = [], from_ms
    for _ in range(count // REPORT_READS):
        at_ms += 50
        reads = []
        for _ in range(REPORT_READS):
            number = rng.randrange(resident)
            home = number % ANTENNAS
            antenna = home if rng.random() < 0.9 else rng.randrange(ANTENNAS)
            dbm = -50 - rng.randrange(8) - (0 if antenna == home else 12)
            reads.append(TagRead(tag(number), 96, 1 + antenna, dbm, at_ms, at_ms))
        made.append(("r", tuple(reads)))
    return made


def setup() -> PresenceSetup:
    """Four antennas, each a place of its own."""
    return PresenceSetup({("r", 1 + number): f"spot {number}" for number in range(ANTENNAS)})


def filled(resident: int) -> Presence:
    """So many tags in the store, each heard a few times."""
    presence = Presence(setup())
    for turn in range(3):
        for number in range(resident):
            read = TagRead(tag(number), 96, 1 + number % ANTENNAS, -50 - turn, turn * 100, turn * 100)
            presence.take("r", (read,))
    return presence


def rate(resident: int, heard: int) -> float:
    """Reads per CPU second, the best round. `heard`: so many of the tags are read in the round."""
    presence, rng = filled(resident), random.Random(1)
    work = reports(heard, ROUND_READS, rng, 1_000)
    best = 0.0
    gc.collect()
    gc.freeze()
    for _ in range(ROUNDS):
        begun = time.process_time()
        for device_id, reads in work:
            presence.take(device_id, reads)
            presence.advance(reads[-1].last_seen_ms)
        best = max(best, ROUND_READS / (time.process_time() - begun))
    gc.unfreeze()
    return best


def resident_kb() -> int:
    """The memory this process holds."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def memory() -> None:
    """In a process of its own: what fifty thousand tags add to it, each known at two antennas with full rings."""
    before_kb = resident_kb()
    presence = Presence(setup())
    for turn in range(20):
        for number in range(MEMORY_TAGS):
            for antenna in (1 + number % ANTENNAS, 1 + (number + 1) % ANTENNAS):
                presence.take("r", (TagRead(tag(number), 96, antenna, -50, turn, turn),))
    print(resident_kb() - before_kb, resident_kb(), presence.resident)


def measure_memory() -> None:
    """The figure."""
    words = [sys.executable, "-c", "from tests.bench.tags import memory; memory()"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    added_kb, whole_kb, _ = (int(word) for word in done.stdout.split())
    report(
        "tags_resident_memory_mb", added_kb / 1024, "MB", peer=f"{MEMORY_GOAL_MB} MB for the whole",
        resident=MEMORY_TAGS, process_mb=round(whole_kb / 1024, 1), ratio=round(whole_kb / 1024 / MEMORY_GOAL_MB, 2),
    )  # fmt: skip


async def latency() -> None:
    """Four readers at 700 reads a second each; unpaid pieces are read going out; from the socket of the last read to the
    committed fact. The second the gate waits for what else goes out is part of it; `over_wait_ms` is without."""
    from tests.support.tag_loopback import Loopback

    with TemporaryDirectory() as folder:
        loop = Loopback(Path(folder))
        values = await loop.run(passes=12)
    waits_ms = GROUP_MS
    report(
        "reader_to_fact_p99_ms", percentile(values, 0.99), "ms", peer="passes of 4 readers x 700 reads/s, loopback",
        p50_ms=round(percentile(values, 0.5), 1), over_wait_ms=round(percentile(values, 0.99) - waits_ms, 1),
        beat_ms=BEAT_SECONDS * 1000, facts=len(values),
    )  # fmt: skip


def main() -> None:
    """Print the figures."""
    small = rate(1_000, 1_000)
    peer = f"{GOAL_READS_PER_S} reads/s"
    report(
        "tag_reads_per_s", small, "reads/s", peer=peer, resident=1_000, heard=1_000, ratio=round(small / GOAL_READS_PER_S, 2)
    )
    for heard in (1_000, 100_000):
        large = rate(100_000, heard)
        ratio = round(large / small, 2)
        report("tag_reads_per_s", large, "reads/s", peer="1,000 tags, same run", resident=100_000, heard=heard, ratio=ratio)
    measure_memory()
    asyncio.run(latency())


if __name__ == "__main__":
    main()
