"""One file, one writer: a transaction happens whole or not at all, and what goes wrong has a name."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from edge.store_db.database import Database, Tx
from edge.store_db.errors import StoreBroken, StoreClosed, StoreFull
from tests.support.box_ground import open_store


def put_style(tx: Tx, style_id: str) -> None:
    tx.execute("INSERT INTO style VALUES (?, 'n', '', '', '')", (style_id,))


def styles(database: Database) -> list[str]:
    return [row[0] for row in database.reader().execute("SELECT style_id FROM style ORDER BY style_id")]


async def test_a_write_is_seen_by_readers_and_returns_its_value(tmp_path: Path) -> None:
    database = open_store(tmp_path)

    def run(tx: Tx) -> str:
        put_style(tx, "a")
        return "done"

    assert await database.write(run) == "done"
    assert styles(database) == ["a"]
    database.close()


async def test_an_error_inside_rolls_everything_back_and_reaches_the_caller(tmp_path: Path) -> None:
    database = open_store(tmp_path)

    def run(tx: Tx) -> None:
        put_style(tx, "a")
        raise LookupError("no")

    with pytest.raises(LookupError):
        await database.write(run)
    assert styles(database) == []
    await database.write(lambda tx: put_style(tx, "b"))
    assert styles(database) == ["b"]
    database.close()


async def test_callbacks_run_after_the_commit_and_never_after_a_rollback(tmp_path: Path) -> None:
    database = open_store(tmp_path)
    heard: list[list[str]] = []

    def good(tx: Tx) -> None:
        put_style(tx, "a")
        tx.after_commit(lambda: heard.append(styles(database)))

    def bad(tx: Tx) -> None:
        tx.after_commit(lambda: heard.append(["never"]))
        raise LookupError

    await database.write(good)
    assert heard == [["a"]]
    with pytest.raises(LookupError):
        await database.write(bad)
    assert heard == [["a"]]
    database.close()


async def test_a_cancelled_caller_loses_the_answer_but_not_the_write_nor_its_callbacks(tmp_path: Path) -> None:
    database = open_store(tmp_path)
    heard = asyncio.Event()

    def run(tx: Tx) -> None:
        put_style(tx, "a")
        tx.after_commit(heard.set)

    task = asyncio.create_task(database.write(run))
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(10):
        await heard.wait()
    assert styles(database) == ["a"]
    database.close()


async def test_a_full_disk_is_named_and_loses_nothing(tmp_path: Path) -> None:
    database = open_store(tmp_path)
    await database.write(lambda tx: put_style(tx, "a"))

    def limit(tx: Tx) -> None:
        pages = tx.execute("PRAGMA page_count").fetchone()
        assert pages is not None
        tx.execute(f"PRAGMA max_page_count = {pages[0]}").fetchall()

    await database.write(limit)

    def fill(tx: Tx) -> None:
        for number in range(10_000):
            put_style(tx, f"filler {number:06d} " + "x" * 200)

    with pytest.raises(StoreFull, match="disk is full"):
        await database.write(fill)
    assert styles(database) == ["a"]
    database.close()


async def test_a_file_that_is_no_database_is_refused_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"this is not a database at all " * 200)
    with pytest.raises(StoreBroken, match="not a database"):
        Database(tmp_path / "store.db", kind="store")


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    database = open_store(tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.reader().execute("DELETE FROM style")
    database.close()


async def test_a_closed_database_says_so(tmp_path: Path) -> None:
    database = open_store(tmp_path)
    database.close()
    with pytest.raises(StoreClosed):
        await database.write(lambda tx: put_style(tx, "a"))


async def test_durable_transactions_are_fully_synced_and_others_are_not(tmp_path: Path) -> None:
    database = open_store(tmp_path)

    def level(tx: Tx) -> int:
        row = tx.execute("PRAGMA synchronous").fetchone()
        assert row is not None
        return int(row[0])

    full, normal = 2, 1
    assert await database.write(level, durable=True) == full
    assert await database.write(level, durable=False) == normal
    assert await database.write(level, durable=True) == full
    database.close()
