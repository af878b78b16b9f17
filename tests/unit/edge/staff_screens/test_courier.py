"""Commands on their way to the box: in order, the same ids again, none lost over a box away, a lost login, a reload."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from edge.staff_screens import courier
from edge.staff_screens.answers import DraftAnswer, DraftCommand, Scan
from edge.staff_screens.box import BoxAway, Problem, Refused, SessionEnded
from edge.staff_screens.courier import WAITING_MAX, Courier, TooMany
from protocols.clock import FakeClock, IdSource, SeededRandom
from tests.support.waiting import until


class Box:
    """Answers as it is told to, and remembers what it carried out."""

    def __init__(self) -> None:
        self.done: dict[str, str] = {}
        self.order: list[str] = []
        self.trouble: list[Exception | None] = []

    async def send(self, command: DraftCommand) -> DraftAnswer:
        assert isinstance(command.command, Scan)
        trouble = self.trouble.pop(0) if self.trouble else None
        if isinstance(trouble, Refused | SessionEnded):
            raise trouble
        if command.id not in self.done:
            self.done[command.id] = command.command.code
            self.order.append(command.command.code)
        if trouble is not None:
            raise trouble
        return DraftAnswer(id=command.id, ok=True)


class Page:
    """What a page hears."""

    def __init__(self, kept: dict[str, Any], box: Box, *, seed: int = 1) -> None:
        self.answers: list[str] = []
        self.problems: list[str] = []
        self.logins = 0
        self.courier = Courier(
            kept,
            "d-1",
            box.send,
            IdSource(FakeClock(), SeededRandom(seed)),
            on_answer=self._answer,
            on_problem=lambda problem: self.problems.append(problem.code),
            on_change=lambda: None,
            on_login=self._login,
        )

    async def _answer(self, answer: DraftAnswer) -> None:
        self.answers.append(answer.id)

    def _login(self) -> None:
        self.logins += 1


async def while_running(page: Page, work: Callable[[], Awaitable[None]]) -> None:
    running = asyncio.create_task(page.courier.run())
    try:
        await work()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_answers_that_get_lost_are_asked_for_again_under_the_same_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "RETRY_SECONDS", 0.001)
    kept: dict[str, Any] = {}
    box = Box()
    box.trouble = [None, BoxAway("the answer got lost"), BoxAway("again"), None]
    page = Page(kept, box)

    async def work() -> None:
        for code in "abc":
            page.courier.add(Scan(code=code))
        await until(lambda: len(page.answers) == 3)

    await while_running(page, work)
    assert box.order == ["a", "b", "c"]
    assert page.courier.waiting == []
    assert kept["waiting"] == {}


async def test_a_lost_login_holds_everything_until_the_person_is_back() -> None:
    box = Box()
    box.trouble = [SessionEnded()]
    page = Page({}, box)

    async def work() -> None:
        page.courier.add(Scan(code="a"))
        page.courier.add(Scan(code="b"))
        await until(lambda: page.logins == 1)
        assert box.order == []
        page.courier.go_on()
        await until(lambda: len(page.answers) == 2)

    await while_running(page, work)
    assert box.order == ["a", "b"]


async def test_a_reload_goes_on_with_the_very_same_commands() -> None:
    kept: dict[str, Any] = {"waiting": {"another draft": [{"id": "x", "command": {"kind": "scan", "code": "z"}}]}}
    first = Page(kept, Box())
    first.courier.add(Scan(code="a"))
    (waiting,) = first.courier.waiting
    box = Box()
    second = Page(kept, box, seed=2)

    async def work() -> None:
        await until(lambda: len(second.answers) == 1)

    await while_running(second, work)
    assert box.done == {waiting.id: "a"}
    assert list(kept["waiting"]) == ["another draft"], "what waits for another draft is left alone"


async def test_what_the_box_refuses_is_told_and_does_not_block_the_rest() -> None:
    box = Box()
    box.trouble = [Refused(403, Problem(code="not_allowed"))]
    page = Page({}, box)

    async def work() -> None:
        page.courier.add(Scan(code="a"))
        page.courier.add(Scan(code="b"))
        await until(lambda: len(page.answers) == 1)

    await while_running(page, work)
    assert (page.problems, box.order) == (["not_allowed"], ["b"])


def test_what_waits_has_a_limit() -> None:
    page = Page({}, Box())
    for number in range(WAITING_MAX):
        page.courier.add(Scan(code=str(number)))
    with pytest.raises(TooMany):
        page.courier.add(Scan(code="one too many"))
