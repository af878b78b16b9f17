"""What each kind of fact becomes: rows of the subjects' tables, as COPY text. The registry is `PROJECTORS`.

To add a kind: its table in a migration and in `tables.py`, a function here, a line in `PROJECTORS`; then `python -m cloud
reproject` projects what came before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar, cast

import msgspec

from cloud.ingest import tables
from cloud.ingest.tables import END, NULL, Table, escape
from protocols.audits import Finding, score
from protocols.contract.facts import (
    AuditedLine,
    DeviceStateChanged,
    DrawerOpened,
    FactBody,
    FactsShed,
    FeedApplied,
    GoodsLeft,
    GoodsReceived,
    LabelBound,
    LabelPlaced,
    LabelRemoved,
    LabelShown,
    LineVoided,
    OpeningRefused,
    Override,
    SaleAbandoned,
    SaleClosed,
    ShelfAudited,
    ShiftClosed,
    ShiftOpened,
    StockCounted,
    StockMoved,
    StoreAlarm,
    UnitDiscount,
    decode_body,
    decode_envelope,
)
from protocols.contract.telemetry import Measured, in_time, problem_of
from protocols.contract.values import ClockQuality


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact's envelope together with its body, read in one go (the fields of `FactEnvelope` a projection needs)."""

    event_id: str
    kind: str
    at_ms: int
    clock: ClockQuality
    business_date: str
    body: FactBody


@dataclass(frozen=True, slots=True)
class Origin:
    """Where facts come from: what a row says besides the fact itself."""

    store_id: str
    incarnation: int
    heard_ms: int = 0
    """HQ's clock when they came: what is far from it was measured by a wrong clock."""


Texts: TypeAlias = tuple[tuple[Table, str], ...]
"""Row texts by table."""


@dataclass(frozen=True, slots=True)
class Projected:
    """A fact as rows. `table` and `key` name it; the same key under another event id is another fact, and a mistake."""

    table: Table
    key: str
    event_id: str
    texts: Texts


@dataclass(frozen=True, slots=True)
class Unprojectable:
    """A fact for quarantine. `kind` is "" when not even that can be read."""

    kind: str
    reason: str


_event_decoder = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()

Body = TypeVar("Body")
Projector: TypeAlias = Callable[[Origin, int, Event, Body], Projected | Unprojectable]


def project(origin: Origin, seq: int, fact: bytes) -> Projected | Unprojectable:
    """One fact's rows, or why there are none. Never raises, whatever the bytes are."""
    try:
        event = _event_decoder.decode(fact)
    except ValueError:  # msgspec's errors, and text that is no UTF-8
        return _why_not(fact)
    except RecursionError:
        return Unprojectable("", "nested too deep")
    if type(event.body).__name__ != event.kind:
        return Unprojectable(event.kind, f"kind: envelope says {event.kind}, body says {type(event.body).__name__}")
    if b"\\" in fact:  # JSON writes control characters and backslashes with a backslash, so all other facts need no escaping
        event = _escaped(event)
    return PROJECTORS[type(event.body)](origin, seq, event, event.body)


def _why_not(fact: bytes) -> Unprojectable:
    kind = ""
    try:
        envelope = decode_envelope(fact)
        kind = envelope.kind
        decode_body(envelope)
    except ValueError as error:
        name = type(error).__name__
        return Unprojectable(kind, "unknown kind" if name == "UnknownFactKind" else str(error)[:500])
    return Unprojectable(kind, "the envelope cannot be read as a whole")


