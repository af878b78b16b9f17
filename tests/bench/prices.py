"""One change of a price at headquarters until it is committed in every store's database, and what it costs a store.

The stores are real (`python -m edge many`): each its own connection with its own certificate, its own database with full
sync, its own label plan. The instant of a store is when its event loop hears of the commit, so a busy loop counts too.
Broker, database, headquarters and all stores share the machine: with a thousand stores on two cores this measures the
machine first. CPU is that of the stores, the broker and headquarters, from the edit until the last store holds it and the
reports of it have come back.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from deploy.api_calls import call, rows
from tests.bench.report import percentile, report
from tests.light.chain import KINDS, ZONE, LightChain, light_chain

ITEMS = 5_000
EDITS = 4
LABELS = 2
TARGET_S = 2.0
SIZES = {KINDS[0]: (10, 100, 1000), KINDS[1]: (10, 100)}
WITHIN_SECONDS = 60.0
QUIET_SECONDS = 4.0
"""Between edits: reports and label confirmations come home."""
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_ms(pids: list[int]) -> float:
    """CPU of these processes so far."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total * 1000 / TICKS


class Edits:
    """Changes prices and reads when each store applied them."""

    def __init__(self, chain: LightChain, *, above_minor: int = 100) -> None:
        """`above_minor`: where prices begin; one that stands already would change nothing."""
        self._chain = chain
        page = rows(call("GET", f"{chain.system.api_url}/api/v1/items?limit=200&after=", token=chain.token()), "rows")
        self._items = iter([str(item["item_id"]) for item in page][10:])
        self._token = chain.token()
        self._price = above_minor
        self._read = 0

    def once(self, stores: int) -> list[float]:
        """Seconds from the request until the commit in each store."""
        self._read = self._chain.log.stat().st_size
        self._price += 1
        item = next(self._items)
        url = f"{self._chain.system.api_url}/api/v1/zones/{ZONE}/prices/{item}"
        began_ns = time.time_ns()
        call("PUT", url, {"price_minor": self._price}, token=self._token)
        deadline = time.monotonic() + WITHIN_SECONDS
        while len(applied := self._applied(item)) < stores:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(applied)} of {stores} stores applied the change")
            time.sleep(0.05)
        return [(at_ns - began_ns) / 1e9 for at_ns in applied.values()]

    def _applied(self, wanted: str) -> dict[str, int]:
        with self._chain.log.open() as log:
            log.seek(self._read)
            lines = [line.split() for line in log if line.endswith("\n")]
        found: dict[str, int] = {}
        for store_id, at_ns, item in lines:
            if item == wanted:
                found.setdefault(store_id, int(at_ns))
        return found


def measure(kind: str, chain: LightChain, stores: int) -> None:
    """Start that many stores, change prices several times, print both figures."""
    chain.log.touch()
    chain.start_stores(stores, labels=LABELS)
    chain.wait_in_step(stores)
    time.sleep(QUIET_SECONDS)
    pids = [chain.system.group[name].pid for name in ("api", "ingest")] + chain.store_pids() + chain.broker_pids()
    edits = Edits(chain, above_minor=100 + 10 * stores)
    edits.once(stores)  # warms statements and plans
    seconds: list[float] = []
    costs: list[float] = []
    for _ in range(EDITS):
        time.sleep(QUIET_SECONDS)
        before = cpu_ms(pids)
        began = time.monotonic()
        seconds += edits.once(stores)
        time.sleep(QUIET_SECONDS)
        busy, taken = cpu_ms(pids) - before, time.monotonic() - began
        idle_before = cpu_ms(pids)
        time.sleep(QUIET_SECONDS)
        idle = (cpu_ms(pids) - idle_before) / QUIET_SECONDS * taken
        costs.append(max(0.0, busy - idle) / stores)
    chain.stop_stores()
    more = {"stores": stores, "items": ITEMS, "servers": kind}
    peer = {"peer": f"{TARGET_S:.0f} s", "ratio": percentile(seconds, 0.99) / TARGET_S}
    report("price_to_stores_p99_s", percentile(seconds, 0.99), "s", **peer, p50=round(percentile(seconds, 0.5), 4), **more)
    report("price_cost_ms_per_store", percentile(costs, 0.5), "ms CPU", **more)


def main(words: list[str]) -> None:
    """Both kinds of servers, or (`python -m tests.bench.prices real 100`) one kind and one size."""
    for kind in words[:1] or KINDS:
        sizes = [int(word) for word in words[1:]] or SIZES[kind]
        with (
            tempfile.TemporaryDirectory() as folder,
            light_chain(kind, Path(folder), stores=max(sizes), items=ITEMS) as chain,
        ):
            for stores in sizes:
                measure(kind, chain, stores)


if __name__ == "__main__":
    main(sys.argv[1:])
