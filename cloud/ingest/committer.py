"""The group committer: opens what waits in the inbox, takes it in one transaction for many stores, then answers.

While PostgreSQL works on one group, the next is read and proved. An answer is given only after the commit that it speaks of.

When a group fails:
- the database is away: the group is kept and done again; meanwhile the inbox fills up to its limits and turns batches away;
- anything else: done again message by message and carefully: every key is looked up, and a fact PostgreSQL refuses goes to
  quarantine. A message that still fails alone is dropped, counted and told to the console.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import psycopg
import structlog
from psycopg_pool import PoolTimeout, TooManyRequests

from cloud.db.pool import Database, Scope
from cloud.ingest import store
from cloud.ingest.group import Alarm, Group
from cloud.ingest.inbox import Inbox, Incoming
from cloud.ingest.opened import Malformed, Opened, OpenedBatch, open_incoming
from cloud.ingest.transaction import Ways, take_group
from protocols.clock import Clock, RandomSource
from protocols.sync.backoff import retry_wait
from protocols.sync.hq_role import credit_for
from protocols.sync.messages import DownMessage

log = structlog.get_logger("cloud.ingest")

GROUP_SECONDS = 0.05
GROUP_FACTS_MAX = 8_192
"""A group is closed early at this many facts, and no more than as many wait opened behind it."""
GROUP_BYTES_MAX = 24 * 1024 * 1024
"""The same for facts of unusual size, unpacked."""
PROJECT_AT_ONCE = 24
"""Facts between two looks at the database's answers: about half a millisecond."""
GROUP_MESSAGES_MAX = 512
RETRY_FIRST_MS = 200
RETRY_CAP_MS = 10_000
RATE_WINDOW_MS = 10_000
"""Over which the rate of commits is measured, for the stores' credit."""
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, TooManyRequests, OSError)
BROKEN = (psycopg.Error, ValueError, LookupError, TypeError, ArithmeticError)
"""What one strange message may raise on its way into the tables."""

Result = TypeVar("Result")
Say = Callable[[Incoming, Sequence[DownMessage]], None]
"""Takes the answers to one message that came over MQTT. Must not wait."""


@dataclass
class Counters:
    """What a committer has done since it began."""

    messages: int = 0
    groups: int = 0
    batches: int = 0
    facts: int = 0
    retries: int = 0
    dropped: int = 0


@dataclass
class Credit:
    """Batches a minute each store may send: `credit_for` over the last seconds."""

    _commits: deque[tuple[int, int]] = field(default_factory=deque)
    _stores: dict[str, int] = field(default_factory=dict)

    def committed(self, batches: Sequence[str], now_ms: int) -> None:
        """Batches of these stores were taken."""
        self._commits.append((now_ms, len(batches)))
        self._stores.update(dict.fromkeys(batches, now_ms))
        self._forget(now_ms - RATE_WINDOW_MS)

    def _forget(self, before_ms: int) -> None:
        while self._commits and self._commits[0][0] < before_ms:
            self._commits.popleft()
        if len(self._stores) > len(self._commits):
            self._stores = {name: seen_ms for name, seen_ms in self._stores.items() if seen_ms >= before_ms}

    def per_minute(self, inbox: Inbox) -> int:
        """For the acks of the next group."""
        return credit_for(
            committed_per_minute=sum(count for _, count in self._commits) * 60_000 // RATE_WINDOW_MS,
            waiting=inbox.fill(),
            waiting_max=inbox.waiting_max,
            active_stores=len(self._stores),
        )


