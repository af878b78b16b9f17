"""HQ's decision on a hello: who may speak for the store, in which incarnation, from where on (faults F17, F18, F20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from protocols.clock import RandomSource
from protocols.sync.hq_record import Cursors, StoreRecord
from protocols.sync.messages import DownMessage, FeedHead, Hello


@dataclass(frozen=True, slots=True)
class HqTerms:
    """What HQ says in every welcome. `heads` are the feeds this store follows."""

    db_epoch: str
    credit: int
    heads: Sequence[FeedHead] = ()
    now_ms: int = 0


@dataclass(frozen=True, slots=True)
class HelloDecision:
    """`record` is to be saved (when it is not the one given), then `reply` sent; None: say nothing.

    `alarms` are codes for the console: `clone_suspected`, `new_incarnation`, `hq_was_restored`, `facts_lost`.
    """

    outcome: Literal["welcome", "new_incarnation", "challenge", "refused", "ignored"]
    record: StoreRecord
    reply: DownMessage | None
    alarms: tuple[str, ...] = ()


def decide_hello(record: StoreRecord, hello: Hello, cursors: Cursors, terms: HqTerms, rng: RandomSource) -> HelloDecision:
    """Decide on one hello. The shell locks the store's record, calls this, saves, commits, then sends the reply.

    `record` of a store HQ knows but never heard from is `StoreRecord(store_id=...)`. Unknown stores are refused by the
    shell with `HelloRefused(reason="unknown_store")`.
    """
    raise NotImplementedError


def resolve_clone(record: StoreRecord, boot_id: str) -> StoreRecord:
    """An operator chose one of `record.suspects`: it will be granted a new incarnation, the others stay refused.

    Raises `ValueError` when `boot_id` is no suspect.
    """
    raise NotImplementedError


def order_new_incarnation(record: StoreRecord) -> StoreRecord:
    """An operator orders the store to start a new incarnation at its next hello (damaged journal)."""
    raise NotImplementedError
