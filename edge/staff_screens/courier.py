"""Carries a person's commands to the box, in order, each until it is answered.

What waits is kept in the person's storage, so a reload (or a restart of this process) goes on with it: the very same
commands under the very same ids, which the box carries out once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from edge.staff_screens.answers import Command, DraftAnswer, DraftCommand
from edge.staff_screens.box import BoxAway, Problem, Refused, SessionEnded
from protocols.clock import IdSource

RETRY_SECONDS = 1.0
WAITING_MAX = 500
"""Commands that may wait. Policy when reached: a further one is refused at once, and the screen says so."""

Send = Callable[[DraftCommand], Awaitable[DraftAnswer]]
Kept = MutableMapping[str, Any]
"""The person's storage: plain JSON values, as NiceGUI keeps them."""


class TooMany(Exception):
    """`WAITING_MAX` commands wait already."""


class Courier:
    """The commands of one draft. `on_answer` hears every answer, `on_change` when what waits changed."""

    def __init__(
        self,
        kept: Kept,
        draft_id: str,
        send: Send,
        ids: IdSource,
        *,
        on_answer: Callable[[DraftAnswer], Awaitable[None]],
        on_problem: Callable[[Problem], None],
        on_change: Callable[[], None],
        on_login: Callable[[], None],
    ) -> None:
        self._kept = kept
        self._draft_id = draft_id
        self._send = send
        self._ids = ids
        self._on_answer = on_answer
        self._on_problem = on_problem
        self._on_change = on_change
        self._on_login = on_login
        self._wake = asyncio.Event()
        self._wake.set()

    @property
    def waiting(self) -> list[DraftCommand]:
        """What is not answered yet, oldest first."""
        return msgspec.convert(list(self._all().get(self._draft_id, [])), list[DraftCommand])

    def add(self, command: Command) -> None:
        """Send a command. Raises `TooMany`."""
        waiting = self.waiting
        if len(waiting) >= WAITING_MAX:
            raise TooMany
        self._keep([*waiting, DraftCommand(id=self._ids.new(), command=command)])
        self.go_on()

    def go_on(self) -> None:
        """Try again now: there is something new, or the person logged in again."""
        self._wake.set()

    async def run(self) -> None:
        """Carry for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._carry_all()

    async def _carry_all(self) -> None:
        while waiting := self.waiting:
            first = waiting[0]
            try:
                answer = await self._send(first)
            except BoxAway:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except SessionEnded:
                self._on_login()
                return
            except Refused as refused:
                self._forget(first.id)
                self._on_problem(refused.problem)
                continue
            self._forget(first.id)
            await self._on_answer(answer)

    def _forget(self, command_id: str) -> None:
        self._keep([each for each in self.waiting if each.id != command_id])

    def _all(self) -> dict[str, Any]:
        return dict(self._kept.get("waiting", {}))

    def _keep(self, waiting: list[DraftCommand]) -> None:
        others = {draft_id: commands for draft_id, commands in self._all().items() if draft_id != self._draft_id}
        mine = {self._draft_id: msgspec.to_builtins(waiting)} if waiting else {}
        self._kept["waiting"] = {**others, **mine}
        self._on_change()
