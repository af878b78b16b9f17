"""What the live page keeps: each sale once, the newest, and the minutes that still count."""

from hypothesis import given
from hypothesis import strategies as st

from cloud.console.answers import MinuteCount, Receipt, Sale
from cloud.console.recent_sales import KEPT, MINUTE_MS, MINUTES, RecentSales

NOW = 1_790_000_040_000
MINUTE = NOW // MINUTE_MS * MINUTE_MS


def sale(number: int, arrived_ms: int = NOW, store_id: str = "S001") -> Sale:
    return Sale(
        store_id=store_id, sale_id=f"sale-{number}", till_id="1", cashier_id="01",
        receipt=Receipt(till_id="1", incarnation=1, number=number), currency="EUR", total_minor=100 + number, line_count=1,
        closed_at_ms=arrived_ms, clock="synced", business_date="2026-11-25", arrived_ms=arrived_ms,
    )  # fmt: skip


def test_a_sale_that_comes_twice_is_counted_once() -> None:
    recent = RecentSales()
    recent.begin([sale(1)], [MinuteCount(minute_ms=MINUTE, sales=1)])
    assert recent.add([sale(1), sale(2), sale(2), sale(2, store_id="S002")]) == [sale(2), sale(2, store_id="S002")]
    assert recent.per_minute(NOW)[-1] == (MINUTE, 3)
    assert [row.sale_id for row in recent.newest] == ["sale-2", "sale-2", "sale-1"]


def test_minutes_of_several_stores_add_up_and_old_ones_fall_out() -> None:
    recent = RecentSales()
    recent.begin([], [MinuteCount(minute_ms=MINUTE, sales=2), MinuteCount(minute_ms=MINUTE, sales=3)])
    assert recent.per_minute(NOW)[-1] == (MINUTE, 5)
    later = recent.per_minute(NOW + MINUTES * MINUTE_MS)
    assert (len(later), sum(count for _, count in later)) == (MINUTES, 0)


@given(st.lists(st.integers(0, 300), max_size=400))
def test_it_stays_bounded_and_in_order_whatever_comes(numbers: list[int]) -> None:
    recent = RecentSales()
    for number in numbers:
        recent.add([sale(number)])
    assert len(recent.newest) == min(KEPT, len(set(numbers))) or len(set(numbers)) > KEPT
    assert len(recent.newest) <= KEPT
    assert len({row.sale_id for row in recent.newest}) == len(recent.newest)
