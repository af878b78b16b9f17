"""The second medium: a provable copy of what HQ does not hold durably, and a policy that never stops the till."""

import os
import threading
from pathlib import Path

import pytest

from edge.store_db import journal
from edge.store_db.database import Database
from edge.store_db.journal import Journal
from edge.store_db.second_copy import RETRY_SECONDS, SecondCopy
from edge.store_db.second_medium import MediumFull, SecondMedium, read_copy
from protocols.clock import FakeClock
from protocols.contract.values import Stream
from protocols.sync.chain import link
from tests.support.box_ground import STORE_ID, moved, new_journal, open_store
from tests.support.waiting import until


@pytest.fixture
def database(tmp_path: Path):  # type: ignore[no-untyped-def]
    database = open_store(tmp_path)
    yield database
    database.close()


def append(database: Database, log: Journal, *numbers: int) -> None:
    database.write_and_wait(lambda tx: log.append_many(tx, [moved(number) for number in numbers]))


def durable(database: Database, upto: int) -> None:
    digest = journal.hash_at(database.reader(), STORE_ID, 0, Stream.TXN, upto)
    assert digest is not None
    database.write_and_wait(
        lambda tx: journal.save_ack(tx, Stream.TXN, acked_upto=upto, acked_hash=digest, durable_upto=upto, db_epoch="")
    )


def medium(folder: Path, bytes_max: int = 1_000_000) -> SecondMedium:
    return SecondMedium(folder, store_id=STORE_ID, bytes_max=bytes_max)


def test_it_holds_the_same_bytes_and_proves_them(database: Database, tmp_path: Path) -> None:
    log = new_journal()
    copy = medium(tmp_path / "stick")
    append(database, log, 1, 2)
    assert copy.copy_from(database.reader()) == 2
    append(database, log, 3)
    assert copy.copy_from(database.reader()) == 1
    assert copy.copy_from(database.reader()) == 0
    copied = list(read_copy(tmp_path / "stick"))
    held = journal.read_after(database.reader(), 0, Stream.TXN, 0, limit_rows=10)
    assert [fact.fact for fact in copied] == [row.fact for row in held]
    assert all(link(fact.previous_hash, fact.fact) == fact.hash for fact in copied)


def test_a_restart_goes_on_where_the_copy_ends(database: Database, tmp_path: Path) -> None:
    log = new_journal()
    append(database, log, 1, 2)
    first = medium(tmp_path / "stick")
    first.copy_from(database.reader())
    first.close()
    append(database, log, 3)
    assert medium(tmp_path / "stick").copy_from(database.reader()) == 1
    assert [fact.seq for fact in read_copy(tmp_path / "stick")] == [1, 2, 3]


@pytest.mark.parametrize("cut_bytes", [1, 7, 40, 200])
def test_a_torn_tail_is_left_out_and_copied_again(database: Database, tmp_path: Path, cut_bytes: int) -> None:
    log = new_journal()
    append(database, log, 1, 2)
    first = medium(tmp_path / "stick")
    first.copy_from(database.reader())
    first.close()
    [segment] = (tmp_path / "stick").glob("*.facts")
    os.truncate(segment, segment.stat().st_size - cut_bytes)
    assert [fact.seq for fact in read_copy(tmp_path / "stick")] == [1]
    assert medium(tmp_path / "stick").copy_from(database.reader()) == 1
    assert [fact.seq for fact in read_copy(tmp_path / "stick")] == [1, 2]


def test_what_hq_holds_durably_is_neither_copied_nor_kept(database: Database, tmp_path: Path) -> None:
    log = new_journal()
    append(database, log, 1, 2, 3)
    first = medium(tmp_path / "stick")
    first.copy_from(database.reader())
    first.close()
    durable(database, 3)
    append(database, log, 4)
    second = medium(tmp_path / "stick")
    assert second.copy_from(database.reader()) == 1
    assert [fact.seq for fact in read_copy(tmp_path / "stick")] == [4]


def test_at_its_limit_it_refuses_the_new_and_keeps_the_old(database: Database, tmp_path: Path) -> None:
    log = new_journal()
    copy = medium(tmp_path / "stick", bytes_max=1_000)
    append(database, log, 1)
    copy.copy_from(database.reader())
    append(database, log, *range(2, 40))
    with pytest.raises(MediumFull):
        copy.copy_from(database.reader())
    assert [fact.seq for fact in read_copy(tmp_path / "stick")] == [1]


async def test_a_broken_medium_is_an_alarm_not_an_error_and_is_tried_again(database: Database, tmp_path: Path) -> None:
    clock = FakeClock()
    append(database, new_journal(clock), 1)
    (tmp_path / "stick").write_text("a file where the folder should be")
    copy = SecondCopy(database, tmp_path / "stick", store_id=STORE_ID, bytes_max=10_000, clock=clock)
    await copy.secure()
    assert "exists" in copy.problem.lower()
    (tmp_path / "stick").unlink()
    await copy.secure()
    assert copy.problem, "not tried again at once"
    clock.advance(RETRY_SECONDS * 1000)
    await copy.secure()
    assert copy.problem == ""
    assert [fact.seq for fact in read_copy(tmp_path / "stick")] == [1]
    copy.close()


async def test_a_hanging_medium_holds_a_sale_up_once_at_most(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(database, new_journal(), 1)
    release = threading.Event()
    monkeypatch.setattr("edge.store_db.second_copy.WAIT_SECONDS_MAX", 0.05)
    monkeypatch.setattr("edge.store_db.second_medium.os.fdatasync", lambda _file: release.wait(30))
    copy = SecondCopy(database, tmp_path / "stick", store_id=STORE_ID, bytes_max=10_000, clock=FakeClock())
    await copy.secure()
    assert "does not answer" in copy.problem
    await copy.secure()
    release.set()
    await until(lambda: not copy.problem)
    copy.close()
