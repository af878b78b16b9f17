"""Every report over facts that came from stores: right sums, each person's own stores only, the same rows as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from cloud.clock import SystemClock, SystemRandom
from cloud.reports.registry import REPORTS
from cloud.users.domain import Role
from protocols.contract.facts import (
    AuditedLine,
    CountedLine,
    GoodsReceived,
    ReceivedLine,
    SaleClosed,
    ShelfAudited,
    StockCounted,
)
from protocols.contract.sale_parts import ReceiptNumber, Tender, UnitDiscount
from protocols.contract.stock_facts import BookCompared, GoodsLine, StockWrittenOff
from protocols.contract.till_facts import GoodsReturned, PresaleEnded, PresaleTaken, ReturnedLine, TillEvent
from protocols.contract.values import Place, TaxMode
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import add_store, desk
from tests.support.hq_store import SimStore, StoreMemory


@pytest.fixture
async def api(any_database: GroundDatabase) -> AsyncIterator[HqApi]:
    """Two stores that sold twice, took in a delivery, counted, wrote something off and compared book and tags."""
    async with any_database.open() as app, any_database.open_ingest() as ingest, desk(ingest) as running:
        for store_id in ("S001", "S002"):
            await add_store(app, store_id)
            store = SimStore(StoreMemory(store_id), SystemClock(), SystemRandom())
            store.connect()
            store.sell(1)
            second = store.make_sale()
            store.report(with_a_promotion(second))
            delivered = ReceivedLine(line_no=1, item_id="i-milk-1", quantity_thousandths=12_000)
            store.report(
                GoodsReceived(receipt_id="r-1", place=Place.BACK_ROOM, how="scan", lines=(delivered,), reference="note 7")
            )
            counted = CountedLine(line_no=1, item_id="i-milk-1", expected_thousandths=8_000, counted_thousandths=7_000)
            store.report(StockCounted(count_id="c-1", place=Place.SALES_FLOOR, staff_id="7", lines=(counted,)))
            store.report(
                BookCompared(
                    comparison_id="b-1", place=Place.SALES_FLOOR, items=4, equal=3, pieces_missing=1, pieces_extra=0
                )
            )
            broken = GoodsLine(line_no=1, item_id="i-milk-1", quantity_thousandths=1_000)
            store.report(
                StockWrittenOff(write_off_id="w-1", place=Place.SALES_FLOOR, reason="damaged", lines=(broken,), staff_id="7")
            )
            store.report(audit())
            store.report(TillEvent(code=13014, till_id="1", cashier_id="7", detail="1-1-000001"))
            store.report(came_back(store_id))
            deposit_taken_and_kept(store, second)
            await store.exchange(running.door(store_id))
        yield HqApi(app)


def deposit_taken_and_kept(store: SimStore, sale: SaleClosed) -> None:
    """In a sale, of a customer who never came again."""
    taken = PresaleTaken(
        presale_id="d-1", sale_id=sale.sale_id, item_id="i-milk-1", quantity=2, deposit_minor=100, note="Ms Li"
    )
    kept = PresaleEnded(
        presale_id="d-1", how="kept", amount_minor=100, till_id="1", cashier_id="7", approver_id="9", why="not_collected"
    )
    store.report(taken)
    store.report(kept)


def came_back(store_id: str) -> GoodsReturned:
    """A piece without a receipt, paid back in cash."""
    line = ReturnedLine(
        return_no=1,
        item_id="i-milk-1",
        name="Milk 1 l",
        quantity=1,
        stock_thousandths=1_000,
        reason="unwanted",
        refund_minor=129,
        tax_class="food",
        tax_rate_bp=700,
        tax_minor=8,
    )
    return GoodsReturned(
        return_id="back-1",
        command_id="back",
        store_id=store_id,
        till_id="1",
        cashier_id="7",
        shift_id="shift-1",
        receipt=ReceiptNumber(till_id="1", incarnation=1, number=9),
        currency="EUR",
        tax_mode=TaxMode.INCLUSIVE,
        policy="no_receipt",
        lines=(line,),
        total_minor=129,
        tax_minor=8,
        tenders=(Tender(kind="cash", amount_minor=129),),
    )


def with_a_promotion(sale: SaleClosed) -> SaleClosed:
    """The same total, of which a promotion has taken 4 off each of two pieces, and somebody 1 off one by hand."""
    offer = UnitDiscount(promotion_id="four", shares_minor=(4, 4), name="Four off")
    manual = UnitDiscount(promotion_id="manual:line", shares_minor=(1, 0))
    first = structs.replace(sale.lines[0], unit_price_minor=134, net_minor=259, discounts=(offer, manual))
    second = structs.replace(sale.lines[1], net_minor=257)
    return structs.replace(sale, lines=(first, second, *sale.lines[2:]))


def audit() -> ShelfAudited:
    """One price right, one too high at the till, one nobody could read, one that was not drawn."""
    made = [("correct", 129, 129, True), ("overcharge", 129, 149, True), ("missing", None, 129, True)]
    lines = tuple(
        AuditedLine(
            line_no=number,
            item_id="i-milk-1",
            stratum="A1",
            sampled=sampled,
            finding=finding,
            seen_minor=seen,
            till_minor=till,
        )
        for number, (finding, seen, till, sampled) in enumerate([*made, ("undercharge", 200, 150, False)], start=1)
    )
    return ShelfAudited(
        audit_id="a-1",
        how="stratified",
        scope="items",
        seed="K7M2",
        population=40,
        currency="EUR",
        opened_at_ms=1,
        staff_id="7",
        lines=lines,
    )


PERIOD = {"from_date": "2000-01-01", "upto_date": "2001-01-01"}


async def period_of(api: HqApi) -> dict[str, str]:
    """The one day the stores sold on."""
    ((day,),) = await api.rows("SELECT DISTINCT business_date::text FROM visible_sale")
    return {"from_date": str(day), "upto_date": str(day)}


async def test_reports_tell_what_the_stores_did(api: HqApi) -> None:
    period = await period_of(api)
    async with await api.person(Role.VIEWER) as client:
        names = [report["name"] for report in (await client.get("/api/v1/reports")).json()]
        assert names == [report.name for report in REPORTS]
        found = {name: (await client.get(f"/api/v1/reports/{name}", params=period)).json()["rows"] for name in names}
        hours = found["sales-by-hour"]
        assert (sum(row[2] for row in hours), sum(row[4] for row in hours)) == (4, 4 * 774)
        assert sorted(row[4:] for row in found["best-sellers"]) == [[8_000, 1_030], [8_000, 1_032], [8_000, 1_034]]
        assert found["promotions"] == [["four", "Four off", "EUR", 2, 4, 16, 518, 300]]
        assert [row[5:8] for row in found["count-differences"]] == [[8_000, 7_000, -1_000]] * 2
        assert [(row[0], row[2], row[6]) for row in found["goods-received"]] == [
            ("S002", "note 7", 12_000),
            ("S001", "note 7", 12_000),
        ]
        assert [tuple(row[2:8]) for row in found["shelf-audits"]] == [(5_000, "failed", 2, 1, 0, 1)] * 2
        assert [(row[0], row[4], row[8]) for row in found["shelf-differences"]] == [
            ("S001", "undercharge", -50),
            ("S002", "undercharge", -50),
            ("S001", "overcharge", 20),
            ("S002", "overcharge", 20),
            ("S001", "missing", None),
            ("S002", "missing", None),
        ]
        assert [(row[1], row[3], row[5]) for row in found["staff-figures"]] == [("7", 2, 2 * 774)] * 2
        assert sum(row[6] for row in found["tax-by-rate"]) == 4 * 774 - 2 * 129
        assert [(row[1], row[3], row[6]) for row in found["tenders"]] == [("cash", 4, 4 * 774 - 2 * 129)]
        assert [(row[3], row[4], row[9]) for row in found["till-events"]] == [(13_014, "copy", "1-1-000001")] * 2
        deposits = [(row[2], row[4], row[7], row[8], row[9]) for row in found["deposits"]]
        assert deposits == [("d-1", 2, 100, "kept", "not_collected")] * 2
        only = (await client.get("/api/v1/reports/sales-by-hour", params={**period, "store_id": "S002"})).json()["rows"]
        assert sum(row[2] for row in only) == 2
        assert (await client.get("/api/v1/reports/sales-by-hour", params=PERIOD)).json()["rows"] == []
        wrong = {"from_date": period["upto_date"], "upto_date": "2001-01-01"}
        assert (await client.get("/api/v1/reports/best-sellers", params=wrong)).status_code == 422
        assert (await client.get("/api/v1/reports/none", params=period)).status_code == 404


async def test_a_file_holds_the_rows_of_the_report(api: HqApi) -> None:
    period = await period_of(api)
    async with await api.person(Role.VIEWER) as client:
        for report in REPORTS:
            rows = (await client.get(f"/api/v1/reports/{report.name}", params=period)).json()["rows"]
            answer = await client.get(f"/api/v1/reports/{report.name}/csv", params=period)
            lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
            assert len(lines) == len(rows) + 1 > 1
            assert len(lines[0]) == len(report.columns)


async def test_a_person_of_one_store_is_told_of_that_store_alone(api: HqApi) -> None:
    period = await period_of(api)
    async with await api.person(Role.VIEWER, ("S001",)) as one, await api.person(Role.VIEWER) as everybody:
        for report in REPORTS:
            mine = (await one.get(f"/api/v1/reports/{report.name}", params=period)).json()["rows"]
            whole = {**period, "store_id": "S001"}
            assert mine == (await everybody.get(f"/api/v1/reports/{report.name}", params=whole)).json()["rows"]
            assert mine
