"""Who sees which rows: every table of HQ's database, through the application's own roles, on both kinds of PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from cloud.db.migrate import OwnerConnection, migrate
from cloud.settings import with_user
from tests.support.hq_ground import GroundDatabase

SAMPLES = {
    "text": "x",
    "bigint": 1,
    "integer": 1,
    "smallint": 1,
    "double precision": 1.0,
    "boolean": False,
    "bytea": b"x",
    "date": "2026-01-01",
    "jsonb": "[]",
    "ARRAY": [],
    "xid8": "1",
    "timestamp with time zone": "2026-01-01",
}
KINDS = {"store", "shared", "chain", "open", "feed", "ingest"}


def tables(owner: OwnerConnection) -> list[tuple[str, str]]:
    """(name, kind of protection) of every table."""
    rows = owner.execute(
        "SELECT relname, coalesce(obj_description(oid), '') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
    ).fetchall()
    return [(name, comment.removeprefix("hq_protect: ")) for name, comment in rows]


def furnish(owner: OwnerConnection, table: str, changes: dict[str, object]) -> None:
    """One made-up row."""
    columns = owner.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " AND is_identity = 'NO'",
        (table,),
    ).fetchall()
    values = {name: changes.get(name, SAMPLES[kind]) for name, kind in columns}
    names = sql.SQL(", ").join(map(sql.Identifier, values))
    places = sql.SQL(", ").join(sql.Placeholder() for _ in values)
    owner.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(sql.Identifier(table), names, places),
        list(values.values()),
    )


def two_stores(owner: OwnerConnection) -> None:
    """A row of S001 and one of S002 in every table that speaks of stores."""
    owner.execute("SET session_replication_role = replica")  # foreign keys and triggers rest while rows are made up
    checks = owner.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
    )
    for table, name in checks.fetchall():
        owner.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name)))
    now = owner.execute("SELECT hq_now_ms()").fetchone()
    assert now is not None
    for table, _ in tables(owner):
        for store_id in ("S001", "S002"):
            row = {
                "at_ms": now[0],
                "bucket_ms": now[0],
                "store_id": store_id,
                "feed_id": f"store/{store_id}/setup",
                "serial": store_id,
                "import_id": store_id,
                "member_id": store_id,
                "reservation_id": store_id,
                **({"code": store_id, "phone": store_id} if table == "member" else {}),
                **({"document_id": store_id, "number": store_id} if table == "invoice_document" else {}),
            }
            furnish(owner, table, dict(row))
    furnish(owner, "feed", {"feed_id": "global/catalogue"})


@pytest.fixture
def furnished(hq_database: GroundDatabase) -> GroundDatabase:
    with hq_database.owner() as owner:
        two_stores(owner)
    return hq_database


def scoped(url: str, scope: str, stores: str) -> OwnerConnection:
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("SELECT set_config('app.scope', %s, false), set_config('app.stores', %s, false)", (scope, stores))
    return connection


def relations_with(owner: OwnerConnection, column: str, role: str) -> list[str]:
    """Tables and views with the column that the role may read."""
    rows = owner.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = %s"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')"
        " AND NOT c.relispartition AND has_table_privilege(%s, c.oid, 'SELECT') ORDER BY 1",
        (column, role),
    ).fetchall()
    return [str(row[0]) for row in rows]


def seen(connection: OwnerConnection, relation: str, column: str) -> set[str]:
    query = sql.SQL("SELECT DISTINCT {} FROM {}").format(sql.Identifier(column), sql.Identifier(relation))
    return {str(row[0]) for row in connection.execute(query).fetchall()}


def test_the_application_sees_its_stores_only(furnished: GroundDatabase) -> None:
    with furnished.owner() as owner:
        relations = relations_with(owner, "store_id", "tallystick_app")
        kinds = dict(tables(owner))
    assert {"store", "store_contact", "staff", "visible_sale"} <= set(relations)
    with (
        scoped(furnished.app_url, "stores", "S001") as one,
        scoped(furnished.app_url, "stores", "") as none,
        scoped(furnished.app_url, "", "") as unsaid,
        scoped(furnished.app_url, "all", "") as everything,
    ):
        for relation in relations:
            assert seen(one, relation, "store_id") == {"S001"}, relation
            assert seen(none, relation, "store_id") == set(), relation
            assert seen(unsaid, relation, "store_id") == set(), relation
            assert seen(everything, relation, "store_id") == {"S001", "S002"}, relation
            if kinds.get(relation) == "store":
                name = sql.Identifier(relation)
                with one.transaction(force_rollback=True):
                    one.execute("SET CONSTRAINTS ALL DEFERRED")
                    one.execute(sql.SQL("DELETE FROM {} WHERE store_id = 'S002'").format(name))
                assert seen(everything, relation, "store_id") == {"S001", "S002"}, relation
                with pytest.raises(psycopg.errors.InsufficientPrivilege), one.transaction():
                    one.execute(sql.SQL("UPDATE {} SET store_id = 'S002'").format(name))


def test_raw_journal_and_projections_are_for_ingest_alone(furnished: GroundDatabase) -> None:
    with furnished.owner() as owner, scoped(furnished.app_url, "all", "") as app:
        raw = [name for name, kind in tables(owner) if kind == "ingest"]
        assert "journal_batch" in raw
        for name in raw:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(name)))


def test_a_feed_of_a_store_is_that_stores(furnished: GroundDatabase) -> None:
    with furnished.owner() as owner:
        relations = relations_with(owner, "feed_id", "tallystick_app")
        feeds = [name for name, kind in tables(owner) if kind == "feed"]
    assert set(feeds) <= set(relations)
    with scoped(furnished.app_url, "stores", "S001") as one:
        for relation in feeds:
            own = {feed for feed in seen(one, relation, "feed_id") if feed.startswith("store/")}
            assert own == {"store/S001/setup"}, relation
        assert "global/catalogue" in seen(one, "feed", "feed_id")
        for feed_id in ("global/catalogue", "store/S002/setup"):
            changed = one.execute("UPDATE feed SET version = 99 WHERE feed_id = %s", (feed_id,))
            assert changed.rowcount == 0


def test_what_belongs_to_the_chain_is_not_for_some_stores(hq_database: GroundDatabase) -> None:
    with hq_database.owner() as owner:
        found = tables(owner)
    with scoped(hq_database.app_url, "stores", "S001") as one:
        for name, kind in found:
            delete = sql.SQL("DELETE FROM {}").format(sql.Identifier(name))
            if kind == "shared":
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="belongs to the whole chain"):
                    one.execute(delete)
            if kind == "chain":
                assert one.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone() == (0,)


def test_every_table_is_protected(hq_database: GroundDatabase) -> None:
    with hq_database.owner() as owner:
        found = tables(owner)
        secured = dict(
            owner.execute(
                "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            ).fetchall()
        )
        guarded = {
            str(row[0])
            for row in owner.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'hq_shared'").fetchall()
        }
        having_store = set(relations_with(owner, "store_id", "postgres"))
    assert len(found) > 20
    for name, kind in found:
        assert kind in KINDS, f"{name}: end its migration with hq_protect"
        assert secured[name] == (kind in {"store", "chain", "open", "feed"}), name
        assert (name in guarded) == (kind == "shared"), name
        if name in having_store:
            assert kind in {"store", "ingest"}, f"{name} has a store_id and is '{kind}'"


def test_the_applications_roles_may_not_help_themselves(hq_database: GroundDatabase) -> None:
    for url in (hq_database.app_url, hq_database.ingest_url):
        with scoped(url, "all", "") as role:
            for statement in (
                "CREATE TABLE mine (n int)",
                "ALTER TABLE store DISABLE ROW LEVEL SECURITY",
                "DROP POLICY hq_scope ON store",
                "TRUNCATE feed_row",
                "SELECT hq_protect('store', 'open')",
                "SELECT hq_begin_again()",
                "SET ROLE postgres",
                "SET session_replication_role = replica",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    role.execute(statement)  # type: ignore[arg-type]


def test_the_owner_of_a_managed_server_is_bound_as_well(empty_database: GroundDatabase) -> None:
    """An owner who is no superuser: migrations work, and row-level security binds the owner too."""
    with empty_database.owner() as superuser:
        superuser.execute("DROP ROLE IF EXISTS chain_owner")
        superuser.execute("CREATE ROLE chain_owner LOGIN CREATEROLE PASSWORD 'pw'")
        superuser.execute(sql.SQL("ALTER DATABASE {} OWNER TO chain_owner").format(sql.Identifier(empty_database.name)))
    try:
        with psycopg.connect(with_user(empty_database.owner_url, "chain_owner", "pw"), autocommit=True) as owner:
            assert migrate(owner)
            owner.execute("SELECT set_config('app.scope', 'all', false)")
            row = "INSERT INTO store VALUES ('S001', 'One', 'north', 'UTC', '{}', '{}', 60, 4, 0, 0)"
            owner.execute(row)
            assert owner.execute("SELECT count(*) FROM store").fetchone() == (1,)
            assert owner.execute("SELECT hq_db_epoch()").fetchone() != (None,)
            owner.execute("SELECT set_config('app.scope', '', false)")
            assert owner.execute("SELECT count(*) FROM store").fetchone() == (0,)
    finally:
        empty_database.drop()
        with empty_database.server.admin() as admin:
            admin.execute("DROP ROLE chain_owner")
