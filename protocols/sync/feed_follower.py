"""One feed as the store follows it: apply only version + 1, notice everything else, pull the rest over HTTPS.

Live deltas are applied as they come; those of a release, and what comes behind them, are staged until `Downlink` flips
them. A head that stays ahead, a gap, another epoch, an older head or a differing hash make it pull: first the authoritative
head, then deltas, or the snapshot when deltas cannot lead there.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence

from protocols.clock import RandomSource
from protocols.sync import limits
from protocols.sync.backoff import draw, retry_wait
from protocols.sync.delta import Delta
from protocols.sync.effects import ApplyDelta, Effect, FetchDeltas, FetchHead, FetchSnapshot, RaiseAlarm, StageDelta
from protocols.sync.messages import FeedHead, FeedState
from protocols.sync.release import STAGED_MAX, FeedLine, FlipStep, Staged
from protocols.sync.store_state import SyncSettings


class _Busy(enum.Enum):
    NOTHING = "ok"
    APPLYING = "applying"
    STAGING = "staging"
    HEAD = "asking for the head"
    DELTAS = "pulling deltas"
    SNAPSHOT = "pulling the snapshot"


class FeedFollower:
    """Follows one feed. At most one effect of it is outstanding; `state()` is what the store holds."""

    def __init__(
        self,
        feed_id: str,
        state: FeedState,
        settings: SyncSettings,
        rng: RandomSource,
        now_ms: int,
        staged: Sequence[Staged] = (),
    ) -> None:
        self.feed_id = feed_id
        self.waits = ""
        """Why staged versions are held back; kept by `Downlink`."""
        self._held = FlipStep(feed_id, state.epoch, state.version, state.state_hash)
        self._staged = list(staged)
        self._to_tip()
        self._settings = settings
        self._rng = rng
        self._busy = _Busy.NOTHING
        self._queue: deque[Delta] = deque()
        self._goal_version = 0
        self._asked_at_version = 0
        self._pull_ms: int | None = None
        self._attempt = 0
        self._failure = ""
        self._poll_ms = self._next_poll(now_ms)

    def state(self) -> FeedState:
        """For hellos and reports."""
        status = "ok"
        if self._failure:
            status = f"failed: {self._failure}"
        elif self._busy is not _Busy.NOTHING or self._pull_ms is not None:
            status = "pulling"
        elif self._staged:
            status = f"staged: {self.waits}"
        held, staged = self._held, self._staged[-1].version if self._staged else 0
        return FeedState(epoch=held.epoch, version=held.version, state_hash=held.state_hash, status=status, staged=staged)

    def line(self) -> FeedLine:
        """For the plan of a flip."""
        return FeedLine(self._held.epoch, self._held.version, tuple(self._staged))

    def next_timer(self) -> int:
        """When `tick` has something to do."""
        if self._busy is not _Busy.NOTHING:
            return self._poll_ms
        return self._poll_ms if self._pull_ms is None else min(self._pull_ms, self._poll_ms)

    def tick(self, now_ms: int) -> list[Effect]:
        """Polls the head now and then; pulls when a pull is due."""
        due = self._pull_ms is not None and now_ms >= self._pull_ms
        if now_ms >= self._poll_ms:
            self._poll_ms = self._next_poll(now_ms)
            due = True
        if not due or self._busy is not _Busy.NOTHING:
            return []
        return self._ask_head()

    def hinted(self, head: FeedHead, now_ms: int, *, greeting: bool = False) -> list[Effect]:
        """A retained head, or one in a welcome: believed only as a reason to ask."""
        if head.epoch == self._epoch and head.version == self._version and head.state_hash == self._hash:
            return []
        if head.version == 0 == self._version:
            return []  # nothing was ever published and nothing is held: there is nothing to ask for
        if head.epoch == self._epoch and head.version > self._version and not greeting and self._version > 0:
            self._goal_version = max(self._goal_version, head.version)
            self._pull_by(now_ms + self._settings.head_ahead_ms)
            return []
        self._pull_by(now_ms + draw(self._rng, 0, head.pull_spread_ms))
        return []

    def delta(self, delta: Delta, now_ms: int) -> list[Effect]:
        """A delta came over MQTT."""
        header = delta.header
        if header.epoch != self._epoch:
            self._pull_by(now_ms + draw(self._rng, 0, limits.PULL_RETRY_FIRST_MS))
            return []
        if header.version <= self._reached():
            return []
        self._goal_version = max(self._goal_version, header.version)
        if header.version != self._reached() + 1 or header.pointer or len(self._queue) >= limits.DELTAS_WAITING_MAX:
            self._pull_by(now_ms + draw(self._rng, 0, limits.PULL_RETRY_FIRST_MS))
            return []
        self._queue.append(delta)
        return self._apply_next() if self._busy in {_Busy.NOTHING, _Busy.HEAD} else []

    def applied(self, epoch: str, version: int, state_hash: str, now_ms: int) -> list[Effect]:
        """The shell applied a delta or snapshot."""
        self._held = FlipStep(self.feed_id, epoch, version, state_hash)
        self._staged.clear()
        return self._arrived(now_ms)

    def staged(self, item: Staged, now_ms: int) -> list[Effect]:
        """The shell keeps a delta, or a snapshot in place of all that was staged before."""
        if item.snapshot:
            self._staged.clear()
        self._staged.append(item)
        return self._arrived(now_ms)

    def flipped(self, step: FlipStep, now_ms: int) -> list[Effect]:
        """The shell took up staged versions."""
        self._held = step
        places = [
            place for place, item in enumerate(self._staged) if (item.epoch, item.version) == (step.epoch, step.version)
        ]
        if places:
            del self._staged[: places[-1] + 1]
        self._to_tip()
        if self._busy is not _Busy.NOTHING:
            return []
        if self._queue:
            return self._apply_next()
        if self._goal_version > self._version:
            self._pull_by(now_ms + draw(self._rng, 0, limits.PULL_RETRY_FIRST_MS))
        return []

    def flip_failed(self, reason: str, now_ms: int, *, hash_mismatch: bool) -> list[Effect]:
        """What was staged of this feed cannot be taken up: it is fetched again. The old state stands."""
        self._staged.clear()
        self._queue.clear()
        self._to_tip()
        alarms: list[Effect] = []
        if hash_mismatch:
            alarms.append(RaiseAlarm("feed_hash_mismatch", f"{self.feed_id} after version {self._version}: {reason}"))
        if self._busy is not _Busy.NOTHING:
            return alarms
        return [*alarms, *(self._ask_snapshot() if hash_mismatch else self._retry(reason, now_ms))]

    def _arrived(self, now_ms: int) -> list[Effect]:
        """One more version is in force or staged."""
        self._busy = _Busy.NOTHING
        self._to_tip()
        self._attempt = 0
        self._failure = ""
        self._keep_queue(self._version)
        if self._queue:
            return self._apply_next()
        if self._version >= self._goal_version:
            self._goal_version = 0
            self._pull_ms = None
        else:
            self._pull_by(now_ms + draw(self._rng, 0, limits.PULL_RETRY_FIRST_MS))
        return []

    def _to_tip(self) -> None:
        """The newest version received, in force or staged: what the next one follows on."""
        tip = self._staged[-1] if self._staged else self._held
        self._epoch, self._version, self._hash = tip.epoch, tip.version, tip.state_hash

    def failed(self, reason: str, now_ms: int, *, hash_mismatch: bool) -> list[Effect]:
        """The shell rolled a delta back."""
        self._busy = _Busy.NOTHING
        self._queue.clear()
        if hash_mismatch:
            alarm = RaiseAlarm("feed_hash_mismatch", f"{self.feed_id} after version {self._version}: {reason}")
            return [alarm, *self._ask_snapshot()]
        return self._retry(reason, now_ms)

    def head_fetched(self, head: FeedHead) -> list[Effect]:
        """HQ's own word on the feed."""
        if self._busy is not _Busy.HEAD:
            return []
        self._busy = _Busy.NOTHING
        self._pull_ms = None
        if head.epoch == self._epoch and head.version < self._version != self._asked_at_version:
            return []
        if head.epoch != self._epoch or self._version == 0:
            return self._ask_snapshot() if head.version else self._settled()
        if head.version > self._version:
            self._goal_version = max(self._goal_version, head.version)
            self._busy = _Busy.DELTAS
            return [FetchDeltas(self.feed_id, self._epoch, self._version)]
        if head.version == self._version and head.state_hash == self._hash:
            return self._settled()
        code = "feed_hash_mismatch" if head.version == self._version else "feed_restored"
        detail = f"{self.feed_id}: store has version {self._version}, HQ {head.version}"
        return [RaiseAlarm(code, detail), *self._ask_snapshot()]

    def deltas_fetched(self, deltas: Sequence[Delta]) -> list[Effect]:
        """Deltas came over HTTPS."""
        if self._busy is not _Busy.DELTAS:
            return []
        self._busy = _Busy.NOTHING
        live = {item.header.version: item for item in self._queue}
        live.update({item.header.version: item for item in deltas if item.header.epoch == self._epoch})
        self._queue.clear()
        next_version = self._version + 1
        while next_version in live and not live[next_version].header.pointer:
            self._queue.append(live[next_version])
            next_version += 1
        if not self._queue:
            return self._ask_snapshot()
        return self._apply_next()

    def fetch_failed(self, reason: str, now_ms: int, *, gone: bool) -> list[Effect]:
        """A fetch did not succeed."""
        was, self._busy = self._busy, _Busy.NOTHING
        if gone and was is _Busy.DELTAS:
            return self._ask_snapshot()
        return self._retry(reason, now_ms)

    def _reached(self) -> int:
        """The version after everything queued."""
        return self._queue[-1].header.version if self._queue else self._version

    def _keep_queue(self, version: int) -> None:
        """Drop what is done; drop all when the rest does not follow on `version`."""
        while self._queue and self._queue[0].header.version <= version:
            self._queue.popleft()
        if self._queue and (self._queue[0].header.version != version + 1 or self._queue[0].header.epoch != self._epoch):
            self._queue.clear()

    def _apply_next(self) -> list[Effect]:
        delta = self._queue[0]
        if not self._staged and delta.header.release is None:
            self._busy = _Busy.APPLYING
            return [ApplyDelta(delta)]
        if len(self._staged) >= STAGED_MAX:
            self._queue.clear()  # `_goal_version` remembers that there is more
            self._busy = _Busy.NOTHING
            return []
        self._busy = _Busy.STAGING
        return [StageDelta(delta)]

    def _ask_head(self) -> list[Effect]:
        self._busy = _Busy.HEAD
        self._asked_at_version = self._version
        return [FetchHead(self.feed_id)]

    def _ask_snapshot(self) -> list[Effect]:
        self._busy = _Busy.SNAPSHOT
        return [FetchSnapshot(self.feed_id)]

    def _settled(self) -> list[Effect]:
        self._attempt = 0
        self._failure = ""
        self._goal_version = 0
        return []

    def _retry(self, reason: str, now_ms: int) -> list[Effect]:
        self._failure = reason
        self._pull_ms = now_ms + retry_wait(self._rng, self._attempt, limits.PULL_RETRY_FIRST_MS, limits.PULL_RETRY_CAP_MS)
        self._attempt += 1
        return []

    def _pull_by(self, at_ms: int) -> None:
        self._pull_ms = at_ms if self._pull_ms is None else min(self._pull_ms, at_ms)

    def _next_poll(self, now_ms: int) -> int:
        mean = self._settings.head_poll_ms
        return now_ms + draw(self._rng, mean // 2, mean + mean // 2)
