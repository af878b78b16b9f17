"""What the store's shell keeps in its database for the session and gives it at start, and the settings of the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from protocols.contract.values import Stream
from protocols.sync import limits
from protocols.sync.messages import FeedState
from protocols.sync.release import Staged


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """One stream of the current incarnation, as the store database has it. Hashes are 32 bytes.

    `first_seq` is the lowest sequence still held (`last_seq + 1` when none). `last_hash` and `acked_hash` are genesis
    (`chain.genesis`) at sequence 0. `oldest_unacked_age_ms` is the shell's best estimate at start.
    """

    first_seq: int
    last_seq: int
    last_hash: bytes
    acked_upto: int
    acked_hash: bytes
    durable_upto: int = 0
    oldest_unacked_age_ms: int | None = None


@dataclass(frozen=True, slots=True)
class StoreSyncState:
    """Everything the session knows at start. All of it but `boot_id`, `software`, `config_hash` lives in the store database.

    A new database has incarnation 0, fence "" and may already hold facts, chained from `genesis(store_id, 0, stream)`.
    """

    store_id: str
    edge_id: str
    db_nonce: str
    boot_id: str
    incarnation: int
    fence: str
    streams: Mapping[Stream, StreamPosition]
    feeds: Mapping[str, FeedState] = field(default_factory=dict)
    staged: Sequence[Staged] = ()
    """Versions held back for a release, each feed's in their order."""
    db_epoch: str = ""
    hardware: str = ""
    software: str = ""
    config_hash: str = ""
    certificate_expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """What an operator may tune. The defaults are those of docs/protocol.md."""

    shards: int = 16
    """How many shards this HQ uses; part of every topic."""
    batch_age_ms: int = 500
    """A fact waits at most this long for company; at most `limits.BATCH_AGE_MAX_MS`."""
    in_flight: int = limits.IN_FLIGHT_MAX
    resend_first_ms: int = limits.RESEND_FIRST_MS
    resend_cap_ms: int = limits.RESEND_CAP_MS
    head_poll_ms: int = limits.HEAD_POLL_MS
    head_ahead_ms: int = limits.HEAD_AHEAD_MS
    report_every_ms: int = limits.REPORT_EVERY_MS

    def __post_init__(self) -> None:
        if not 0 <= self.batch_age_ms <= limits.BATCH_AGE_MAX_MS:
            raise ValueError(f"batch_age_ms: 0 to {limits.BATCH_AGE_MAX_MS}")
        if not 1 <= self.in_flight <= limits.IN_FLIGHT_MAX:
            raise ValueError(f"in_flight: 1 to {limits.IN_FLIGHT_MAX}")
