"""The HQ database: migrations, scopes, feeds, on the embedded and on a real PostgreSQL."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
import pytest

from cloud.db import migrate as migrations
from cloud.db.feed_changes import commit_feed, delete_row, put_row, put_rows
from cloud.db.migrate import MigrationRefused, migrate
from cloud.db.pool import Scope
from protocols.sync.delta import decode_delta
from protocols.sync.feed_hash import FeedHash
from tests.support.hq_ground import GroundDatabase

ROLES = ("tallystick_app", "tallystick_ingest")


def test_migrations_run_once(empty_database: GroundDatabase) -> None:
    with empty_database.owner() as owner:
        first = migrate(owner)
        assert first == [migration.name for migration in migrations.migrations_in()]
        assert "0001_core.sql" in first
        assert migrate(owner) == []
        roles = owner.execute(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = ANY (%s)", (list(ROLES),)
        )
        assert sorted(roles.fetchall()) == [(role, False, False) for role in ROLES]


def test_a_changed_or_newer_migration_is_refused(empty_database: GroundDatabase, tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (n int);")
    (tmp_path / "0100_b.sql").write_text("CREATE TABLE b (n int);")
    with empty_database.owner() as owner:
        assert migrate(owner, tmp_path) == ["0001_a.sql", "0100_b.sql"]
        (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (n bigint);")
        with pytest.raises(MigrationRefused, match=r"0001_a\.sql was changed"):
            migrate(owner, tmp_path)
        (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (n int);")
        (tmp_path / "0100_b.sql").unlink()
        with pytest.raises(MigrationRefused, match="newer software"):
            migrate(owner, tmp_path)


def test_a_failing_migration_changes_nothing(empty_database: GroundDatabase, tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (n int); INSERT INTO nowhere VALUES (1);")
    with empty_database.owner() as owner:
        with pytest.raises(MigrationRefused, match=r"0001_a\.sql failed.*nowhere"):
            migrate(owner, tmp_path)
        assert owner.execute("SELECT to_regclass('a')").fetchone() == (None,)
        (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (n int);")
        assert migrate(owner, tmp_path) == ["0001_a.sql"]


async def test_feeds_count_hash_and_deltas(hq_database: GroundDatabase) -> None:
    expected = FeedHash()
    async with hq_database.open() as database:
        async with database.transaction(Scope.everything()) as tx:
            await put_rows(tx, "global/catalogue", [(f"k{n}", b'{"n":%d}' % n) for n in range(20)])
            assert await commit_feed(tx, "global/catalogue", 1) == 1
        async with database.transaction(Scope.everything()) as tx:
            await put_row(tx, "global/catalogue", "k1", b'{"n":100}')
            await delete_row(tx, "global/catalogue", "k2")
            await delete_row(tx, "global/catalogue", "never")
            assert await commit_feed(tx, "global/catalogue", 2) == 2
            await put_row(tx, "global/catalogue", "k1", b'{"n":100}')
            assert await commit_feed(tx, "global/catalogue", 3) == 2
        async with database.transaction(Scope.of_stores([])) as tx:
            head = await (await tx.execute("SELECT version, state_hash, row_count FROM feed")).fetchone()
            rows = await (await tx.execute("SELECT key, body FROM feed_row ORDER BY key")).fetchall()
            deltas = await (await tx.execute("SELECT delta FROM feed_delta ORDER BY version")).fetchall()
    for key, body in rows:
        expected.replace(key, None, bytes(body))
    assert head == (2, expected.hex(), 19)
    assert len(deltas) == 2
    assert decode_delta(bytes(deltas[1][0])).header.version == 2


async def test_two_writers_of_a_feed_leave_no_gap(hq_database: GroundDatabase) -> None:
    import asyncio

    async with hq_database.open() as database:

        async def edit(number: int) -> int:
            async with database.transaction(Scope.everything()) as tx:
                await put_row(tx, "zone/north/price", f"k{number}", b"{}")
                return await commit_feed(tx, "zone/north/price", number)

        versions = await asyncio.gather(*(edit(number) for number in range(12)))
    assert sorted(versions) == list(range(1, 13))


async def test_a_store_scope_edits_only_its_own_feeds(hq_database: GroundDatabase) -> None:
    async with hq_database.open() as database:
        async with database.transaction(Scope.of_stores(["S001"])) as tx:
            await put_row(tx, "store/S001/staff", "staff/1", b"{}")
            assert await commit_feed(tx, "store/S001/staff", 1) == 1
        for feed in ("store/S002/staff", "global/catalogue", "zone/north/price"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                async with database.transaction(Scope.of_stores(["S001"])) as tx:
                    await put_row(tx, feed, "k", b"{}")
        async with database.transaction(Scope.of_stores(["S002"])) as tx:
            assert await (await tx.execute("SELECT * FROM feed_row")).fetchall() == []


async def test_the_database_says_which_it_is(hq_database: GroundDatabase) -> None:
    async with hq_database.open() as database, database.transaction(Scope.of_stores([])) as tx:
        before = await (await tx.execute("SELECT hq_db_epoch()")).fetchone()
    with hq_database.owner() as owner:
        owner.execute("SELECT hq_begin_again()")
        after = owner.execute("SELECT hq_db_epoch()").fetchone()
    assert before is not None
    assert after is not None
    assert before[0].split(".")[:2] == after[0].split(".")[:2]
    assert before != after


def test_sha256_of_a_migration_is_that_of_its_bytes() -> None:
    core = migrations.migrations_in()[0]
    assert core.sha256 == hashlib.sha256((migrations.FOLDER / core.name).read_bytes()).hexdigest()
