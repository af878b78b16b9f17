"""One file, one writer: a transaction happens whole or not at all, and what goes wrong has a name."""

import asyncio
import functools
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.store_db.database import Database, Tx
from edge.store_db.errors import StoreBroken, StoreClosed, StoreDbError, StoreFull
from tests.support.box_ground import open_store
from tests.support.waiting import until


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


class Queue:
    """A file whose writer is kept busy until all that is to wait together does wait; `commits` counts the durable ones."""

    def __init__(self, folder: Path) -> None:
        self.commits = 0
        self._free = threading.Event()
        self.database = Database(folder / "store.db", kind="store", commit_delay=self._committed)

    def _committed(self) -> None:
        self.commits += 1

    async def run(self, *runs: Callable[[Tx], object], brief: bool = True) -> list[object]:
        first = asyncio.create_task(self.database.write(lambda _tx: self._free.wait(10), brief=True))
        rest = [asyncio.create_task(self.database.write(each, brief=brief)) for each in runs]
        await until(lambda: self.database.writes_waiting == len(runs))
        self._free.set()
        await first
        return await asyncio.gather(*rest, return_exceptions=True)


async def test_short_transactions_that_wait_share_one_commit(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    await queue.run(*(functools.partial(put_style, style_id=name) for name in "abcd"))
    assert styles(queue.database) == ["a", "b", "c", "d"]
    assert queue.commits == 2, "the one that kept the writer busy, and the rest"
    queue.database.close()


async def test_what_may_take_long_has_a_commit_to_itself(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    await queue.run(*(functools.partial(put_style, style_id=name) for name in "abc"), brief=False)
    assert styles(queue.database) == ["a", "b", "c"]
    assert queue.commits == 4
    queue.database.close()


async def test_of_transactions_that_share_a_commit_a_failed_one_takes_back_its_own_part_alone(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    heard: list[str] = []

    def put(tx: Tx, style_id: str) -> str:
        put_style(tx, style_id)
        tx.after_commit(lambda: heard.append(style_id))
        return style_id

    def fail(tx: Tx) -> None:
        put(tx, "never")
        raise LookupError("no")

    answers = await queue.run(
        functools.partial(put, style_id="a"),
        fail,
        functools.partial(put, style_id="a"),
        functools.partial(put, style_id="b"),
    )
    assert answers[0] == "a"
    assert isinstance(answers[1], LookupError)
    assert isinstance(answers[2], StoreDbError), "the key is there already"
    assert answers[3] == "b"
    assert styles(queue.database) == heard == ["a", "b"]
    queue.database.close()


async def test_a_full_disk_takes_back_all_that_share_the_commit(tmp_path: Path) -> None:
    queue = Queue(tmp_path)

    def fill(tx: Tx) -> None:
        tx.execute("PRAGMA max_page_count = 1")  # what it has now is the most
        for number in range(2_000):
            put_style(tx, f"{number:0500d}")

    answers = await queue.run(functools.partial(put_style, style_id="a"), fill, functools.partial(put_style, style_id="b"))
    assert [type(answer) for answer in answers] == [StoreFull] * 3
    assert styles(queue.database) == []
    await queue.database.write(lambda tx: tx.execute("PRAGMA max_page_count = 1000000").fetchall())
    await queue.database.write(functools.partial(put_style, style_id="c"), brief=True)
    assert styles(queue.database) == ["c"]
    queue.database.close()
