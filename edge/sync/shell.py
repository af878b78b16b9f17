"""Runs the store's session: feeds it events, carries out its effects, keeps one line up. The session itself is pure.

One task carries out effects in order, so that what must be durable is so before what follows is sent; feeds are pulled and
applied beside it. Nothing here is ever waited for by a till.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from edge.clock import SystemClock
from edge.store_db import journal
from edge.store_db.database import Database
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal, JournalRow
from edge.sync import position
from edge.sync.alarms import SyncAlarms
from edge.sync.errors import FetchFailed, LineBroken, LineRefused
from edge.sync.feeds import FeedHashDiffers, FeedMovedOn, FeedStore, FlipFailed
from edge.sync.handover import HandoverTaker
from edge.sync.https_line import HqHttps
from edge.sync.line import Line
from edge.sync.position import BoxFacts
from edge.sync.schedule import LineChoice
from protocols.clock import IdSource, RandomSource
from protocols.sync.effects import (
    AdoptIncarnation,
    ApplyDelta,
    Effect,
    FetchDeltas,
    FetchHead,
    FetchSnapshot,
    Flip,
    Follow,
    Halt,
    RaiseAlarm,
    ReadJournal,
    Reconnect,
    SaveAck,
    SaveFence,
    Send,
    StageDelta,
)
from protocols.sync.messages import HelloReply, MessageError, decode_down
from protocols.sync.release import Staged
from protocols.sync.store_role import StoreSession
from protocols.sync.store_state import SyncSettings

log = structlog.get_logger("tallystick.edge.sync")

RETRY_SECONDS = 2.0
_HELLO_REPLY = b'{"type":"hello_reply"'


@dataclass(frozen=True, slots=True)
class SyncGround:
    """What the shell stands on."""

    store: Database
    journal: Journal
    feeds: FeedStore
    alarms: SyncAlarms
    clock: SystemClock
    random: RandomSource
    ids: IdSource
    https: HqHttps
    handover: HandoverTaker
    lines: LineChoice
    settings: SyncSettings
    box: BoxFacts
    staging: Path
    """Folder for snapshots on their way in."""


class SyncShell:
    """The line to headquarters as the box sees it: a part to run, and a word on how it stands."""

    def __init__(self, ground: SyncGround) -> None:
        self._ground = ground
        self._box = ground.box
        self._starts = 0
        self._line: Line | None = None
        self._problem = "not connected yet"
        self._session = self._new_session()
        ground.journal.listen(self._journal_grew)
        self._effects: asyncio.Queue[Sequence[Effect]] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._drop_line = asyncio.Event()
        self._pulls: set[asyncio.Task[None]] = set()

    @property
    def online(self) -> bool:
        """Whether HQ has welcomed this box on the present line."""
        return self._line is not None and self._session.status() == "ready"

    def status(self) -> str:
        """In words, for the health page."""
        if self._line is None:
            return f"offline: {self._problem}"
        return f"{self._session.status()} over {self._line.name}"

    async def run(self) -> None:
        """For ever. Started again after an error, it is a new boot to HQ: the session keeps nothing."""
        self._starts += 1
        if self._starts > 1:
            self._box = replace(self._ground.box, boot_id=self._ground.ids.new())
            self._session = self._new_session()
        self._effects = asyncio.Queue()
        self._ground.staging.mkdir(parents=True, exist_ok=True)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._carry_out_all())
                tasks.create_task(self._tick_for_ever())
                tasks.create_task(self._stay_connected())
        finally:
            self._line = None
            for pull in self._pulls:
                pull.cancel()

    # What the line and the journal say: `edge.sync.line.Ears`.

    def up(self) -> None:
        """The line is usable."""
        self._problem = ""
        self._ground.lines.worked()
        self._ground.alarms.line("")
        self._take(self._session.connected(self._now_ms()))

    def message(self, topic: str, payload: bytes) -> None:
        """Something came on a topic."""
        self._hear_the_time(payload)
        self._take(self._session.received(topic, payload, self._now_ms()))

    def answer(self, payload: bytes) -> None:
        """Something came in an HTTPS answer."""
        self._hear_the_time(payload)
        self._take(self._session.received_down(payload, self._now_ms()))

    def _journal_grew(self, row: JournalRow) -> None:
        if row.incarnation == self._incarnation:
            self._take(self._session.journal_grew(row.stream, row.seq, row.hash, self._now_ms()))

    def _new_session(self) -> StoreSession:
        ground = self._ground
        state = position.read_state(ground.store.reader(), self._box, ground.clock)
        self._incarnation = state.incarnation
        self._followed = tuple(dict.fromkeys((*state.feeds, *(item.feed_id for item in state.staged))))
        return StoreSession(state, ground.settings, ground.clock, ground.random)

    def _now_ms(self) -> int:
        return self._ground.clock.monotonic_ms()

    def _take(self, effects: Sequence[Effect]) -> None:
        if effects:
            self._effects.put_nowait(effects)
        self._wake.set()

    def _hear_the_time(self, payload: bytes) -> None:
        """HQ's clock is a witness for ours; only its answer to a hello carries the time."""
        if not payload.startswith(_HELLO_REPLY):
            return
        try:
            reply = decode_down(payload)
        except MessageError:
            return
        if isinstance(reply, HelloReply) and reply.boot_id == self._box.boot_id and reply.hq_time_ms:
            self._ground.clock.heard_from_hq(reply.hq_time_ms)

    async def _tick_for_ever(self) -> None:
        while True:
            self._wake.clear()
            deadline_ms = self._session.deadline()
            wait = None if deadline_ms is None else max(0, deadline_ms - self._now_ms()) / 1000
            try:
                await asyncio.wait_for(self._wake.wait(), wait)
            except TimeoutError:
                self._take(self._session.tick(self._now_ms()))

    async def _stay_connected(self) -> None:
        choice = self._ground.lines
        while True:
            line = choice.next_line()
            self._drop_line.clear()
            problem = await self._use(line)
            if problem is not None:
                self._problem = str(problem)
                self._ground.alarms.line(str(problem) if isinstance(problem, LineRefused) else "")
                log.info("line down", line=line.name, reason=str(problem))
            self._take(self._session.disconnected(self._now_ms()))
            await asyncio.sleep(choice.wait_seconds(failed=problem is not None))

    async def _use(self, line: Line) -> LineBroken | None:
        """Until it breaks (says why) or is not wanted any more (None)."""
        self._line = line
        carrying = asyncio.ensure_future(line.run(self, self._session.will, self._followed))
        unwanted = asyncio.ensure_future(self._drop_line.wait())
        better = asyncio.ensure_future(self._ground.lines.better_than(line))
        try:
            await asyncio.wait({carrying, unwanted, better}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._line = None
            for job in (carrying, unwanted, better):
                job.cancel()
            await asyncio.gather(carrying, unwanted, better, return_exceptions=True)
        if carrying.cancelled():
            return None
        error = carrying.exception()
        if error is not None and not isinstance(error, LineBroken):
            raise error
        return error if isinstance(error, LineBroken) else LineBroken("the line ended")

    async def _carry_out_all(self) -> None:
        while True:
            for effect in await self._effects.get():
                await self._carry_out(effect)

    async def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Send():
                if self._line is not None:
                    self._line.send(effect)
            case ReadJournal():
                await self._read_journal(effect)
            case SaveAck():
                await self._save_ack(effect)
            case SaveFence():
                await self._for_sure(lambda: self._ground.store.write(lambda tx: journal.save_fence(tx, effect.fence)))
                self._ground.alarms.welcomed()
            case AdoptIncarnation():
                await self._adopt(effect)
            case RaiseAlarm():
                await self._ground.alarms.tell(effect)
            case Halt():
                log.error("headquarters takes nothing from this box", reason=effect.reason)
            case Reconnect():
                log.info("connecting anew", reason=effect.reason)
                self._drop_line.set()
            case _:
                await self._feed_effect(effect)

    async def _feed_effect(
        self, effect: Follow | ApplyDelta | StageDelta | Flip | FetchHead | FetchDeltas | FetchSnapshot
    ) -> None:
        match effect:
            case Follow():
                await self._follow(effect)
            case ApplyDelta():
                self._beside(self._apply_delta(effect))
            case StageDelta():
                self._beside(self._stage_delta(effect))
            case Flip():
                self._beside(self._flip(effect))
            case FetchHead():
                self._beside(self._fetch_head(effect))
            case FetchDeltas():
                self._beside(self._fetch_deltas(effect))
            case FetchSnapshot():
                self._beside(self._fetch_snapshot(effect))

    def _beside(self, pull: Awaitable[None]) -> None:
        """The session keeps at most one of them going per feed."""
        task = asyncio.ensure_future(pull)
        self._pulls.add(task)
        task.add_done_callback(self._pulled)

    def _pulled(self, task: asyncio.Task[None]) -> None:
        self._pulls.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a pull failed unexpectedly", exc_info=task.exception())
            self._drop_line.set()

    async def _read_journal(self, effect: ReadJournal) -> None:
        incarnation = self._incarnation
        store = self._ground.store
        rows = await asyncio.to_thread(lambda: position.read_slice(store.reader(), self._store_id(), incarnation, effect))
        self._take(self._session.journal_rows(rows, self._now_ms()))

    def _store_id(self) -> str:
        return journal.identity(self._ground.store.reader()).store_id

    async def _save_ack(self, effect: SaveAck) -> None:
        """Not synced by itself: an ack lost in a power cut makes the store send again, and HQ answers with its cursor."""
        incarnation = self._incarnation
        try:
            await self._ground.store.write(lambda tx: position.save_ack(tx, incarnation, effect), durable=False)
        except (StoreFull, StoreBusy) as error:
            log.warning("an ack could not be kept; HQ will say it again", error=str(error))

    async def _adopt(self, effect: AdoptIncarnation) -> None:
        await self._for_sure(lambda: self._ground.store.write(lambda tx: position.adopt_incarnation(tx, effect)))
        state = position.read_state(self._ground.store.reader(), self._box, self._ground.clock)
        self._incarnation = state.incarnation
        self._take(self._session.incarnation_adopted(state, self._now_ms()))

    async def _for_sure(self, write: Callable[[], Awaitable[None]]) -> None:
        """A full disk makes it wait: without this the session cannot go on."""
        while True:
            try:
                await write()
            except (StoreFull, StoreBusy) as error:
                log.error("the store database takes nothing now; trying again", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _follow(self, effect: Follow) -> None:
        self._followed = effect.feed_ids
        if self._line is not None:
            await self._line.follow(effect.feed_ids)
        await self._for_sure(lambda: self._ground.feeds.drop_unfollowed(effect.feed_ids))

    async def _apply_delta(self, effect: ApplyDelta) -> None:
        header = effect.delta.header
        try:
            await self._ground.feeds.apply_delta(effect.delta)
        except FeedHashDiffers as error:
            effects = self._session.feed_failed(header.feed_id, str(error), self._now_ms(), hash_mismatch=True)
        except (FeedMovedOn, StoreFull, StoreBusy) as error:
            effects = self._session.feed_failed(header.feed_id, str(error), self._now_ms())
        else:
            effects = self._session.feed_applied(
                header.feed_id, header.epoch, header.version, header.state_hash, self._now_ms()
            )
        self._take(effects)

    async def _stage_delta(self, effect: StageDelta) -> None:
        feed_id = effect.delta.header.feed_id
        try:
            item = await self._ground.feeds.stage_delta(effect.delta)
        except FeedHashDiffers as error:
            effects = self._session.feed_failed(feed_id, str(error), self._now_ms(), hash_mismatch=True)
        except (FeedMovedOn, StoreFull, StoreBusy) as error:
            effects = self._session.feed_failed(feed_id, str(error), self._now_ms())
        else:
            effects = self._session.feed_staged(item, self._now_ms())
        self._take(effects)

    async def _flip(self, effect: Flip) -> None:
        try:
            await self._ground.feeds.flip(effect.steps, self._followed)
        except FlipFailed as error:
            effects = self._session.flip_failed(
                error.feed_id, error.reason, self._now_ms(), hash_mismatch=error.hash_mismatch
            )
        except (StoreFull, StoreBusy) as error:
            effects = self._session.flip_failed(None, str(error), self._now_ms())
        else:
            effects = self._session.flipped(effect.steps, self._now_ms())
        self._take(effects)

    async def _fetch_head(self, effect: FetchHead) -> None:
        try:
            head = await self._ground.https.head(effect.feed_id)
        except FetchFailed as error:
            self._take(self._session.fetch_failed(effect.feed_id, str(error), self._now_ms(), gone=error.gone))
        else:
            self._take(self._session.head_fetched(head, self._now_ms()))

    async def _fetch_deltas(self, effect: FetchDeltas) -> None:
        try:
            deltas = await self._ground.https.deltas(effect.feed_id, effect.epoch, effect.after)
        except FetchFailed as error:
            self._take(self._session.fetch_failed(effect.feed_id, str(error), self._now_ms(), gone=error.gone))
        else:
            self._take(self._session.deltas_fetched(effect.feed_id, deltas, self._now_ms()))

    async def _fetch_snapshot(self, effect: FetchSnapshot) -> None:
        await self._ground.handover.settled()  # a price must not come before the labels that may show another
        coming = self._ground.staging / f"{effect.feed_id.replace('/', '_')}.snapshot"
        try:
            await self._ground.https.snapshot(effect.feed_id, coming)
            taken = await self._ground.feeds.apply_snapshot(coming, self._followed)
        except (FetchFailed, MessageError, StoreFull, StoreBusy, OSError) as error:
            effects = self._session.fetch_failed(effect.feed_id, str(error), self._now_ms())
        else:
            if isinstance(taken, Staged):
                effects = self._session.feed_staged(taken, self._now_ms())
            else:
                effects = self._session.feed_applied(
                    taken.feed_id, taken.epoch, taken.version, taken.state_hash, self._now_ms()
                )
        finally:
            coming.unlink(missing_ok=True)
        self._take(effects)
