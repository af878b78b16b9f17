"""Tagged goods at the doors: what came in, what went out, where the tags of an item are, what nobody could tell."""

from __future__ import annotations

import msgspec

from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.rfid import store
from edge.rfid.tags import KnownTag
from protocols.contract.facts import LeftLine, ReceivedLine

ROWS_MAX = 100
TAGS_PER_PAGE = 500


class TagInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A tag. `state`: arriving, received, leaving, left, unknown or undecided; `why` only of unknown ones."""

    epc: str
    gtin: str
    item_id: str
    state: str
    why: str
    device_id: str
    seen_at_ms: int
    fact_id: str


class TagList(msgspec.Struct, frozen=True, kw_only=True):
    """Tags; `next` is the value of `after` for the following page, empty at the end."""

    tags: tuple[TagInfo, ...]
    next: str = ""


class PortalReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that came in through a door."""

    receipt_id: str
    at_ms: int
    device_id: str
    place: str
    lines: tuple[ReceivedLine, ...]


class PortalReceipts(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first, at most 100."""

    receipts: tuple[PortalReceipt, ...]


class PortalLeaving(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that went out through a door."""

    passage_id: str
    at_ms: int
    device_id: str
    lines: tuple[LeftLine, ...]


class PortalLeavings(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first, at most 100."""

    left: tuple[PortalLeaving, ...]


class DismissTag(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person has looked at an unknown or undecided tag."""

    epc: str


def _info(tag: KnownTag) -> TagInfo:
    return TagInfo(
        epc=tag.epc,
        gtin=tag.gtin,
        item_id=tag.item_id,
        state=tag.state.value,
        why=tag.why.value,
        device_id=tag.device_id,
        seen_at_ms=tag.seen_at_ms,
        fact_id=tag.fact_id,
    )


async def receipts(call: Call) -> PortalReceipts:
    found = store.receipts(call.shop.desk.reader(), ROWS_MAX)
    return PortalReceipts(
        receipts=tuple(
            PortalReceipt(
                receipt_id=fact.receipt_id,
                at_ms=at_ms,
                device_id=fact.device_id,
                place=fact.place.value,
                lines=fact.lines,
            )
            for at_ms, fact in found
        )
    )


async def leavings(call: Call) -> PortalLeavings:
    found = store.leavings(call.shop.desk.reader(), ROWS_MAX)
    return PortalLeavings(
        left=tuple(
            PortalLeaving(passage_id=fact.passage_id, at_ms=at_ms, device_id=fact.device_id, lines=fact.lines)
            for at_ms, fact in found
        )
    )


async def tags_of_item(call: Call) -> TagList:
    after = call.query.get("after", "")
    found = store.tags_of_item(call.shop.desk.reader(), call.path["item_id"], after, TAGS_PER_PAGE)
    following = found[-1].epc if len(found) == TAGS_PER_PAGE else ""
    return TagList(tags=tuple(map(_info, found)), next=following)


async def open_tags(call: Call) -> TagList:
    return TagList(tags=tuple(map(_info, store.open_tags(call.shop.desk.reader(), ROWS_MAX))))


async def dismiss(call: Call) -> TagList:
    if call.shop.portals is None:
        raise Refused(503, "no_doors", "This store has no reader at a door in its settings.")
    await call.shop.portals.dismiss(call.body_as(DismissTag).epc)
    return await open_tags(call)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/rfid/receipts",
        summary="Goods that came in through the doors, newest first",
        handler=receipts,
        response=PortalReceipts,
    ),
    Endpoint(
        method="GET",
        path="/v1/rfid/left",
        summary="Tagged goods that went out through the doors, newest first",
        handler=leavings,
        response=PortalLeavings,
    ),
    Endpoint(
        method="GET",
        path="/v1/rfid/open",
        summary="Tags a person has to look at: unknown goods, and passes whose direction could not be told",
        handler=open_tags,
        response=TagList,
    ),
    Endpoint(
        method="POST",
        path="/v1/rfid/open/dismiss",
        summary="Strike a tag off that list",
        handler=dismiss,
        request=DismissTag,
        response=TagList,
        right="stock",
        problems=(401, 403, 422, 503),
    ),
    Endpoint(
        method="GET",
        path="/v1/items/{item_id}/tags",
        summary="The tags of an item and where they stand",
        handler=tags_of_item,
        response=TagList,
        query={"after": "the `next` of the page before"},
    ),
)
