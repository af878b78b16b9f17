"""Shifts, payments and a day at HQ, from facts a store sent: added up anew, held against the acquirer's file, exported."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Scope
from cloud.stores import service as stores
from cloud.stores.domain import StoreSettings
from cloud.users.domain import Role
from protocols.contract.feed_rows import StoreRow, decode_row
from protocols.contract.sale_parts import Tender
from protocols.contract.till_facts import (
    CashMoved,
    PaymentAsked,
    PaymentEnded,
    ShiftClosed,
    ShiftOpened,
    ShiftTender,
    TillEvent,
)
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import add_store, desk
from tests.support.hq_store import SimStore, StoreMemory

SHIFT = "shift-1"
TOTAL = 774


@dataclass
class Till:
    """A store's till, and HQ that heard of it."""

    api: HqApi
    day: str


def paid_by_card(store: SimStore, attempt_id: str, *, booked: bool = True) -> None:
    """A card payment that was approved, and the sale that has it."""
    sale = store.make_sale()
    asked = PaymentAsked(attempt_id=attempt_id, sale_id=sale.sale_id, till_id="1", method="card", amount_minor=TOTAL)
    store.report(asked)
    store.report(
        PaymentEnded(
            attempt_id=attempt_id,
            sale_id=sale.sale_id,
            till_id="1",
            method="card",
            amount_minor=TOTAL,
            outcome="approved",
            reference=f"ref {attempt_id}",
            card_tail="4242",
        )
    )
    if booked:
        tender = Tender(kind="card", amount_minor=TOTAL, attempt_id=attempt_id, reference=f"ref {attempt_id}")
        store.report(msgspec.structs.replace(sale, tenders=(tender,)))


@pytest.fixture
async def till(any_database: GroundDatabase) -> AsyncIterator[Till]:
    """A shift with a cash sale, three card payments (one without a sale), cash taken out, and its end."""
    async with any_database.open() as app, any_database.open_ingest() as ingest, desk(ingest) as running:
        await add_store(app, "S001")
        store = SimStore(StoreMemory("S001"), SystemClock(), SystemRandom())
        store.connect()
        store.report(ShiftOpened(shift_id=SHIFT, till_id="1", cashier_id="7", float_minor=10_000))
        store.sell()
        for attempt_id, booked in (("a-1", True), ("a-2", True), ("a-3", False)):
            paid_by_card(store, attempt_id, booked=booked)
        store.report(CashMoved(move_id="m-1", shift_id=SHIFT, till_id="1", cashier_id="7", amount_minor=-500, why="bank"))
        store.report(TillEvent(code=13021, till_id="1", cashier_id="7", item_id="i-1", before="129", after="99"))
        tenders = (
            ShiftTender(kind="cash", expected_minor=10_000 + TOTAL - 500, counted_minor=10_274, sales=1),
            ShiftTender(kind="card", expected_minor=2 * TOTAL, sales=2),
        )
        store.report(
            ShiftClosed(
                shift_id=SHIFT,
                till_id="1",
                cashier_id="7",
                sale_count=3,
                expected_minor=10_274,
                counted_minor=10_274,
                difference_minor=0,
                tenders=tenders,
                cash_out_minor=500,
                z_number=1,
            )
        )
        await store.exchange(running.door("S001"))
        day = datetime.datetime.fromtimestamp(store.clock.now_ms() / 1000, datetime.UTC).date()
        yield Till(HqApi(app), day.isoformat())


async def test_a_shift_is_added_up_anew_from_what_the_store_sent(till: Till) -> None:
    async with await till.api.person(Role.VIEWER) as client:
        rows = (await client.get("/api/v1/shifts", params={"from": till.day, "to": till.day})).json()["rows"]
        assert [(row["shift_id"], row["z_number"], row["difference_minor"]) for row in rows] == [(SHIFT, 1, 0)]
        shift = (await client.get(f"/api/v1/stores/S001/shifts/{SHIFT}")).json()
        assert (shift["sale_count"], shift["sales_minor"], shift["cash_out_minor"]) == (3, 3 * TOTAL, 500)
        assert (shift["cash_expected_minor"], shift["price_change_count"], shift["agrees"]) == (10_274, 1, True), shift
        assert [(row["kind"], row["expected_minor"]) for row in shift["tenders"]] == [("cash", 10_274), ("card", 1_548)]
        assert sum(row["gross_minor"] for row in shift["tax"]) == 3 * TOTAL
        assert (await client.get("/api/v1/stores/S001/shifts/none")).status_code == 404


async def test_payments_without_a_sale_are_found_before_any_file(till: Till) -> None:
    async with await till.api.person(Role.VIEWER) as client:
        found = (await client.get(f"/api/v1/stores/S001/reconciliation/{till.day}")).json()
        assert found["counts"] == {"not_booked": 1, "only_till": 0, "only_acquirer": 0, "amount_differs": 0, "agrees": 2}
        assert found["pairs"][0]["ours"]["attempt_id"] == "a-3"


