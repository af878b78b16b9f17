"""Migrations run once, in order, and a changed one is noticed. Every named statement compiles against the schema."""

import sqlite3
from importlib import resources
from pathlib import Path

import pytest

from edge.store_db import migrate as migrations
from edge.store_db.connection import connect_sqlite
from edge.store_db.database import Database
from edge.store_db.errors import StoreBroken
from edge.store_db.queries import load

BASKET_FILES = {("edge.checkout", "basket.sql")}


def sql_files() -> list[tuple[str, str]]:
    edge = Path(str(resources.files("edge")))
    found = [path for path in edge.rglob("*.sql") if "migrations" not in path.parts]
    return sorted((".".join(path.parent.relative_to(edge.parent).parts), path.name) for path in found)


@pytest.mark.parametrize(("package", "filename"), sql_files())
def test_every_statement_compiles(tmp_path: Path, package: str, filename: str) -> None:
    kind = "basket" if (package, filename) in BASKET_FILES else "store"
    Database(tmp_path / "file.db", kind=kind).close()
    connection = sqlite3.connect(tmp_path / "file.db")
    statements = load(package, filename)
    assert statements.names()
    for name in statements.names():
        numbered = statements[name].count("?")
        try:
            connection.execute(f"EXPLAIN {statements[name]}", (None,) * numbered)
        except sqlite3.ProgrammingError as error:
            # Numbered parameters occur more often than they are bound.
            wanted = int(str(error).split("uses ")[1].split(",")[0])
            connection.execute(f"EXPLAIN {statements[name]}", (None,) * wanted)
    connection.close()


def test_an_applied_migration_that_changed_is_refused(tmp_path: Path) -> None:
    Database(tmp_path / "store.db", kind="store").close()
    connection = connect_sqlite(tmp_path / "store.db", False)
    connection.execute("UPDATE migration SET sha256 = 'other' WHERE name = '0001_core.sql'")
    connection.close()
    with pytest.raises(StoreBroken, match=r"0001_core\.sql was changed"):
        Database(tmp_path / "store.db", kind="store")


def test_every_table_is_strict(tmp_path: Path) -> None:
    for kind in ("store", "basket"):
        for name, text in migrations.migrations_of(kind):
            tables = [part for part in migrations.statements_of(text) if part.upper().startswith("CREATE TABLE")]
            loose = [table for table in tables if "STRICT" not in table]
            assert not loose, f"{kind}/{name}"
