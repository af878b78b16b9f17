"""Facts a store decides and reports to HQ (design section 4, "First facts right for ever").

A fact body is one frozen struct below. It is wrapped in a `FactEnvelope` and stored, hashed and sent as the JSON bytes
`encode_fact` makes: msgspec, fields in declared order. Evolution is additive only: new fields get defaults, types never
change, an unknown kind is kept raw (`decode_envelope` still works; `decode_body` raises `UnknownFactKind`).
"""

from __future__ import annotations

import msgspec

from protocols.contract.device_table import DeviceTableTold
from protocols.contract.rfid_facts import FittingEnded, GateAlarmEnded, GateAlarmRaised
from protocols.contract.stock_facts import (
    BookCompared,
    GoodsRelocated,
    MarkdownProposed,
    ReservationAnswered,
    StockWrittenOff,
    TransferSent,
)
from protocols.contract.telemetry import Measured
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
from protocols.contract.values import ClockQuality, EvidenceLevel, Place, Stream

FACT_SCHEMA = 1


class StockMoved(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="StockMoved"):
    """Stock changed for another cause than a sale. Quantity is signed, in thousandths of the stock unit."""

    move_id: str
    item_id: str
    place: Place
    quantity_thousandths: int
    reason: str
    """`opening`, `receipt`, `count`, `write_off` …"""
    reference: str = ""
    batch: str = ""
    expires: str = ""
    serial: str = ""
    staff_id: str = ""
    approver_id: str = ""


class OpeningRefused(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="OpeningRefused"):
    """A row of opening stock the store did not take (`OpeningStockRow`); an accepted one is a `StockMoved`."""

    import_id: str
    line_no: int
    item_id: str
    place: Place
    reason: str
    """`has_moved`: the item has stock or moves in this store already."""


class ReceivedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a receipt of goods. `epcs`: the tags seen, as EPC URIs, when they were read by radio."""

    line_no: int
    item_id: str
    gtin: str = ""
    quantity_thousandths: int
    epcs: tuple[str, ...] = ()
    batch: str = ""
    expires: str = ""
    """ISO date."""
    serials: tuple[str, ...] = ()
    expected_thousandths: int | None = None
    """What the advance shipping notice promised of it; None: there was none. A promised line that did not come is a line of
    quantity 0."""


class GoodsReceived(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="GoodsReceived"):
    """Goods came into the store. Its lines are also its stock moves (reason `receipt`)."""

    receipt_id: str
    place: Place
    how: str
    """`scan` (a person with a scanner) or `portal` (tags read on their way in)."""
    lines: tuple[ReceivedLine, ...]
    reference: str = ""
    """The delivery note, when there is one."""
    staff_id: str = ""
    device_id: str = ""
    asn_id: str = ""
    """The advance shipping notice it answers and ends."""
    transfer_id: str = ""
    """The other store's transfer it ends."""


class LeftLine(msgspec.Struct, frozen=True, kw_only=True):
    """Tagged goods seen on their way out. `item_id` is empty when no item of the catalogue has the tag's GTIN."""

    epc: str
    gtin: str = ""
    item_id: str = ""


class GoodsLeft(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="GoodsLeft"):
    """Tagged goods went out through a portal. Moves no stock: the sale did, or a person decides that it was a loss."""

    passage_id: str
    device_id: str
    lines: tuple[LeftLine, ...]


class CountedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One counted item. The move is counted - expected, both in thousandths of the stock unit."""

    line_no: int
    item_id: str
    expected_thousandths: int
    counted_thousandths: int
    batch: str = ""
    expires: str = ""
    missing_epcs: tuple[str, ...] = ()
    """Tags that should have been there and were not heard, at most `COUNTED_EPCS_MAX`."""
    found_epcs: tuple[str, ...] = ()
    """Tags that were heard and should not have been there, at most `COUNTED_EPCS_MAX`."""


COUNTED_EPCS_MAX = 100


class StockCounted(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="StockCounted"):
    """A person counted items at a place. Lines that differ are also stock moves (reason `count`)."""

    count_id: str
    place: Place
    staff_id: str
    lines: tuple[CountedLine, ...]
    how: str = "scan"
    """`scan`, `tag` (a sweep with a reader) or `typed`."""
    blind: bool = False
    """The person did not see what should have been there."""
    whole: bool = False
    """Everything at the place (or of its part) was counted: what was not found was counted as 0."""
    approver_id: str = ""
    """Who allowed differences above the store's limit."""