class Committer:
    """Feeds on one inbox. Start `run` as a task; stop it by cancelling: what was not committed was not answered either."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        say: Say,
        *,
        clock: Clock,
        rng: RandomSource,
        durable: str = "commit",
        group_seconds: float = GROUP_SECONDS,
    ) -> None:
        self.counters = Counters()
        self._database = database
        self._inbox = inbox
        self._say = say
        self._clock = clock
        self._rng = rng
        self._durable_on_commit = durable != "backup"
        self._group_seconds = group_seconds
        self._credit = Credit()
        self._opened: list[Opened] = []
        self._opened_facts = 0
        self._opened_bytes = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._filled = asyncio.Event()

    @property
    def room(self) -> bool:
        """Whether more messages are read while the present group is in the database."""
        return self._room.is_set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._open_all(), name="ingest opener")
            tasks.create_task(self._commit_all(), name="ingest committer")

    async def _open_all(self) -> None:
        """Read and prove messages while the database works, in small steps, so that the committer is never kept waiting."""
        while True:
            await self._room.wait()
            opened = open_incoming(await self._inbox.take())
            if isinstance(opened, OpenedBatch):
                for _ in range(0, len(opened.batch.facts), PROJECT_AT_ONCE):
                    opened.project_some(PROJECT_AT_ONCE)
                    await asyncio.sleep(0)
            self._opened.append(opened)
            self._opened_facts += _facts_in(opened)
            self._opened_bytes += _bytes_in(opened)
            self._arrived.set()
            if self._full():
                self._room.clear()
                self._filled.set()
            await asyncio.sleep(0)

    def _full(self) -> bool:
        return (
            self._opened_facts >= GROUP_FACTS_MAX
            or self._opened_bytes >= GROUP_BYTES_MAX
            or len(self._opened) >= GROUP_MESSAGES_MAX
        )

    async def _commit_all(self) -> None:
        while True:
            await self._arrived.wait()
            await self._gather()
            messages, self._opened = self._opened, []
            self._opened_facts = self._opened_bytes = 0
            self._arrived.clear()
            self._filled.clear()
            self._room.set()
            await self.take(messages)

    async def _gather(self) -> None:
        """Give others a moment to join the group."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._group_seconds):
                await self._filled.wait()

    async def take(self, messages: Sequence[Opened]) -> None:
        """Take a group, whatever it costs; return when it is committed and answered.

        Without `run`, who calls this decides what a group is (replay mode); batches must be projected by then.
        """
        self.counters.messages += len(messages)
        try:
            await self._commit(messages, careful=False)
        except BROKEN as error:
            log.warning("a group is done again, message by message", error=f"{type(error).__name__}: {error}")
        else:
            return
        for opened in messages:
            await self._take_alone(opened)

    async def _take_alone(self, opened: Opened) -> None:
        try:
            await self._commit([opened], careful=True)
        except BROKEN as error:
            self.counters.dropped += 1
            incoming = opened.incoming
            what = f"{incoming.channel.value}: {type(error).__name__}: {error}"
            log.error("a message was dropped", store=incoming.store_id, what=what)
            self._answer(opened, [])
            await self._tell_console(Alarm(incoming.store_id, "message_dropped", what[:300]))

    async def _commit(self, messages: Sequence[Opened], *, careful: bool) -> None:
        """One transaction, repeated until the database has answered. Raises `BROKEN`, and then nothing has happened."""

        async def attempt() -> Group:
            ways = Ways(
                rng=self._rng,
                now_ms=self._clock.now_ms(),
                credit=self._credit.per_minute(self._inbox),
                durable_on_commit=self._durable_on_commit,
                careful=careful,
            )
            async with self._database.transaction(Scope.everything()) as tx:
                return await take_group(tx, messages, ways)

        group = await self._insist(attempt)
        self.counters.groups += 1
        self.counters.batches += len(group.taken)
        self.counters.facts += sum(len(taken.decision.facts) for taken in group.taken)
        self._credit.committed([taken.store.store_id for taken in group.taken], self._clock.monotonic_ms())
        answers = _by_message(messages, group)
        for opened in messages:
            self._answer(opened, answers[opened.incoming])

    async def _insist(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """Do it again, later and later, while the database is away."""
        tries = 0
        while True:
            try:
                return await attempt()
            except AWAY as error:
                self.counters.retries += 1
                wait_ms = retry_wait(self._rng, tries, RETRY_FIRST_MS, RETRY_CAP_MS)
                tries += 1
                log.warning("the database is away", error=f"{type(error).__name__}: {error}", again_in_ms=wait_ms)
                await asyncio.sleep(wait_ms / 1000)

    async def _tell_console(self, alarm: Alarm) -> None:
        async def tell() -> None:
            async with self._database.transaction(Scope.everything()) as tx:
                await store.raise_alarms(tx, [alarm], self._clock.now_ms())

        try:
            await self._insist(tell)
        except BROKEN as error:  # of a store HQ does not know
            log.error("the console could not be told", store=alarm.store_id, error=str(error))

    def _answer(self, opened: Opened, answers: list[DownMessage]) -> None:
        incoming = opened.incoming
        if incoming.answers is None:
            if answers:
                self._say(incoming, answers)
        elif incoming.answers.done():
            return
        elif isinstance(opened, Malformed) and not answers:
            incoming.answers.set_exception(opened.error)
        else:
            incoming.answers.set_result(answers)


def _by_message(messages: Sequence[Opened], group: Group) -> dict[Incoming, list[DownMessage]]:
    answers: dict[Incoming, list[DownMessage]] = {opened.incoming: [] for opened in messages}
    for incoming, message in group.replies:
        answers[incoming].append(message)
    return answers


def _facts_in(opened: Opened) -> int:
    return len(opened.batch.facts) if isinstance(opened, OpenedBatch) else 1


def _bytes_in(opened: Opened) -> int:
    return sum(map(len, opened.batch.facts)) if isinstance(opened, OpenedBatch) else len(opened.incoming.payload)