async def test_the_acquirers_file_is_held_against_the_till_line_by_line(till: Till) -> None:
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = f"reference,attempt_id,amount_minor,at\nref a-1,a-1,774,{now}\nref a-2,a-2,700,{now}\nref x,,55,{now}\n"
    async with await till.api.person(Role.OPERATIONS) as client, await till.api.person(Role.VIEWER) as viewer:
        path = "/api/v1/stores/S001/acquirer-files"
        assert (await viewer.post(path, content=content)).status_code == 403
        bad = await client.post(path, content="reference,amount_minor,at\nr,x,2026-11-20\n")
        assert bad.status_code == 422
        assert "line 2, amount_minor" in bad.json()["errors"][0]["pointer"]
        file = (await client.post(path, params={"name": "acquirer.csv"}, content=content)).json()
        assert (file["name"], file["line_count"]) == ("acquirer.csv", 3)
        assert (await client.post(path, content=content)).status_code == 200, "the same file again changes nothing"
        found = (await viewer.get(f"/api/v1/stores/S001/reconciliation/{till.day}")).json()
        assert [(pair["finding"], pair["difference_minor"]) for pair in found["pairs"]] == [
            ("not_booked", -774),
            ("only_acquirer", 55),
            ("amount_differs", -74),
            ("agrees", 0),
        ]
        assert (found["ours_minor"], found["theirs_minor"]) == (3 * TOTAL, 774 + 700 + 55)
        assert (await client.delete(f"{path}/{file['file_id']}")).status_code == 204
        assert (await viewer.get(f"/api/v1/stores/S001/reconciliation/{till.day}")).json()["files"] == []


async def test_a_day_as_poslog_has_every_transaction_once_and_adds_up(till: Till) -> None:
    async with await till.api.person(Role.VIEWER) as client:
        answer = await client.get(f"/api/v1/stores/S001/days/{till.day}/poslog")
        log = answer.json()
        assert answer.headers["content-disposition"].endswith(f'poslog-S001-{till.day}.json"')
        transactions = log["Transaction"]
        numbers = [each["SequenceNumber"] for each in transactions]
        assert numbers == sorted(set(numbers))
        sales = [each["RetailTransaction"] for each in transactions if "RetailTransaction" in each]
        gross = [
            total["Amount"] for sale in sales for total in sale["Total"] if total["TotalType"] == "TransactionGrossAmount"
        ]
        assert gross == ["7.74"] * 3
        control = [each["ControlTransaction"]["EventType"] for each in transactions if "ControlTransaction" in each]
        assert control == ["ShiftOpened", "CashMoved", "PriceChanged", "ShiftClosed"]
        tendered = [line["Tender"]["TenderType"] for sale in sales for line in sale["LineItem"] if "Tender" in line]
        assert tendered == ["cash", "card", "card"]


RULES = {
    "variance_limit_minor": 250,
    "cash_warning_minor": 90_000,
    "return_days": 14,
    "no_receipt_days": 7,
    "refund_cash_max_minor": 5_000,
    "return_policy": ["Within 14 days, with the receipt."],
    "invoice_url": "https://invoices.example/ask",
    "loss": [{"what": "no_sale", "most": 2, "within_minutes": 30}],
    "negative_stock": "refuse",
}


async def test_the_rules_of_the_tills_reach_the_store_and_survive_other_changes(till: Till) -> None:
    async with await till.api.person(Role.OPERATIONS) as client:
        path = "/api/v1/stores/S001/till-settings"
        assert (await client.get(path)).json()["return_days"] == 30
        assert (await client.put(path, json=RULES)).status_code == 200
        async with till.api.database.transaction(Scope.everything()) as tx:
            await stores.change_store(tx, StoreSettings("S001", "Store One", "north", "UTC"), now_ms=2)
        told = {key: value for key, value in (await client.get(path)).json().items() if key in RULES}
        assert told == RULES
    ((body,),) = await till.api.rows("SELECT body FROM feed_row WHERE feed_id = 'store/S001/setup'")
    row = decode_row(bytes(str(body), "utf-8") if isinstance(body, str) else bytes(body))
    assert isinstance(row, StoreRow)
    assert (row.name, row.return_days, row.till_rules.variance_limit_minor) == ("Store One", 14, 250)
    assert [(rule.what, rule.most) for rule in row.till_rules.loss] == [("no_sale", 2)]
    assert row.till_rules.negative_stock == "refuse"


async def test_rules_that_cannot_be_are_refused_by_field(till: Till) -> None:
    async with await till.api.person(Role.OPERATIONS) as client:
        wrong = {
            **RULES,
            "return_days": -1,
            "invoice_url": "ftp://x",
            "loss": [{"what": "sneezing", "most": 1, "within_minutes": 0}],
        }
        refused = await client.put("/api/v1/stores/S001/till-settings", json=wrong)
    assert refused.status_code == 422
    named = [each["pointer"].removeprefix("/") for each in refused.json()["errors"]]
    assert named == ["return_days", "invoice_url", "loss/0/what", "loss/0/within_minutes"]


async def test_how_far_a_right_goes_travels_with_the_person(till: Till) -> None:
    async with await till.api.person(Role.OPERATIONS) as client:
        path = "/api/v1/stores/S001/staff/9"
        body = {"name": "Ann", "rights": ["till", "discount"], "pin": "4821", "limits": {"discount": 1_000}}
        assert (await client.put(path, json=body)).status_code == 200
        listed = (await client.get("/api/v1/stores/S001/staff")).json()["rows"]
        assert listed[0]["limits"] == {"discount": 1_000}
        refused = await client.put(path, json={**body, "limits": {"till": 5}})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/limits/till")
