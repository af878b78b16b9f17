"""The till's state as the customer may see it: a pure cut of what the cashier sees, without people, devices and alarms."""

from __future__ import annotations

from protocols.contract.customer_display import CustomerHint, CustomerLine, CustomerMember, CustomerPaid, CustomerState
from protocols.contract.till import LastSale, TillState
from protocols.contract.till_basket import TillLine
from protocols.contract.till_returns import ReturnView
from protocols.labels.qr import qr_matrix

HINTS_MAX = 2


def customer_state(state: TillState) -> CustomerState:
    """What the customer's display shows of a till."""
    lines = _lines(state)
    paid = None if lines or state.mode != "sale" else _paid(state.last_sale)
    return CustomerState(
        till_id=state.till_id,
        store_name=state.store_name,
        revision=state.revision,
        mode=_mode(state, has_lines=bool(lines), has_paid=paid is not None),
        currency=state.currency,
        minor_digits=state.minor_digits,
        lines=lines,
        gross_minor=state.gross_minor,
        saved_minor=state.saved_minor,
        total_minor=state.total_minor,
        remaining_minor=state.remaining_minor if state.tenders or state.remaining_minor else state.due_minor,
        paid_minor=sum(tender.amount_minor for tender in state.tenders),
        payment="" if state.payment is None else state.payment.state,
        payment_method="" if state.payment is None else state.payment.method,
        hints=tuple(
            CustomerHint(
                name=hint.name,
                name_zh=hint.name_zh,
                add_minor=hint.add_minor,
                add_units=hint.add_units,
                save_minor=hint.save_minor,
            )
            for hint in state.hints[:HINTS_MAX]
        ),
        member=_member(state),
        grams=None if state.weight is None else state.weight.grams,
        paid=paid,
    )


def _mode(state: TillState, *, has_lines: bool, has_paid: bool) -> str:
    if state.mode != "sale":
        return "closed"
    if has_lines:
        return "sale"
    return "paid" if has_paid else "welcome"


def _lines(state: TillState) -> tuple[CustomerLine, ...]:
    return (*(_line(line) for line in state.lines if not line.voided), *(_back(back) for back in state.returns))


def _line(line: TillLine) -> CustomerLine:
    return CustomerLine(
        line_no=str(line.line_no),
        name=line.name,
        name_zh=line.name_zh,
        quantity=line.quantity,
        grams=line.grams,
        unit_price_minor=line.unit_price_minor,
        gross_minor=line.gross_minor,
        net_minor=line.net_minor,
        offers=line.offers,
        offers_zh=line.offers_zh,
    )


def _back(back: ReturnView) -> CustomerLine:
    return CustomerLine(
        line_no=f"back-{back.return_no}",
        name=back.name,
        name_zh=back.name_zh,
        quantity=back.quantity,
        grams=back.grams,
        net_minor=-back.refund_minor,
    )


def _member(state: TillState) -> CustomerMember | None:
    member = state.member
    if member is None:
        return None
    return CustomerMember(
        name=member.name,
        tier=member.tier,
        points=member.points,
        points_to_earn=member.points_to_earn,
        birthday=member.birthday,
    )


def _paid(sale: LastSale | None) -> CustomerPaid | None:
    if sale is None:
        return None
    matrix = qr_matrix(sale.receipt)
    return CustomerPaid(
        receipt=sale.receipt,
        due_minor=sale.due_minor,
        tendered_minor=sale.tendered_minor,
        change_minor=sale.change_minor,
        qr=tuple(f"{row:0{matrix.size}b}" for row in matrix.rows),
    )