def _escaped(event: Event) -> Event:
    """The same event, every text in it as COPY wants it; `_details` escapes what it writes itself."""

    def inside(value: object) -> object:
        if isinstance(value, str):
            return escape(value)
        if isinstance(value, dict):
            return {
                name: each if name in {"discounts", "overrides", "more_items"} else inside(each)
                for name, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [inside(each) for each in value]
        return value

    return msgspec.convert(inside(msgspec.to_builtins(event)), Event)


def _or_null(value: object) -> object:
    """A value as COPY text; a list of a fact becomes JSON."""
    if isinstance(value, tuple):
        return _details(value)
    return NULL if value is None else value


def _details(parts: Sequence[UnitDiscount] | Sequence[Override] | Sequence[str]) -> str:
    """A rare list of a line as JSON text, written so that COPY reads it back unchanged."""
    return _encoder.encode(parts).decode().replace("\\", "\\\\") if parts else NULL


@lru_cache(maxsize=64)
def _row(columns: int) -> str:
    return "\t".join(["%s"] * columns) + END


SALE_ROW = _row(len(tables.SALE.columns) - 1)
LINE_ROW = _row(len(tables.SALE_LINE.columns) - 1)
TENDER_ROW = _row(len(tables.TENDER.columns) - 1)


def _sale(origin: Origin, seq: int, event: Event, body: SaleClosed) -> Projected:
    store_id, sale_id, place, receipt = origin.store_id, body.sale_id, body.place.value, body.receipt
    sale = SALE_ROW % (
        store_id, sale_id, origin.incarnation, seq, event.event_id, body.command_id, body.till_id, body.cashier_id,
        body.shift_id, receipt.till_id, receipt.incarnation, receipt.number, body.currency, body.tax_mode.value, place,
        body.total_minor, body.tax_minor, body.rounding_minor, body.promotion_bundle, body.price_feed_version,
        NULL if body.member_id is None else body.member_id, body.opened_at_ms, event.at_ms, event.clock.value,
        event.business_date, len(body.lines),
    )  # fmt: skip
    lines = [
        LINE_ROW % (
            store_id, sale_id, line.line_no, line.item_id, line.name, line.gtin, line.quantity,
            NULL if line.grams is None else line.grams, line.stock_thousandths, place, line.unit_price_minor,
            line.price_revision, line.list_price_minor, line.price_reason,
            NULL if line.label_revision is None else line.label_revision, line.net_minor, line.tax_class,
            line.tax_rate_bp, line.tax_minor, NULL if line.batch is None else line.batch,
            NULL if line.serial is None else line.serial, _details(line.discounts) if line.discounts else NULL,
            _details(line.overrides) if line.overrides else NULL,
        )
        for line in body.lines
    ]  # fmt: skip
    tenders = [
        TENDER_ROW % (store_id, sale_id, number, tender.kind, tender.amount_minor, tender.change_minor, tender.reference)
        for number, tender in enumerate(body.tenders, start=1)
    ]
    texts = ((tables.SALE, sale), (tables.SALE_LINE, "".join(lines)), (tables.TENDER, "".join(tenders)))
    return Projected(tables.SALE, sale_id, event.event_id, texts)


def _stock_move(origin: Origin, seq: int, event: Event, body: StockMoved) -> Projected:
    values = (
        origin.store_id, body.move_id, origin.incarnation, seq, event.event_id, body.item_id, body.place.value,
        body.quantity_thousandths,
        body.reason, body.reference, event.at_ms, event.business_date,
    )  # fmt: skip
    texts = ((tables.STOCK_MOVE, _row(len(values)) % values),)
    return Projected(tables.STOCK_MOVE, body.move_id, event.event_id, texts)


def _move_row(origin: Origin, seq: int, event: Event, line: tuple[str, str, str, int], reason: str, reference: str) -> str:
    """The stock move that a line of a larger fact makes. `line`: move id, item, place, signed quantity."""
    move_id, item_id, place, quantity_thousandths = line
    values = (
        origin.store_id, move_id, origin.incarnation, seq, event.event_id, item_id, place, quantity_thousandths,
        reason, reference, event.at_ms, event.business_date,
    )  # fmt: skip
    return _row(len(values)) % values


def _received(origin: Origin, seq: int, event: Event, body: GoodsReceived) -> Projected:
    receipt = (
        origin.store_id, body.receipt_id, event.event_id, event.at_ms, body.place.value, body.how, body.reference,
        body.staff_id, body.device_id, len(body.lines), event.business_date,
    )  # fmt: skip
    moves = [
        _move_row(
            origin, seq, event,
            (f"{body.receipt_id}/{line.line_no}", line.item_id, body.place.value, line.quantity_thousandths),
            "receipt", body.reference,
        )
        for line in body.lines
    ]  # fmt: skip
    texts = ((tables.GOODS_RECEIPT, _row(len(receipt)) % receipt), (tables.STOCK_MOVE, "".join(moves)))
    return Projected(tables.GOODS_RECEIPT, body.receipt_id, event.event_id, texts)


def _left(origin: Origin, seq: int, event: Event, body: GoodsLeft) -> Projected:  # noqa: ARG001 - one shape for all
    rows = []
    for line in body.lines:
        values = (
            origin.store_id, body.passage_id, event.event_id, event.at_ms, body.device_id, line.epc, line.gtin,
            line.item_id, event.business_date,
        )  # fmt: skip
        rows.append(_row(len(values)) % values)
    return Projected(tables.GOODS_LEFT, body.passage_id, event.event_id, ((tables.GOODS_LEFT, "".join(rows)),))


def _counted(origin: Origin, seq: int, event: Event, body: StockCounted) -> Projected:
    rows, moves = [], []
    for line in body.lines:
        values = (
            origin.store_id, body.count_id, line.line_no, event.event_id, event.at_ms, body.place.value, body.staff_id,
            line.item_id, line.expected_thousandths, line.counted_thousandths, event.business_date,
        )  # fmt: skip
        rows.append(_row(len(values)) % values)
        change = line.counted_thousandths - line.expected_thousandths
        if change:
            move = (f"{body.count_id}/{line.line_no}", line.item_id, body.place.value, change)
            moves.append(_move_row(origin, seq, event, move, "count", body.count_id))
    texts = ((tables.STOCK_COUNT, "".join(rows)), (tables.STOCK_MOVE, "".join(moves)))
    return Projected(tables.STOCK_COUNT, body.count_id, event.event_id, texts)


def _audited(origin: Origin, seq: int, event: Event, body: ShelfAudited) -> Projected | Unprojectable:  # noqa: ARG001 - as all
    unknown = sorted({line.finding for line in body.lines} - set(Finding))
    if unknown:
        return Unprojectable(event.kind, f"lines.finding: {unknown[0][:40]!r} is none of {', '.join(Finding)}")
    found = score(body.lines)
    audit = (
        origin.store_id, body.audit_id, event.event_id, event.at_ms, body.how, body.scope, body.seed, body.population,
        body.currency, body.opened_at_ms, body.staff_id, len(body.lines), found.checked, found.correct, found.overcharges,
        found.undercharges, found.missing, found.unchecked, found.overcharge_minor, found.undercharge_minor,
        _or_null(found.accuracy_bp), found.passed, event.business_date,
    )  # fmt: skip
    lines = [_audited_line(origin, event, body, line) for line in body.lines]
    texts = ((tables.SHELF_AUDIT, _row(len(audit)) % audit), (tables.SHELF_AUDIT_LINE, "".join(lines)))
    return Projected(tables.SHELF_AUDIT, body.audit_id, event.event_id, texts)


def _audited_line(origin: Origin, event: Event, body: ShelfAudited, line: AuditedLine) -> str:
    values = (
        origin.store_id, body.audit_id, line.line_no, event.event_id, line.at_ms, line.item_id, line.label_id, line.stratum,
        line.sampled, line.promotion, line.finding, _or_null(line.seen_minor), _or_null(line.till_minor),
        line.price_revision, body.currency, event.business_date,
    )  # fmt: skip
    return _row(len(values)) % values


BUCKET_MS = 300_000
"""Of the finest rollup (telemetry_5m)."""


def _measured(origin: Origin, seq: int, event: Event, body: Measured) -> Projected | Unprojectable:  # noqa: ARG001 - as all
    if why := problem_of(body):
        return Unprojectable(event.kind, why)
    store_id = origin.store_id
    kept = [(place, at_ms) for place, at_ms in enumerate(body.at_ms) if in_time(at_ms, origin.heard_ms)]
    filed_ms = event.at_ms if in_time(event.at_ms, origin.heard_ms) else origin.heard_ms
    fact = (store_id, event.event_id, filed_ms, len(body.at_ms), len(body.series), len(body.at_ms) - len(kept))
    rows = [
        f"{store_id}\t{series.device_id}\t{series.metric}\t{at_ms}\t{value!r}{END}"
        for series in body.series
        for place, at_ms in kept
        if (value := series.values[place]) is not None
    ]
    buckets = sorted({at_ms // BUCKET_MS * BUCKET_MS for _, at_ms in kept})
    texts = (
        (tables.MEASURED, _row(len(fact)) % fact),
        (tables.MEASUREMENT, "".join(rows)),
        (tables.TELEMETRY_DIRTY, "".join(f"{store_id}\t{bucket_ms}{END}" for bucket_ms in buckets)),
    )
    return Projected(tables.MEASURED, event.event_id, event.event_id, texts)


def _plain(table: Table) -> Projector[FactBody]:
    """The projector of a table whose columns, after event_id and at_ms, are fields of the body by the same names."""
    fields = table.columns[3:-1]
    row = _row(len(table.columns) - 1)

    def projector(origin: Origin, seq: int, event: Event, body: FactBody) -> Projected:  # noqa: ARG001 - one shape for all
        values = (_or_null(getattr(body, field)) for field in fields)
        text = row % (origin.store_id, event.event_id, event.at_ms, *values)
        return Projected(table, event.event_id, event.event_id, ((table, text),))

    return projector


PROJECTORS: dict[type, Projector[Any]] = {
    SaleClosed: cast("Projector[Any]", _sale),
    StockMoved: cast("Projector[Any]", _stock_move),
    GoodsReceived: cast("Projector[Any]", _received),
    GoodsLeft: cast("Projector[Any]", _left),
    StockCounted: cast("Projector[Any]", _counted),
    OpeningRefused: _plain(tables.OPENING_REFUSED),
    LineVoided: _plain(tables.LINE_VOID),
    SaleAbandoned: _plain(tables.SALE_ABANDONED),
    ShiftOpened: _plain(tables.SHIFT_OPENING),
    ShiftClosed: _plain(tables.SHIFT_CLOSING),
    DrawerOpened: _plain(tables.DRAWER_OPENING),
    FeedApplied: _plain(tables.FEED_APPLIED),
    LabelBound: _plain(tables.LABEL_BOUND),
    LabelPlaced: _plain(tables.LABEL_PLACED),
    LabelShown: _plain(tables.LABEL_SHOWN),
    LabelRemoved: _plain(tables.LABEL_REMOVED),
    ShelfAudited: cast("Projector[Any]", _audited),
    DeviceStateChanged: _plain(tables.DEVICE_STATE),
    StoreAlarm: _plain(tables.BOX_ALARM),
    FactsShed: _plain(tables.FACTS_SHED),
    Measured: cast("Projector[Any]", _measured),
}
"""Every kind of `FactBody`; a test compares the two."""
