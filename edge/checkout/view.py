"""A till's session as its screen shows it."""

from __future__ import annotations

import msgspec

from edge.catalogue import lookup
from edge.checkout import held_store, returns_view, store
from edge.checkout.desk import Desk
from edge.checkout.held_scans import HeldScans
from edge.checkout.lines_view import LinesView
from edge.checkout.member_view import coupon_views, member_view
from edge.checkout.pad_goods import pad_view
from edge.checkout.payment_view import method_views, payment_view, tender_views
from edge.checkout.ports import Surroundings
from edge.checkout.reasons import reason
from edge.checkout.session import Session
from edge.checkout.weighing import scale_in_use, sold_grams
from protocols.contract import rights
from protocols.contract.reason import Reason
from protocols.contract.till import DeviceScan, LastSale, TillState, WeightView
from protocols.contract.till_control import ShiftView
from protocols.contract.till_rules import TillRules
from protocols.device_events import WeightState
from protocols.scales.sale_rule import NotSold


def till_state(
    desk: Desk,
    session: Session,
    around: Surroundings,
    revision: int,
    device_scans: tuple[DeviceScan, ...] = (),
    *,
    lines: LinesView,
    held: HeldScans,
) -> TillState:
    """Everything the screen shows, as of now."""
    source = desk.reader()
    zone, setup = lookup.zone(source), lookup.setup(source)
    ready = zone is not None and store.has_items(source)
    cashier, priced = session.cashier, session.priced
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
        shift=_shift(session),
        sale_id=None if session.basket is None else session.basket.sale_id,
        lines=lines.of(session),
        total_minor=priced.total_minor,
        tax_minor=priced.tax_minor,
        due_minor=priced.due_minor,
        gross_minor=priced.gross_minor,
        saved_minor=priced.saved_minor,
        proved=priced.proved,
        lower_bound_minor=None if priced.proved else priced.lower_bound_minor,
        offers=priced.offers,
        hints=priced.hints,
        not_applied=priced.not_applied,
        remaining_minor=priced.remaining_minor,
        tenders=tender_views(session),
        payment=payment_view(session),
        methods=method_views(desk, session),
        searched=priced.searched,
        held=held_store.waiting(source) if cashier is not None else (),
        choices=session.choices,
        repriced=session.repriced,
        bag_item_id="" if zone is None else zone.bag_item_id,
        tare_grams=0 if session.basket is None else session.basket.tare_grams,
        member=member_view(session.basket, priced),
        member_choices=session.member_choices,
        coupons=coupon_views(session.basket, priced),
        last_sale=_last_sale(desk, session),
        devices=around.devices(session.setup.device_ids),
        weight=_weight(desk, session),
        hq_online=around.hq_online(),
        oldest_unacked_seconds=around.oldest_unacked_seconds(),
        alarms=(*around.alarms(), *_much_cash(session, TillRules() if setup is None else setup.till_rules)),
        device_scans=device_scans,
        held_scans=held.waiting,
        card=session.card,
        returns=returns_view.returns(session.basket),
        found_sale=returns_view.found_sale(desk, session),
        pad=pad_view(desk, session.till_id, session.basket) if cashier is not None else None,
    )


def _shift(session: Session) -> ShiftView | None:
    """The open shift. What should be in the drawer is for those alone who may see a report: the count is blind."""
    cashier, shift = session.cashier, session.shift
    if shift is None:
        return None
    return ShiftView(
        shift_id=shift.shift_id,
        float_minor=shift.float_minor,
        sale_count=shift.sale_count,
        expected_minor=shift.expected_minor if cashier is not None and cashier.may(rights.REPORT) else None,
        opened_at_ms=shift.opened_at_ms,
    )


def _much_cash(session: Session, rules: TillRules) -> tuple[Reason, ...]:
    """Asks for cash to be taken out; does not say how much is there, for the count is blind."""
    most_minor = rules.cash_warning_minor
    if session.shift is None or not most_minor or session.shift.expected_minor <= most_minor:
        return ()
    return (reason("cash_high"),)


def _mode(session: Session, *, ready: bool) -> str:
    if session.cashier is None:
        return "login" if ready else "setup"
    if session.shift is None:
        return "shift"
    return "sale" if ready else "setup"


def _last_sale(desk: Desk, session: Session) -> LastSale | None:
    """The sale just paid, until the next one begins."""
    if session.basket is not None or session.last_sale is None:
        return None
    state = store.print_state(desk.reader(), session.last_sale.sale_id)
    return msgspec.structs.replace(session.last_sale, print_state=state)


def _weight(desk: Desk, session: Session) -> WeightView | None:
    if not session.setup.scale_ids:
        return None
    scale_id = scale_in_use(desk, session)
    if scale_id is None:
        return WeightView(state="several")
    orders = tuple(sorted(desk.scales.orders(scale_id)))
    reading, mono_ms = desk.scales.latest(scale_id), desk.clock.monotonic_ms()
    grams = sold_grams(reading, mono_ms)
    if reading is None or grams is NotSold.SILENT:
        return WeightView(scale_id=scale_id, orders=orders)
    return WeightView(
        grams=None if isinstance(grams, NotSold) else grams,
        state=WeightState.BELOW_MINIMUM.value if grams is NotSold.BELOW_MINIMUM else reading.state.value,
        net=reading.net,
        scale_id=scale_id,
        orders=orders,
    )
