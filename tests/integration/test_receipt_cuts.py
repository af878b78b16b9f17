"""The line to the printer is cut after every byte of a receipt, and the box is stopped at every step of a job.

A receipt is on paper once, or its second paper is marked COPY; none is lost, and the drawer opens once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.checkout.documents import ReceiptDocument
from edge.checkout.printing import PrintJob, PrintQueue, put_job
from edge.devices.print_worker import PrintWorker
from edge.store_db.database import Database
from firmware_bridges.printer import Outcome, PrinterTraits
from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.escpos import status
from protocols.escpos.operations import CLEAR_BUFFER
from tests.support.printer_on_memory import MemoryDesk, real_receipt, small_receipt
from tests.support.waiting import until


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MemoryDesk]:
    monkeypatch.setattr("firmware_bridges.printer.ANSWER_SECONDS", 0.03)
    desk = MemoryDesk(tmp_path)
    await desk.start()
    yield desk
    await desk.stop()


def length_of(desk: MemoryDesk, document: ReceiptDocument) -> int:
    """Bytes of a receipt with its question for the proof."""
    job = PrintJob("j", "1", "s", 0, False, False, document)
    return len(desk.encode(job)) + len(status.process_id_request("0000"))


async def cut_at(desk: MemoryDesk, offset: int, document: ReceiptDocument) -> None:
    """One receipt whose line is cut after `offset` bytes."""
    number = document.number
    desk.ready, desk.cut_next = False, offset
    assert desk.printer.line is not None
    desk.printer.line.drop()
    await until(lambda: desk.cut_next is None and desk.ready)
    await desk.sell(document)
    await until(lambda: desk.settled(number), seconds=20)
    originals, copies = desk.whole(number)
    states = desk.states(number)
    where = (offset, states, originals, copies)
    assert originals <= 1, where
    assert copies <= 1, where
    assert originals + copies >= 1, where
    assert copies == 1 or states == [("confirmed", 0)], where
    assert (states[0][0] == "confirmed") <= (originals == 1), where


async def test_a_receipt_cut_after_any_byte_is_printed_once_or_marked_copy(desk: MemoryDesk) -> None:
    whole = length_of(desk, small_receipt("000000"))
    for offset in range(0, whole + 1, 3):
        await cut_at(desk, offset, small_receipt(f"{offset:06d}"))


@pytest.mark.soak
async def test_a_real_receipt_cut_after_every_byte_of_it(desk: MemoryDesk) -> None:
    whole = length_of(desk, real_receipt("000000"))
    assert whole > 2_000
    for offset in range(whole + 1):
        await cut_at(desk, offset, real_receipt(f"{offset:06d}"))
        desk.printer.receipts().clear()


class KilledAt(Exception):
    """The box's power goes."""


class Steps:
    """A printer and a queue that stop the box before the n-th thing they do."""

    def __init__(self, queue: PrintQueue, left: int) -> None:
        self._queue = queue
        self._left = left
        self.paper: list[bytes] = []
        self.kicks = 0

    def step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise KilledAt

    async def print(self, data: bytes) -> Outcome:
        self.step()
        self.paper.append(data)
        self.step()
        return "confirmed"

    async def kick(self) -> Outcome:
        self.step()
        self.kicks += 1
        self.step()
        return "confirmed"


@pytest.mark.parametrize("steps", range(5))
async def test_a_box_that_dies_at_any_step_prints_once_or_a_copy_and_never_kicks_twice(tmp_path: Path, steps: int) -> None:
    """Every step after which the disk knows more, or the printer has more, than before."""
    clock = FakeClock()
    ids = IdSource(clock, SeededRandom(1))
    store = Database(tmp_path / "store.db", kind="store")
    first_life = Steps(PrintQueue(store, clock, ids), steps)
    await _sell(store, clock)
    await _live(store, clock, ids, first_life)
    store.close()

    store = Database(tmp_path / "store.db", kind="store")
    second_life = Steps(PrintQueue(store, clock, ids), 1_000)
    await store.write(PrintQueue(store, clock, ids).recover)
    await _live(store, clock, ids, second_life)
    papers = [*first_life.paper, *second_life.paper]
    copies = [data for data in papers if b"COPY" in data]
    assert len(papers) - len(copies) <= 1
    assert len(copies) <= 1
    assert papers
    assert first_life.kicks + second_life.kicks <= 1
    store.close()


