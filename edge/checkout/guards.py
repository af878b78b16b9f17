"""What may not be sold though it has a price: recalled, expired, sold before, not there; and who may not buy it."""

from __future__ import annotations

import datetime
import zoneinfo
from dataclasses import dataclass

from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.checkout import last_unit, serials
from edge.checkout.approval import allowed_by
from edge.checkout.basket import Basket, BasketLine
from edge.checkout.desk import Desk
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session
from protocols.contract import rights
from protocols.contract.sale_parts import Override
from protocols.contract.till_basket import Approval

WHY_CHARACTERS_MAX = 200
AGE = "age_checked"
"""`Override.what` of a line whose customer was seen to be old enough."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a line may not be sold. `what`: code of the refusal and of the override."""

    what: str
    refusal: Refusal
    before: str


def today(desk: Desk) -> datetime.date:
    """The store's day, by the clock that prices go by: an untrusted one makes nothing expire."""
    now_ms = lookup.pricing_now_ms(desk.reader(), desk.clock)
    zone = zoneinfo.ZoneInfo(lookup.time_zone(desk.reader()))
    return datetime.datetime.fromtimestamp(now_ms // 1000, zone).date()


def findings(desk: Desk, basket: Basket, item: Item, line: BasketLine) -> list[Finding]:
    """Everything that forbids the line and that a person may override. Raises `Refusal` for what nobody may."""
    found = []
    source = desk.reader()
    recall = lookup.recall_of(source, item.item_id, line.batch, lookup.pricing_now_ms(source, desk.clock))
    if recall is not None:
        refusal = Refusal("recalled", name=item.name, batch=line.batch or "-", reason=recall.reason)
        found.append(Finding("recalled", refusal, recall.recall_id))
    if line.expires and line.expires < today(desk).isoformat():
        found.append(Finding("expired", Refusal("expired", name=item.name, date=line.expires), line.expires))
    if line.serial and any((each.item_id, each.serial) == (line.item_id, line.serial) for each in basket.live_lines):
        raise Refusal("serial_in_basket", name=item.name, serial=line.serial)
    if line.serial and serials.is_sold(source, line.item_id, line.serial):
        found.append(Finding("serial_sold", Refusal("serial_sold", name=item.name, serial=line.serial), line.serial))
    elif line.serial and (till_id := desk.open_baskets.till_with(basket.sale_id, line.item_id, line.serial)) is not None:
        refusal = Refusal("serial_elsewhere", name=item.name, serial=line.serial, till=till_id)
        found.append(Finding("serial_elsewhere", refusal, line.serial))
    if item.serial_tracked and not line.serial:
        found.append(Finding("serial_missing", Refusal("serial_missing", name=item.name), ""))
    if (missing := last_unit.missing(source, desk.open_baskets, basket, line)) is not None:
        found.append(Finding(last_unit.NOT_ON_HAND, missing, ""))
    return found


async def overridden(
    desk: Desk, session: Session, found: list[Finding], why: str, approval: Approval | None
) -> tuple[Override, ...]:
    """The overrides that let a line pass. Raises the first finding's refusal while nobody gave a reason, or what
    `allowed_by` refuses with."""
    if not found:
        return ()
    reason = why.strip()[:WHY_CHARACTERS_MAX]
    if not reason:
        raise found[0].refusal
    person = await allowed_by(desk, session, rights.OVERRIDE, approval)
    return tuple(
        Override(what=each.what, reason=reason, approver_id=person.staff_id, before=each.before, after="sold")
        for each in found
    )


def age_checked(desk: Desk, session: Session, basket: Basket, item: Item, *, confirmed: bool) -> tuple[Override, ...]:
    """The note that the customer is old enough. Asked once per sale and age. Raises `Refusal` (age_check) to ask."""
    if not item.min_age:
        return ()
    seen = max((int(each.reason) for line in basket.lines for each in line.overrides if each.what == AGE), default=0)
    if not confirmed and seen < item.min_age:
        day = today(desk)
        # Born on 29 February: old enough from 1 March in other years.
        born = min(day.day, 28) if day.month == 2 else day.day
        latest = datetime.date(day.year - item.min_age, day.month, born)
        raise Refusal("age_check", name=item.name, age=item.min_age, born=latest.isoformat())
    return (Override(what=AGE, reason=str(item.min_age), approver_id=session.need_cashier().staff_id),)
