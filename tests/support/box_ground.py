"""The ground of a store box for tests: clock, ids, a database file with an identity, facts to append."""

from __future__ import annotations

from pathlib import Path

from edge.catalogue import lookup
from edge.store_db import journal
from edge.store_db.database import Database
from edge.store_db.journal import Journal
from protocols.clock import Clock, FakeClock, IdSource, SeededRandom
from protocols.contract.facts import StockMoved, StoreAlarm
from protocols.contract.values import Place

STORE_ID = "s-0001"


def open_store(folder: Path) -> Database:
    """A store database with an identity."""
    database = Database(folder / "store.db", kind="store")
    if journal.identity_or_none(database.reader()) is None:
        database.write_and_wait(
            lambda tx: journal.create_identity(tx, store_id=STORE_ID, edge_id="e-1", db_nonce="nonce", now_ms=1)
        )
    return database


def new_journal(clock: Clock | None = None, *, seed: int = 1) -> Journal:
    """A journal over a fake clock and seeded ids."""
    clock = clock or FakeClock()
    return Journal(clock=clock, ids=IdSource(clock, SeededRandom(seed)), boot_id="boot-1", time_zone=lookup.time_zone)


def moved(number: int) -> StockMoved:
    """A fact of the txn stream."""
    return StockMoved(
        move_id=f"m-{number}", item_id="i-1", place=Place.SALES_FLOOR, quantity_thousandths=number, reason="opening"
    )


def alarm(number: int) -> StoreAlarm:
    """A fact of the ops stream."""
    return StoreAlarm(alarm="test", detail=str(number))