async def test_paper_that_ends_under_the_rule_resume_is_waited_for_and_needs_no_copy(tmp_path: Path) -> None:
    desk = MemoryDesk(tmp_path, PrinterTraits(auto_status=True, paper_rule="resume"))
    desk.driver._printed_seconds = 0.3
    await desk.start()
    end_paper_after(desk, "7 x Goods")
    await desk.sell(real_receipt("000007"), kick=True)
    await until(lambda: desk.printer.condition.paper_out)
    await asyncio.sleep(0.8)  # longer than a job may take
    assert desk.states("000007") == [("sent", 0)]
    kicks = desk.printer.drawer_kicks
    await desk.sell(small_receipt("000008"), kick=True)
    await until(lambda: desk.printer.drawer_kicks == kicks + 1)  # the drawer does not wait for paper
    desk.printer.set_switches(paper_out=False)
    await until(lambda: desk.settled("000007") and desk.settled("000008"), seconds=20)
    assert desk.states("000007") == [("confirmed", 0)]
    assert desk.whole("000007") == (1, 0)
    assert desk.whole("000008") == (1, 0)
    await desk.stop()


async def test_paper_that_ends_under_the_rule_copy_drops_the_rest_and_one_copy_follows(tmp_path: Path) -> None:
    desk = MemoryDesk(tmp_path, PrinterTraits(auto_status=True, paper_rule="copy", clears_buffer=True))
    await desk.start()
    end_paper_after(desk, "7 x Goods")
    await desk.sell(real_receipt("000007"))
    await until(lambda: desk.states("000007") == [("unknown", 0), ("queued", 1)])
    desk.printer.set_switches(paper_out=False)
    await until(lambda: desk.settled("000007"), seconds=20)
    assert desk.whole("000007") == (0, 1), "the rest of the original was dropped"
    assert CLEAR_BUFFER not in desk.printer.unknown
    await desk.stop()


def end_paper_after(desk: MemoryDesk, words: str) -> None:
    """The paper ends once these words hang out of the printer."""
    inner = desk.printer._print
    done = False

    def printing(operation: object) -> None:
        nonlocal done
        inner(operation)  # type: ignore[arg-type]
        if not done and words in desk.printer.hanging_out():
            done = True
            desk.printer.set_switches(paper_out=True)

    desk.printer._print = printing  # type: ignore[method-assign]


async def _sell(store: Database, clock: FakeClock) -> None:
    await store.write(
        lambda tx: put_job(
            tx, job_id="j1", till_id="1", sale_id="s1", made_at_ms=clock.now_ms(), kick_drawer=True,
            document=small_receipt("000001"),
        )
    )  # fmt: skip


async def _live(store: Database, clock: FakeClock, ids: IdSource, steps: Steps) -> None:
    """The worker runs until it dies or has nothing left to do."""
    queue = PrintQueue(store, clock, ids)
    marks = queue.mark_outcome

    async def dies_before_noting(job_id: str, outcome: Outcome) -> None:
        steps.step()
        await marks(job_id, outcome)

    queue.mark_outcome = dies_before_noting  # type: ignore[method-assign]

    def encode(job: PrintJob) -> bytes:
        return b"COPY" if job.copy else b"receipt"

    worker = PrintWorker(queue, steps, ("1",), encode, lambda: True)
    running = asyncio.create_task(worker.run())

    def over() -> bool:
        states = store.reader().execute("SELECT state FROM print_job").fetchall()
        return running.done() or all(state in {"confirmed", "unknown"} for (state,) in states)

    await until(over)
    running.cancel()
    await asyncio.wait({running})
