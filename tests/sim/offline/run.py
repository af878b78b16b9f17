"""Weeks offline between a real headquarters and a real box: set up by HQ, cut off, selling, and back again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.system import STORE_ID
from protocols.contract.values import Stream
from tests.sim.offline.weeks import Cashier, Sold, have_had_prices_for_ever, sell_for
from tests.support.hq_ground import PostgresServers
from tests.support.whole_system import Chain, whole_chain

FEEDS_SECONDS = 60.0
SYNC_SECONDS = 600.0
CODES = ("9520000000011", "9520000000028", "9520000000035", "9520000000042", "9520000000059")


class NotEqual(AssertionError):
    """Headquarters holds something else than the store sold."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """What was measured."""

    sales: int
    journal_facts: int
    disk_bytes: int
    selling_seconds: float
    start_seconds: float
    sync_seconds: float


def play(
    kind: str,
    folder: Path,
    servers: PostgresServers,
    *,
    days: int,
    sales_a_day: int,
    seed: int = 1,
    say: Callable[[str], None] = lambda _words: None,
) -> Weeks:
    """One run. Raises `NotEqual` when HQ does not hold exactly what was sold."""
    with whole_chain(kind, folder, servers) as chain:
        _wait(chain.supplied, FEEDS_SECONDS, "the store's feeds")
        box = chain.system.group["box"]
        box.stop()
        data = chain.system.store / "data"
        have_had_prices_for_ever(data)
        person = chain.logins.staff[0]
        begun = time.monotonic()
        sold = asyncio.run(
            sell_for(
                data,
                STORE_ID,
                Cashier(person.staff_id, person.pin),
                _known(chain),
                days=days,
                sales_a_day=sales_a_day,
                seed=seed,
                now_ms=time.time_ns() // 1_000_000,
                say=say,
            )
        )
        selling_seconds = time.monotonic() - begun
        say("back online")
        begun = time.monotonic()
        chain.system.start_box()
        chain.system.group.wait_ready("box")
        start_seconds = time.monotonic() - begun
        _wait(lambda: _in_step(chain), SYNC_SECONDS, "the journal to reach headquarters")
        sync_seconds = time.monotonic() - begun - start_seconds
        check(chain, sold)
        return Weeks(sold.sales, sold.journal_facts, sold.disk_bytes, selling_seconds, start_seconds, sync_seconds)


def check(chain: Chain, sold: Sold) -> None:
    """Every sale once, in the store's order, and the same money."""
    at_hq = chain.sales_at_hq()
    if len(at_hq) != len(set(at_hq)) or set(at_hq) != sold.sale_ids:
        raise NotEqual(f"{len(at_hq)} sales at HQ ({len(set(at_hq))} different), {sold.sales} sold")
    ((total_minor,),) = chain.hq("SELECT sum(total_minor)::bigint FROM sale WHERE store_id = %s", STORE_ID)
    ((tendered_minor,),) = chain.hq(
        "SELECT sum(amount_minor - change_minor)::bigint FROM tender WHERE store_id = %s", STORE_ID
    )
    ((lines_minor,),) = chain.hq("SELECT sum(net_minor)::bigint FROM sale_line WHERE store_id = %s", STORE_ID)
    if not total_minor == tendered_minor == lines_minor == sold.total_minor:
        raise NotEqual(f"HQ: total {total_minor}, tenders {tendered_minor}, lines {lines_minor}; sold {sold.total_minor}")
    ((numbers, last),) = chain.hq(
        "SELECT count(DISTINCT receipt_number), max(receipt_number) FROM sale WHERE store_id = %s", STORE_ID
    )
    if not numbers == last == sold.sales:
        raise NotEqual(f"receipt numbers: {numbers} different, the last is {last}, {sold.sales} sold")
    ((closings,),) = chain.hq("SELECT count(*) FROM shift_closing WHERE store_id = %s AND difference_minor = 0", STORE_ID)
    ((z_last,),) = chain.hq("SELECT max(z_number) FROM shift_closing WHERE store_id = %s", STORE_ID)
    if closings != z_last:
        raise NotEqual(f"{closings} shifts without a difference, the last Z report is {z_last}")
    waiting = chain.hq("SELECT count(*) FROM fact_quarantine WHERE store_id = %s", STORE_ID)
    if waiting != [(0,)]:
        raise NotEqual(f"quarantine: {waiting}")


def _known(chain: Chain) -> tuple[str, ...]:
    codes = [str(row[0])[1:] for row in chain.hq("SELECT gtin FROM barcode ORDER BY gtin LIMIT 200")]
    return tuple(code for code in codes if code in CODES) or tuple(codes[:5])


def _in_step(chain: Chain) -> bool:
    streams = chain.health().get("streams")
    if not isinstance(streams, list):
        return False
    found = {str(each["stream"]): each for each in streams if isinstance(each, dict)}
    txn = found.get(Stream.TXN.value)
    return txn is not None and txn["last_seq"] == txn["acked_upto"]


def _wait(happened: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.2)
