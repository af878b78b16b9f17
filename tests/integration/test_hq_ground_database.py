"""The HQ database: migrations, scopes, feeds, on the embedded and on a real PostgreSQL."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
import pytest

from cloud.db import migrate as migrations
from cloud.db.feed_changes import CHANNEL, commit_feed, delete_row, put_row, put_rows
from cloud.db.migrate import MigrationRefused, migrate
from cloud.db.pool import Scope
from protocols.sync import limits
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


def test_a_database_that_cannot_hold_names_is_refused(empty_database: GroundDatabase) -> None:
    name = f"{empty_database.name}_ascii"
    with empty_database.server.admin() as admin:
        admin.execute(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0".encode())
        try:
            with (
                psycopg.connect(empty_database.server.url_of(name), autocommit=True) as owner,
                pytest.raises(MigrationRefused, match="SQL_ASCII"),
            ):
                migrate(owner)
        finally:
            admin.execute(f"DROP DATABASE {name}".encode())


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
            head = await (await tx.execute("SELECT version, state_hash, row_count FROM feed WHERE version > 0")).fetchone()
            rows = await (await tx.execute("SELECT key, body FROM feed_row ORDER BY key")).fetchall()
            deltas = await (await tx.execute("SELECT delta FROM feed_delta ORDER BY version")).fetchall()
    for key, body in rows:
        expected.replace(key, None, bytes(body))
    assert head == (2, expected.hex(), 19)
    assert len(deltas) == 2
    assert decode_delta(bytes(deltas[1][0])).header.version == 2


async def test_what_is_too_large_to_travel_is_a_snapshot(embedded_database: GroundDatabase) -> None:
    body = b'"' + b"x" * 1_000 + b'"'
    async with embedded_database.open() as database:
        for count in (1, limits.DELTA_PLAIN_BYTES_MAX // 1_000, 2):
            async with database.transaction(Scope.everything()) as tx:
                await put_rows(tx, "global/catalogue", [(f"{count}/{n}", body) for n in range(count)])
                version = await commit_feed(tx, "global/catalogue", 1)
        async with database.transaction(Scope.everything()) as tx:
            feed = await (await tx.execute("SELECT version, deltas_after FROM feed WHERE version > 0")).fetchone()
            deltas = await (await tx.execute("SELECT version FROM feed_delta ORDER BY version")).fetchall()
    assert (version, feed, deltas) == (3, (3, 2), [(1,), (3,)])


async def test_what_was_rolled_back_never_was(embedded_database: GroundDatabase) -> None:
    async with embedded_database.open() as database:

        async def change_my_mind() -> None:
            async with database.transaction(Scope.everything()) as tx:
                await put_row(tx, "zone/north/price", "k", b"{}")
                assert await commit_feed(tx, "zone/north/price", 1) == 1
                raise RuntimeError("changed my mind")

        with pytest.raises(RuntimeError, match="changed my mind"):
            await change_my_mind()
        async with database.transaction(Scope.everything()) as tx:
            assert await commit_feed(tx, "zone/north/price", 1) == 0
            with pytest.raises(ValueError, match="line"):
                await put_row(tx, "zone/north/price", "k", b"two\nlines")


async def test_listeners_hear_a_version_once_it_is_there(embedded_database: GroundDatabase) -> None:
    heard: list[str] = []
    async with (
        embedded_database.open() as database,
        await psycopg.AsyncConnection.connect(embedded_database.app_url, autocommit=True) as listening,
    ):
        await listening.execute(f"LISTEN {CHANNEL}".encode())
        async with database.transaction(Scope.everything()) as tx:
            await put_row(tx, "zone/north/price", "k", b"{}")
            await commit_feed(tx, "zone/north/price", 1)
        async for notice in listening.notifies(timeout=10, stop_after=1):
            heard.append(notice.payload)
        row = await (await listening.execute("SELECT count(*) FROM feed_row")).fetchone()
    assert heard == ["zone/north/price"]
    assert row == (1,), "feeds of zones are for everybody to read"


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
