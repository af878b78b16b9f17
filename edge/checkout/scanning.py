"""Goods into the basket: by scan (and weighing), picked on the screen, or unknown to the catalogue. Waits for no disk."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.checkout import basket as baskets
from edge.checkout.approval import allowed_by
from edge.checkout.basket import Basket, BasketLine
from edge.checkout.choosing import choices_of
from edge.checkout.desk import Desk, seat_of
from edge.checkout.guards import WHY_CHARACTERS_MAX, age_checked, findings, overridden, today
from edge.checkout.item_lines import container_of, line_of
from edge.checkout.reasons import Refusal
from edge.checkout.scan_routes import code_shown
from edge.checkout.session import LastScan, Session, Step, StoredAnswer
from protocols.contract import rights
from protocols.contract.sale_parts import Override
from protocols.contract.till_basket import AddItem, AddUnknown, Scan
from protocols.gs1.elements import shown
from protocols.gs1.gtin import CodeRefused
from protocols.gs1.scan import Scanned, read_scan

SAME_PACK_MS = 2_000
"""A bar code and a 2D code of one product number within this time are two symbols of one pack."""
UNKNOWN = "unknown"
"""Item id and kind of a line the catalogue lacks."""

_SHOWN_CODES = frozenset({"code_empty"})


async def scan(desk: Desk, session: Session, command_id: str, command: Scan) -> Step:
    """Add what was scanned at the lowest price it may be charged; a weighed item takes the weight on the till's scale."""
    seat_of(session)
    zone = desk.zone()
    try:
        scanned = read_scan(command.code, today=today(desk), layouts=zone.layouts)
    except CodeRefused as refused:
        return await _named(desk, session, command_id, command, refused)
    item = next((found for key in scanned.keys if (found := lookup.item_by_code(desk.reader(), key)) is not None), None)
    if item is None:
        unknown = Refusal("unknown_code", code=code_shown(scanned.keys[0] if scanned.layout_id else command.code))
        return await _style(desk, session, command_id, command.code, unknown)
    seen = session.last_scan
    if seen is not None and _is_other_symbol(seen, scanned, desk.clock.monotonic_ms()) and command.quantity == 1:
        return await _same_pack(desk, session, command_id, command, item, scanned, seen)
    return await _add(desk, session, command_id, item, scanned, command)


async def add_item(desk: Desk, session: Session, command_id: str, command: AddItem) -> Step:
    """Add an item picked on the screen."""
    seat_of(session)
    desk.zone()
    item = lookup.item_by_id(desk.reader(), command.item_id)
    if item is None:
        raise Refusal("unknown_code", code=command.item_id[:40])
    return await _add(desk, session, command_id, item, Scanned(keys=()), command)


async def add_unknown(desk: Desk, session: Session, command_id: str, command: AddUnknown) -> Step:
    """Something the catalogue lacks, at a price a person gives. Needs the right `price`."""
    seat_of(session)
    desk.zone()
    rate_bp = lookup.tax_rate_bp(desk.reader(), command.tax_class)
    if rate_bp is None:
        raise Refusal("unknown_tax_class", tax_class=command.tax_class[:40])
    if not 0 < command.price_minor <= baskets.TOTAL_MINOR_MAX:
        raise Refusal("amount_invalid", amount=command.price_minor)
    person = await allowed_by(desk, session, rights.PRICE, command.approval)
    code = shown(command.code)
    made = Override(
        what="price",
        reason=command.why.strip()[:WHY_CHARACTERS_MAX] or UNKNOWN,
        approver_id=person.staff_id,
        after=str(command.price_minor),
    )
    line = BasketLine(
        line_no=0,
        item_id=UNKNOWN,
        name=f"Unknown item {code}".strip(),
        name_zh=f"未知商品 {code}".strip(),
        gtin=code if code.isdigit() else "",
        weighed=False,
        tax_class=command.tax_class,
        tax_rate_bp=rate_bp,
        quantity=1,
        grams=None,
        unit_price_minor=command.price_minor,
        list_price_minor=command.price_minor,
        price_revision=0,
        price_reason="manual",
        label_revision=None,
        line_kind=UNKNOWN,
        open_to_offers=False,
        overrides=(made,),
    )
    before = session.basket or desk.new_basket()
    after = baskets.add(before, line)
    _check_room(after)
    return await desk.finish_basket(replace(session, last_scan=None), command_id, after)


