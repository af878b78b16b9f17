"""One feed as the store follows it: apply only version + 1, notice everything else, pull the rest over HTTPS.

Live deltas are applied as they come. A head that stays ahead, a gap, another epoch, an older head or a differing hash make
it pull: first the authoritative head, then deltas, or the snapshot when deltas cannot lead there.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence

from protocols.clock import RandomSource
from protocols.sync import limits
from protocols.sync.backoff import draw, retry_wait
from protocols.sync.delta import Delta
from protocols.sync.effects import ApplyDelta, Effect, FetchDeltas, FetchHead, FetchSnapshot, RaiseAlarm
from protocols.sync.messages import FeedHead, FeedState
from protocols.sync.store_state import SyncSettings


class _Busy(enum.Enum):
    NOTHING = "ok"
    APPLYING = "applying"
    HEAD = "asking for the head"
    DELTAS = "pulling deltas"
    SNAPSHOT = "pulling the snapshot"


class FeedFollower:
    """Follows one feed. At most one effect of it is outstanding; `state()` is what the store holds."""

    def __init__(self, feed_id: str, state: FeedState, settings: SyncSettings, rng: RandomSource, now_ms: int) -> None:
        self.feed_id = feed_id
        self._epoch, self._version, self._hash = state.epoch, state.version, state.state_hash
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
        return FeedState(epoch=self._epoch, version=self._version, state_hash=self._hash, status=status)

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
        self._busy = _Busy.NOTHING
        self._epoch, self._version, self._hash = epoch, version, state_hash
        self._attempt = 0
        self._failure = ""
        self._keep_queue(version)
        if self._queue:
            return self._apply_next()
        if version >= self._goal_version:
            self._goal_version = 0
            self._pull_ms = None
        else:
            self._pull_by(now_ms + draw(self._rng, 0, limits.PULL_RETRY_FIRST_MS))
        return []

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
        self._busy = _Busy.APPLYING
        return [ApplyDelta(self._queue[0])]

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
