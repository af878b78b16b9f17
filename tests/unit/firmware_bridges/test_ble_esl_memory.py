"""The file of an access point's labels: kept through power cuts, small, and nobody else's."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from firmware_bridges.ble_esl_memory import LINES_PER_LABEL, LINES_SPARE, LabelMemory
from protocols.ble_esl.records import LabelRecord, NetworkRecord, StoredImage

NETWORK = NetworkRecord(sync_key="00" * 24)
LABEL = LabelRecord(
    device="0100000000c0",
    device_type=1,
    group=0,
    esl_id=0,
    response_key="11" * 24,
    images=(StoredImage("1" * 32, 7, 3), StoredImage()),
)


def test_what_was_kept_is_there_again_the_last_word_counts(tmp_path: Path) -> None:
    memory = LabelMemory(tmp_path / "labels.jsonl")
    assert memory.load() == (None, [])
    memory.save([NETWORK])
    memory.save([LABEL])
    memory.save([replace(LABEL, shown=0, updates=1)])
    assert LabelMemory(tmp_path / "labels.jsonl").load() == (NETWORK, [replace(LABEL, shown=0, updates=1)])


def test_a_line_cut_off_loses_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    LabelMemory(path).save([NETWORK, LABEL])
    before = path.read_bytes()
    LabelMemory(path).save([replace(LABEL, updates=1)])
    whole = path.read_bytes()
    assert len(whole) - len(before) > 100
    for length in range(len(before), len(whole) - 1, 29):
        path.write_bytes(whole[:length])
        again = LabelMemory(path)
        assert again.load() == (NETWORK, [LABEL])
        again.save([replace(LABEL, updates=2)])
        assert LabelMemory(path).load() == (NETWORK, [replace(LABEL, updates=2)])


def test_it_stays_small_and_for_this_account(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    memory = LabelMemory(path)
    memory.load()
    for batch in range(12):
        memory.save([replace(LABEL, updates=batch * 100 + each) for each in range(100)])
        assert path.read_bytes().count(b"\n") <= LINES_PER_LABEL + LINES_SPARE
    assert path.stat().st_mode & 0o777 == 0o600
    assert LabelMemory(path).load()[1][0].updates == 1_199
    assert path.read_bytes().count(b"\n") == 1