async def _named(desk: Desk, session: Session, command_id: str, command: Scan, refused: CodeRefused) -> Step:
    """A code that is no product's barcode may still name an item or a style."""
    code = command.code.strip()
    item = None if refused.code in _SHOWN_CODES else lookup.item_by_id(desk.reader(), code[:60])
    if item is not None:
        return await _add(desk, session, command_id, item, Scanned(keys=(code,)), command)
    params = {} if refused.code in _SHOWN_CODES else {"code": code_shown(code), "ai": refused.ai}
    return await _style(desk, session, command_id, code, Refusal(refused.code, **params))


async def _style(desk: Desk, session: Session, command_id: str, code: str, otherwise: Refusal) -> Step:
    """Offer the items of the style a code names; its only item is not picked unasked, so that colour and size are seen."""
    choices = choices_of(desk, code.strip()[:60])
    if not choices:
        raise otherwise
    return await desk.finish_shown(replace(session, choices=choices, last_scan=None), command_id)


async def _add(desk: Desk, session: Session, command_id: str, item: Item, scanned: Scanned, command: Scan | AddItem) -> Step:
    before = session.basket or desk.new_basket()
    line = line_of(desk, session, before, item, scanned, command.quantity)
    found = findings(desk, before, item, line)
    overrides = await overridden(desk, session, found, command.why, command.approval)
    aged = age_checked(desk, session, before, item, confirmed=command.age_confirmed)
    line = msgspec.structs.replace(line, overrides=(*overrides, *aged))
    after = _with_line(desk, before, item, line)
    _check_room(after)
    at = next(each.line_no for each in reversed(after.lines) if not each.follows)
    seen = LastScan(scanned.gtin, scanned.two_dimensional, desk.clock.monotonic_ms(), at) if scanned.gtin else None
    return await desk.finish_basket(replace(session, last_scan=seen), command_id, after)


def _with_line(desk: Desk, before: Basket, item: Item, line: BasketLine) -> Basket:
    """The basket with the line and its container. A tare set by hand is used up by a line that was weighed."""
    after = baskets.add(before, line)
    if len(after.lines) > len(before.lines):
        container = container_of(desk, item, line)
        if container is not None:
            after = baskets.add(after, msgspec.structs.replace(container, follows=len(after.lines)))
    return msgspec.structs.replace(after, tare_grams=0) if line.grams is not None else after


def _check_room(basket: Basket) -> None:
    if len(basket.lines) > baskets.LINES_MAX:
        raise Refusal("basket_full", most=baskets.LINES_MAX)


def _is_other_symbol(seen: LastScan, scanned: Scanned, mono_ms: int) -> bool:
    return (
        seen.gtin == scanned.gtin
        and seen.two_dimensional != scanned.two_dimensional
        and mono_ms - seen.at_mono_ms <= SAME_PACK_MS
    )


async def _same_pack(
    desk: Desk, session: Session, command_id: str, command: Scan, item: Item, scanned: Scanned, seen: LastScan
) -> Step:
    """The second symbol of a pack adds nothing, but may tell batch, serial number and date; when those forbid the sale, the
    pack just added is taken out again, and the answer says why."""
    basket, line = session.basket, None if session.basket is None else session.basket.line(seen.line_no)
    once = replace(session, last_scan=None)
    if basket is None or line is None:
        return await _add(desk, once, command_id, item, scanned, command)
    if not (scanned.batch or scanned.serial or scanned.expires):
        return await desk.finish_shown(once, command_id)
    without = baskets.void(basket, line.line_no) if line.quantity == 1 else _one_less(basket, line)
    told = msgspec.structs.replace(
        line,
        quantity=1,
        batch=scanned.batch,
        serial=scanned.serial,
        expires="" if scanned.expires is None else scanned.expires.isoformat(),
    )
    try:
        overrides = await overridden(desk, session, findings(desk, without, item, told), command.why, command.approval)
    except Refusal as refusal:
        # Taken out, on record as a voided line: it was in the basket.
        return await desk.finish_basket(once, command_id, without, StoredAnswer(ok=False, reason=refusal.reason))
    told = msgspec.structs.replace(told, overrides=(*line.overrides, *overrides))
    if line.quantity == 1:
        after = baskets.change_line(basket, line.line_no, lambda _line: told)
    else:
        after = _with_line(desk, without, item, told)
    _check_room(after)
    return await desk.finish_basket(once, command_id, after)


def _one_less(basket: Basket, line: BasketLine) -> Basket:
    return baskets.set_quantity(basket, line.line_no, line.quantity - 1)
