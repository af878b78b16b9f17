"""Work on single tags: what lies on a reader's table held against a print run, orders to write, lock and silence."""

from __future__ import annotations

import datetime

import msgspec

from edge.catalogue import lookup
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.rfid.tag_order_rows import TagOrder, What, bits_of
from edge.rfid.tag_orders import OrderRefused, TagOrders
from edge.stock import print_run
from edge.stock.print_run import CheckedTag
from edge.stock.refusals import StockRefused
from edge.store_db.journal import business_date
from protocols.contract import rights
from protocols.gs1.epc import of_gtin
from protocols.gs1.gtin import CodeRefused
from protocols.gs1.scan import read_scan
from protocols.gs1.tds.errors import EpcRefused
from protocols.llrp.wire import BitString

ID_CHARACTERS_MAX = 64
RIGHT_OF = {What.READ: rights.STOCK, What.ENCODE: rights.STOCK, What.LOCK: rights.WRITE_OFF, What.KILL: rights.WRITE_OFF}
"""Locking and silencing cannot be taken back."""


class TagReader(msgspec.Struct, frozen=True, kw_only=True):
    """A reader that takes orders."""

    device_id: str


class TagOrderInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An order and what came of it. `outcome`: empty (on its way), done, failed, unknown; `words`: what was read, in
    hexadecimal."""

    order_id: str
    device_id: str
    epc: str
    what: str
    new_epc: str
    staff_id: str
    sale_id: str
    at_ms: int
    outcome: str
    fault: str
    words: str


class TagWork(msgspec.Struct, frozen=True, kw_only=True):
    """Readers, what may be asked of them here, and the last orders."""

    readers: tuple[TagReader, ...]
    can: tuple[str, ...]
    orders: tuple[TagOrderInfo, ...]


class CheckedTagInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A tag on the table. `verdict`: good, not_of_run, here, no_item, foreign. `raw`: its EPC in hexadecimal."""

    epc: str
    raw: str
    bits: int
    gtin: str
    serial: str
    item_id: str
    name: str
    name_zh: str
    verdict: str


