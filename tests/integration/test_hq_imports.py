"""Imports over the API and real PostgreSQL: every problem by its line, all or nothing, and nothing done twice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest

from cloud.db.pool import Scope
from cloud.imports import service
from cloud.imports.domain import Choices
from cloud.imports.service import Progress, Upload
from cloud.stock.opening import retire_answered
from cloud.tables.write import write_xlsx
from cloud.users.domain import Role
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_imports import Importer, furnished

DAY_MS = 86_400_000
NORTH = {"zone": "north"}


@pytest.fixture
async def api(any_database: GroundDatabase) -> AsyncIterator[HqApi]:
    """A furnished headquarters, on both kinds of server."""
    async with furnished(any_database) as made:
        yield made


@pytest.fixture
async def one_api(embedded_database: GroundDatabase) -> AsyncIterator[HqApi]:
    """The same where the server cannot matter."""
    async with furnished(embedded_database) as made:
        yield made


async def price(api: HqApi, item_id: str, at_ms: int | None = None) -> int | None:
    found = await api.rows(
        "SELECT price_minor FROM price WHERE zone = 'north' AND item_id = %s AND withdrawn_at_ms IS NULL"
        " AND effective_from_ms <= %s AND (effective_to_ms IS NULL OR effective_to_ms > %s) ORDER BY revision DESC LIMIT 1",
        item_id,
        at_ms or api.clock.now_ms(),
        at_ms or api.clock.now_ms(),
    )
    return int(str(found[0][0])) if found else None


async def version(api: HqApi, feed_id: str = "zone/north/price") -> int:
    return int(str((await api.rows("SELECT version FROM feed WHERE feed_id = %s", feed_id))[0][0]))


async def test_a_price_book_is_checked_shown_and_applied_as_one_feed_version(api: HqApi) -> None:
    old = {item: await price(api, item) for item in ("A000001", "A000002", "A000003")}
    async with await api.person(Role.PRICING) as http:
        pricing = Importer(http)
        book = (
            f"Artikel;Preis;Gültig ab;Grund\nA000001;{old['A000001'] / 100:.2f};;\n".replace(".", ",")  # type: ignore[operator]
            + "A000002;9,99;;Umbau\n"
            + "A000003;1,05;24.12.2026 06:00;Weihnachten\n"
            + "A000003;1,07;27.12.2026;danach\n"
        )
        found = await pricing.bring("prices", book, **NORTH)
        report = found["report"]
        assert (found["state"], report["changes"], report["unchanged"], report["errors"]) == ("ready", 3, 1, 0)
        assert (report["encoding"], report["delimiter"], report["decimal"]) == ("utf-8", "semicolon", "comma")
        assert report["time_zones"] == {"north": "Europe/Berlin"}
        assert any("A000002" in note for note in report["notes"])
        before = await version(api)
        assert await price(api, "A000002") == old["A000002"]
        applied = (await pricing.apply(found["import_id"])).json()
        assert (applied["state"], applied["changed"], applied["feed_versions"]) == ("applied", 3, {"north": before + 1})
        assert await price(api, "A000002") == 999
        christmas = 1_798_088_400_000  # 2026-12-24 05:00 UTC
        assert [await price(api, "A000003", christmas + shift) for shift in (-1, 0, 4 * DAY_MS)] == [
            old["A000003"],
            105,
            107,
        ]
        again = (await pricing.apply(found["import_id"])).json()
        assert (again["changed"], await version(api)) == (3, before + 1)
        same = await pricing.bring("prices", book, **NORTH)
        assert (same["report"]["changes"], same["report"]["unchanged"]) == (0, 4)
        assert "This very file was applied before, by pricing.all." in same["report"]["notes"]
    noted = await api.rows("SELECT action, login FROM audit_entry WHERE action LIKE 'import.%%' ORDER BY audit_id")
    assert [row[0] for row in noted] == ["import.uploaded", "import.applied", "import.uploaded"]


async def test_every_line_at_fault_is_named_and_nothing_is_applied(one_api: HqApi) -> None:
    api = one_api
    async with await api.person() as http:
        admin = Importer(http)
        book = "\n".join(
            [
                "item id,barcode,price,zone,effective from,effective to,reason,colour",
                "A000001,,1.29,north,,,,red",
                "Z999,,1.29,north,,,,",
                "A000002,,cheap,north,,,,",
                "A000003,,-1,north,,,,",
                "A000004,,1.299,north,,,,",
                "A000005,,1.29,west,,,,",
                "A000006,,1.29,north,2020-01-01,,,",
                "A000007,,1.29,north,2026-12-24,2026-12-23,,",
                "A000001,,1.35,north,,,,",
                ",1234567890123,1.29,north,,,,",
                ",,1.29,north,,,,",
                "A000008,,,north,,,,",
                "A000009,,999.99,north,,,,",
                "A000010,,1.29,north,soon,,,",
                f"A000011,,1.29,north,,,{'x' * 201},",
            ]
        )
        found = await admin.bring("prices", book)
        assert found["state"] == "refused"
        assert (found["report"]["errors"], found["report"]["lines"]) == (12, 15)
        problems = await admin.problems(found["import_id"])
        assert problems == [
            (1, "warning", "colour", "this column is not read"),
            (3, "error", "item id", "there is no item 'Z999'"),
            (4, "error", "price", "'cheap' is not a number"),
            (5, "error", "price", "negative or zero"),
            (6, "error", "price", "has more than 2 decimals"),
            (7, "error", "zone", "there is no zone 'west'"),
            (8, "error", "effective from", "in the past"),
            (9, "error", "effective to", "not after the start"),
            (10, "error", "item id", "item A000001 has another price for the same moment in line 2"),
            (11, "error", "barcode", "there is no item '1234567890123'"),
            (12, "error", "item id", "no item"),
            (13, "warning", "price", "no price given: the line changes nothing"),
            (14, "warning", "price", problems[12][3]),
            (15, "error", "effective from", "'soon' is not a date"),
            (16, "error", "reason", "longer than 200 characters"),
        ]
        assert problems[12][3].startswith("changes by more than 50 %")
        refused = await admin.apply(found["import_id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "has_errors")
        assert await version(api) == 2


async def test_what_cannot_be_known_is_asked_for_and_the_file_is_checked_again_with_the_choice(one_api: HqApi) -> None:
    async with await one_api.person() as http:
        admin = Importer(http)
        found = await admin.bring("prices", "item id;price\nA000001;1.234\n")
        assert (found["state"], found["report"]["refused_option"]) == ("refused", "decimal")
        again = await http.post(f"/api/v1/imports/{found['import_id']}/check", params={"decimal": "comma", **NORTH})
        assert again.json()["state"] == "waiting"
        found = await admin.checked(found["import_id"])
        assert (found["state"], found["report"]["decimal"], found["report"]["changes"]) == ("ready", "comma", 1)
        for book, option in (
            ("item id,price\nA000001,1.29\n", "zone"),
            ("item id,price,reason\nA000001,1.29,für Müller\n".encode("cp1252"), "encoding"),
        ):
            found = await admin.bring("prices", book)
            assert (found["state"], found["report"]["refused_option"]) == ("refused", option)
            assert found["report"]["refused_remedy"]
        async with one_api.database.transaction(Scope.everything()) as tx:
            await tx.execute("UPDATE store SET time_zone = 'Europe/London' WHERE store_id = 'S002'")
        found = await admin.bring("prices", "item id,price,from\nA000001,1.29,2027-01-01\n", **NORTH)
        assert found["report"]["refused_option"] == "time_zone"
        assert "Europe/Berlin, Europe/London" in found["report"]["refused_detail"]
        found = await admin.bring(
            "prices", "item id,price,from\nA000001,1.29,2027-01-01\n", **NORTH, time_zone="Asia/Shanghai"
        )
        assert (found["state"], found["report"]["time_zones"]) == ("ready", {"north": "Asia/Shanghai"})


async def test_a_dry_run_that_has_become_stale_is_refused_with_the_reason(api: HqApi) -> None:
    async with await api.person() as http:
        admin = Importer(http)
        found = await admin.bring("prices", "item id,price\nA000001,1.11\nA000002,2.22\n", **NORTH)
        await http.put("/api/v1/zones/north/prices/A000009", json={"price_minor": 500})  # another item: no matter
        await http.put("/api/v1/zones/north/prices/A000002", json={"price_minor": 500})
        refused = await admin.apply(found["import_id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "stale")
        assert refused.json()["detail"] == "Prices of 1 item(s) in zone north changed since the check; the first is A000002."
        assert await price(api, "A000001") != 111
        await http.post(f"/api/v1/imports/{found['import_id']}/check", params=NORTH)
        await admin.checked(found["import_id"])
        assert (await admin.apply(found["import_id"])).json()["changed"] == 2
        assert [await price(api, item) for item in ("A000001", "A000002")] == [111, 222]


async def test_a_start_that_has_passed_since_the_check_is_refused(one_api: HqApi) -> None:
    async with await one_api.person() as http:
        admin = Importer(http)
        found = await admin.bring("prices", "item id,price,from\nA000001,1.11,2026-09-21 17:00\n", **NORTH)
        assert found["state"] == "ready"
        one_api.clock.advance(DAY_MS // 12)
        refused = await admin.apply(found["import_id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "stale")


async def test_a_workbook_by_form_is_read_like_a_raw_one_and_an_export_reads_back_unchanged(one_api: HqApi) -> None:
    async with await one_api.person() as http:
        admin = Importer(http)
        book = write_xlsx(("货号", "价格"), [("A000001", "1.11"), ("A000002", 3)], "北区")
        answer = await http.post(
            "/api/v1/imports/prices", params=NORTH, files={"file": ("prices.xlsx", book, "application/octet-stream")}
        )
        found = await admin.checked(answer.json()["import_id"])
        assert (found["file_name"], found["report"]["sheet"], found["report"]["changes"]) == ("prices.xlsx", "北区", 2)
        for ending in ("csv", "xlsx"):
            export = await http.get(f"/api/v1/zones/north/book.{ending}")
            assert export.status_code == 200
            found = await admin.bring("prices", export.content)
            assert (found["state"], found["report"]["changes"], found["report"]["unchanged"]) == ("ready", 0, 30)


async def test_who_lacks_the_right_or_the_whole_chain_imports_nothing(one_api: HqApi) -> None:
    async with await one_api.person(Role.VIEWER) as viewer:
        answer = await viewer.post("/api/v1/imports/prices", content=b"item id,price\nA000001,1\n", params=NORTH)
        assert (answer.status_code, answer.json()["code"]) == (403, "no_right")
    async with await one_api.person(Role.OPERATIONS, ("S001",)) as local:
        answer = await local.get("/api/v1/imports")
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_too_small")
    async with await one_api.person() as admin:
        for path, code in (("nothing", "no_import_kind"), ("prices", "empty")):
            answer = await admin.post(f"/api/v1/imports/{path}", content=b"")
            assert answer.json()["code"] == code
        large = await admin.post("/api/v1/imports/prices", content=b"x" * 20_100_000)
        assert (large.status_code, large.json()["code"]) == (413, "too_large")


async def apply_and_die(api: HqApi, ground: GroundDatabase, import_id: str) -> None:
    """Everything is written, nothing is committed, and the database ends all connections."""
    async with api.database.transaction(Scope.everything()) as tx:
        await service.apply(tx, import_id, person="admin", now_ms=api.clock.now_ms())
        with ground.owner() as owner:
            owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-app'")


async def test_a_database_that_dies_in_the_middle_of_applying_has_changed_nothing(any_database: GroundDatabase) -> None:
    async with furnished(any_database) as api, await api.person() as http:
        importer = Importer(http)
        found = await importer.bring("prices", "item id,price\nA000001,1.11\nA000002,2.22\n", **NORTH)
        import_id, before = found["import_id"], await price(api, "A000001")
        with pytest.raises(psycopg.OperationalError):
            await apply_and_die(api, any_database, import_id)
        assert (await importer.checked(import_id))["state"] == "ready"
        assert (await price(api, "A000001"), await version(api)) == (before, 2)
        assert (await importer.apply(import_id)).json()["changed"] == 2
        assert (await price(api, "A000001"), await version(api)) == (111, 3)


async def test_a_check_that_died_with_its_process_is_begun_anew_and_the_old_one_comes_too_late(one_api: HqApi) -> None:
    api = one_api
    async with api.database.transaction(Scope.everything()) as tx:
        upload = Upload("prices", "book.csv", b"item id,price\nA000001,1.11\n", Choices(zone="north"))
        import_id = await service.receive(tx, upload, api.hq.ids, person="admin", now_ms=api.clock.now_ms())
        await tx.execute(
            "UPDATE import_file SET state = 'checking', check_id = 'dead', beat_ms = %s WHERE import_id = %s",
            (api.clock.now_ms(), import_id),
        )
    assert not await service.check(api.database, import_id, api.clock, api.hq.ids, Progress())
    api.clock.advance(60_000)
    async with await api.person() as http:
        found = await Importer(http).checked(import_id)
        assert (found["state"], found["report"]["changes"]) == ("ready", 1)


async def test_twenty_thousand_lines_become_totals_of_days(one_api: HqApi) -> None:
    async with await one_api.person() as http:
        admin = Importer(http)
        heading = "store,date,item,quantity,net amount,receipt\n"
        lines = [f"S001,2026-01-{n % 28 + 1:02},A0000{n % 10 + 10},1,1.50,{n}\n" for n in range(20_000)]
        answer = await http.post("/api/v1/imports/sales_history", content=(heading + "".join(lines)).encode())
        found = await admin.checked(answer.json()["import_id"])
        assert await admin.problems(found["import_id"]) == []
        assert (found["state"], found["report"]["lines"], found["lines_read"]) == ("ready", 20_000, 20_000)
        assert found["report"]["changes"] == 140


HISTORY = """store;date;item;quantity;net amount;receipt no
S001;2026-09-01;A000010;2;2,58;17
S001;2026-09-01;A000010;1;1,29;18
S001;01.09.2026;A000011;4;7,96;18
S002;2026-09-02;A000010;5;6,45;1
"""


async def test_sales_history_stands_beside_recorded_sales_and_is_taken_back_as_a_whole(api: HqApi) -> None:
    async with await api.person() as http:
        admin = Importer(http)
        found = await admin.bring("sales_history", HISTORY)
        assert (found["state"], found["report"]["lines"], found["report"]["changes"]) == ("ready", 4, 3)
        assert (await admin.apply(found["import_id"])).json()["changed"] == 3
        period = {"from": "2026-09-01", "to": "2026-09-30"}

        async def daily(client: httpx.AsyncClient, **which: str) -> list[tuple[object, ...]]:
            answer = (await client.get("/api/v1/sales/daily", params={**period, **which})).json()
            names = ("business_date", "store_id", "source", "quantity_thousandths", "net_minor", "receipt_count")
            return [tuple(row[name] for name in names) for row in answer["rows"]]

        assert await daily(http) == [
            ("2026-09-01", "S001", "history", 7_000, 1_183, None),
            ("2026-09-02", "S002", "history", 5_000, 645, None),
        ]
        assert await daily(http, item_id="A000010", store_id="S001") == [("2026-09-01", "S001", "history", 3_000, 387, 2)]
        async with await api.person(Role.OPERATIONS, ("S002",)) as local:
            assert [row[1] for row in await daily(local)] == ["S002"]
            assert await daily(local, store_id="S001") == []
        again = await admin.bring("sales_history", HISTORY)
        assert (again["state"], again["report"]["errors"]) == ("refused", 4)
        assert (await admin.problems(again["import_id"]))[0][3] == (
            "store S001 has history of item A000010 on 2026-09-01 already"
        )
        undone = await http.post(f"/api/v1/imports/{found['import_id']}/undo")
        assert (undone.json()["removed"], await daily(http)) == (3, [])
        twice = await http.post(f"/api/v1/imports/{found['import_id']}/undo")
        assert (twice.status_code, twice.json()["code"]) == (409, "not_applied")
        await http.post(f"/api/v1/imports/{again['import_id']}/check")
        assert (await admin.checked(again["import_id"]))["state"] == "ready"
        prices = await admin.bring("prices", "item id,price\nA000001,1.11\n", **NORTH)
        await admin.apply(prices["import_id"])
        refused = await http.post(f"/api/v1/imports/{prices['import_id']}/undo")
        assert (refused.status_code, refused.json()["code"]) == (409, "cannot_undo")


async def test_two_imports_of_the_same_days_cannot_both_be_applied(one_api: HqApi) -> None:
    async with await one_api.person() as http:
        admin = Importer(http)
        first, second = [
            await admin.bring("sales_history", HISTORY + extra) for extra in ("", "S002;2026-09-03;A000010;1;1,29;\n")
        ]
        assert (await admin.apply(first["import_id"])).status_code == 200
        refused = await admin.apply(second["import_id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "stale")
        assert await one_api.rows("SELECT count(*) FROM sales_history") == [(3,)]


async def test_a_price_book_shows_now_and_next_and_a_future_change_is_recalled(one_api: HqApi) -> None:
    async with await one_api.person() as http:
        now_ms = one_api.clock.now_ms()
        later = {"price_minor": 99, "effective_from_ms": now_ms + DAY_MS, "reason": "fair"}
        await http.put("/api/v1/zones/north/prices/A000002", json=later)
        ends = {"price_minor": 77, "effective_to_ms": now_ms + 2 * DAY_MS}
        await http.put("/api/v1/zones/north/prices/A000003", json=ends)
        book = (await http.get("/api/v1/zones/north/book", params={"changing": True})).json()
        old = await price(one_api, "A000003", now_ms - 1)
        assert [(row["item_id"], row["next_at_ms"] - now_ms, row["next_price_minor"]) for row in book["rows"]] == [
            ("A000002", DAY_MS, 99),
            ("A000003", 2 * DAY_MS, old),
        ]
        found = (await http.get("/api/v1/zones/north/book", params={"q": "a000002"})).json()
        assert [row["item_id"] for row in found["rows"]] == ["A000002"]
        future = (await http.get("/api/v1/zones/north/future-prices")).json()["rows"]
        assert [(row["item_id"], row["price_minor"], row["before_minor"]) for row in future] == [
            ("A000002", 99, await price(one_api, "A000002"))
        ]
        revision = future[0]["revision"]
        await http.delete(f"/api/v1/zones/north/prices/A000002/revisions/{revision}")
        assert (await http.get("/api/v1/zones/north/future-prices")).json()["rows"] == []
        history = (await http.get("/api/v1/zones/north/prices/A000002/history")).json()["rows"]
        assert [(row["revision"], row["withdrawn_at_ms"] is not None) for row in history] == [(revision, True), (1, False)]
        pages, after = [], None
        while True:
            page = (
                await http.get("/api/v1/zones/north/book", params={"limit": 13, **({"after": after} if after else {})})
            ).json()
            pages.append(len(page["rows"]))
            after = page["next"]
            if after is None:
                break
        assert pages == [13, 13, 4]


async def test_answered_opening_stock_leaves_the_feed_so_that_a_new_box_opens_nothing_twice(
    any_database: GroundDatabase,
) -> None:
    async with furnished(any_database) as api, await api.person() as http:
        admin = Importer(http)
        found = await admin.bring(
            "opening_stock", "item,quantity\nA000001,5\nA000002,6\nA000003,7\nA000004,0\n", store="S001"
        )
        assert (found["state"], found["report"]["changes"], found["report"]["unchanged"]) == ("ready", 3, 1)
        import_id = found["import_id"]
        assert (await admin.apply(import_id)).json()["feed_versions"] == {"S001": 1}
        again = await admin.bring("opening_stock", "item,quantity\nA000001,5\n", store="S001")
        assert (again["state"], again["report"]["errors"]) == ("refused", 1)
        with any_database.owner() as owner:  # as ingest writes it
            owner.execute(
                "INSERT INTO stock_move SELECT store_id, move_id, 1, 1, 'e-1', item_id, place, quantity_thousandths,"
                " 'opening', import_id, 0, '2026-09-21', 1 FROM opening_stock WHERE line_no = 2"
            )
            owner.execute(
                "INSERT INTO opening_refused SELECT store_id, 'e-2', 0, import_id, line_no, item_id, place, 'has_moved', 1"
                " FROM opening_stock WHERE line_no = 3"
            )
        async with any_database.open_ingest() as database:
            assert await retire_answered(database, api.clock.now_ms()) == 2
            assert await retire_answered(database, api.clock.now_ms()) == 0
        left = await api.rows("SELECT key FROM feed_row WHERE feed_id = 'store/S001/opening-stock'")
        assert left == [(f"opening/{import_id}/4",)]
        answers = (await http.get(f"/api/v1/imports/{import_id}")).json()["answers"]
        assert answers == [{"store_id": "S001", "sent": 3, "opened": 1, "refused": 1}]
        again = await admin.bring("opening_stock", "item,quantity\nA000002,5\n", store="S001")
        assert again["state"] == "ready", "a refused line may be sent again; the store decides"
