"""What tags did beside the doors: alarms at the exits, pieces in fitting rooms, smart shelves, and where a piece is."""

from __future__ import annotations

import msgspec

from edge.catalogue import lookup
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.rfid import fitting_store, floor_store, gate_store
from edge.rfid.fitting_store import FittedPiece
from edge.rfid.floor_store import StandingTag
from edge.rfid.gate_service import UnknownAlarm
from edge.rfid.gate_store import GateAlarm
from edge.rfid.hall import TagHall
from edge.store_db.connection import Connection
from protocols.contract import rights

ALARMS_MAX = 50
VISITS_MAX = 100
TAGS_MAX = 200
DAY_MS = 86_400_000


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """A piece as a person knows it: enough to draw a tile of it."""

    epc: str
    item_id: str
    name: str = ""
    name_zh: str = ""
    colour: str = ""
    size: str = ""
    gtin: str = ""


class AlarmGoods(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of an alarm; `sale_id` empty: no sale covers it."""

    goods: Goods
    sale_id: str


class AlarmInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What went out together. `outcome`: empty while it stands, else `sold`, `stopped`, `false`, `stolen` or `unseen`."""

    alarm_id: str
    gate_id: str
    at_ms: int
    outcome: str
    ended_ms: int
    staff_id: str
    sale_id: str
    goods: tuple[AlarmGoods, ...]


class GateList(msgspec.Struct, frozen=True, kw_only=True):
    """The exits, and their alarms: standing ones first, then the newest. `ringing`: gates whose siren is on."""

    gates: tuple[str, ...]
    ringing: tuple[str, ...]
    alarms: tuple[AlarmInfo, ...]


class SayAlarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an alarm was: `stopped`, `false` (its tags may pass from now on) or `stolen`."""

    outcome: str


class RoomPiece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece in a fitting room, or that was in one (`left_ms` above 0)."""

    room: str
    goods: Goods
    entered_ms: int
    left_ms: int
    tried_on: bool
    outcome: str
    """`bought`, `back`, `abandoned`, `unknown`; empty: not known yet."""


class RoomList(msgspec.Struct, frozen=True, kw_only=True):
    """Fitting rooms: what is in them, and what was in the last day, newest first."""

    rooms: tuple[str, ...]
    inside: tuple[RoomPiece, ...]
    earlier: tuple[RoomPiece, ...]


class ShelfItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item on a smart shelf. `planned` False: it lies wrong. `low`: below its minimum for too long."""

    item_id: str
    name: str
    name_zh: str
    pieces: int
    planned: bool
    minimum_pieces: int
    low: bool


class SmartShelf(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    antenna: int
    name: str
    items: tuple[ShelfItem, ...]


class SmartShelves(msgspec.Struct, frozen=True, kw_only=True):
    shelves: tuple[SmartShelf, ...]


class StandingPiece(msgspec.Struct, frozen=True, kw_only=True):
    """A tag the antennas know. `spot`: what the antenna looks at; `gone`: not heard for long."""

    epc: str
    spot: str
    place: str
    moved_ms: int
    gone: bool
    bits: int


class Whereabouts(msgspec.Struct, frozen=True, kw_only=True):
    """An item's tags, those in the store first."""

    item_id: str
    name: str
    name_zh: str
    tags: tuple[StandingPiece, ...]


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """How loud a sought tag is now. `dbm` None: it was not heard in the last moment."""

    epc: str
    dbm: int | None
    spot: str
    """Where it stands by the fixed antennas; empty: they do not hear it."""
    reader: str
    """Which reader hears it now."""


async def gates(call: Call) -> GateList:
    hall = _hall(call)
    return _gates(call, hall)


async def say_alarm(call: Call) -> GateList:
    hall = _hall(call)
    try:
        await hall.gates.resolve(call.path["alarm_id"], call.body_as(SayAlarm).outcome, call.who().staff_id)
    except UnknownAlarm:
        raise Refused(404, "no_such_gate_alarm", "There is no such alarm any more: it has ended.") from None
    except ValueError:
        raise Refused(422, "gate_outcome", "The outcome is one of stopped, false, stolen.") from None
    return _gates(call, hall)


async def silence(call: Call) -> GateList:
    hall = _hall(call)
    hall.gates.silence(call.path["gate_id"])
    return _gates(call, hall)


async def fitting_rooms(call: Call) -> RoomList:
    hall = _hall(call)
    source, now_ms = call.shop.desk.reader(), call.shop.desk.clock.now_ms()
    rooms = () if hall.fitting is None else hall.fitting.rooms
    inside = fitting_store.in_rooms(source)
    earlier = fitting_store.since(source, now_ms - DAY_MS, VISITS_MAX)
    return RoomList(
        rooms=rooms,
        inside=tuple(_room_piece(source, piece, now_ms) for piece in inside),
        earlier=tuple(_room_piece(source, piece, now_ms) for piece in earlier),
    )


async def smart_shelves(call: Call) -> SmartShelves:
    hall, source = _hall(call), call.shop.desk.reader()
    found = []
    for (device_id, antenna), name, lines, low in [] if hall.shelves is None else hall.shelves.shelves():
        items = []
        for line in lines:
            known = _goods(source, "", "", line.item_id)
            items.append(
                ShelfItem(
                    item_id=line.item_id,
                    name=known.name,
                    name_zh=known.name_zh,
                    pieces=line.pieces,
                    planned=line.planned,
                    minimum_pieces=line.minimum_pieces,
                    low=line.item_id in low,
                )
            )
        found.append(SmartShelf(device_id=device_id, antenna=antenna, name=name, items=tuple(items)))
    return SmartShelves(shelves=tuple(found))


async def whereabouts(call: Call) -> Whereabouts:
    source, item_id = call.shop.desk.reader(), call.path["item_id"]
    known = _goods(source, "", "", item_id)
    tags = floor_store.of_item(source, item_id, TAGS_MAX)
    return Whereabouts(item_id=item_id, name=known.name, name_zh=known.name_zh, tags=tuple(map(_standing, tags)))


async def signal(call: Call) -> Signal:
    hall, epc = _hall(call), call.query.get("epc", "")
    known = floor_store.by_epc(call.shop.desk.reader(), epc)
    if known is None:
        raise Refused(404, "no_such_tag", "No antenna of this store has heard this tag.")
    heard = hall.finder.seek(known.key, call.shop.desk.clock.monotonic_ms())
    where = hall.floor.where(known.key)
    return Signal(
        epc=epc,
        dbm=None if heard is None else heard.dbm,
        spot="" if where is None else where.spot,
        reader="" if heard is None else heard.device_id,
    )


def _hall(call: Call) -> TagHall:
    if call.shop.hall is None:
        raise Refused(503, "no_tag_readers", "No antenna of this store looks at an exit, a room, a shelf or a pad.")
    return call.shop.hall


def _gates(call: Call, hall: TagHall) -> GateList:
    source = call.shop.desk.reader()
    alarms = gate_store.newest(source, ALARMS_MAX)
    return GateList(
        gates=hall.gates.names,
        ringing=tuple(sorted(hall.gates.ringing())),
        alarms=tuple(_alarm(source, alarm) for alarm in alarms),
    )


def _alarm(source: Connection, alarm: GateAlarm) -> AlarmInfo:
    goods = tuple(
        AlarmGoods(goods=_goods(source, each.line.epc, each.line.gtin, each.line.item_id), sale_id=each.sale_id)
        for each in alarm.lines
    )
    return AlarmInfo(
        alarm_id=alarm.alarm_id,
        gate_id=alarm.gate_id,
        at_ms=alarm.at_ms,
        outcome=alarm.outcome,
        ended_ms=alarm.ended_ms,
        staff_id=alarm.staff_id,
        sale_id=alarm.sale_id,
        goods=goods,
    )


def _goods(source: Connection, epc: str, gtin: str, item_id: str) -> Goods:
    item = lookup.item_by_id(source, item_id)
    if item is None:
        return Goods(epc=epc, gtin=gtin, item_id=item_id)
    return Goods(
        epc=epc,
        gtin=gtin,
        item_id=item_id,
        name=item.name,
        name_zh=item.name_zh,
        colour=item.colour,
        size=item.size,
    )


def _room_piece(source: Connection, piece: FittedPiece, now_ms: int) -> RoomPiece:
    return RoomPiece(
        room=piece.room,
        goods=_goods(source, piece.epc, piece.gtin, piece.item_id),
        entered_ms=piece.entered_ms,
        left_ms=piece.left_ms,
        tried_on=piece.tried_on(now_ms),
        outcome=piece.outcome,
    )


def _standing(tag: StandingTag) -> StandingPiece:
    return StandingPiece(epc=tag.epc, spot=tag.spot, place=tag.place, moved_ms=tag.moved_ms, gone=tag.gone, bits=tag.key[1])


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/gates",
        summary="The exits and their alarms: what went out unpaid, standing ones first",
        handler=gates,
        response=GateList,
        problems=(503,),
    ),
    Endpoint(
        method="POST",
        path="/v1/gates/alarms/{alarm_id}",
        summary="Say what an alarm was",
        handler=say_alarm,
        request=SayAlarm,
        response=GateList,
        right=rights.GATE,
        problems=(401, 403, 404, 422, 503),
    ),
    Endpoint(
        method="POST",
        path="/v1/gates/{gate_id}/silence",
        summary="Switch an exit's siren off; its alarm stands",
        handler=silence,
        response=GateList,
        right=rights.GATE,
        problems=(401, 403, 503),
    ),
    Endpoint(
        method="GET",
        path="/v1/fitting-rooms",
        summary="What is in the fitting rooms, and what was in the last day",
        handler=fitting_rooms,
        response=RoomList,
        problems=(503,),
    ),
    Endpoint(
        method="GET",
        path="/v1/smart-shelves",
        summary="What lies on the smart shelves: missing, below the minimum, in the wrong place",
        handler=smart_shelves,
        response=SmartShelves,
        problems=(503,),
    ),
    Endpoint(
        method="GET",
        path="/v1/items/{item_id}/whereabouts",
        summary="Where the tags of an item stand",
        handler=whereabouts,
        response=Whereabouts,
    ),
    Endpoint(
        method="GET",
        path="/v1/rfid/signal",
        summary="How loud one tag is now, for somebody who looks for it",
        handler=signal,
        response=Signal,
        query={"epc": "the tag's EPC URI"},
        problems=(404, 503),
    ),
)
