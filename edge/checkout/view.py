"""A till's session as its screen shows it."""

from __future__ import annotations

import msgspec

from edge.catalogue import lookup
from edge.checkout import store
from edge.checkout.basket import Basket, Totals, totals
from edge.checkout.desk import Desk
from edge.checkout.goods import WEIGHT_AGE_MAX_MS, usable_grams
from edge.checkout.ports import Surroundings
from edge.checkout.session import Session
from protocols.contract import rights
from protocols.contract.till import DeviceScan, LastSale, TillState, WeightView
from protocols.contract.till_basket import TillLine
from protocols.contract.till_control import ShiftView

_NOTHING = Totals(total_minor=0, tax_minor=0, due_minor=0, line_tax_minor=())


def till_state(
    desk: Desk, session: Session, around: Surroundings, revision: int, device_scans: tuple[DeviceScan, ...] = ()
) -> TillState:
    """Everything the screen shows, as of now."""
    source = desk.reader()
    zone, setup = lookup.zone(source), lookup.setup(source)
    ready = zone is not None and store.has_items(source)
    sums = _NOTHING
    if session.basket is not None and zone is not None:
        sums = totals(session.basket, zone.tax_mode, zone.cash_rounding_minor)
    cashier, shift = session.cashier, session.shift
    return TillState(
        till_id=session.till_id,
        store_name=desk.store_id if setup is None else setup.name,
        revision=revision,
        mode=_mode(session, ready=ready),
        currency="" if zone is None else zone.currency,
        minor_digits=2 if zone is None else zone.minor_digits,
        cashier_id=None if cashier is None else cashier.staff_id,
        cashier_name=None if cashier is None else cashier.name,
        language=desk.language if cashier is None else cashier.language,
        rights=() if cashier is None else cashier.rights,
        shift=None
        if shift is None
        else ShiftView(
            shift_id=shift.shift_id,
            float_minor=shift.float_minor,
            sale_count=shift.sale_count,
            expected_minor=shift.expected_minor if cashier is not None and cashier.may(rights.REPORT) else None,
            opened_at_ms=shift.opened_at_ms,
        ),
        sale_id=None if session.basket is None else session.basket.sale_id,
        lines=() if session.basket is None else _lines(session.basket),
        total_minor=sums.total_minor,
        tax_minor=sums.tax_minor,
        due_minor=sums.due_minor,
        last_sale=_last_sale(desk, session),
        devices=around.devices(session.setup.device_ids),
        weight=_weight(desk, session),
        hq_online=around.hq_online(),
        oldest_unacked_seconds=around.oldest_unacked_seconds(),
        alarms=around.alarms(),
        device_scans=device_scans,
    )


def _mode(session: Session, *, ready: bool) -> str:
    if session.cashier is None:
        return "login" if ready else "setup"
    if session.shift is None:
        return "shift"
    return "sale" if ready else "setup"


def _lines(basket: Basket) -> tuple[TillLine, ...]:
    return tuple(
        TillLine(
            line_no=line.line_no,
            item_id=line.item_id,
            name=line.name,
            name_zh=line.name_zh,
            gtin=line.gtin,
            quantity=line.quantity,
            grams=line.grams,
            unit_price_minor=line.unit_price_minor,
            list_price_minor=line.list_price_minor,
            price_reason=line.price_reason,
            net_minor=line.net_unless_voided_minor,
            voided=line.voided,
        )
        for line in basket.lines
    )


def _last_sale(desk: Desk, session: Session) -> LastSale | None:
    """The sale just paid, until the next one begins."""
    if session.basket is not None or session.last_sale is None:
        return None
    state = store.print_state(desk.reader(), session.last_sale.sale_id)
    return msgspec.structs.replace(session.last_sale, print_state=state)


def _weight(desk: Desk, session: Session) -> WeightView | None:
    if session.setup.scale_id is None:
        return None
    reading = desk.scales.latest(session.setup.scale_id)
    mono_ms = desk.clock.monotonic_ms()
    if reading is None or mono_ms - reading.at_mono_ms > WEIGHT_AGE_MAX_MS:
        return WeightView()
    return WeightView(grams=usable_grams(reading, mono_ms), state=reading.state.value)
