"""Named SQL: what a file must look like, and that every file of the house does."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.db.migrate import MigrationRefused, migrations_in
from cloud.db.queries import QueryFileError, load_queries

ROOT = Path(__file__).resolve().parents[4]


def test_queries_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("-- name: one\nSELECT 1;\n\n-- name: two\n-- why\nSELECT '%%', 2;\n")
    found = load_queries(str(tmp_path / "store.py"), "a.sql")
    assert list(found) == ["one", "two"]
    assert found["one"].as_string() == "SELECT 1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT 1;\n-- name: one\nSELECT 2;\n", "before the first"),
        ("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n", "two queries"),
        ("-- name: one\n\n-- name: two\nSELECT 2;\n", "is empty"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "a.sql").write_text(text)
    with pytest.raises(QueryFileError, match=reason):
        load_queries(str(tmp_path / "store.py"), "a.sql")


def test_every_query_file_of_headquarters_can_be_read() -> None:
    files = [path for path in (ROOT / "cloud").rglob("*.sql") if path.parent.name != "migrations"]
    assert len(files) > 5
    for path in files:
        assert load_queries(str(path), path.name), path


def test_migrations_are_named_in_order(tmp_path: Path) -> None:
    assert migrations_in()[0].name == "0001_core.sql"
    (tmp_path / "first.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationRefused, match=r"0001_core\.sql"):
        migrations_in(tmp_path)
