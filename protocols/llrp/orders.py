"""Orders to single tags on one connection, one after the other: added to the reader, carried out, removed. Pure.

A reader that asks what to do with a tag (CLIENT_REQUEST_OP, from an AccessSpec that says so) is given the order that waits
for this very tag, or an answer without operations: then it goes on at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from protocols.llrp import messages as m
from protocols.llrp.access import AccessOrder, AccessOutcome, accessspec, numbered, outcome, results_in
from protocols.llrp.access_parameters import Operation
from protocols.llrp.errors import LlrpError
from protocols.llrp.requests import Requests
from protocols.llrp.wire import BitString, Message, Parameter

ORDERS_MAX = 64
"""Orders that wait. Policy when reached: a further one is refused (ValueError)."""
ID_FROM, ID_TO = 0x4000, 0xBFFF
"""AccessSpecs and operations are numbered in this range, so that no order meets the result of another."""
_RESULT_HEADS = tuple(bytes((1, number & 0xFF)) for number in (*range(349, 355), *range(360, 363)))

Tell = Callable[[AccessOutcome], None]


@dataclass(frozen=True, slots=True)
class _Running:
    order_id: int
    order: AccessOrder
    opspec_from: int
    until_ms: int


class Orders:
    """`tell` hears what came of an order."""

    def __init__(self, requests: Requests, tell: Tell) -> None:
        self._requests = requests
        self._tell = tell
        self._waiting: deque[tuple[int, AccessOrder]] = deque()
        self._running: _Running | None = None
        self._given: list[_Running] = []
        """Orders that were the answer to a question of the reader."""
        self._next = ID_FROM

    @property
    def deadline_ms(self) -> int | None:
        """When the first order has had its time."""
        return min((each.until_ms for each in self._pending()), default=None)

    def add(self, order: AccessOrder, now_ms: int, *, ready: bool) -> int:
        """Take an order; returns its id. Raises ValueError when too many wait."""
        if len(self._waiting) >= ORDERS_MAX:
            raise ValueError(f"{ORDERS_MAX} orders wait already: let them be carried out first")
        number = max(1, 1 if order.dry_run else len(order.operations))
        order_id = self._next
        self._next = order_id + number if order_id + 2 * number < ID_TO else ID_FROM
        self._waiting.append((order_id, order))
        if ready:
            self.begin(now_ms)
        return order_id

    def begin(self, now_ms: int) -> None:
        """Start the next order when none runs."""
        if self._running is not None or not self._waiting:
            return
        order_id, order = self._waiting.popleft()
        self._running = _Running(order_id, order, order_id, now_ms + order.within_ms)
        spec = accessspec(order, order_id, order_id)
        self._requests.ask(m.AddAccessSpec(parts=(spec,)), self._when_added, self._when_refused, now_ms)

    def tick(self, now_ms: int) -> None:
        """An order that no tag answered in its time is removed."""
        for given in [each for each in self._given if now_ms >= each.until_ms]:
            self._given.remove(given)
            self._fail(given, "the reader did not tell what came of it")
        running = self._running
        if running is not None and now_ms >= running.until_ms:
            self._end("no tag with this EPC answered in time", now_ms)

    def asked_about(self, epc: BitString, now_ms: int) -> list[Operation]:
        """The reader asks what to do with a tag: the operations of the first order that waits for it, or none.

        The order that runs has been added to the reader and needs no answer.
        """
        for waiting in self._waiting:
            order_id, order = waiting
            if order.epc == epc:
                self._waiting.remove(waiting)
                self._given.append(_Running(order_id, order, order_id, now_ms + order.within_ms))
                return numbered(order, order_id)
        return []

    def may_be_in(self, frame: bytes) -> bool:
        """Whether a report could hold the result of an order: only then it is read thoroughly."""
        return bool(self._pending()) and any(head in frame for head in _RESULT_HEADS)

    def reported(self, report: tuple[Parameter, ...], now_ms: int) -> None:
        """Look for the results of orders in a report."""
        for each in self._pending():
            count = 1 if each.order.dry_run else len(each.order.operations)
            results = results_in(report, each.opspec_from, count)
            if not results:
                continue
            if each is self._running:
                self._remove(each, now_ms)
            else:
                self._given.remove(each)
            self._tell(outcome(each.order_id, results, dry_run=each.order.dry_run))

    def _pending(self) -> list[_Running]:
        return [*self._given, self._running] if self._running is not None else list(self._given)

    def _when_added(self, _answer: Message | None, now_ms: int) -> None:
        if self._running is not None:
            enable = m.EnableAccessSpec(accessspec_id=self._running.order_id)
            self._requests.ask(enable, lambda _answer, _now_ms: None, self._when_refused, now_ms)

    def _when_refused(self, error: LlrpError, now_ms: int) -> None:
        self._end(str(error), now_ms)

    def _end(self, fault: str, now_ms: int) -> None:
        running = self._running
        if running is not None:
            self._remove(running, now_ms)
            self._fail(running, fault)

    def _fail(self, running: _Running, fault: str) -> None:
        self._tell(AccessOutcome(order_id=running.order_id, fault=fault, dry_run=running.order.dry_run))

    def _remove(self, running: _Running, now_ms: int) -> None:
        """The reader may have removed it already: a refusal means nothing."""
        self._running = None
        delete = m.DeleteAccessSpec(accessspec_id=running.order_id)
        self._requests.ask(delete, lambda _answer, _now_ms: None, lambda _error, _now_ms: None, now_ms)
        self.begin(now_ms)
