"""Facts as COPY text: every kind has a projector, and PostgreSQL's reading of a row gives back what the fact said."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.projections import PROJECTORS, project
from cloud.ingest.rows import Origin, Projected, Unprojectable
from cloud.ingest.tables import (
    COPY_ORDER,
    GOODS_LEFT,
    NULL,
    REV,
    SALE,
    SALE_LINE,
    SHELF_AUDIT,
    SHELF_AUDIT_LINE,
    STOCK_COUNT,
    STOCK_MOVE,
    Table,
)
from protocols.contract.facts import (
    STREAM_OF,
    AuditedLine,
    CountedLine,
    FactBody,
    GoodsLeft,
    GoodsReceived,
    LabelBound,
    LeftLine,
    ReceivedLine,
    ShelfAudited,
    StockCounted,
    StockMoved,
    StoreAlarm,
    encode_fact,
)
from protocols.contract.sale_parts import Override, ReceiptNumber, SaleLine, Tender, UnitDiscount
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import ClockQuality, Place, TaxMode

ORIGIN = Origin("S001", 3)
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=40)
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)", re.DOTALL)


def encode(body: FactBody) -> bytes:
    return encode_fact(
        body,
        event_id="e-1",
        at_ms=1_700_000_000_000,
        mono_ms=5,
        boot_id="b",
        clock=ClockQuality.HOLDOVER,
        business_date="2026-11-25",
    )


ALARM = encode(StoreAlarm(alarm="a", detail="d"))


def read_copy(table: Table, text: str) -> list[dict[str, str | None]]:
    """Rows as PostgreSQL reads COPY text (its manual, "COPY", Text Format)."""
    assert text.endswith("\n")
    rows = []
    for line in text[:-1].split("\n"):
        values = [None if value == NULL else _unescape(value) for value in line.split("\t")]
        rows.append(dict(zip(table.columns, values, strict=True)))
    return rows


def _unescape(value: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1]
        if len(code) == 3:
            return chr(int(code[1:], 16))
        return {"n": "\n", "r": "\r", "t": "\t"}.get(code, code)

    return _ESCAPE.sub(one, value)


def sale(*lines: SaleLine) -> SaleClosed:
    return SaleClosed(
        sale_id="sale-1",
        command_id="c-1",
        store_id="S001",
        till_id="1",
        cashier_id="7",
        shift_id="sh-1",
        receipt=ReceiptNumber(till_id="1", incarnation=2, number=15),
        currency="EUR",
        tax_mode=TaxMode.INCLUSIVE,
        lines=lines,
        total_minor=500,
        tax_minor=30,
        tenders=(Tender(kind="cash", amount_minor=500),),
        opened_at_ms=9,
    )


def line(name: str = "Milk", **more: object) -> SaleLine:
    fields: dict[str, object] = {
        "line_no": 1,
        "item_id": "i-1",
        "name": name,
        "gtin": "",
        "quantity": 1,
        "stock_thousandths": 1000,
        "unit_price_minor": 500,
        "price_revision": 4,
        "list_price_minor": 500,
        "net_minor": 500,
        "tax_class": "std",
        "tax_rate_bp": 1900,
        "tax_minor": 80,
    }
    return msgspec.convert({**fields, **more}, SaleLine)


def test_every_kind_of_fact_has_a_projector() -> None:
    assert set(PROJECTORS) == set(STREAM_OF)


def test_goods_that_came_and_goods_that_were_counted_move_the_stock() -> None:
    lines = (
        ReceivedLine(line_no=1, item_id="i-1", quantity_thousandths=3_000),
        ReceivedLine(line_no=2, item_id="i-2", quantity_thousandths=5),
    )
    received = GoodsReceived(
        receipt_id="r-1", place=Place.BACK_ROOM, how="scan", lines=lines, reference="note 7", staff_id="7"
    )
    found = project(ORIGIN, 8, encode(received))
    assert isinstance(found, Projected)
    moves = read_copy(STOCK_MOVE, dict(found.texts)[STOCK_MOVE])
    assert [(row["move_id"], row["item_id"], row["quantity_thousandths"], row["reason"]) for row in moves] == [
        ("r-1/1", "i-1", "3000", "receipt"),
        ("r-1/2", "i-2", "5", "receipt"),
    ]
    same = CountedLine(line_no=1, item_id="i-1", expected_thousandths=3_000, counted_thousandths=3_000)
    less = CountedLine(line_no=2, item_id="i-2", expected_thousandths=2_000, counted_thousandths=-1)
    counted = project(
        ORIGIN, 9, encode(StockCounted(count_id="c-1", place=Place.SALES_FLOOR, staff_id="7", lines=(same, less)))
    )
    assert isinstance(counted, Projected)
    assert len(read_copy(STOCK_COUNT, dict(counted.texts)[STOCK_COUNT])) == 2
    (row,) = read_copy(STOCK_MOVE, dict(counted.texts)[STOCK_MOVE])
    assert (row["move_id"], row["quantity_thousandths"], row["reason"]) == ("c-1/2", "-2001", "count")


def test_goods_that_left_move_no_stock() -> None:
    left = GoodsLeft(passage_id="p-1", device_id="portal", lines=(LeftLine(epc="urn:epc:id:sgtin:1.2.3"), LeftLine(epc="x")))
    found = project(ORIGIN, 8, encode(left))
    assert isinstance(found, Projected)
    assert [table.name for table, _ in found.texts] == ["goods_left"]
    assert len(read_copy(GOODS_LEFT, dict(found.texts)[GOODS_LEFT])) == 2


def test_a_row_of_every_table_ends_with_its_step() -> None:
    assert all(table.columns[0] == "store_id" and table.columns[-1] == "ingest_rev" for table in COPY_ORDER)


@given(name=TEXTS, reference=TEXTS, reason=TEXTS)
def test_any_text_survives(name: str, reference: str, reason: str) -> None:
    overrides = (Override(what="price", reason=reason, approver_id="9"),)
    discounts = (UnitDiscount(promotion_id=name, shares_minor=(1, 2)),)
    found = project(ORIGIN, 8, encode(sale(line(name), line(name, line_no=2, overrides=overrides, discounts=discounts))))
    assert isinstance(found, Projected)
    assert (found.table, found.key) == (SALE, "sale-1")
    rows = read_copy(SALE_LINE, dict(found.texts)[SALE_LINE])
    assert [row["name"] for row in rows] == [name, name]
    assert rows[0]["overrides"] is None
    assert msgspec.json.decode(rows[1]["overrides"] or "", type=tuple[Override, ...]) == overrides
    assert msgspec.json.decode(rows[1]["discounts"] or "", type=tuple[UnitDiscount, ...]) == discounts
    move = StockMoved(
        move_id="m-1", item_id="i-1", place=Place.BACK_ROOM, quantity_thousandths=-7, reason=reason, reference=reference
    )
    moved = project(ORIGIN, 9, encode(move))
    assert isinstance(moved, Projected)
    (row,) = read_copy(STOCK_MOVE, dict(moved.texts)[STOCK_MOVE])
    assert (row["reason"], row["reference"], row["place"], row["seq"]) == (reason, reference, "back_room", "9")


def test_a_sale_becomes_its_row_its_lines_and_its_tenders() -> None:
    found = project(ORIGIN, 8, encode(sale(line(grams=250), line(line_no=2))))
    assert isinstance(found, Projected)
    texts = dict(found.texts)
    (row,) = read_copy(SALE, texts[SALE])
    assert (row["store_id"], row["incarnation"], row["seq"], row["receipt_number"]) == ("S001", "3", "8", "15")
    assert (row["line_count"], row["clock"], row["member_id"], row["ingest_rev"]) == ("2", "holdover", None, REV)
    assert [each["grams"] for each in read_copy(SALE_LINE, texts[SALE_LINE])] == ["250", None]


def test_a_plain_fact_takes_its_columns_by_name() -> None:
    found = project(ORIGIN, 1, encode(LabelBound(label_id="L1", item_id=None, staff_id="7")))
    assert isinstance(found, Projected)
    ((table, text),) = found.texts
    (row,) = read_copy(table, text)
    assert row == {
        "store_id": "S001",
        "event_id": "e-1",
        "at_ms": "1700000000000",
        "label_id": "L1",
        "item_id": None,
        "staff_id": "7",
        "more_items": None,
        "ingest_rev": REV,
    }


@given(items=st.lists(TEXTS, min_size=1, max_size=3))
def test_further_items_of_a_label_are_kept_as_json(items: list[str]) -> None:
    found = project(ORIGIN, 1, encode(LabelBound(label_id="L1", item_id="i-1", more_items=tuple(items))))
    assert isinstance(found, Projected)
    ((table, text),) = found.texts
    (row,) = read_copy(table, text)
    assert msgspec.json.decode(row["more_items"] or "", type=list[str]) == items


def audit(*findings: str) -> ShelfAudited:
    lines = tuple(
        AuditedLine(line_no=number, item_id="i-1", stratum="A", finding=finding, seen_minor=100, till_minor=110)
        for number, finding in enumerate(findings, start=1)
    )
    return ShelfAudited(
        audit_id="a-1", how="random", scope="items", seed="s", population=9, currency="EUR", opened_at_ms=1, lines=lines
    )


def test_a_price_check_becomes_its_score_and_its_lines() -> None:
    found = project(ORIGIN, 1, encode(audit("overcharge", "unchecked")))
    assert isinstance(found, Projected)
    texts = dict(found.texts)
    (row,) = read_copy(SHELF_AUDIT, texts[SHELF_AUDIT])
    assert (row["checked_count"], row["overcharge_count"], row["accuracy_bp"], row["passed"]) == ("1", "1", "0", "False")
    lines = read_copy(SHELF_AUDIT_LINE, texts[SHELF_AUDIT_LINE])
    assert [line["finding"] for line in lines] == ["overcharge", "unchecked"]


def test_a_finding_of_newer_software_waits_in_quarantine() -> None:
    found = project(ORIGIN, 1, encode(audit("correct", "half_right")))
    assert isinstance(found, Unprojectable)
    assert "half_right" in found.reason


@pytest.mark.parametrize(
    ("fact", "kind", "reason"),
    [
        (ALARM.replace(b"StoreAlarm", b"StoreAlert"), "StoreAlert", "unknown kind"),
        (ALARM.replace(b'"kind":"StoreAlarm"', b'"kind":"FactsShed"', 1), "FactsShed", "kind"),
        (ALARM.replace(b'"detail":"d"', b'"detail":"d","new":' + b"[" * 50_000 + b"]" * 50_000), "", "deep"),
        (b"", "", "truncated"),
        (b"[]", "", "Expected `object`"),
        (b"\xff\xff", "", ""),
        (ALARM.replace(b'"detail":"d"', b'"detail":7'), "StoreAlarm", "Expected `str`"),
    ],
)
def test_what_cannot_be_projected_says_why(fact: bytes, kind: str, reason: str) -> None:
    found = project(ORIGIN, 1, fact)
    assert isinstance(found, Unprojectable)
    assert found.kind == kind
    assert reason in found.reason


@given(st.binary(max_size=200))
def test_no_bytes_raise(fact: bytes) -> None:
    project(ORIGIN, 1, fact)
