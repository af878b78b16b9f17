"""Goods on the pad become lines: one line per item, with the tags of its pieces."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from edge.catalogue.lookup import Item
from edge.checkout import basket as baskets
from edge.checkout.basket import Basket, BasketLine
from edge.checkout.desk import Desk, seat_of
from edge.checkout.guards import age_checked, findings, overridden
from edge.checkout.item_lines import container_of, line_of
from edge.checkout.pad_goods import LEAVES_OUT, NEW, PadPiece, pieces_of
from edge.checkout.reasons import Refusal
from edge.checkout.session import DONE, Session, Step, StoredAnswer
from protocols.contract.till_tags import AddTags
from protocols.gs1.scan import Scanned

ASKS = frozenset({"age_check", "recalled", "expired", "serial_sold", "not_allowed"})
"""Refusals a person answers at the till: the whole command is asked again with the answer."""


async def add_tags(desk: Desk, session: Session, command_id: str, command: AddTags) -> Step:
    """Sell what lies on the pad, as far as it can be sold by its tags. What is left out is told; nothing sold: refused."""
    seat_of(session)
    desk.zone()
    reading = desk.pads.reading(session.till_id)
    if reading is None:
        raise Refusal("no_pad")
    pieces = pieces_of(desk.reader(), reading, session.basket)
    if command.epcs:
        wanted = frozenset(command.epcs)
        pieces = [piece for piece in pieces if piece.tag.uri in wanted]
    why_not = [_refusal(piece) for piece in pieces if piece.state in LEAVES_OUT]
    after = session.basket or desk.new_basket()
    added = 0
    for item, group in _groups(pieces):
        try:
            after = await _add(desk, session, after, item, group, command)
            added += len(group)
        except Refusal as refusal:
            if refusal.reason.code in ASKS:
                raise
            why_not.append(refusal)
    if len(after.lines) > baskets.LINES_MAX:
        raise Refusal("basket_full", most=baskets.LINES_MAX)
    if not added:
        raise why_not[0] if why_not else Refusal("pad_empty")
    answer = DONE if not why_not else StoredAnswer(ok=False, reason=why_not[0].reason)
    return await desk.finish_basket(replace(session, last_scan=None), command_id, after, answer)


def _groups(pieces: list[PadPiece]) -> list[tuple[Item, list[PadPiece]]]:
    """New pieces by product code, in the order they came; pieces of a serial-numbered item each for itself."""
    groups: dict[str, tuple[Item, list[PadPiece]]] = {}
    for piece in pieces:
        if piece.state != NEW or piece.item is None:
            continue
        key = piece.tag.uri if piece.item.serial_tracked else piece.tag.gtin
        groups.setdefault(key, (piece.item, []))[1].append(piece)
    return list(groups.values())


async def _add(desk: Desk, session: Session, before: Basket, item: Item, group: list[PadPiece], command: AddTags) -> Basket:
    first = group[0].tag
    serial = first.serial if item.serial_tracked else ""
    scanned = Scanned(keys=(first.gtin,), gtin=first.gtin, serial=serial)
    line = line_of(desk, session, before, item, scanned, len(group))
    overrides = await overridden(desk, session, findings(desk, before, item, line), command.why, command.approval)
    aged = age_checked(desk, session, before, item, confirmed=command.age_confirmed)
    epcs = tuple(piece.tag.uri for piece in group)
    line = msgspec.structs.replace(line, overrides=(*overrides, *aged), epcs=epcs)
    return _with_container(desk, before, item, line)


def _with_container(desk: Desk, before: Basket, item: Item, line: BasketLine) -> Basket:
    after = baskets.add(before, line)
    if len(after.lines) == len(before.lines):
        return after
    container = container_of(desk, item, line)
    if container is None:
        return after
    return baskets.add(after, msgspec.structs.replace(container, follows=len(after.lines)))


def _refusal(piece: PadPiece) -> Refusal:
    name = piece.tag.uri if piece.item is None else piece.item.name
    return Refusal(LEAVES_OUT[piece.state], name=name)
