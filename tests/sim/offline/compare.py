"""What headquarters holds after the weeks, held against what was counted beside the box."""

from __future__ import annotations

from deploy.system import STORE_ID
from protocols.contract.questions import ValueKind, account_id_of, value_key
from tests.sim.offline.tallies import Tallies
from tests.sim.offline.weeks import Sold
from tests.support.whole_system import Chain


class NotEqual(AssertionError):
    """Headquarters holds something else than the store did."""


def check(chain: Chain, sold: Sold) -> None:
    """Every sale and return once, the same money by every way, the same cards and points, every Z without a difference."""
    told = sold.tallies
    at_hq = chain.sales_at_hq()
    if len(at_hq) != len(set(at_hq)) or at_hq != told.sale_ids:
        raise NotEqual(
            f"{len(at_hq)} sales at HQ ({len(set(at_hq))} different), {len(told.sale_ids)} sold, or another order"
        )
    _money(chain, told)
    _receipts(chain, told)
    _shifts(chain, told)
    _stored_value(chain, told)
    _terminal(chain, sold)
    _same("facts that could not be read", chain.hq("SELECT count(*) FROM fact_quarantine WHERE store_id = %s", STORE_ID), 0)


def _money(chain: Chain, told: Tallies) -> None:
    sums = "SELECT coalesce(sum({}), 0)::bigint FROM {} WHERE store_id = %s"
    _same("sales", chain.hq(sums.format("total_minor", "sale"), STORE_ID), told.total_minor)
    _same("lines", chain.hq(sums.format("net_minor", "sale_line"), STORE_ID), told.total_minor)
    _same("returns", chain.hq(sums.format("total_minor", "goods_return"), STORE_ID), told.refunded_minor)
    _same("returned lines", chain.hq(sums.format("refund_minor", "goods_return_line"), STORE_ID), told.refunded_minor)
    paid = "SELECT kind, sum(amount_minor - change_minor)::bigint FROM tender WHERE store_id = %s GROUP BY kind"
    _same_by_kind("tenders", chain.hq(paid, STORE_ID), told.tenders_minor)
    back = "SELECT kind, sum(amount_minor)::bigint FROM return_tender WHERE store_id = %s GROUP BY kind"
    _same_by_kind("refunds", chain.hq(back, STORE_ID), told.refunds_minor)
    offers = (
        "SELECT count(DISTINCT sale_id) FROM sale_line WHERE store_id = %s AND discounts IS NOT NULL AND discounts <> '[]'"
    )
    _same("sales with an offer", chain.hq(offers, STORE_ID), told.promotion_sales)
    members = "SELECT count(*) FROM sale WHERE store_id = %s AND member_id IS NOT NULL"
    _same("sales to members", chain.hq(members, STORE_ID), told.member_sales)
    thrown = "SELECT count(*) FROM sale_abandoned WHERE store_id = %s"
    _same("baskets thrown away", chain.hq(thrown, STORE_ID), told.abandoned)


def _receipts(chain: Chain, told: Tallies) -> None:
    numbers = (
        "SELECT receipt_number FROM sale WHERE store_id = %s"
        " UNION ALL SELECT receipt_number FROM goods_return WHERE store_id = %s"
    )
    found = sorted(int(str(row[0])) for row in chain.hq(numbers, STORE_ID, STORE_ID))
    wanted = list(range(1, len(told.sale_ids) + len(told.return_receipts) + 1))
    if found != wanted:
        raise NotEqual(f"receipt numbers have gaps or doubles: {len(found)} of {len(wanted)}")


def _shifts(chain: Chain, told: Tallies) -> None:
    closings = "SELECT count(*) FROM shift_closing WHERE store_id = %s AND difference_minor = 0"
    _same("shifts without a difference", chain.hq(closings, STORE_ID), told.z_reports)
    _same("Z reports", chain.hq("SELECT max(z_number) FROM shift_closing WHERE store_id = %s", STORE_ID), told.z_reports)


def _stored_value(chain: Chain, told: Tallies) -> None:
    _same("clashes", chain.hq("SELECT count(*) FROM stored_value_clash"), 0)
    _same("balances that are not their movements", chain.hq("SELECT count(*) FROM value_wrong"), 0)
    left = chain.hq(
        "SELECT account_id, coalesce(sum(free + held), 0)::bigint FROM value_account LEFT JOIN value_lot USING (account_id)"
        " WHERE kind = 'gift_card' GROUP BY account_id"
    )
    wanted = {_account(number): minor for number, minor in told.cards_minor.items()}
    if {str(account): amount for account, amount in left} != wanted:
        raise NotEqual(f"gift cards: {len(left)} at HQ, {len(wanted)} sold, or other balances")
    points = (
        "SELECT coalesce(sum(free), 0)::bigint FROM value_account JOIN value_lot USING (account_id) WHERE kind = 'points'"
    )
    _same("points", chain.hq(points), told.points)


def _terminal(chain: Chain, sold: Sold) -> None:
    """Line by line: what the card terminal moved is what headquarters has, each once."""
    query = (
        "SELECT attempt_id, amount_minor FROM tender WHERE store_id = %s AND kind = 'card'"
        " UNION ALL SELECT attempt_id, -amount_minor FROM return_tender WHERE store_id = %s AND kind = 'card'"
    )
    rows = chain.hq(query, STORE_ID, STORE_ID)
    if len(rows) != len(sold.card_ledger_minor) or dict(rows) != sold.card_ledger_minor:  # type: ignore[arg-type]
        raise NotEqual(f"cards: {len(rows)} payments at HQ, {len(sold.card_ledger_minor)} at the terminal, or other amounts")


def _account(number: str) -> str:
    return account_id_of(ValueKind.GIFT_CARD, value_key(ValueKind.GIFT_CARD, number))


def _same(what: str, rows: list[tuple[object, ...]], wanted: int) -> None:
    if rows != [(wanted,)]:
        raise NotEqual(f"{what}: {rows} at HQ, {wanted} in the store")


def _same_by_kind(what: str, rows: list[tuple[object, ...]], wanted: dict[str, int]) -> None:
    if dict(rows) != {kind: amount for kind, amount in wanted.items() if amount}:  # type: ignore[arg-type]
        raise NotEqual(f"{what}: {rows} at HQ, {dict(wanted)} in the store")