class TableOfTags(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader hears now, and what of a print run is not there."""

    tags: tuple[CheckedTagInfo, ...]
    expected: int
    missing: int
    missing_epcs: tuple[str, ...]


class OrderTag(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`what`: read, encode, lock, kill. `raw`, `bits`: the tag's EPC in hexadecimal. `code`: of `encode`, a code with
    product and serial number (2D code, Digital Link, element string, EPC URI)."""

    device_id: str
    what: str
    raw: str
    bits: int = 96
    code: str = ""


async def tag_work(call: Call) -> TagWork:
    orders = _orders(call)
    return TagWork(
        readers=tuple(TagReader(device_id=name) for name in orders.readers),
        can=tuple(sorted(each.value for each in orders.can)),
        orders=tuple(_info(each) for each in orders.newest()),
    )


async def table(call: Call) -> TableOfTags:
    orders, device_id = _orders(call), call.path["device_id"]
    if device_id not in orders.readers:
        raise Refused(404, "no_such_reader", f"There is no reader '{device_id[:40]}' that takes orders to tags.")
    desk = call.shop.desk
    heard = orders.bench.listen(device_id, desk.clock.monotonic_ms())
    try:
        found = print_run.check(desk.reader(), heard, call.query.get("asn", ""))
    except StockRefused as refused:
        raise Refused(404, refused.reason.code, refused.reason.text) from refused
    return TableOfTags(
        tags=tuple(_checked(call, each) for each in found.tags),
        expected=found.expected,
        missing=found.missing,
        missing_epcs=found.missing_epcs,
    )


async def order_tag(call: Call) -> TagOrderInfo:
    orders, wanted, who = _orders(call), call.body_as(OrderTag), call.who()
    order_id = call.path["order_id"]
    if not order_id or len(order_id) > ID_CHARACTERS_MAX:
        raise Refused(422, "order_id", f"The id of an order: 1 to {ID_CHARACTERS_MAX} characters; make a UUID.")
    try:
        what = What(wanted.what)
        key = BitString(wanted.bits, bytes.fromhex(wanted.raw))
    except ValueError as error:
        raise Refused(
            422, "tag_order", f"what: one of {', '.join(What)}; raw: hexadecimal of exactly `bits` bits."
        ) from error
    if RIGHT_OF[what] not in who.rights:
        raise Refused(403, "not_allowed", f"This needs the right {RIGHT_OF[what]!r}.")
    new_epc = _new_epc(call, wanted.code) if what is What.ENCODE else ""
    try:
        done = await orders.give(order_id, wanted.device_id, what, key, new_epc=new_epc, staff_id=who.staff_id)
    except OrderRefused as refused:
        raise Refused(409 if refused.code == "order_other" else 422, refused.code, refused.text) from refused
    return _info(done)


def _new_epc(call: Call, code: str) -> str:
    """The EPC URI of a code with product and serial number."""
    source, clock = call.shop.desk.reader(), call.shop.desk.clock
    try:
        if code.startswith("urn:epc:"):
            return _fits(code)
        day = datetime.date.fromisoformat(business_date(clock.now_ms(), lookup.time_zone(source)))
        scanned = read_scan(code, today=day)
        if not scanned.gtin or not scanned.serial:
            raise Refused(
                422, "epc_needs_serial", "Scan a code with product and serial number, such as the 2D code of the label."
            )
        return _fits(of_gtin(scanned.gtin.rjust(14, "0"), scanned.serial).uri)
    except (CodeRefused, EpcRefused) as refused:
        raise Refused(422, "epc_code", f"This code makes no EPC: {refused}") from refused


def _fits(epc_uri: str) -> str:
    """The URI, once it is known to fit a tag. Raises `EpcRefused`."""
    bits_of(epc_uri)
    return epc_uri


def _orders(call: Call) -> TagOrders:
    if call.shop.tag_orders is None:
        raise Refused(503, "no_tag_readers", "This store has no reader that can write tags in its settings.")
    return call.shop.tag_orders


def _info(order: TagOrder) -> TagOrderInfo:
    return TagOrderInfo(
        order_id=order.order_id,
        device_id=order.device_id,
        epc=order.epc,
        what=order.what.value,
        new_epc=order.new_epc,
        staff_id=order.staff_id,
        sale_id=order.sale_id,
        at_ms=order.at_ms,
        outcome=order.outcome,
        fault=order.fault,
        words=order.words,
    )


def _checked(call: Call, tag: CheckedTag) -> CheckedTagInfo:
    item = lookup.item_by_id(call.shop.desk.reader(), tag.item_id)
    return CheckedTagInfo(
        epc=tag.epc,
        raw=tag.raw.hex().upper(),
        bits=tag.bits,
        gtin=tag.gtin,
        serial=tag.serial,
        item_id=tag.item_id,
        name="" if item is None else item.name,
        name_zh="" if item is None else item.name_zh,
        verdict=tag.verdict.value,
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/tag-work",
        summary="Readers that take orders to single tags, what this store allows, the last orders",
        handler=tag_work,
        response=TagWork,
        right=rights.STOCK,
        problems=(401, 403, 503),
    ),
    Endpoint(
        method="GET",
        path="/v1/tag-work/{device_id}/table",
        summary="The tags a reader hears now, held against a print run; ask once a second",
        handler=table,
        response=TableOfTags,
        query={"asn": "the notice whose tags were printed"},
        right=rights.STOCK,
        problems=(401, 403, 404, 503),
    ),
    Endpoint(
        method="PUT",
        path="/v1/tag-orders/{order_id}",
        summary="Read, write, lock or silence one tag; the same order again is answered as it stands",
        handler=order_tag,
        request=OrderTag,
        response=TagOrderInfo,
        right=rights.STOCK,
        problems=(401, 403, 409, 422, 503),
    ),
)
