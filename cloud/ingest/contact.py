"""What a store said of itself, for people: presence, versions applied, what waits, alarms (tables of migration 0300)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from cloud.db.pool import Connection
from cloud.ingest.group import StoreInHand, suspects_json
from cloud.ingest.store import Q, storable
from protocols.sync.messages import FeedState, Hello, Report, StreamState

HEARD_GRAIN_MS = 5_000
"""`heard_at_ms` is written at most this often, so that batches do not rewrite a row each."""
NUMBER_MAX = 2**63 - 1
TEXT_MAX = 500
FEEDS_MAX = 64


async def save_contacts(tx: Connection, stores: Iterable[StoreInHand], now_ms: int) -> None:
    """Write what changed for these stores, in their order."""
    ordered = sorted(stores, key=lambda store: store.store_id)
    if heard := [store.store_id for store in ordered if store.heard]:
        await tx.execute(Q["heard"], {"store_ids": heard, "now_ms": now_ms, "grain_ms": HEARD_GRAIN_MS})
    for store in ordered:
        if store.presence_changed:
            await tx.execute(
                Q["presence"],
                {
                    "store_id": store.store_id,
                    "online": store.presence.online,
                    "presence": msgspec.json.encode(store.presence),
                    "now_ms": now_ms,
                },
            )
        if store.told is not None:
            await _save_told(tx, store, store.told, now_ms)
        if store.clones_changed:
            suspects = suspects_json(store.record)
            values = {
                "store_id": store.store_id,
                "clone_suspected": store.record.clone_suspected,
                "suspects": suspects.replace("\\u0000", ""),
            }
            await tx.execute(Q["clones"], values)


async def _save_told(tx: Connection, store: StoreInHand, told: Hello | Report, now_ms: int) -> None:
    store_id = store.store_id
    await tx.execute(
        Q["told"],
        {
            "store_id": store_id,
            "now_ms": now_ms,
            "boot_id": _text(told.boot_id),
            "incarnation": _number(told.incarnation),
            "software": _text(told.software),
            "clock": told.clock.value,
            "clock_ahead_ms": _number(told.at_ms - now_ms) if told.at_ms else None,
        },
    )
    if isinstance(told, Hello):
        expires = told.certificate_expires_ms
        await tx.execute(
            Q["told_hello"],
            {
                "store_id": store_id,
                "edge_id": _text(told.edge_id),
                "hardware": _text(told.hardware),
                "config_hash": _text(told.config_hash),
                "certificate_expires_ms": None if expires is None else _number(expires),
            },
        )
    else:
        alarms = [_text(alarm) for alarm in told.alarms[:FEEDS_MAX]]
        await tx.execute(Q["told_alarms"], {"store_id": store_id, "alarms": alarms})
    await _save_streams(tx, store_id, [(stream.value, state) for stream, state in told.streams.items()])
    await _save_feeds(tx, store_id, list(told.feeds.items())[:FEEDS_MAX], now_ms)


async def _save_streams(tx: Connection, store_id: str, streams: Sequence[tuple[str, StreamState]]) -> None:
    ages = [state.oldest_unacked_age_ms for _, state in streams]
    await tx.execute(
        Q["told_streams"],
        {
            "store_id": store_id,
            "streams": [name for name, _ in streams],
            "firsts": [_number(state.first_seq) for _, state in streams],
            "lasts": [_number(state.last_seq) for _, state in streams],
            "acked": [_number(state.acked_upto) for _, state in streams],
            "durable": [_number(state.durable_upto) for _, state in streams],
            "ages": [None if age is None else _number(age) for age in ages],
        },
    )


async def _save_feeds(tx: Connection, store_id: str, feeds: Sequence[tuple[str, FeedState]], now_ms: int) -> None:
    names = [_text(feed_id) for feed_id, _ in feeds]
    await tx.execute(Q["forget_feeds"], {"store_id": store_id, "feeds": names})
    await tx.execute(
        Q["told_feeds"],
        {
            "store_id": store_id,
            "feeds": names,
            "epochs": [_text(state.epoch) for _, state in feeds],
            "versions": [_number(state.version) for _, state in feeds],
            "hashes": [_text(state.state_hash) for _, state in feeds],
            "statuses": [_text(state.status) for _, state in feeds],
            "staged": [state.staged for _, state in feeds],
            "now_ms": now_ms,
        },
    )


def _text(value: str) -> str:
    return storable(value)[:TEXT_MAX]


def _number(value: int) -> int:
    return max(-NUMBER_MAX, min(value, NUMBER_MAX))
