"""A cashier's days without headquarters: offers, members, cards, gift cards, returns, voids, baskets put aside, shifts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from edge.checkout.till import Till
from protocols.contract.till import LastSale, TillAnswer, TillCommand, TillRequest, TillState
from protocols.contract.till_basket import AbandonSale, HoldSale, RecallSale, Scan, SetQuantity, VoidLine
from protocols.contract.till_control import CloseShift, Login, Logout, OpenShift
from protocols.contract.till_member import SellGiftCard, SetMember
from protocols.contract.till_payment import Pay, PayCash, Refund
from protocols.contract.till_returns import FindReceipt, ReturnLines, ReturnWanted
from tests.sim.offline.past import PastClock
from tests.sim.offline.tallies import Tallies
from tests.sim.offline.terminal import Counter1

SALE_MS = 40_000
"""Between two sales of a till: a thousand take eleven hours."""
FLOAT_MINOR = 20_000
NOTE_MINOR = 5_000
CARD_MINOR = 5_000
"""A gift card as it is sold."""
RETURNABLE_KEPT = 60
GIFT_CARD_MOST_MINOR = 3_000


@dataclass(frozen=True, slots=True)
class Cashier:
    """Who sells."""

    staff_id: str
    pin: str


class Lane:
    """One till. Counts what it does by itself (`tallies`), and what should lie in the drawer."""

    def __init__(
        self,
        till: Till,
        payments: Counter1,
        clock: PastClock,
        rng: random.Random,
        codes: Sequence[str],
        members: Sequence[str],
    ) -> None:
        self._till = till
        self._payments = payments
        self._clock = clock
        self._rng = rng
        self._codes = codes
        self._members = members
        self._asked = 0
        self._drawer_minor = 0
        self._returnable: list[tuple[str, str]] = []
        """Receipts of late, and the only way each was paid."""
        self._cards_sold = 0
        self._sold_card = ""
        self._shown = till.state()
        """With the lines, before the last payment closed the sale."""
        self.tallies = Tallies()

    async def day(self, cashier: Cashier, sales: int) -> None:
        """Shift, sales, count."""
        await self._must(Login(staff_id=cashier.staff_id, pin=cashier.pin))
        await self._must(OpenShift(float_minor=FLOAT_MINOR))
        self._drawer_minor = FLOAT_MINOR
        done = len(self.tallies.sale_ids) + sales
        while len(self.tallies.sale_ids) < done:
            await self._customer()
            self._clock.set(self._clock.now_ms() + SALE_MS)
        await self._must(CloseShift(counted_minor=self._drawer_minor))
        self.tallies.z_reports += 1
        await self._must(Logout())

    async def _customer(self) -> None:
        dice = self._rng.random()
        if self._returnable and dice < 0.03:
            await self._bring_back()
            return
        await self._fill()
        if dice > 0.99:
            await self._must(AbandonSale())
            self.tallies.abandoned += 1
            return
        if dice > 0.97:
            await self._put_aside_and_take_up()
        await self._pay()

    async def _fill(self) -> None:
        for _ in range(self._rng.randint(1, 6)):
            answer = await self._must(Scan(code=self._rng.choice(self._codes)))
        last = answer.state.lines[-1]
        if last.grams is None and self._rng.random() < 0.2:
            answer = await self._must(SetQuantity(line_no=last.line_no, quantity=self._rng.randint(2, 4)))
        if len(answer.state.lines) > 1 and self._rng.random() < 0.05:
            await self._must(VoidLine(line_no=1))
            self.tallies.voids += 1
        if self._rng.random() < 0.2:
            await self._must(SetMember(code=self._rng.choice(self._members)))
        if self._rng.random() < 0.03:
            self._cards_sold += 1
            number = f"GIFT-{self._cards_sold:08d}"
            await self._must(SellGiftCard(code=number, amount_minor=CARD_MINOR))
            self._sold_card = number
        else:
            self._sold_card = ""

    async def _put_aside_and_take_up(self) -> None:
        sale_id = self._till.state().sale_id
        assert sale_id is not None
        await self._must(HoldSale())
        await self._must(RecallSale(sale_id=sale_id))
        self.tallies.holds += 1

    async def _pay(self) -> None:
        state = self._till.state()
        ways: dict[str, int] = {}
        dice = self._rng.random()
        if dice < 0.30:
            await self._by("card", state.remaining_minor, ways)
        elif dice < 0.35 and state.remaining_minor > 1:
            await self._by("card", state.remaining_minor // 2, ways)
        elif dice < 0.47:
            await self._by_gift_card(state, ways)
        paid = await self._cash_for_the_rest(ways)
        self._closed(paid, ways)

    async def _by(self, method: str, amount_minor: int, ways: dict[str, int], code: str = "") -> None:
        due = self._till.state().remaining_minor
        answer = await self._ask(Pay(method=method, amount_minor=amount_minor, expected_due_minor=due, code=code))
        if not answer.ok:
            assert method == "gift_card", answer.reason
            self.tallies.refused_gift_cards += 1
            return
        await self._payments.serve(self._till)
        state = self._till.state()
        if state.sale_id is None or sum(each.amount_minor for each in state.tenders) > sum(ways.values()):
            ways[method] = ways.get(method, 0) + amount_minor
        elif method == "gift_card":
            self.tallies.refused_gift_cards += 1

    async def _by_gift_card(self, state: TillState, ways: dict[str, int]) -> None:
        number = next((key for key, left in self.tallies.cards_minor.items() if left), None)
        if number is None:
            return
        left = self.tallies.cards_minor[number]
        amount_minor = min(left, state.remaining_minor, GIFT_CARD_MOST_MINOR)
        await self._by("gift_card", amount_minor, ways, number)
        self.tallies.cards_minor[number] -= ways.get("gift_card", 0)

    async def _cash_for_the_rest(self, ways: dict[str, int]) -> LastSale:
        state = self._till.state()
        if state.sale_id is None:
            assert state.last_sale is not None
            return state.last_sale
        due_minor = state.due_minor
        tendered_minor = max(NOTE_MINOR, -(-due_minor // NOTE_MINOR) * NOTE_MINOR)
        answer = await self._must(PayCash(tendered_minor=tendered_minor, expected_due_minor=due_minor))
        assert answer.sale is not None
        ways["cash"] = due_minor
        self._drawer_minor += due_minor
        return answer.sale

    def _closed(self, paid: LastSale, ways: dict[str, int]) -> None:
        told = self.tallies
        told.sale_ids.append(paid.sale_id)
        told.total_minor += paid.total_minor
        shown = self._shown
        told.saved_minor += shown.saved_minor
        told.promotion_sales += bool(shown.offers)
        if shown.member is not None:
            told.member_sales += 1
            told.points += shown.member.points_to_earn
        told.tenders_minor.update(ways)
        if self._sold_card:
            told.cards_minor[self._sold_card] += CARD_MINOR
        elif len(ways) == 1 and next(iter(ways)) != "gift_card" and shown.member is None:
            self._returnable = [*self._returnable[-RETURNABLE_KEPT:], (paid.receipt, next(iter(ways)))]
        told.declined_cards = self._payments.terminal.declined

    async def _bring_back(self) -> None:
        receipt, way = self._returnable.pop(self._rng.randrange(len(self._returnable)))
        found = (await self._must(FindReceipt(receipt=receipt))).state.found_sale
        assert found is not None
        line = self._rng.choice([line for line in found.lines if line.returnable])
        wanted = ReturnWanted(line_no=line.line_no, quantity=self._rng.randint(1, line.returnable))
        policy = self._rng.choice(("prorate", "reprice"))
        state = (await self._must(ReturnLines(sale_id=found.sale_id, lines=(wanted,), policy=policy))).state
        back_minor = -state.remaining_minor
        await self._must(Refund(expected_refund_minor=back_minor))
        await self._payments.serve(self._till)
        last = self._till.state().last_sale
        assert last is not None
        assert last.refunded_minor == back_minor, "all of it went back"
        self.tallies.return_receipts.append(last.receipt)
        self.tallies.refunded_minor += back_minor
        self.tallies.refunds_minor[way] += back_minor
        if way == "cash":
            self._drawer_minor -= back_minor

    async def _must(self, command: TillCommand) -> TillAnswer:
        answer = await self._ask(command)
        assert answer.ok, (type(command).__name__, answer.reason)
        return answer

    async def _ask(self, command: TillCommand) -> TillAnswer:
        self._asked += 1
        answer = await self._till.handle(TillRequest(id=f"weeks-{self._clock.now_ms()}-{self._asked}", command=command))
        if answer.state.lines:
            self._shown = answer.state
        return answer
