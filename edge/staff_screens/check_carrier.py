"""Carries what a person read on the shelf to the box, in order, each until it is answered.

What waits is kept in the person's storage: a reload, or a box that is away for a while, loses nothing. Each check carries
its own id, so the box counts it once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from edge.staff_screens.audit_answers import CheckPrice, PriceChecked
from edge.staff_screens.box import Problem

WAITING_MAX = 100
"""Checks that may wait. Policy when reached: a further one is refused at once, and the screen says so."""

Kept = MutableMapping[str, Any]
"""The person's storage: plain JSON values, as NiceGUI keeps them."""
Attempt = Callable[[CheckPrice, Callable[[Problem], None]], Awaitable[PriceChecked | None]]
"""Send one; None: it was not answered, or refused (then the second argument was told)."""


class TooMany(Exception):
    """`WAITING_MAX` checks wait already."""


class CheckCarrier:
    """The checks of one audit."""

    def __init__(self, kept: Kept, audit_id: str, attempt: Attempt) -> None:
        self._kept = kept
        self._audit_id = audit_id
        self._attempt = attempt
        self._sending = False

    @property
    def waiting(self) -> list[CheckPrice]:
        """What is not answered yet, oldest first."""
        return msgspec.convert(list(self._all().get(self._audit_id, [])), list[CheckPrice])

    def add(self, check: CheckPrice) -> None:
        """Keep one to be sent. Raises `TooMany`."""
        waiting = self.waiting
        if len(waiting) >= WAITING_MAX:
            raise TooMany
        self._keep([*waiting, check])

    async def send(self, on_answer: Callable[[PriceChecked], None], on_problem: Callable[[Problem], None]) -> None:
        """Send what waits until one is not answered; that one and the rest go on waiting."""
        if self._sending:
            return
        self._sending = True
        try:
            while waiting := self.waiting:
                if not await self._send_one(waiting[0], on_answer, on_problem):
                    return
        finally:
            self._sending = False

    async def _send_one(
        self, check: CheckPrice, on_answer: Callable[[PriceChecked], None], on_problem: Callable[[Problem], None]
    ) -> bool:
        problems: list[Problem] = []
        answer = await self._attempt(check, problems.append)
        if answer is None and not problems:
            return False
        self._keep([each for each in self.waiting if each.check_id != check.check_id])
        if answer is not None:
            on_answer(answer)
        for problem in problems:
            on_problem(problem)
        return True

    def _all(self) -> dict[str, Any]:
        return dict(self._kept.get("checks", {}))

    def _keep(self, waiting: list[CheckPrice]) -> None:
        others = {audit_id: checks for audit_id, checks in self._all().items() if audit_id != self._audit_id}
        mine = {self._audit_id: msgspec.to_builtins(waiting)} if waiting else {}
        self._kept["checks"] = {**others, **mine}
