"""How long the box takes from its start to its first answer with a warm database of 100,000 items, and how much it holds."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.bench.report import report
from tests.support import big_store
from tests.support.box_process import BoxProcess
from tests.support.goods import ANN, PIN
from tests.support.till_client import TillClient

STARTS = 5
SALES = 40
START_TARGET_S = 5.0
RSS_TARGET_MB = 150.0


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError("VmRSS")


async def work(box: BoxProcess) -> None:
    """Some ordinary selling, so that the memory measured is a working box's."""
    client, rng = TillClient(box.url, "1"), random.Random(1)
    await client.send(Login(staff_id=ANN, pin=PIN))
    await client.send(OpenShift(float_minor=0))
    for _ in range(SALES):
        for _ in range(5):
            await client.send(Scan(code=big_store.code_of(rng.randrange(big_store.ITEMS))))
        await client.send(PayCash(tendered_minor=100_000))
    await client.close()


async def measure(folder: Path) -> None:
    """Start several times; sell during the last."""
    (folder / "data").mkdir()
    big_store.make(folder / "data")
    box = BoxProcess(folder, tills=("1", "2"))
    taken = []
    for number in range(STARTS + 1):
        begun = time.perf_counter()
        box.start()
        await box.ready()
        if number:  # the first start compiles modules and warms the page cache
            taken.append(time.perf_counter() - begun)
        if number == STARTS:
            await work(box)
            assert box.child is not None
            memory_mb = rss_mb(box.child.pid)
        await box.stop()
    seconds = statistics.median(taken)
    report(
        "box_start_s", seconds, "s", peer=f"{START_TARGET_S:.0f} s", ratio=seconds / START_TARGET_S, items=big_store.ITEMS
    )
    report(
        "box_rss_mb", memory_mb, "MB", peer=f"{RSS_TARGET_MB:.0f} MB", ratio=memory_mb / RSS_TARGET_MB, items=big_store.ITEMS
    )


def main() -> None:
    """Print both figures."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
