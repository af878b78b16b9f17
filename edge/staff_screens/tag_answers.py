"""What the screens of exits, fitting rooms, shelves and the finder read of the box's answers."""

from __future__ import annotations

from edge.staff_screens.answers import Body


class Goods(Body, frozen=True, kw_only=True):
    """A piece as a person knows it."""

    epc: str
    item_id: str
    name: str = ""
    name_zh: str = ""
    colour: str = ""
    size: str = ""
    gtin: str = ""


class AlarmGoods(Body, frozen=True, kw_only=True):
    goods: Goods
    sale_id: str


class GateAlarm(Body, frozen=True, kw_only=True):
    alarm_id: str
    gate_id: str
    at_ms: int
    outcome: str
    ended_ms: int
    staff_id: str
    goods: tuple[AlarmGoods, ...]


class Gates(Body, frozen=True, kw_only=True):
    gates: tuple[str, ...]
    ringing: tuple[str, ...]
    alarms: tuple[GateAlarm, ...]


class SayAlarm(Body, frozen=True, kw_only=True):
    outcome: str


class RoomPiece(Body, frozen=True, kw_only=True):
    room: str
    goods: Goods
    entered_ms: int
    left_ms: int
    tried_on: bool
    outcome: str


class Rooms(Body, frozen=True, kw_only=True):
    rooms: tuple[str, ...]
    inside: tuple[RoomPiece, ...]
    earlier: tuple[RoomPiece, ...]


class ShelfItem(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    pieces: int
    planned: bool
    minimum_pieces: int
    low: bool


class SmartShelf(Body, frozen=True, kw_only=True):
    device_id: str
    antenna: int
    name: str
    items: tuple[ShelfItem, ...]


class SmartShelves(Body, frozen=True, kw_only=True):
    shelves: tuple[SmartShelf, ...]


class StandingPiece(Body, frozen=True, kw_only=True):
    epc: str
    spot: str
    place: str
    moved_ms: int
    gone: bool


class Whereabouts(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    tags: tuple[StandingPiece, ...]


class Signal(Body, frozen=True, kw_only=True):
    epc: str
    dbm: int | None
    spot: str
    reader: str


class TagReader(Body, frozen=True, kw_only=True):
    device_id: str


class TagOrder(Body, frozen=True, kw_only=True):
    order_id: str
    epc: str
    what: str
    new_epc: str
    at_ms: int
    outcome: str
    fault: str
    words: str


class TagWork(Body, frozen=True, kw_only=True):
    readers: tuple[TagReader, ...]
    can: tuple[str, ...]
    orders: tuple[TagOrder, ...]


class CheckedTag(Body, frozen=True, kw_only=True):
    epc: str
    raw: str
    bits: int
    serial: str
    name: str
    name_zh: str
    verdict: str


class TableOfTags(Body, frozen=True, kw_only=True):
    tags: tuple[CheckedTag, ...]
    expected: int
    missing: int


class OrderTag(Body, frozen=True, kw_only=True):
    device_id: str
    what: str
    raw: str
    bits: int
    code: str = ""
