"""The notes of a payment adapter: on the disk when `put` returns, whole after a cut at any byte, and bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridges.payment_memory import KEPT, LINES_MAX, MemoryLost, Note, PaymentMemory, asked_before
from protocols.clock import FakeClock, IdSource, SeededRandom


def opened(path: Path) -> PaymentMemory:
    memory = PaymentMemory(path, FakeClock())
    memory.open()
    return memory


def test_a_cut_at_any_byte_loses_at_most_the_line_being_written(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    memory = opened(path)
    memory.know("1/1")
    memory.put(Note(attempt_id="a", step="asked"))
    memory.put(Note(attempt_id="a", step="ended", mark="2/2", ended="approved", amount_minor=5))
    memory.put(Note(attempt_id="b", step="asked"))
    memory.close()
    whole = path.read_bytes()
    head = whole.index(b"\n") + 1
    for size in range(head, len(whole) + 1):
        path.write_bytes(whole[:size])
        again = opened(path)
        assert ("2/2" in again.marks) == (b'"amount_minor":5}' in whole[:size])
        note = again.find("a")
        assert note is None or note.step == ("ended" if "2/2" in again.marks else "asked"), (
            "the end and its mark come together"
        )
        again.close()


def test_the_file_stays_small_and_never_drops_a_payment_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    memory = opened(path)
    memory.put(Note(attempt_id="open", step="asked"))
    for number in range(LINES_MAX + KEPT):
        memory.put(Note(attempt_id=f"n{number}", step="ended", ended="declined"))
    memory.close()
    again = opened(path)
    assert again.open_notes() == [Note(attempt_id="open", step="asked")]
    assert path.read_bytes().count(b"\n") <= LINES_MAX
    again.close()


def test_a_disk_that_refuses_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MemoryLost, match="notes"):
        opened(tmp_path / "file" / "notes.jsonl")


def test_attempts_older_than_the_notes(tmp_path: Path) -> None:
    memory = opened(tmp_path / "notes.jsonl")
    clock = FakeClock()
    clock.advance(-10_000)
    assert asked_before(IdSource(clock, SeededRandom(1)).new(), memory.since_ms)
    clock.advance(20_000)
    assert not asked_before(IdSource(clock, SeededRandom(1)).new(), memory.since_ms)
    assert not asked_before("no uuid", memory.since_ms)
    memory.close()
