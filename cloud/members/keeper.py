"""The job that tells stores of their members: changed rows, new policies, and whom to forget.

A store's feed holds members at home there and those who shopped there lately, `MEMBERS_PER_STORE_MAX` at most; beyond that a
new visitor is left out until others are forgotten. Runs in the process of the people API.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

import psycopg
import structlog
from psycopg.rows import class_row

from cloud.clock import SystemClock
from cloud.db.feed_changes import change_rows, commit_feed, put_row
from cloud.db.pool import Connection, Database, Scope
from cloud.members import store
from cloud.members.domain import Member, policy_row, row_of
from cloud.settings import HqSettings
from protocols.clock import Clock
from protocols.contract.feed_members import MEMBERS_PER_STORE_MAX
from protocols.contract.feed_rows import encode_row, member_feed

log = structlog.get_logger("cloud.members")

REST_SECONDS = 5.0
"""Points of a busy minute go into one version of a feed."""
AT_ONCE = 500
DAY_MS = 86_400_000
FORGET_EVERY_MS = 3_600_000


async def run(settings: HqSettings, stop: asyncio.Event) -> None:
    """Tell stores until `stop`. Raises `psycopg_pool.PoolTimeout` without a database at the start."""
    async with Database(settings.app_conninfo(), size_max=1, application="tallystick-members") as database:
        await keep(database, SystemClock(), stop)


async def keep(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Step after step until `stop`."""
    forgotten_at_ms = 0
    while not stop.is_set():
        try:
            await publish(database, clock.now_ms())
            if clock.now_ms() - forgotten_at_ms >= FORGET_EVERY_MS:
                await forget(database, clock.now_ms())
                forgotten_at_ms = clock.now_ms()
        except psycopg.OperationalError as error:
            log.warning("members wait", error=str(error))
        try:
            await asyncio.wait_for(stop.wait(), REST_SECONDS)
        except TimeoutError:
            continue


async def publish(database: Database, now_ms: int) -> int:
    """Tell every store what changed of its members and its policy; how many members were told of."""
    async with database.transaction(Scope.everything()) as tx:
        await _policies(tx, now_ms)
    told = 0
    while True:
        async with database.transaction(Scope.everything()) as tx:
            count = await _members(tx, now_ms)
        told += count
        if count < AT_ONCE:
            return told


async def forget(database: Database, now_ms: int) -> None:
    """Take out of each store's feed whom it need not know any more."""
    async with database.transaction(Scope.everything()) as tx:
        stores = [str(row[0]) for row in await (await tx.execute(store.Q["stores"])).fetchall()]
        since_ms = now_ms - (await store.policy(tx)).remember_days * DAY_MS
    for store_id in stores:
        async with database.transaction(Scope.everything()) as tx:
            feed_id = member_feed(store_id)
            values = {"feed_id": feed_id, "store_id": store_id, "since_ms": since_ms, "limit": AT_ONCE}
            rows = await (await tx.execute(store.Q["forgotten"], values)).fetchall()
            if rows:
                await change_rows(tx, feed_id, [(str(row[0]), None) for row in rows])
                await commit_feed(tx, feed_id, now_ms)


async def _policies(tx: Connection, now_ms: int) -> None:
    changed = await (await tx.execute(store.Q["policy_due"])).fetchone() is not None
    query = store.Q["stores"] if changed else store.Q["stores_without_policy"]
    stores = [str(row[0]) for row in await (await tx.execute(query, {"limit": AT_ONCE})).fetchall()]
    if not stores:
        return
    policy = await store.policy(tx)
    for store_id in stores:
        row = policy_row(policy, await store.allowances(tx, store_id))
        await put_row(tx, member_feed(store_id), row.key(), encode_row(row))
        await commit_feed(tx, member_feed(store_id), now_ms)


async def _members(tx: Connection, now_ms: int) -> int:
    async with tx.cursor(row_factory=class_row(Member)) as cursor:
        await cursor.execute(store.Q["due"], {"limit": AT_ONCE})
        due = await cursor.fetchall()
    if not due:
        return 0
    policy = await store.policy(tx)
    wanted: dict[str, set[str]] = {each.member_id: {each.store_id} if each.active else set() for each in due}
    values = {"member_ids": list(wanted), "since_ms": now_ms - policy.remember_days * DAY_MS}
    active = {each.member_id for each in due if each.active}
    for member_id, store_id in await (await tx.execute(store.Q["stores_of"], values)).fetchall():
        if member_id in active:
            wanted[member_id].add(store_id)
    changes: dict[str, list[tuple[str, bytes | None]]] = defaultdict(list)
    for member in due:
        row = row_of(member, await store.coupons_of(tx, member.member_id, now_ms), policy.salt)
        known = {str(each[0]) for each in await (await tx.execute(store.Q["known_in"], {"key": row.key()})).fetchall()}
        feeds = {str(member_feed(store_id)) for store_id in wanted[member.member_id]}
        for feed_id in feeds:
            if feed_id in known or await _has_room(tx, feed_id):
                changes[feed_id].append((row.key(), encode_row(row)))
        for feed_id in known - feeds:
            changes[feed_id].append((row.key(), None))
    for feed_id in sorted(changes):  # everybody locks feeds in one order
        await change_rows(tx, feed_id, changes[feed_id])
        await commit_feed(tx, feed_id, now_ms)
    return len(due)


async def _has_room(tx: Connection, feed_id: str) -> bool:
    row = await (await tx.execute(store.Q["rows_in_feed"], {"feed_id": feed_id})).fetchone()
    return row is not None and int(row[0]) < MEMBERS_PER_STORE_MAX
