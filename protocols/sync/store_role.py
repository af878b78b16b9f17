"""The store's half of the session, without I/O: inputs are events, outputs are lists of effects (`effects.py`).

`now_ms` is always the monotonic clock. The shell calls `tick` when `deadline()` is reached, and may call it any time.
The session keeps nothing durable: after a restart it is built again from `StoreSyncState`.
"""

from __future__ import annotations

from collections.abc import Sequence

from protocols.clock import Clock, RandomSource
from protocols.contract.values import Stream
from protocols.sync.batch import JournalSlice
from protocols.sync.delta import Delta
from protocols.sync.effects import Effect
from protocols.sync.messages import FeedHead, StoreState
from protocols.sync.store_state import StoreSyncState, SyncSettings


class StoreSession:
    """One store's conversation with HQ over any number of connections of one boot."""

    def __init__(self, state: StoreSyncState, settings: SyncSettings, clock: Clock, rng: RandomSource) -> None:
        """`clock` is read for the wall time and quality shown in hellos and reports only."""

    def will(self) -> StoreState:
        """The last will to give the broker for the NEXT connection (topic `state`, retained, QoS 1)."""
        raise NotImplementedError

    def connected(self, now_ms: int) -> list[Effect]:
        """The line is up and subscribed (`topics.store_subscriptions` of what `Follow` said last): birth and hello go out."""
        raise NotImplementedError

    def disconnected(self, now_ms: int) -> list[Effect]:
        """The line is down."""
        raise NotImplementedError

    def received(self, topic: str, payload: bytes, now_ms: int) -> list[Effect]:
        """A message came on a subscribed topic. Anything unreadable raises an alarm, never an exception."""
        raise NotImplementedError

    def received_down(self, payload: bytes, now_ms: int) -> list[Effect]:
        """One message of an HTTPS answer (`packing.unpack_frames`), or of the `down` topic."""
        raise NotImplementedError

    def journal_grew(self, stream: Stream, last_seq: int, last_hash: bytes, now_ms: int) -> list[Effect]:
        """Facts up to `last_seq` are durable in the journal."""
        raise NotImplementedError

    def journal_rows(self, rows: JournalSlice, now_ms: int) -> list[Effect]:
        """The answer to `ReadJournal`."""
        raise NotImplementedError

    def incarnation_adopted(self, state: StoreSyncState, now_ms: int) -> list[Effect]:
        """The answer to `AdoptIncarnation`: the state as the database has it now."""
        raise NotImplementedError

    def feed_applied(self, feed_id: str, epoch: str, version: int, state_hash: str, now_ms: int) -> list[Effect]:
        """A delta or snapshot is applied, durably."""
        raise NotImplementedError

    def feed_failed(self, feed_id: str, reason: str, now_ms: int, *, hash_mismatch: bool = False) -> list[Effect]:
        """`ApplyDelta` was rolled back."""
        raise NotImplementedError

    def head_fetched(self, head: FeedHead, now_ms: int) -> list[Effect]:
        """The authoritative head came over HTTPS."""
        raise NotImplementedError

    def deltas_fetched(self, feed_id: str, deltas: Sequence[Delta], now_ms: int) -> list[Effect]:
        """Deltas came over HTTPS (`delta.decode_deltas`), in order; empty when there are none."""
        raise NotImplementedError

    def fetch_failed(self, feed_id: str, reason: str, now_ms: int, *, gone: bool = False) -> list[Effect]:
        """A fetch failed or brought damaged bytes; `gone` for 410."""
        raise NotImplementedError

    def tick(self, now_ms: int) -> list[Effect]:
        """Time passed."""
        raise NotImplementedError

    def deadline(self) -> int | None:
        """When to call `tick` next (monotonic ms); None: no timer runs."""
        raise NotImplementedError

    def status(self) -> str:
        """`offline`, `greeting`, `ready`, `adopting` or `halted: reason`, for screens and logs."""
        raise NotImplementedError
