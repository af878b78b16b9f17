"""Feeds replayed, doubled, interleaved otherwise or taken as snapshots in any order: the same prices, at every instant."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from edge.catalogue import lookup
from edge.catalogue.apply import Applied, delete_row, put_row, replace_feed
from edge.store_db.database import Tx, Writer
from protocols.contract.feed_rows import PriceRow, encode_row
from protocols.contract.values import FeedId, PriceKind
from tests.sim.labels.world import STORE_FEED, ZONE_FEED

ITEMS = ("milk", "bread")
Step = tuple[FeedId, str, bytes | None]
"""A change of one feed: a row, or none in its place."""


def _history(rng: random.Random) -> list[Step]:
    steps: list[Step] = []
    live: list[tuple[FeedId, str]] = []
    for revision in range(1, 40):
        if live and rng.random() < 0.25:
            feed_id, key = live.pop(rng.randrange(len(live)))
            steps.append((feed_id, key, None))
            continue
        feed_id = rng.choice((ZONE_FEED, STORE_FEED))
        begin = rng.randrange(100)
        row = PriceRow(
            item_id=rng.choice(ITEMS),
            revision=revision,
            price_minor=rng.randrange(50, 200),
            effective_from_ms=begin,
            effective_to_ms=rng.choice((None, begin + rng.randrange(1, 60))),
            book_id="" if feed_id == ZONE_FEED else "own",
            priority=rng.choice((0, 5, 10)),
            customer_group=rng.choice(("", "", "", "member")),
            price_kind=rng.choice(tuple(PriceKind)),
        )
        steps.append((feed_id, row.key(), encode_row(row)))
        live.append((feed_id, row.key()))
    return steps


def _apply(tx: Tx, step: Step) -> None:
    feed_id, key, body = step
    if body is None:
        delete_row(tx, feed_id, key, Applied())
    else:
        put_row(tx, feed_id, key, body, Applied())


def _prices(writer: Writer) -> list[object]:
    source = writer.reader()
    rows = list(source.execute("SELECT * FROM price ORDER BY item_id, revision"))
    raw = list(source.execute("SELECT feed_id, key, body FROM feed_row ORDER BY feed_id, key"))
    force = [
        (lookup.price_in_force(source, item_id, now_ms), lookup.group_price_in_force(source, item_id, now_ms, "member"))
        for item_id in ITEMS
        for now_ms in range(0, 170, 3)
    ]
    return [rows, raw, force]


@pytest.mark.parametrize("seed", range(6))
def test_the_order_and_number_of_deliveries_do_not_matter(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    history = _history(rng)
    final = {(feed_id, key): body for feed_id, key, body in history}
    outcomes = []

    def deliver(name: str, run) -> None:  # type: ignore[no-untyped-def]
        writer = Writer(tmp_path / f"{name}.db", kind="store")
        writer.transact(run, durable=False)
        outcomes.append(_prices(writer))
        writer.close()

    def in_order(tx: Tx) -> None:
        for step in history:
            _apply(tx, step)

    def one_feed_after_the_other_and_each_step_twice(tx: Tx) -> None:
        for feed in (STORE_FEED, ZONE_FEED):
            for step in history:
                if step[0] == feed:
                    _apply(tx, step)
                    _apply(tx, step)

    def replayed_from_the_middle(tx: Tx) -> None:
        cut = rng.randrange(len(history))
        for step in (*history[:cut], *history):
            _apply(tx, step)

    def snapshots_over_what_was_there(tx: Tx) -> None:
        for step in history[: rng.randrange(len(history))]:
            _apply(tx, step)
        for feed in rng.sample((ZONE_FEED, STORE_FEED), 2):
            rows = [(key, body) for (feed_id, key), body in final.items() if feed_id == feed and body is not None]
            rng.shuffle(rows)
            replace_feed(tx, feed, rows, Applied())

    deliver("order", in_order)
    deliver("twice", one_feed_after_the_other_and_each_step_twice)
    deliver("replay", replayed_from_the_middle)
    deliver("snapshot", snapshots_over_what_was_there)
    assert all(outcome == outcomes[0] for outcome in outcomes)
