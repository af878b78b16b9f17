"""What each kind of fact becomes: rows of the subjects' tables, as COPY text. The registry is `PROJECTORS`.

To add a kind: its table in a migration and in `tables.py`, a function here, a line in `PROJECTORS`; then `python -m cloud
reproject` projects what came before.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from cloud.ingest import goods_rows, returns_rows, stock_rows, tables, till_rows
from cloud.ingest.rows import Event, Origin, Projected, Projector, Texts, Unprojectable, details, or_null, row_of
from cloud.ingest.tables import END, NULL, Table, escape
from protocols.audits import Finding, score
from protocols.contract.device_table import DeviceTableTold
from protocols.contract.facts import (
    AuditedLine,
    DeviceStateChanged,
    FactBody,
    FactsShed,
    FeedApplied,
    GoodsLeft,
    GoodsReceived,
    LabelBound,
    LabelPlaced,
    LabelRemoved,
    LabelShown,
    OpeningRefused,
    ShelfAudited,
    StockCounted,
    StockMoved,
    StoreAlarm,
    decode_body,
    decode_envelope,
)
from protocols.contract.rfid_facts import FittingEnded, GateAlarmEnded, GateAlarmRaised
from protocols.contract.stock_facts import (
    BookCompared,
    GoodsRelocated,
    MarkdownProposed,
    ReservationAnswered,
    StockWrittenOff,
    TransferSent,
)
from protocols.contract.telemetry import Measured, in_time, problem_of
from protocols.contract.till_facts import (
    CashMoved,
    DrawerOpened,
    GoodsReturned,
    LineVoided,
    PaymentAsked,
    PaymentEnded,
    PresaleTaken,
    SaleAbandoned,
    SaleClosed,
    ShiftClosed,
    ShiftOpened,
    TillEvent,
)

_event_decoder = msgspec.json.Decoder(Event)


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


_AS_JSON = frozenset({"discounts", "overrides", "more_items", "shares", "epcs", "serials", "missing_epcs", "found_epcs"})
"""Lists that become JSON text, which `details` escapes."""


def _escaped(event: Event) -> Event:
    """The same event, every text in it as COPY wants it; `_details` escapes what it writes itself."""

    def inside(value: object) -> object:
        if isinstance(value, str):
            return escape(value)
        if isinstance(value, dict):
            return {name: each if name in _AS_JSON else inside(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [inside(each) for each in value]
        return value

    return msgspec.convert(inside(msgspec.to_builtins(event)), Event)


SALE_ROW = row_of(len(tables.SALE.columns) - 1)
LINE_ROW = row_of(len(tables.SALE_LINE.columns) - 1)
TENDER_ROW = row_of(len(tables.TENDER.columns) - 1)


def _sale(origin: Origin, seq: int, event: Event, body: SaleClosed) -> Projected:
    store_id, sale_id, place, receipt = origin.store_id, body.sale_id, body.place.value, body.receipt
    sale = SALE_ROW % (
        store_id, sale_id, origin.incarnation, seq, event.event_id, body.command_id, body.till_id, body.cashier_id,
        body.shift_id, receipt.till_id, receipt.incarnation, receipt.number, body.currency, body.tax_mode.value, place,
        body.total_minor, body.tax_minor, body.rounding_minor, body.promotion_bundle, body.price_feed_version,
        NULL if body.member_id is None else body.member_id, body.opened_at_ms, event.at_ms, event.clock.value,
        event.business_date, len(body.lines), body.proved, body.points_earned, body.return_id, body.order_id,
        body.presale_id, body.member_fresh, body.training,
    )  # fmt: skip
    lines = [
        LINE_ROW % (
            store_id, sale_id, line.line_no, line.item_id, line.name, line.gtin, line.quantity,
            NULL if line.grams is None else line.grams, line.stock_thousandths, place, line.unit_price_minor,
            line.price_revision, line.list_price_minor, line.price_reason,
            NULL if line.label_revision is None else line.label_revision, line.net_minor, line.tax_class,
            line.tax_rate_bp, line.tax_minor, NULL if line.batch is None else line.batch,
            NULL if line.serial is None else line.serial, details(line.discounts) if line.discounts else NULL,
            details(line.overrides) if line.overrides else NULL, line.line_kind,
            NULL if line.expires is None else line.expires, line.tare_grams, line.reference,
            details(line.bases_minor) if line.bases_minor else NULL, details(line.epcs) if line.epcs else NULL,
        )
        for line in body.lines
    ]  # fmt: skip
    tenders = [
        TENDER_ROW % (
            store_id, sale_id, number, tender.kind, tender.amount_minor, tender.change_minor, tender.reference,
            tender.attempt_id, tender.units,
        )
        for number, tender in enumerate(body.tenders, start=1)
    ]  # fmt: skip
    texts: Texts = ((tables.SALE, sale), (tables.SALE_LINE, "".join(lines)), (tables.TENDER, "".join(tenders)))
    if body.coupons:
        texts = (*texts, (tables.SALE_COUPON, till_rows.coupons(origin, event, body)))
    return Projected(tables.SALE, sale_id, event.event_id, texts)


def _audited(origin: Origin, seq: int, event: Event, body: ShelfAudited) -> Projected | Unprojectable:  # noqa: ARG001 - as all
    unknown = sorted({line.finding for line in body.lines} - set(Finding))
    if unknown:
        return Unprojectable(event.kind, f"lines.finding: {unknown[0][:40]!r} is none of {', '.join(Finding)}")
    found = score(body.lines)
    audit = (
        origin.store_id, body.audit_id, event.event_id, event.at_ms, body.how, body.scope, body.seed, body.population,
        body.currency, body.opened_at_ms, body.staff_id, len(body.lines), found.checked, found.correct, found.overcharges,
        found.undercharges, found.missing, found.unchecked, found.overcharge_minor, found.undercharge_minor,
        or_null(found.accuracy_bp), found.passed, event.business_date,
    )  # fmt: skip
    lines = [_audited_line(origin, event, body, line) for line in body.lines]
    texts = ((tables.SHELF_AUDIT, row_of(len(audit)) % audit), (tables.SHELF_AUDIT_LINE, "".join(lines)))
    return Projected(tables.SHELF_AUDIT, body.audit_id, event.event_id, texts)


def _audited_line(origin: Origin, event: Event, body: ShelfAudited, line: AuditedLine) -> str:
    values = (
        origin.store_id, body.audit_id, line.line_no, event.event_id, line.at_ms, line.item_id, line.label_id, line.stratum,
        line.sampled, line.promotion, line.finding, or_null(line.seen_minor), or_null(line.till_minor),
        line.price_revision, body.currency, event.business_date,
    )  # fmt: skip
    return row_of(len(values)) % values


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
        (tables.MEASURED, row_of(len(fact)) % fact),
        (tables.MEASUREMENT, "".join(rows)),
        (tables.TELEMETRY_DIRTY, "".join(f"{store_id}\t{bucket_ms}{END}" for bucket_ms in buckets)),
    )
    return Projected(tables.MEASURED, event.event_id, event.event_id, texts)


def _plain(table: Table) -> Projector[FactBody]:
    """The projector of a table whose columns, after event_id and at_ms, are fields of the body by the same names."""
    fields = table.columns[3:-1]
    template = row_of(len(table.columns) - 1)

    def projector(origin: Origin, seq: int, event: Event, body: FactBody) -> Projected:  # noqa: ARG001 - one shape for all
        values = (or_null(getattr(body, field)) for field in fields)
        text = template % (origin.store_id, event.event_id, event.at_ms, *values)
        return Projected(table, event.event_id, event.event_id, ((table, text),))

    return projector


PROJECTORS: dict[type, Projector[Any]] = {
    SaleClosed: cast("Projector[Any]", _sale),
    GoodsReturned: cast("Projector[Any]", returns_rows.returned),
    PaymentAsked: _plain(tables.PAYMENT_ASKED),
    PaymentEnded: _plain(tables.PAYMENT_ENDED),
    CashMoved: _plain(tables.CASH_MOVE),
    TillEvent: _plain(tables.TILL_EVENT),
    PresaleTaken: _plain(tables.PRESALE),
    StockMoved: cast("Projector[Any]", goods_rows.stock_moved),
    GoodsReceived: cast("Projector[Any]", goods_rows.received),
    GoodsLeft: cast("Projector[Any]", goods_rows.left),
    StockCounted: cast("Projector[Any]", goods_rows.counted),
    GoodsRelocated: cast("Projector[Any]", stock_rows.relocated),
    TransferSent: cast("Projector[Any]", stock_rows.transfer_sent),
    StockWrittenOff: cast("Projector[Any]", stock_rows.written_off),
    ReservationAnswered: cast("Projector[Any]", stock_rows.reservation_answered),
    MarkdownProposed: cast("Projector[Any]", stock_rows.markdown_proposed),
    BookCompared: cast("Projector[Any]", stock_rows.book_compared),
    GateAlarmRaised: cast("Projector[Any]", stock_rows.gate_alarm),
    GateAlarmEnded: _plain(tables.GATE_ALARM_END),
    FittingEnded: cast("Projector[Any]", stock_rows.fitting),
    OpeningRefused: _plain(tables.OPENING_REFUSED),
    LineVoided: _plain(tables.LINE_VOID),
    SaleAbandoned: _plain(tables.SALE_ABANDONED),
    ShiftOpened: _plain(tables.SHIFT_OPENING),
    ShiftClosed: cast("Projector[Any]", till_rows.shift_closed),
    DrawerOpened: _plain(tables.DRAWER_OPENING),
    FeedApplied: _plain(tables.FEED_APPLIED),
    LabelBound: _plain(tables.LABEL_BOUND),
    LabelPlaced: _plain(tables.LABEL_PLACED),
    LabelShown: _plain(tables.LABEL_SHOWN),
    LabelRemoved: _plain(tables.LABEL_REMOVED),
    ShelfAudited: cast("Projector[Any]", _audited),
    DeviceTableTold: _plain(tables.DEVICE_TABLE_TOLD),
    DeviceStateChanged: _plain(tables.DEVICE_STATE),
    StoreAlarm: _plain(tables.BOX_ALARM),
    FactsShed: _plain(tables.FACTS_SHED),
    Measured: cast("Projector[Any]", _measured),
}
"""Every kind of `FactBody`; a test compares the two."""
