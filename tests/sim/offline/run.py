"""Weeks offline between a real headquarters and a real box: set up by HQ, cut off, selling, and back again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.api_calls import Json, call
from deploy.system import STORE_ID
from protocols.contract.values import Stream
from tests.sim.offline.compare import check
from tests.sim.offline.lane import Cashier
from tests.sim.offline.weeks import Sold, has_been_open_for, sell_for
from tests.support.hq_ground import PostgresServers
from tests.support.whole_system import Chain, whole_chain

FEEDS_SECONDS = 300.0
SYNC_SECONDS = 1_200.0
CODES = ("9520000000011", "9520000000028", "9520000000035", "9520000000042", "9520000000059")
ITEMS = tuple(f"A{number:06d}" for number in range(1, 6))
MEMBERS = ("M-1", "M-2", "M-3")
OFFERS = (
    {
        "kind": "n_for_m", "promotion_id": "take-three", "name": "3 for 2", "name_zh": "三件付二", "starts_ms": 0,
        "scope": {"items": [ITEMS[0]]}, "take": 3, "pay": 2,
    },
    {
        "kind": "percent_off", "promotion_id": "tenth", "name": "10 % off", "name_zh": "九折", "starts_ms": 0,
        "scope": {"items": [ITEMS[1]]}, "off_bp": 1_000,
    },
)  # fmt: skip
ALLOWANCE = {"value_kind": "gift_card", "per_transaction": 5_000, "per_account_day": 5_000, "per_outage": 400_000}
"""The last one is used up on the way: then gift cards are refused, and customers pay another way."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """What was measured."""

    sales: int
    tallies: dict[str, int]
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
        _offers_and_members(chain)
        _wait(lambda: _has_them(chain), FEEDS_SECONDS, "offers and members in the store")
        box = chain.system.group["box"]
        box.stop()
        data = chain.system.store / "data"
        now_ms = time.time_ns() // 1_000_000
        has_been_open_for(data, days, now_ms)
        person = next(each for each in chain.logins.staff if "refund" in each.rights)
        begun = time.monotonic()
        sold = asyncio.run(
            sell_for(
                data,
                STORE_ID,
                Cashier(person.staff_id, person.pin),
                CODES,
                MEMBERS,
                days=days,
                sales_a_day=sales_a_day,
                seed=seed,
                now_ms=now_ms,
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
        _wait(lambda: chain.hq("SELECT count(*) FROM value_due") == [(0,)], SYNC_SECONDS, "the ledger to be booked")
        check(chain, sold)
        return _weeks(sold, selling_seconds, start_seconds, sync_seconds)


def _weeks(sold: Sold, selling_seconds: float, start_seconds: float, sync_seconds: float) -> Weeks:
    return Weeks(
        sales=len(sold.tallies.sale_ids),
        tallies=sold.tallies.figures(),
        journal_facts=sold.journal_facts,
        disk_bytes=sold.disk_bytes,
        selling_seconds=selling_seconds,
        start_seconds=start_seconds,
        sync_seconds=sync_seconds,
    )


def _offers_and_members(chain: Chain) -> None:
    """What headquarters gives the store before the line is cut."""
    token = chain.token()

    def ask(method: str, path: str, body: object = None) -> Json:
        return call(method, f"{chain.system.api_url}/api/v1/{path}", body, token=token)

    for rule in OFFERS:
        ask("POST", "promotions", {"zone": "north", "rule": rule})
        ask("POST", f"promotions/{rule['promotion_id']}/check")
        ask("POST", f"promotions/{rule['promotion_id']}/publish", {"stores": [STORE_ID]})
    ask("PUT", "member-policy", {"believe_seconds": 30 * 86_400, "points_per_unit": 100})
    ask("PUT", "stored-value/allowances", {**ALLOWANCE, "store_id": STORE_ID})
    for member_id in MEMBERS:
        ask("PUT", f"stores/{STORE_ID}/members/{member_id}", {"name": f"Member {member_id}", "code": member_id})


def _has_them(chain: Chain) -> bool:
    """Whether the box holds the newest versions of both feeds."""
    feeds = chain.health().get("feeds")
    held = (
        {str(each["feed_id"]): each["version"] for each in feeds if isinstance(each, dict)}
        if isinstance(feeds, list)
        else {}
    )
    for feed_id in ("zone/north/promotion", f"store/{STORE_ID}/member"):
        rows = chain.hq("SELECT count(*) FROM feed_row WHERE feed_id = %s", feed_id)
        newest = chain.hq("SELECT max(version) FROM feed WHERE feed_id = %s", feed_id)
        wanted = len(OFFERS) if "promotion" in feed_id else len(MEMBERS) + 1
        if rows[0][0] != wanted or held.get(feed_id) != newest[0][0]:
            return False
    return True


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
