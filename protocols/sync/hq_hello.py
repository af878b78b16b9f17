"""HQ's decision on a hello: who may speak for the store, in which incarnation, from where on (faults F17, F18, F20).

The rules, in words (docs/protocol.md, "Leases"):
- Every answered hello gets a new fence, an offer. The first message that presents it confirms it; the other offers die.
- A hello that presents the confirmed or an offered fence (or one newer than HQ knows: HQ was restored) is the holder's.
- Any other hello of a boot that never held the store is a new box, or one restored from an old copy: it is offered a new
  incarnation. If it died meanwhile, nobody presents that offer and nothing has changed.
- Any other hello of a boot that once held the store, while another boot holds it, may be late. It is challenged; only a
  sender alive now can echo the challenge, and then two boxes are alive: a clone. Nobody is accepted any more until an
  operator chooses one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from protocols.clock import RandomSource
from protocols.contract.values import Stream
from protocols.sync import limits
from protocols.sync.batch import stream_never_sheds
from protocols.sync.hq_record import (
    BOOTS_REMEMBERED,
    GRANTS_REMEMBERED,
    OFFERS_MAX,
    Challenge,
    Cursor,
    Cursors,
    Grant,
    Lease,
    StoreRecord,
    Suspect,
    first_cursor,
)
from protocols.sync.messages import DownMessage, FeedHead, Hello, HelloRefused, HelloReply, HelloWanted, Rechain, StreamState

CHALLENGES_MAX = 8
SUSPECTS_MAX = 8


@dataclass(frozen=True, slots=True)
class HqTerms:
    """What HQ says in every welcome. `heads` are the feeds this store follows."""

    db_epoch: str
    credit: int = limits.CREDIT_FULL
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


@dataclass(frozen=True, slots=True)
class _Fork:
    """Why a new incarnation is needed, and after which position facts move into it."""

    reason: str
    rechain: tuple[Rechain, ...]
    alarms: tuple[str, ...] = ()


def decide_hello(record: StoreRecord, hello: Hello, cursors: Cursors, terms: HqTerms, rng: RandomSource) -> HelloDecision:
    """Decide on one hello. The shell locks the store's record, calls this, saves, commits, then sends the reply.

    `record` of a store HQ knows but never heard from is `StoreRecord(store_id=...)`. Unknown stores are refused by the
    shell with `HelloRefused(reason="unknown_store")`.
    """
    if hello.protocol < limits.OLDEST_PROTOCOL_ACCEPTED:
        return _refuse(
            record, hello, "protocol_too_old", f"this HQ speaks protocol {limits.OLDEST_PROTOCOL_ACCEPTED} and newer"
        )
    known = [lease for lease in _leases(record) if lease.boot_id == hello.boot_id]
    if any((hello.conn_epoch, hello.hello_no) < (lease.conn_epoch, lease.hello_no) for lease in known):
        return HelloDecision("ignored", record, None)
    if hello.boot_id in record.retired_boots:
        return _refuse(record, hello, "clone_suspected", "an operator at HQ chose another box for this store")
    if record.clone_suspected:
        return _decide_suspect(record, hello, cursors, terms, rng)
    again = [lease for lease in known if lease.answers(hello.boot_id, hello.conn_epoch, hello.hello_no)]
    if again:
        return HelloDecision(_outcome(again[0]), record, _reply(record, again[0], cursors, terms))
    return _decide_new(record, hello, cursors, terms, rng)


def _decide_new(record: StoreRecord, hello: Hello, cursors: Cursors, terms: HqTerms, rng: RandomSource) -> HelloDecision:
    """A hello not answered before, of a store that is open."""
    presented = find_lease(record, hello.fence)
    if presented is not None and presented.incarnation == hello.incarnation:
        record = confirm(record, presented, hello.boot_id)
        fork = _fork_needed(record, hello, cursors)
        return _offer(record, hello, cursors, terms, rng, incarnation=hello.incarnation, fork=fork)
    if _is_from_the_future(record, hello):
        return _welcome_back(record, hello, cursors, terms, rng)
    return _decide_stranger(record, hello, cursors, terms, rng)


def find_lease(record: StoreRecord, fence: str) -> Lease | None:
    """The living lease (confirmed or offered) with this fence."""
    for lease in _leases(record):
        if lease.fence == fence:
            return lease
    return None


def confirm(record: StoreRecord, lease: Lease, boot_id: str) -> StoreRecord:
    """`boot_id` presented this living lease: it holds the store, all other offers and all challenges are void."""
    confirmed = record.confirmed
    if confirmed is not None and confirmed.fence == lease.fence:
        return record
    held = lease if lease.boot_id == boot_id else msgspec.structs.replace(lease, boot_id=boot_id, conn_epoch=0, hello_no=0)
    boots = tuple(boot for boot in record.held_boots if boot != boot_id)
    return msgspec.structs.replace(
        record, confirmed=held, offered=(), challenges=(), held_boots=(*boots, boot_id)[-BOOTS_REMEMBERED:]
    )


def resolve_clone(record: StoreRecord, boot_id: str) -> StoreRecord:
    """An operator chose one of `record.suspects`: it will be granted a new incarnation, the others stay refused.

    Raises `ValueError` when `boot_id` is no suspect.
    """
    for suspect in record.suspects:
        if suspect.boot_id == boot_id:
            return msgspec.structs.replace(record, chosen_boot=boot_id, chosen_hardware=suspect.hardware)
    raise ValueError(f"boot {boot_id!r} is none of the suspects of store {record.store_id}")


def order_new_incarnation(record: StoreRecord) -> StoreRecord:
    """An operator orders the store to start a new incarnation at its next hello (damaged journal)."""
    return msgspec.structs.replace(record, new_incarnation_ordered=True)


def _leases(record: StoreRecord) -> tuple[Lease, ...]:
    return (record.confirmed, *record.offered) if record.confirmed else record.offered


def _outcome(lease: Lease) -> Literal["welcome", "new_incarnation"]:
    return "new_incarnation" if lease.new_incarnation else "welcome"


def _decide_stranger(
    record: StoreRecord, hello: Hello, cursors: Cursors, terms: HqTerms, rng: RandomSource
) -> HelloDecision:
    """No living lease was presented."""
    holder = record.confirmed
    if holder is not None and (holder.boot_id, holder.incarnation) == (hello.boot_id, hello.incarnation):
        fork = _fork_needed(record, hello, cursors)
        return _offer(record, hello, cursors, terms, rng, incarnation=hello.incarnation, fork=fork)
    if hello.boot_id in record.held_boots:
        if not _proved_alive(record, hello):
            return _challenge(record, hello, rng)
        return _clone_found(record, hello, terms)
    return _offer(record, hello, cursors, terms, rng, incarnation=0, fork=_stranger_fork(record, hello, cursors))


def _proved_alive(record: StoreRecord, hello: Hello) -> bool:
    return any(
        item.boot_id == hello.boot_id and item.nonce == hello.challenge for item in record.challenges if hello.challenge
    )


def _challenge(record: StoreRecord, hello: Hello, rng: RandomSource) -> HelloDecision:
    for item in record.challenges:
        if item.boot_id == hello.boot_id:
            return HelloDecision("challenge", record, _wanted(hello, item.nonce))
    asked = Challenge(boot_id=hello.boot_id, nonce=rng.bytes(8).hex())
    record = msgspec.structs.replace(record, challenges=(*record.challenges, asked)[-CHALLENGES_MAX:])
    return HelloDecision("challenge", record, _wanted(hello, asked.nonce))


def _wanted(hello: Hello, nonce: str) -> HelloWanted:
    return HelloWanted(
        boot_id=hello.boot_id, incarnation=hello.incarnation, reason="challenge", fence=hello.fence, challenge=nonce
    )


def _clone_found(record: StoreRecord, hello: Hello, terms: HqTerms) -> HelloDecision:
    holder = record.confirmed
    suspects = record.suspects
    if holder is not None:
        other = Suspect(
            boot_id=holder.boot_id,
            edge_id=holder.edge_id,
            hardware=holder.hardware,
            incarnation=holder.incarnation,
            seen_ms=terms.now_ms,
        )
        suspects = _with_suspect(suspects, other)
    record = msgspec.structs.replace(
        record,
        clone_suspected=True,
        suspects=_with_suspect(suspects, _suspect(hello, terms)),
        chosen_boot="",
        chosen_hardware="",
    )
    decision = _refuse(record, hello, "clone_suspected", CLONE_DETAIL)
    return HelloDecision("refused", record, decision.reply, alarms=("clone_suspected",))


CLONE_DETAIL = "two boxes speak for this store; an operator at HQ must choose one"


def _decide_suspect(record: StoreRecord, hello: Hello, cursors: Cursors, terms: HqTerms, rng: RandomSource) -> HelloDecision:
    """The store is closed after a clone alarm: only the chosen box gets in again.

    A late hello of an earlier boot of that box may come first; it must not shut out the boot that lives.
    """
    chosen = record.chosen_boot and (
        hello.boot_id == record.chosen_boot or (record.chosen_hardware and hello.hardware == record.chosen_hardware)
    )
    if not chosen:
        record = msgspec.structs.replace(record, suspects=_with_suspect(record.suspects, _suspect(hello, terms)))
        return _refuse(record, hello, "clone_suspected", CLONE_DETAIL)
    fork = _stranger_fork(record, hello, cursors)
    mine = {hello.boot_id, record.chosen_boot}
    mine |= {item.boot_id for item in record.suspects if record.chosen_hardware and item.hardware == record.chosen_hardware}
    others = {item.boot_id for item in record.suspects} - mine
    record = msgspec.structs.replace(
        record,
        clone_suspected=False,
        suspects=(),
        chosen_boot="",
        chosen_hardware="",
        confirmed=None,
        offered=(),
        challenges=(),
        held_boots=tuple(boot for boot in record.held_boots if boot not in mine),
        retired_boots=(*record.retired_boots, *sorted(others))[-BOOTS_REMEMBERED:],
    )
    return _offer(record, hello, cursors, terms, rng, incarnation=0, fork=fork)


def _suspect(hello: Hello, terms: HqTerms) -> Suspect:
    return Suspect(
        boot_id=hello.boot_id,
        edge_id=hello.edge_id,
        hardware=hello.hardware,
        incarnation=hello.incarnation,
        seen_ms=terms.now_ms,
    )


def _with_suspect(suspects: tuple[Suspect, ...], new: Suspect) -> tuple[Suspect, ...]:
    return (*(item for item in suspects if item.boot_id != new.boot_id), new)[-SUSPECTS_MAX:]


def _refuse(
    record: StoreRecord, hello: Hello, reason: Literal["clone_suspected", "protocol_too_old"], detail: str
) -> HelloDecision:
    return HelloDecision("refused", record, HelloRefused(boot_id=hello.boot_id, reason=reason, detail=detail))


def _fence_number(fence: str) -> int:
    digits = fence.partition("-")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else 0


def _is_from_the_future(record: StoreRecord, hello: Hello) -> bool:
    """The store holds a fence or an incarnation this HQ has not given yet: HQ was put back to an older state (F20, F21)."""
    return hello.incarnation > 0 and (
        _fence_number(hello.fence) > record.last_number or hello.incarnation > record.last_granted
    )


def _welcome_back(record: StoreRecord, hello: Hello, cursors: Cursors, terms: HqTerms, rng: RandomSource) -> HelloDecision:
    """HQ forgot. Same incarnation: go on from the cursor. Another one: take everything again in a new incarnation."""
    number = max(record.last_number, _fence_number(hello.fence))
    record = msgspec.structs.replace(record, last_number=number, last_granted=max(record.last_granted, hello.incarnation))
    same = record.confirmed is not None and record.confirmed.incarnation == hello.incarnation
    offered_same = any(lease.incarnation == hello.incarnation for lease in record.offered)
    if same or offered_same:
        fork = _fork_needed(record, hello, cursors, restored=True)
    else:
        fork = _everything("HQ was restored and does not know this incarnation")
    decision = _offer(record, hello, cursors, terms, rng, incarnation=hello.incarnation, fork=fork)
    return HelloDecision(decision.outcome, decision.record, decision.reply, ("hq_was_restored", *decision.alarms))


def _everything(reason: str, alarms: tuple[str, ...] = ()) -> _Fork:
    return _Fork(reason, tuple(Rechain(stream=stream) for stream in Stream), alarms)


def _stranger_fork(record: StoreRecord, hello: Hello, cursors: Cursors) -> _Fork:
    if hello.incarnation == 0:
        return _everything("a new store database")
    if all(incarnation != hello.incarnation for incarnation, _ in cursors):
        return _everything("HQ holds nothing of this incarnation")
    return _after_common(record, hello, cursors, "the store database was restored from an old copy")


def _fork_needed(record: StoreRecord, hello: Hello, cursors: Cursors, *, restored: bool = False) -> _Fork | None:
    """Whether the holder's journal and HQ's have parted (F18), or HQ needs facts the journal no longer has."""
    if record.new_incarnation_ordered:
        return _after_common(record, hello, cursors, "ordered by an operator", restored=restored)
    for stream, state in hello.streams.items():
        cursor = _cursor(record, hello.incarnation, stream, cursors)
        if state.first_seq > cursor.seq + 1 and stream_never_sheds(stream):
            return _everything(f"{stream.value}: HQ needs {cursor.seq + 1}, the journal starts later", ("facts_lost",))
        if hello.fork_seen:
            continue
        if state.last_seq < cursor.seq:
            return _after_common(
                record, hello, cursors, f"{stream.value}: HQ holds more than the store's journal", restored=restored
            )
        if (state.last_seq == cursor.seq and state.last_hash != cursor.hash.hex()) or (
            state.acked_upto == cursor.seq and state.acked_hash != cursor.hash.hex()
        ):
            return _after_common(
                record, hello, cursors, f"{stream.value}: the chains differ at {cursor.seq}", restored=restored
            )
    if hello.fork_seen:
        return _after_common(record, hello, cursors, "the store found another chain at HQ", restored=restored)
    return None


def _after_common(record: StoreRecord, hello: Hello, cursors: Cursors, reason: str, *, restored: bool = False) -> _Fork:
    """Everything after the last position both surely share: durable at HQ by the store's knowledge, and still there.

    That may be earlier than the true fork; facts HQ has already are recognised by their event ids. `restored`: HQ was put
    back and may hold another box's facts at those places by now, so what the store was told before proves nothing.
    """
    rechain = []
    for stream in Stream:
        state = hello.streams.get(stream)
        cursor = _cursor(record, hello.incarnation, stream, cursors)
        after = 0 if state is None or restored else _common_seq(state, cursor)
        rechain.append(Rechain(stream=stream, incarnation=hello.incarnation, after_seq=after))
    return _Fork(reason, tuple(rechain))


def _common_seq(state: StreamState, cursor: Cursor) -> int:
    return max(0, min(state.durable_upto, state.acked_upto, cursor.seq))


def _cursor(record: StoreRecord, incarnation: int, stream: Stream, cursors: Cursors) -> Cursor:
    return cursors.get((incarnation, stream)) or first_cursor(record.store_id, incarnation, stream)


def _offer(
    record: StoreRecord,
    hello: Hello,
    cursors: Cursors,
    terms: HqTerms,
    rng: RandomSource,
    *,
    incarnation: int,
    fork: _Fork | None,
) -> HelloDecision:
    """Give the sender a new fence, and a new incarnation when `fork` says so."""
    if fork is not None:
        record, incarnation = _grant(record, hello)
    lease = Lease(
        number=record.last_number + 1,
        secret=rng.bytes(8).hex(),
        boot_id=hello.boot_id,
        conn_epoch=hello.conn_epoch,
        hello_no=hello.hello_no,
        edge_id=hello.edge_id,
        hardware=hello.hardware,
        incarnation=incarnation,
        new_incarnation=fork is not None,
        rechain=fork.rechain if fork else (),
        reason=fork.reason if fork else "",
    )
    others = tuple(item for item in record.offered if item.boot_id != hello.boot_id)
    record = msgspec.structs.replace(
        record,
        last_number=lease.number,
        offered=(*others, lease)[-OFFERS_MAX:],
        new_incarnation_ordered=record.new_incarnation_ordered and fork is None,
    )
    alarms = ("new_incarnation", *fork.alarms) if fork and lease.number > 1 else ()
    return HelloDecision(_outcome(lease), record, _reply(record, lease, cursors, terms), alarms)


def _grant(record: StoreRecord, hello: Hello) -> tuple[StoreRecord, int]:
    """The incarnation for a fork. A database still without one gets the same again until it was used (idempotent)."""
    held = record.incarnation
    for grant in record.grants:
        if grant.db_nonce == hello.db_nonce and hello.incarnation == 0 and grant.incarnation == record.last_granted != held:
            return record, grant.incarnation
    incarnation = max(record.last_granted, hello.incarnation) + 1
    others = tuple(grant for grant in record.grants if grant.db_nonce != hello.db_nonce)
    grants = (*others, Grant(db_nonce=hello.db_nonce, incarnation=incarnation))[-GRANTS_REMEMBERED:]
    return msgspec.structs.replace(record, last_granted=incarnation, grants=grants), incarnation


def _reply(record: StoreRecord, lease: Lease, cursors: Cursors, terms: HqTerms) -> HelloReply:
    shown = {} if lease.new_incarnation else {
        stream: _cursor(record, lease.incarnation, stream, cursors).as_state() for stream in Stream
    }  # fmt: skip
    return HelloReply(
        boot_id=lease.boot_id,
        conn_epoch=lease.conn_epoch,
        hello_no=lease.hello_no,
        status=_outcome(lease),
        incarnation=lease.incarnation,
        fence=lease.fence,
        cursors=shown,
        rechain=lease.rechain,
        reason=lease.reason,
        db_epoch=terms.db_epoch,
        credit=terms.credit,
        feeds=tuple(terms.heads),
        hq_time_ms=terms.now_ms,
    )
