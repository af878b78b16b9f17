"""Returns at headquarters: what a store is told of another's sale, units set aside once, clashes, reports, invoices."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database, Scope
from cloud.edge_api.questions import QuestionDoor
from cloud.invoices.service import make_due
from cloud.returns.domain import RESERVED_MS
from edge.checkout.sold_units import sold_lines
from protocols.clock import IdSource
from protocols.contract.questions import Answer, Question, QuestionRefused, decode_answer, encode_question
from protocols.contract.returns import FindSale, ReserveReturn, ReturnReserved, SaleFound, UnitsWanted
from protocols.contract.sale_parts import ReceiptNumber, Tender, UnitDiscount
from protocols.contract.till_facts import GoodsReturned, ReturnedLine, SaleClosed
from protocols.contract.values import TaxMode
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import add_store, desk
from tests.support.hq_store import SimStore, StoreMemory


@dataclass
class Hq:
    """Headquarters with two stores that tell it facts."""

    database: Database
    stores: dict[str, SimStore]
    running: object
    now_ms: int = 1_000_000

    async def tell(self, store_id: str, *facts: SaleClosed | GoodsReturned) -> None:
        store = self.stores[store_id]
        for fact in facts:
            store.report(fact)
        await store.exchange(self.running.door(store_id))  # type: ignore[attr-defined]

    async def ask(self, store_id: str, question: Question) -> Answer:
        body = await QuestionDoor(self.database).ask(store_id, encode_question(question), self.now_ms)
        return decode_answer(body)


@pytest.fixture
async def hq(embedded_database: GroundDatabase) -> AsyncIterator[Hq]:
    async with embedded_database.open() as app, embedded_database.open_ingest() as ingest, desk(ingest) as running:
        stores = {}
        for store_id in ("S001", "S002"):
            await add_store(app, store_id)
            stores[store_id] = SimStore(StoreMemory(store_id), SystemClock(), SystemRandom())
            stores[store_id].connect()
        yield Hq(app, stores, running)


def sale_of(store: SimStore) -> SaleClosed:
    """Three of one thing with 1.00 off, shared over them, and one of another; paid by card."""
    made = store.make_sale(lines=2)
    first, second = made.lines
    off = UnitDiscount(promotion_id="p-1", shares_minor=(34, 33, 33), name="One off", layer="threshold")
    first = msgspec.structs.replace(
        first,
        quantity=3,
        stock_thousandths=3_000,
        unit_price_minor=200,
        base_unit_minor=None,
        net_minor=500,
        discounts=(off,),
    )
    second = msgspec.structs.replace(second, quantity=1, unit_price_minor=150, net_minor=150, discounts=())
    total = 650
    return msgspec.structs.replace(
        made,
        lines=(first, second),
        total_minor=total,
        tenders=(Tender(kind="card", amount_minor=total, reference="a-77", attempt_id="at-1"),),
        rounding_minor=0,
    )


def returned(
    store_id: str, sale: SaleClosed, line_no: int, first: int, quantity: int, refund: int, **more: object
) -> GoodsReturned:
    """So many units of a sale came back at a store."""
    line = sale.lines[line_no - 1]
    back = ReturnedLine(
        return_no=1, sold_line_no=line_no, item_id=line.item_id, name=line.name, quantity=quantity,
        stock_thousandths=quantity * 1000, reason="damaged", place=None, refund_minor=refund, tax_class=line.tax_class,
        tax_rate_bp=line.tax_rate_bp, tax_minor=0, first_unit=first,
    )  # fmt: skip
    fact = GoodsReturned(
        return_id=str(uuid.uuid4()), command_id=str(uuid.uuid4()), store_id=store_id, till_id="1", cashier_id="7",
        shift_id="sh", receipt=ReceiptNumber(till_id="1", incarnation=0, number=900 + first), currency=sale.currency,
        tax_mode=TaxMode.INCLUSIVE, sale_id=sale.sale_id, sold_store_id=sale.store_id, sold_receipt="x", policy="prorate",
        lines=(back,), total_minor=refund, tax_minor=0,
        tenders=(Tender(kind="card", amount_minor=refund, reference="a-77"),),
    )  # fmt: skip
    return msgspec.structs.replace(fact, **more)


def find(sale: SaleClosed) -> FindSale:
    receipt = sale.receipt
    return FindSale(
        question_id=str(uuid.uuid4()),
        store_id=sale.store_id,
        till_id=receipt.till_id,
        incarnation=receipt.incarnation,
        number=receipt.number,
    )


def reserve(sale: SaleClosed, basket_id: str, *wanted: tuple[int, int], sold: int = 3) -> ReserveReturn:
    lines = tuple(UnitsWanted(line_no=line_no, quantity=quantity, sold=sold) for line_no, quantity in wanted)
    return ReserveReturn(
        question_id=str(uuid.uuid4()), basket_id=basket_id, sold_store_id=sale.store_id, sale_id=sale.sale_id, lines=lines
    )


async def test_another_store_is_told_the_sale_unit_by_unit_and_what_came_back(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    await hq.tell("S001", sale, returned("S001", sale, 1, 0, 1, 166))
    answer = await hq.ask("S002", find(sale))
    assert isinstance(answer, SaleFound)
    assert [line.pays_minor for line in sold_lines(answer.sale)] == [line.pays_minor for line in sold_lines(sale)]
    assert [line.pays_minor for line in sold_lines(answer.sale)] == [(166, 167, 167), (150,)]
    assert answer.sale.tenders == sale.tenders
    [earlier] = answer.returns
    assert [(line.line_no, list(line.units), line.refund_minor) for line in earlier.lines] == [(1, [0], 166)]
    assert [(tender.kind, tender.amount_minor) for tender in earlier.tenders] == [("card", 166)]
    nobody = await hq.ask("S002", msgspec.structs.replace(find(sale), number=99_999))
    assert isinstance(nobody, QuestionRefused)
    assert nobody.code == "sale_unknown"


async def test_two_stores_never_get_the_same_unit(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    await hq.tell("S001", sale)
    first = await hq.ask("S001", reserve(sale, "b-1", (1, 2)))
    assert isinstance(first, ReturnReserved)
    assert [line.units for line in first.lines] == [(0, 1)]
    second = await hq.ask("S002", reserve(sale, "b-2", (1, 1), (2, 1)))
    assert isinstance(second, ReturnReserved)
    assert [line.units for line in second.lines] == [(2,), (0,)]
    third = await hq.ask("S002", reserve(sale, "b-3", (1, 1)))
    assert isinstance(third, QuestionRefused)
    assert (third.code, third.params) == ("returned_elsewhere", {"line_no": "1", "left": "0"})
    # The first lets one go: asked again for its basket, it keeps what it had.
    again = await hq.ask("S001", reserve(sale, "b-1", (1, 1)))
    assert isinstance(again, ReturnReserved)
    assert [line.units for line in again.lines] == [(0,)]
    assert isinstance(await hq.ask("S002", reserve(sale, "b-3", (1, 1))), ReturnReserved)


async def test_what_was_set_aside_ends_and_what_came_back_stays(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    await hq.tell("S001", sale)
    await hq.ask("S001", reserve(sale, "b-1", (1, 3)))
    hq.now_ms += RESERVED_MS + 1
    await hq.tell("S002", returned("S002", sale, 1, 0, 2, 333))
    answer = await hq.ask("S002", reserve(sale, "b-2", (1, 1)))
    assert isinstance(answer, ReturnReserved)
    assert [line.units for line in answer.lines] == [(2,)]


async def test_a_sale_on_its_way_is_believed_of_the_store_that_sold_it_alone(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    assert isinstance(await hq.ask("S001", reserve(sale, "b-1", (1, 2))), ReturnReserved)
    unknown = await hq.ask("S002", reserve(sale, "b-2", (1, 1)))
    assert isinstance(unknown, QuestionRefused)
    assert unknown.code == "sale_unknown"


async def test_what_came_back_twice_is_listed_and_reported(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    offline = returned("S002", sale, 1, 0, 1, 166, unverified=True)
    await hq.tell("S001", sale, returned("S001", sale, 1, 0, 2, 333))
    api = HqApi(hq.database)
    client = await api.person()
    assert (await client.get("/api/v1/return-clashes")).json() == {"rows": [], "cut": False}
    await hq.tell("S002", offline)
    [clash] = (await client.get("/api/v1/return-clashes")).json()["rows"]
    assert (clash["sold_store_id"], clash["line_no"], clash["sold"], clash["returned"]) == ("S001", 1, 3, 3)
    assert len(clash["returns"]) == 2
    ((day,),) = await api.rows("SELECT DISTINCT business_date::text FROM visible_sale")
    asked = {"from_date": day, "upto_date": day}
    report = (await client.get("/api/v1/reports/returns", params=asked)).json()
    names = [column["name"] for column in report["report"]["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in report["rows"]]
    assert [(row["store_id"], row["reason"], row["unit_count"], row["refund_minor"]) for row in rows] == [
        ("S001", "damaged", 2, 333),
        ("S002", "damaged", 1, 166),
    ]
    assert [(row["unverified_count"], row["clash_count"], row["no_receipt_count"]) for row in rows] == [(0, 1, 0), (1, 1, 0)]
    shown = (await client.get(f"/api/v1/sales/S001/{sale.sale_id}")).json()
    assert [(each["store_id"], each["quantity"], each["unverified"]) for each in shown["returns"]] == [
        ("S001", 2, False),
        ("S002", 1, True),
    ]
    days = (await client.get("/api/v1/sales/daily", params={"from": day, "to": day})).json()["rows"]
    assert [(row["store_id"], row["net_minor"], row["returned_minor"]) for row in days] == [
        ("S001", 650, 333),
        ("S002", 0, 166),
    ]


async def test_never_sold_units_are_a_clash_too(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    await hq.tell("S001", sale, returned("S001", sale, 2, 1, 1, 150))
    client = await HqApi(hq.database).person()
    [clash] = (await client.get("/api/v1/return-clashes")).json()["rows"]
    assert (clash["line_no"], clash["sold"], clash["returned"]) == (2, 1, 1)


async def invoice(client: object, sale: SaleClosed, **body: str) -> tuple[int, dict[str, object]]:
    asked = {"sale_id": sale.sale_id, "buyer_name": "Ms Lin", "buyer_tax_number": "91310000MA1", **body}
    answer = await client.post(f"/api/v1/stores/{sale.store_id}/invoices", json=asked)  # type: ignore[attr-defined]
    return answer.status_code, answer.json()


async def due(hq: Hq) -> None:
    async with hq.database.transaction(Scope.everything()) as tx:
        await make_due(tx, hq.now_ms, IdSource(SystemClock(), SystemRandom()))


async def test_an_invoice_is_made_once_for_a_receipt_and_issued_once(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    await hq.tell("S001", sale)
    client = await HqApi(hq.database).person()
    for _ in range(3):
        status, shown = await invoice(client, sale)
        assert (status, shown["state"]) == (200, "pending")
    receipt = f"{sale.receipt.till_id}-{sale.receipt.incarnation}-{sale.receipt.number:06d}"
    status, shown = await invoice(client, sale, sale_id="", receipt=receipt)
    assert (status, len(shown["documents"])) == (200, 1)  # type: ignore[arg-type]
    status, refused = await invoice(client, sale, buyer_name="Somebody else")
    assert (status, refused["code"]) == (409, "invoice_asked")
    (listed,) = (await client.get("/api/v1/invoices", params={"state": "pending"})).json()["rows"]
    assert (listed["sale_id"], listed["buyer_name"], listed["red_letters"]) == (sale.sale_id, "Ms Lin", 0)
    assert listed["amount_minor"] == sale.total_minor
    assert (await client.get("/api/v1/invoices", params={"state": "issued"})).json() == {"rows": [], "cut": False}
    [event] = (await client.get("/api/v1/invoice-documents")).json()["rows"]
    assert (event["type"], event["data"]["amount_minor"], event["data"]["buyer_name"]) == (
        "invoice.requested",
        650,
        "Ms Lin",
    )
    end = f"/api/v1/invoice-documents/{event['data']['document_id']}/end"
    assert (await client.post(end, json={"number": "24112000000099"})).status_code == 200
    assert (await client.post(end, json={"number": "24112000000099"})).status_code == 200, "told twice"
    assert (await client.post(end, json={"number": "24112000000100"})).status_code == 409, "issued once"
    assert (await client.post(end, json={"failed": "no"})).status_code == 409
    assert (await client.get("/api/v1/invoice-documents")).json()["rows"] == []


async def test_goods_that_come_back_take_a_part_of_the_invoice_back_once(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    await hq.tell("S001", sale, returned("S001", sale, 2, 0, 1, 150))
    client = await HqApi(hq.database).person()
    await invoice(client, sale)
    [event] = (await client.get("/api/v1/invoice-documents")).json()["rows"]
    assert event["data"]["amount_minor"] == 500, "what came back before is not on it"
    await hq.tell("S002", returned("S002", sale, 1, 0, 1, 166))
    for _ in range(3):
        await due(hq)
    assert len((await client.get("/api/v1/invoice-documents")).json()["rows"]) == 1, "a red letter waits for the invoice"
    await client.post(f"/api/v1/invoice-documents/{event['data']['document_id']}/end", json={"number": "N-1"})
    [red] = (await client.get("/api/v1/invoice-documents")).json()["rows"]
    assert (red["type"], red["data"]["amount_minor"], red["data"]["invoice_number"]) == (
        "invoice.red_letter_requested",
        166,
        "N-1",
    )


async def test_a_receipt_whose_till_was_offline_gets_its_invoice_when_the_sale_arrives(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    client = await HqApi(hq.database).person()
    status, shown = await invoice(client, sale)
    assert (status, shown["state"], shown["documents"]) == (200, "waiting", [])
    await due(hq)
    assert (await client.get("/api/v1/invoice-documents")).json()["rows"] == []
    await hq.tell("S001", sale)
    for _ in range(2):
        await due(hq)
    [event] = (await client.get("/api/v1/invoice-documents")).json()["rows"]
    assert event["data"]["amount_minor"] == 650


async def test_a_sale_of_which_everything_came_back_gets_no_invoice(hq: Hq) -> None:
    sale = sale_of(hq.stores["S001"])
    await hq.tell("S001", sale, returned("S001", sale, 1, 0, 3, 500), returned("S001", sale, 2, 0, 1, 150))
    client = await HqApi(hq.database).person()
    status, shown = await invoice(client, sale)
    assert (status, shown["state"]) == (200, "failed")
    assert (await client.get("/api/v1/invoice-documents")).json()["rows"] == []
