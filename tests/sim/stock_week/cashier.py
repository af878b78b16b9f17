"""The till of the simulated store: sells, takes goods back. Commands keep their ids when the box dies over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from edge.checkout.till import Till
from protocols.contract.till import TillAnswer, TillCommand, TillRequest
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash, Refund
from protocols.contract.till_returns import FindReceipt, FoundLine, ReturnLines, ReturnWanted
from protocols.contract.till_tags import AddTags
from tests.sim.stock_week.box import StoreBox
from tests.sim.stock_week.goods import ANN, Piece
from tests.sim.stock_week.happenings import Bought, BroughtBack
from tests.support.goods import PIN

ReadPad = Callable[[Sequence[Piece]], Awaitable[None]]
"""Let the pad hear what lies on it."""


class Cashier:
    """One till. `receipts`: number of a purchase -> its receipt."""

    def __init__(self, box: StoreBox) -> None:
        self._box = box
        self._asked = 0
        self.receipts: dict[int, str] = {}

    async def open(self) -> None:
        """Once, when the week begins: the shift stays open."""
        await self._must(Login(staff_id=ANN, pin=PIN))
        await self._must(OpenShift(float_minor=0))

    async def scan_and_pay(self, bought: Bought) -> None:
        """Every piece by its bar code, as the cashier takes them for."""
        for item in bought.scanned:
            await self._must(Scan(code=item.code))
        await self._pay(bought)

    async def read_and_pay(self, bought: Bought, read_pad: ReadPad) -> None:
        """The pad says what lies on it; what it does not say is scanned: the customer laid down so many pieces."""
        if any(piece.readable for piece in bought.pieces):
            await self._ask(AddTags(), lambda: read_pad(bought.pieces))
        taken: Counter[str] = Counter()
        for line in self._till.state().lines:
            taken[line.item_id] += 0 if line.voided else line.quantity
        for piece in bought.pieces:
            taken[piece.item.item_id] -= 1
            if taken[piece.item.item_id] < 0:
                await self._must(Scan(code=piece.item.code))
        await self._pay(bought)

    async def take_back(self, back: BroughtBack, read_pad: ReadPad | None) -> None:
        """By the receipt: the line of the piece, or, where another variant was charged, that one."""
        found = (await self._must(FindReceipt(receipt=self.receipts[back.sale]))).state.found_sale
        assert found is not None
        lines = [line for line in found.lines if line.returnable]
        line = next((each for each in lines if each.item_id == back.piece.item.item_id), lines[0])
        await self._return(found.sale_id, line, None if read_pad is None else lambda: read_pad((back.piece,)))

    async def _return(self, sale_id: str, line: FoundLine, first: Callable[[], Awaitable[None]] | None) -> None:
        wanted = (ReturnWanted(line_no=line.line_no),)
        state = (await self._must(ReturnLines(sale_id=sale_id, lines=wanted), first)).state
        await self._must(Refund(expected_refund_minor=-state.remaining_minor))

    async def _pay(self, bought: Bought) -> None:
        due_minor = self._till.state().due_minor
        answer = await self._must(PayCash(tendered_minor=due_minor, expected_due_minor=due_minor))
        assert answer.sale is not None
        self.receipts[bought.number] = answer.sale.receipt

    @property
    def _till(self) -> Till:
        return self._box.till

    async def _must(self, command: TillCommand, first: Callable[[], Awaitable[None]] | None = None) -> TillAnswer:
        answer = await self._ask(command, first)
        assert answer.ok, (command, answer.reason)
        return answer

    async def _ask(self, command: TillCommand, first: Callable[[], Awaitable[None]] | None = None) -> TillAnswer:
        self._asked += 1
        request = TillRequest(id=f"week-{self._asked}", command=command)

        async def do() -> TillAnswer:
            if first is not None:
                await first()
            return await self._box.till.handle(request)

        return await self._box.sure(do)