class FeedApplied(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="FeedApplied"):
    """The store applied a feed version in one transaction; `state_hash` is what it now holds."""

    feed_id: str
    epoch: str
    version: int
    state_hash: str
    how: str = "delta"
    """`delta` or `snapshot`."""


class LabelBound(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="LabelBound"):
    """A shelf label was bound to an item (`item_id` None: unbound and blanked)."""

    label_id: str
    item_id: str | None
    staff_id: str = ""
    more_items: tuple[str, ...] = ()
    """Further items on the same label, in the order they are printed."""


class LabelPlaced(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="LabelPlaced"):
    """A person said where a label hangs. An empty `aisle`: its position is no longer known."""

    label_id: str
    aisle: str
    shelf: int
    """1 is the lowest board."""
    slot: int
    """1 is the leftmost place."""
    staff_id: str = ""


class LabelShown(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="LabelShown"):
    """A label confirmed an image carrying a price, with the evidence that proves it."""

    label_id: str
    item_id: str
    price_revision: int
    price_minor: int
    evidence: EvidenceLevel
    sent_at_ms: int
    confirmed_at_ms: int


class LabelRemoved(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="LabelRemoved"):
    """A person confirmed that a label is gone from the shelf: its prices leave the set."""

    label_id: str
    item_id: str
    staff_id: str


class AuditedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One price a person compared with the till, or was to compare."""

    line_no: int
    item_id: str
    label_id: str = ""
    """The electronic label it was read from; empty: a printed one."""
    stratum: str
    """The part of the store it was drawn from: an aisle or a category; empty: of none."""
    sampled: bool = True
    """False: not drawn, added by the person. Such lines are told and not counted in the score."""
    promotion: bool = False
    finding: str
    """`correct`, `overcharge` (the till asks more than the shelf says), `undercharge`, `missing` (no price to be read), or
    `unchecked`."""
    seen_minor: int | None = None
    """The price on the shelf, as the person read it; per piece, or per kilogram when weighed."""
    till_minor: int | None = None
    """What the till would have charged at that moment."""
    price_revision: int = 0
    at_ms: int = 0


class ShelfAudited(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ShelfAudited"):
    """A finished price check: a sample of shelf prices compared with the till (NIST Handbook 130, "Examination Procedure for
    Price Verification", has the method). The seed and the population say how the sample came about, and give it again."""

    audit_id: str
    how: str
    """`stratified` (by aisle or category, promotions drawn more often) or `random`."""
    scope: str
    """`labels`: every electronic label of the store; `items`: everything that has a price."""
    seed: str
    population: int
    """Prices the sample was drawn from."""
    currency: str
    opened_at_ms: int
    staff_id: str = ""
    lines: tuple[AuditedLine, ...]


class DeviceStateChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="DeviceStateChanged"):
    """A supervised device changed state; `reason` is in plain words."""

    device_id: str
    device_kind: str
    state: str
    reason: str


class StoreAlarm(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="StoreAlarm"):
    """The box noticed something a person must know: disk filling, clock wrong, database restored."""

    alarm: str
    detail: str


class FactsShed(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="FactsShed"):
    """The ops stream dropped its oldest facts; the gap is part of the record."""

    from_seq: int
    to_seq: int
    reason: str


FactBody = (
    SaleClosed
    | GoodsReturned
    | PaymentAsked
    | PaymentEnded
    | CashMoved
    | TillEvent
    | PresaleTaken
    | LineVoided
    | SaleAbandoned
    | ShiftOpened
    | ShiftClosed
    | DrawerOpened
    | StockMoved
    | OpeningRefused
    | GoodsReceived
    | GoodsLeft
    | StockCounted
    | GoodsRelocated
    | TransferSent
    | StockWrittenOff
    | ReservationAnswered
    | MarkdownProposed
    | BookCompared
    | GateAlarmRaised
    | GateAlarmEnded
    | FittingEnded
    | FeedApplied
    | LabelBound
    | LabelPlaced
    | LabelShown
    | LabelRemoved
    | ShelfAudited
    | DeviceStateChanged
    | DeviceTableTold
    | StoreAlarm
    | FactsShed
    | Measured
)

