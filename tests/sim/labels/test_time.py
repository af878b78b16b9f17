"""Prices that begin and end by themselves: with the line to headquarters cut for a week, and with a clock nobody trusts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from protocols.contract.facts import LabelShown
from protocols.contract.values import ClockQuality, PriceKind
from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.labels.test_price_truth import fast  # noqa: F401
from tests.sim.labels.world import Plan, World

DAY_MS = 86_400_000
PLAN = Plan(items=1, labels=2, points=1, clean=True)
ITEM = "item-0"


class Shop(World):
    """One item, two labels, no trouble but what the test makes."""

    async def open(self) -> None:
        self._background = [asyncio.create_task(point.run()) for point in self.air.points.values()]
        await self._open_shop()
        await self.quiet(300)

    async def close(self) -> None:
        if self.box is not None:
            await self.box.kill()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def leap_to(self, now_ms: int) -> None:
        """Days pass, hour by hour, with a minute of life in each sixth."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        hours = 0
        while (left_ms := now_ms - self.true.now_ms()) > 0:
            loop.leap(min(3_600_000, left_ms) / 1_000)
            hours += 1
            await self.quiet(60 if hours % 6 == 0 else 1)

    async def quiet(self, seconds: int) -> None:
        """Time passes; the judge looks every half minute."""
        for _ in range(0, seconds, 30):
            await asyncio.sleep(min(seconds, 30))
            self._look()

    def told(self) -> tuple[set[object], int | None]:
        """What the labels show, and what the till asks."""
        assert self.box is not None
        return {self.judge.shows(label_id) for label_id in self.air.labels}, self.box.charge(ITEM)


def _in_shop(folder: Path, test) -> None:  # type: ignore[no-untyped-def]
    async def go(loop: VirtualLoop) -> None:
        shop = Shop(loop, 1, folder, PLAN)
        try:
            await shop.open()
            await test(shop)
        finally:
            await shop.close()

    run_virtual(go)


def test_a_promotion_sent_ahead_begins_and_ends_while_the_line_is_cut_for_a_week(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        now_ms = shop.true.now_ms()
        promotion = shop._publish(
            ITEM, 80, effective_from_ms=now_ms + 2 * DAY_MS, effective_to_ms=now_ms + 5 * DAY_MS, book_id="promo",
            priority=10, price_kind=PriceKind.PROMOTION,
        )  # fmt: skip
        rise = shop._publish(ITEM, 120, effective_from_ms=now_ms + 6 * DAY_MS)
        await shop._tell_box([promotion, rise], [])
        # From here on nothing comes from headquarters; the box is even restarted in between.
        for day, price in ((1, 100), (3, 80), (4, 80), (5.5, 100), (7, 120)):
            await shop.leap_to(round(now_ms + day * DAY_MS))
            await shop.quiet(300)
            assert shop.told() == ({(ITEM, price)}, price), f"on day {day}"
            await shop.kill()
            shop._up_at = 0
            await shop._keep_box_up()
            await shop.quiet(120)
        shown = [fact.price_minor for fact in shop.journal.facts if isinstance(fact, LabelShown)]
        assert shown == [100, 100, 80, 80, 100, 100, 120, 120]

    _in_shop(tmp_path, test)


@pytest.mark.parametrize("wrong_by_ms", [10 * DAY_MS, -400 * DAY_MS])
def test_a_clock_nobody_trusts_flips_nothing(tmp_path: Path, wrong_by_ms: int) -> None:
    async def test(shop: Shop) -> None:
        now_ms = shop.true.now_ms()
        await shop._tell_box([shop._publish(ITEM, 120, effective_from_ms=now_ms + DAY_MS)], [])
        await shop.kill()
        shop.clock.wrong_by_ms, shop.clock.trust = wrong_by_ms, ClockQuality.UNSYNCED
        shop._up_at = 0
        await shop._keep_box_up()
        await shop.quiet(600)
        assert shop.told() == ({(ITEM, 100)}, 100), "the price of the last trusted instant stays"
        await shop.leap_to(now_ms + 2 * DAY_MS)
        await shop.quiet(60)
        assert shop.told() == ({(ITEM, 100)}, 100)
        shop.clock.wrong_by_ms, shop.clock.trust = 0, ClockQuality.SYNCED
        await shop.quiet(300)
        assert shop.told() == ({(ITEM, 120)}, 120), "once the time is known, what is due happens"

    _in_shop(tmp_path, test)


def test_a_revision_that_changes_nothing_to_be_seen_is_journalled_and_not_sent(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        await shop._tell_box([shop._publish(ITEM, 100)], [])
        before = [len(label.history) for label in shop.air.labels.values()]
        counts = [point.point.known[mac].record.updatecount for point in shop.air.points.values() for mac in shop.air.labels]
        await shop.quiet(300)
        assert before == [len(label.history) for label in shop.air.labels.values()]
        assert counts == [
            point.point.known[mac].record.updatecount for point in shop.air.points.values() for mac in shop.air.labels
        ]
        shown = [(fact.label_id, fact.price_revision) for fact in shop.journal.facts if isinstance(fact, LabelShown)]
        assert sorted(shown) == sorted((label_id, revision) for label_id in shop.air.labels for revision in (1, 2))

    _in_shop(tmp_path, test)


def test_the_mismatch_clock_counts_label_seconds_of_disagreement(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        assert shop.box is not None
        mismatch = shop.box.labels.mismatch
        assert mismatch.by_item().get(ITEM, 0) == 0, "a label that never showed anything disagrees with nobody"
        dead, alive = shop.air.labels
        shop.air.set_heard(dead, {})
        await shop._tell_box([shop._publish(ITEM, 90)], [])
        began_ms = shop.true.monotonic_ms()
        await shop.quiet(600)
        passed_ms = shop.true.monotonic_ms() - began_ms
        assert mismatch.labels_now == 1
        assert passed_ms < mismatch.by_item()[ITEM] < 1.3 * passed_ms, "all the time of one label, some of the other"
        assert mismatch.total_ms == mismatch.by_item()[ITEM]
        assert shop.box.labels.view(alive).level == "F"
        assert shop.box.labels.view(dead).level in ("A", "B")

    _in_shop(tmp_path, test)
