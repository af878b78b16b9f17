"""Import of advance shipping notices: reference, item, quantity, with batch, date, pallet and tags as far as they are known.

One notice per store and reference; a notice that is there already is told anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping

import msgspec

from cloud.db.pool import Connection
from cloud.deliveries import service
from cloud.deliveries.domain import LINES_MAX, QUANTITY_THOUSANDTHS_MAX, Notice
from cloud.imports import store
from cloud.imports.domain import Applying, Checked, ImportKind, OpenTable, Outcome, Problems
from cloud.imports.lines import GTIN, ITEM, STORE, Items, date_of, number_of, store_of, text_of
from cloud.imports.store import StoreFacts
from cloud.refusals import Conflict, Invalid
from cloud.tables.columns import Column
from cloud.tables.values import Row, TableRefused
from cloud.users.domain import Right
from protocols.contract.feed_stock import ASN_PART_LINES_MAX, AsnLine
from protocols.contract.values import THOUSANDTHS

COLUMNS = (
    STORE,
    Column("reference", ("reference", "delivery note", "asn", "delivery", "lieferschein", "送货单", "发货单")),
    Column("sender", ("sender", "supplier", "lieferant", "供应商", "发货方")),
    Column("expected", ("expected", "expected on", "arrival", "ankunft", "预计到达", "到货日期")),
    ITEM,
    GTIN,
    Column("quantity", ("quantity", "qty", "menge", "数量"), number=True),
    Column("batch", ("batch", "lot", "charge", "批次", "批号")),
    Column("expires", ("expires", "best before", "expiry", "mhd", "保质期", "有效期")),
    Column("sscc", ("sscc", "pallet", "nve", "托盘")),
    Column("epcs", ("epcs", "epc", "tags", "标签")),
)
DAY_MS = 86_400_000
_EPC = re.compile(r"urn:epc:id:[\w.:%!'()*+,;=/-]{1,200}|https?://\S{1,200}")
_SEPARATORS = re.compile(r"[\s|]+")


class PlannedLine(msgspec.Struct, frozen=True, array_like=True):
    """One line of a checked file."""

    line_no: int
    store_id: str
    reference: str
    sender: str
    expected_ms: int
    line: AsnLine


_plans = msgspec.msgpack.Decoder(list[PlannedLine])


async def check(tx: Connection, table: OpenTable, problems: Problems, now_ms: int) -> Checked:
    """See `domain.Check`."""
    if not table.map.has("store") and not table.choices.store:
        raise TableRefused("store", "The file names no store.", "Choose the store, or add a column 'store'.", "store")
    items = await Items.of(tx, table)
    stores = await store.stores(tx)
    lines = await asyncio.to_thread(_read, table, items, stores, problems, now_ms)
    notices = {(line.store_id, line.reference) for line in lines}
    notes = (f"{len(lines)} line(s) of {len(notices)} notice(s) are sent to the stores.",) if lines else ()
    return Checked(changes=len(lines), unchanged=0, notes=notes, plan=msgspec.msgpack.encode(lines))


def _read(
    table: OpenTable, items: Items, stores: Mapping[str, StoreFacts], problems: Problems, now_ms: int
) -> list[PlannedLine]:
    """The lines to send. Runs in a thread."""
    lines: list[PlannedLine] = []
    counts: dict[tuple[str, str], int] = {}
    for row in table.rows:
        store_id = store_of(table, row, stores, problems)
        reference = text_of(table.cell(row, "reference"))
        if not 1 <= len(reference) <= 80:
            remedy = "Give the number of the delivery note."
            problems.error(row.line_no, table.map.heading("reference"), "missing or too long", remedy)
        expected_ms = _expected_ms(table, row, problems, now_ms)
        line = _line(table, row, items, problems)
        if line is None or problems.bad(row.line_no):
            continue
        key = (store_id, reference)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] > LINES_MAX:
            problem = f"more than {LINES_MAX} lines of one notice"
            problems.error(row.line_no, table.map.heading("reference"), problem, "Use several references.")
            continue
        sender = text_of(table.cell(row, "sender"))[:120]
        numbered = msgspec.structs.replace(line, line_no=counts[key])
        lines.append(PlannedLine(row.line_no, store_id, reference, sender or "-", expected_ms, numbered))
    return lines


def _expected_ms(table: OpenTable, row: Row, problems: Problems, now_ms: int) -> int:
    """Noon of the day the file says; tomorrow when it says none."""
    if not table.map.has("expected") or not text_of(table.cell(row, "expected")):
        return now_ms + DAY_MS
    day = date_of(table, row, "expected", problems)
    return now_ms + DAY_MS if day is None else (day.toordinal() - 719_163) * DAY_MS + DAY_MS // 2


def _line(table: OpenTable, row: Row, items: Items, problems: Problems) -> AsnLine | None:
    item = items.of_row(table, row, problems)
    number = number_of(table, row, "quantity", 3 if item is not None and item.weighed else 0, problems)
    if item is None or number is None:
        return None
    quantity = number if item.weighed else number * THOUSANDTHS
    if not 0 < quantity <= QUANTITY_THOUSANDTHS_MAX:
        problems.error(
            row.line_no, table.map.heading("quantity"), "not a quantity", "Give what comes, in pieces or kilograms."
        )
    batch, sscc = text_of(table.cell(row, "batch")), text_of(table.cell(row, "sscc"))
    if len(batch) > 20:
        problems.error(row.line_no, table.map.heading("batch"), "longer than 20 characters", "Type it as on the pack.")
    if sscc and not (len(sscc) == 18 and sscc.isdigit()):
        problems.error(row.line_no, table.map.heading("sscc"), "not 18 digits", "Leave it empty without a pallet.")
    expires = ""
    if text_of(table.cell(row, "expires")):
        day = date_of(table, row, "expires", problems)
        expires = "" if day is None else day.isoformat()
    return AsnLine(
        line_no=1,
        item_id=item.item_id,
        quantity_thousandths=quantity,
        batch=batch,
        expires=expires,
        sscc=sscc,
        epcs=_epcs(table, row, problems),
    )


def _epcs(table: OpenTable, row: Row, problems: Problems) -> tuple[str, ...]:
    """Tags, as EPC URIs with spaces between."""
    found = tuple(dict.fromkeys(part for part in _SEPARATORS.split(text_of(table.cell(row, "epcs"))) if part))
    heading = table.map.heading("epcs")
    if len(found) > ASN_PART_LINES_MAX:
        problems.error(row.line_no, heading, f"more than {ASN_PART_LINES_MAX} tags", "Use several lines.")
    bad = next((epc for epc in found if not _EPC.fullmatch(epc)), None)
    if bad is not None:
        problems.error(row.line_no, heading, f"'{bad[:40]}' is no tag", "Write tags as urn:epc:id:sgtin:…")
    return found


async def apply(tx: Connection, plan: bytes, how: Applying) -> Outcome:
    """See `domain.Apply`."""
    planned = await asyncio.to_thread(_plans.decode, plan)
    by_notice: dict[tuple[str, str], list[PlannedLine]] = {}
    for each in planned:
        by_notice.setdefault((each.store_id, each.reference), []).append(each)
    versions: dict[str, int] = {}
    for (store_id, reference), rows in sorted(by_notice.items()):  # feeds are locked in one order by everybody
        first = rows[0]
        notice = Notice(
            store_id=store_id,
            asn_id=asn_id_of(reference),
            reference=reference,
            sender=first.sender,
            expected_ms=first.expected_ms,
            lines=tuple(row.line for row in rows),
        )
        try:
            versions[store_id] = await service.announce(tx, notice, how.person, now_ms=how.now_ms)
        except Invalid as error:
            raise Conflict("stale", f"Line {first.line_no}: {error.detail}", "Check the file again.") from error
    return Outcome(changes=len(planned), feed_versions=versions)


def asn_id_of(reference: str) -> str:
    """The notice's id: the reference where it can be one, otherwise made of it."""
    if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", reference):
        return reference
    return "ref-" + hashlib.sha256(reference.encode()).hexdigest()[:24]


KIND = ImportKind(
    name="deliveries",
    right=Right.STOCK_WRITE,
    columns=COLUMNS,
    needed=(("reference",), ("item", "gtin"), ("quantity",)),
    options=("store",),
    check=check,
    apply=apply,
    sent_to_stores=False,
)