STREAM_OF: dict[type, Stream] = {
    SaleClosed: Stream.TXN,
    GoodsReturned: Stream.TXN,
    PaymentAsked: Stream.TXN,
    PaymentEnded: Stream.TXN,
    CashMoved: Stream.TXN,
    TillEvent: Stream.TXN,
    PresaleTaken: Stream.TXN,
    LineVoided: Stream.TXN,
    SaleAbandoned: Stream.TXN,
    ShiftOpened: Stream.TXN,
    ShiftClosed: Stream.TXN,
    DrawerOpened: Stream.TXN,
    StockMoved: Stream.TXN,
    OpeningRefused: Stream.TXN,
    GoodsReceived: Stream.TXN,
    GoodsLeft: Stream.TXN,
    StockCounted: Stream.TXN,
    GoodsRelocated: Stream.TXN,
    TransferSent: Stream.TXN,
    StockWrittenOff: Stream.TXN,
    ReservationAnswered: Stream.TXN,
    MarkdownProposed: Stream.OPS,
    BookCompared: Stream.OPS,
    GateAlarmRaised: Stream.TXN,
    GateAlarmEnded: Stream.TXN,
    FittingEnded: Stream.OPS,
    FeedApplied: Stream.OPS,
    LabelBound: Stream.OPS,
    LabelPlaced: Stream.OPS,
    LabelShown: Stream.OPS,
    LabelRemoved: Stream.OPS,
    ShelfAudited: Stream.TXN,
    DeviceStateChanged: Stream.OPS,
    DeviceTableTold: Stream.OPS,
    StoreAlarm: Stream.OPS,
    FactsShed: Stream.OPS,
    Measured: Stream.BULK,
}
"""Which stream carries which fact: money, stock and what an inspector may ask for never shed, operations may, measurements
come last."""


class FactEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """What every fact says about itself. `body` is the JSON of one `FactBody`; its `kind` is repeated outside."""

    event_id: str
    kind: str
    schema: int = FACT_SCHEMA
    at_ms: int
    mono_ms: int
    boot_id: str
    clock: ClockQuality
    business_date: str
    """ISO date in the store's time zone."""
    body: msgspec.Raw


class UnknownFactKind(ValueError):
    """The fact was made by newer software; keep its bytes and project it after the upgrade."""


_encoder = msgspec.json.Encoder()
_envelope_decoder = msgspec.json.Decoder(FactEnvelope)
_body_decoder = msgspec.json.Decoder(FactBody)
_KINDS = frozenset(kind.__name__ for kind in STREAM_OF)


def encode_fact(
    body: FactBody,
    *,
    event_id: str,
    at_ms: int,
    mono_ms: int,
    boot_id: str,
    clock: ClockQuality,
    business_date: str,
) -> bytes:
    """Return the bytes that are stored, hashed and sent. No newline occurs in them."""
    envelope = FactEnvelope(
        event_id=event_id,
        kind=type(body).__name__,
        at_ms=at_ms,
        mono_ms=mono_ms,
        boot_id=boot_id,
        clock=clock,
        business_date=business_date,
        body=msgspec.Raw(_encoder.encode(body)),
    )
    return _encoder.encode(envelope)


class FactStamp:
    """Makes the bytes `encode_fact` makes, for many facts of one kind and one instant: the envelope is encoded once."""

    def __init__(
        self, kind: type[FactBody], *, at_ms: int, mono_ms: int, boot_id: str, clock: ClockQuality, business_date: str
    ) -> None:
        envelope = FactEnvelope(
            event_id="",
            kind=kind.__name__,
            at_ms=at_ms,
            mono_ms=mono_ms,
            boot_id=boot_id,
            clock=clock,
            business_date=business_date,
            body=msgspec.Raw(b"{}"),
        )
        self._head, self._middle = _encoder.encode(envelope).removesuffix(b"{}}").split(b'""', 1)

    def encode(self, body: FactBody, event_id: str) -> bytes:
        """The bytes that are stored, hashed and sent. `event_id` is a UUID: nothing in it needs escaping."""
        return b'%b"%b"%b%b}' % (self._head, event_id.encode(), self._middle, _encoder.encode(body))


def decode_envelope(data: bytes) -> FactEnvelope:
    """Read a stored fact. Raises `msgspec.ValidationError` or `msgspec.DecodeError` when it is not one."""
    return _envelope_decoder.decode(data)


def decode_body(envelope: FactEnvelope) -> FactBody:
    """Read the body. Raises `UnknownFactKind` for kinds this software does not know."""
    if envelope.kind not in _KINDS:
        raise UnknownFactKind(envelope.kind)
    body: FactBody = _body_decoder.decode(envelope.body)
    if type(body).__name__ != envelope.kind:
        raise msgspec.ValidationError(f"kind: envelope says {envelope.kind}, body says {type(body).__name__}")
    return body
