"""Imports at the keyboard: what is said, the exit codes, and that a refused file leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.__main__ import main
from tests.support.hq_ground import GroundDatabase


class Hq:
    """A headquarters of its own with the demo's goods and store S001, and what its commands said."""

    def __init__(self, ground: GroundDatabase, capture: pytest.CaptureFixture[str]) -> None:
        self._ground = ground
        self._capture = capture
        self.said: list[str] = []
        self.complained = ""

    def __call__(self, *words: str | Path) -> int:
        code = main([str(word) for word in words])
        said, self.complained = self._capture.readouterr()
        self.said = said.splitlines()
        return code

    def count(self, table: str) -> int:
        with self._ground.owner() as owner:
            row = owner.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def hq(
    embedded_database: GroundDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Hq:
    for name in ("TALLYSTICK_API", "TALLYSTICK_BROKER_RELOAD", "MQTT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", embedded_database.owner_url)
    monkeypatch.setenv("TALLYSTICK_HQ_DIR", str(tmp_path / "hq"))
    made = Hq(embedded_database, capsys)
    assert made("init") == 0
    assert made("seed-demo", "--items", "30", "--store", "S001", "--out", tmp_path / "stores") == 0
    return made


def test_a_price_book_is_tried_refused_and_applied(hq: Hq, tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("item id;price;effective from\nA000001;1,11;\nA000002;cheap;\nA000003;2,22;2099-01-01\n")
    assert hq("import-prices", book, "--zone", "north") == 2
    assert hq.said == [
        "book.csv:3: error (price): 'cheap' is not a number. Write digits and one decimal mark.",
        "book.csv:4: error (effective from): more than two years ahead. Check the date.",
        "read as csv, utf-8, semicolon, decimal comma; dates in north: Europe/Berlin",
        "3 lines: 1 change(s), 0 unchanged, 2 error(s), 0 warning(s)",
        hq.said[4],
    ]
    assert hq.complained == "cloud: book.csv has 2 error(s): nothing was changed\n"
    assert hq.count("import_file") == 0

    book.write_text("item id;price\nA000001;1,11\n")
    assert hq("import-prices", book) == 2
    assert hq.complained == (
        "cloud: book.csv: The file names no price zone. Choose the zone, or add a column 'zone'. (--zone)\n"
    )
    assert hq("import-prices", book, "--zone", "north", "--dry-run") == 0
    assert hq.said[-1] == "dry run: nothing was changed"
    assert (hq.count("import_file"), hq.count("price")) == (0, 30)
    assert hq("import-prices", book, "--zone", "north") == 0
    assert "1 change(s) applied; north version 3" in hq.said[-1]
    assert hq.count("price") == 31
    assert hq("import-prices", tmp_path / "missing.csv") == 2
    assert hq.complained.startswith("cloud: ")
    assert "Traceback" not in hq.complained


def test_a_seeded_past_comes_through_the_import_once_and_is_taken_back(hq: Hq) -> None:
    assert hq("seed-history", "--stores", "S001", "--days", "14", "--seed", "7") == 0
    rows = hq.count("sales_history")
    assert rows > 14 * 10
    import_id = hq.said[-1].rpartition(" ")[2]
    assert hq("seed-history", "--stores", "S001", "--days", "14", "--seed", "7") == 0
    assert (hq.said, hq.count("sales_history")) == (["store S001: its sales history is there already"], rows)
    assert hq("seed-history", "--stores", "S009") == 2
    assert hq.complained == "cloud: there is no store 'S009': add it first\n"
    assert hq("undo-import", import_id) == 0
    assert (hq.said, hq.count("sales_history")) == ([f"import {import_id} is taken back: {rows} row(s) removed"], 0)
    assert hq("undo-import", import_id) == 2
