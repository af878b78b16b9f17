"""One group commit, decided: messages of many stores against their locked records and cursors. Pure.

The decisions themselves are `protocols.sync`'s; this module keeps what they change, store by store, and what is to be
written (cloud/ingest/transaction.py writes it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from cloud.ingest.inbox import Incoming
from cloud.ingest.opened import Malformed, Opened, OpenedBatch, OpenedHello, OpenedReport, OpenedState
from cloud.ingest.rows import Projected, Unprojectable
from protocols.clock import RandomSource
from protocols.contract.values import Stream
from protocols.sync.batch import BatchRefused
from protocols.sync.hq_hello import HqTerms, decide_hello
from protocols.sync.hq_record import Cursor, StoreRecord, first_cursor
from protocols.sync.hq_role import BatchDecision, decide_batch, decide_report, refusal, reply_to_batch
from protocols.sync.messages import DownMessage, FeedHead, Hello, HelloRefused, Report
from protocols.sync.presence import Presence, decide_presence, heard

SeqKey = tuple[int, Stream]


@dataclass
class StoreInHand:
    """One store under its lock: what was read, as it stands after the decisions so far."""

    store_id: str
    record: StoreRecord
    cursors: dict[SeqKey, Cursor]
    last_rev: int
    presence: Presence = field(default_factory=Presence)
    heads: Sequence[FeedHead] = ()
    """The feeds it follows; filled only when it says hello in this group."""
    moved: set[SeqKey] = field(default_factory=set)
    record_changed: bool = False
    rev_changed: bool = False
    presence_changed: bool = False
    told: Hello | Report | None = None
    """The newest hello or report it was accepted with."""
    heard: bool = False
    _record_before: StoreRecord | None = None

    def __post_init__(self) -> None:
        self._record_before = self.record

    @property
    def clones_changed(self) -> bool:
        """Whether what the console shows of a suspected clone is another now."""
        before = self._record_before
        now = self.record
        return before is not None and (before.clone_suspected, before.suspects) != (now.clone_suspected, now.suspects)

    def cursor(self, incarnation: int, stream: Stream) -> Cursor:
        return self.cursors.get((incarnation, stream)) or first_cursor(self.store_id, incarnation, stream)

    @property
    def may_repeat(self) -> bool:
        """Whether a fact may come that is projected already: only another incarnation can hold it."""
        return self.record.last_granted > 1 or len({incarnation for incarnation, _ in self.cursors}) > 1


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """The new part of an accepted batch and the step that takes it."""

    store: StoreInHand
    opened: OpenedBatch
    decision: BatchDecision
    ingest_rev: int

    @property
    def projected(self) -> Sequence[Projected | Unprojectable]:
        """What the new facts become, from `decision.first_seq` on."""
        return self.opened.projected[len(self.opened.projected) - len(self.decision.facts) :]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something HQ noticed about a store (table store_alarm)."""

    store_id: str
    code: str
    detail: str = ""


@dataclass
class Group:
    """What a group commit writes and, after the commit, says."""

    taken: list[Taken] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    replies: list[tuple[Incoming, DownMessage]] = field(default_factory=list)


@dataclass(frozen=True)
class Rules:
    """How this HQ decides. `durable_on_commit` False: only what a backup holds counts as durable."""

    terms: HqTerms
    rng: RandomSource
    durable_on_commit: bool = True


def decide_group(messages: Sequence[Opened], stores: Mapping[str, StoreInHand], rules: Rules) -> Group:
    """Decide on all messages in the order they came. `stores` lacks those HQ does not know."""
    group = Group()
    for opened in messages:
        store = stores.get(opened.incoming.store_id)
        if store is None:
            _refuse_unknown(group, opened)
            continue
        match opened:
            case OpenedBatch():
                _batch(group, store, opened, rules)
            case OpenedHello():
                _hello(group, store, opened, rules)
            case OpenedReport():
                _report(group, store, opened, rules)
            case OpenedState():
                _state(store, opened)
            case Malformed():
                _malformed(group, store, opened, rules.terms)
    return group


def _batch(group: Group, store: StoreInHand, opened: OpenedBatch, rules: Rules) -> None:
    header = opened.batch.header
    decision = decide_batch(store.record, store.cursor(header.incarnation, header.stream), opened.batch)
    store.heard = True
    if decision.record is not None:
        store.record, store.record_changed = decision.record, True
    if decision.outcome == "accept":
        store.last_rev += 1
        store.rev_changed = True
        group.taken.append(Taken(store, opened, decision, store.last_rev))
        if rules.durable_on_commit:
            decision = replace(decision, cursor=replace(decision.cursor, durable_seq=decision.cursor.seq))
        store.cursors[header.incarnation, header.stream] = decision.cursor
        store.moved.add((header.incarnation, header.stream))
    group.replies.append((opened.incoming, reply_to_batch(decision, rules.terms)))


def _hello(group: Group, store: StoreInHand, opened: OpenedHello, rules: Rules) -> None:
    terms = replace(rules.terms, heads=store.heads)
    decision = decide_hello(store.record, opened.hello, store.cursors, terms, rules.rng)
    if decision.record is not store.record:
        store.record, store.record_changed = decision.record, True
    if decision.outcome in {"welcome", "new_incarnation"}:
        store.told = opened.hello
        _note_presence(store, heard(store.presence, opened.hello.boot_id, opened.hello.conn_epoch, opened.hello.software))
    store.heard = True
    if decision.reply is not None:
        group.replies.append((opened.incoming, decision.reply))
    group.alarms += [Alarm(store.store_id, code, _alarm_detail(store, code)) for code in decision.alarms]


def _alarm_detail(store: StoreInHand, code: str) -> str:
    if code == "clone_suspected":
        return f"{len(store.record.suspects)} boxes claim to be this store"
    if code == "new_incarnation":
        return f"incarnation {store.record.last_granted}"
    return ""


def _report(group: Group, store: StoreInHand, opened: OpenedReport, rules: Rules) -> None:
    terms = replace(rules.terms, heads=store.heads)
    decision = decide_report(store.record, opened.report, store.cursors, terms)
    if decision.record is not None:
        store.record, store.record_changed = decision.record, True
    confirmed = store.record.confirmed
    if confirmed is not None and confirmed.fence == opened.report.fence:
        store.told = opened.report
        _note_presence(store, heard(store.presence, opened.report.boot_id, opened.report.conn_epoch, opened.report.software))
    store.heard = True
    group.replies += [(opened.incoming, reply) for reply in decision.replies]


def _state(store: StoreInHand, opened: OpenedState) -> None:
    _note_presence(store, decide_presence(store.presence, opened.state))


def _note_presence(store: StoreInHand, presence: Presence) -> None:
    if presence is not store.presence:
        store.presence, store.presence_changed = presence, True


def _malformed(group: Group, store: StoreInHand, opened: Malformed, terms: HqTerms) -> None:
    header = opened.error.header
    cursor = None
    if header is not None and header.store_id == store.store_id:
        cursor = store.cursor(max(1, header.incarnation), header.stream)
    answer = refusal(opened.error, cursor, terms)
    if answer is not None:
        group.replies.append((opened.incoming, answer))
    group.alarms.append(Alarm(store.store_id, "message_refused", f"{opened.incoming.channel.value}: {opened.error}"[:500]))


def _refuse_unknown(group: Group, opened: Opened) -> None:
    boot_id = ""
    match opened:
        case OpenedBatch(batch=batch):
            boot_id = batch.header.boot_id
        case OpenedHello(hello=hello):
            boot_id = hello.boot_id
        case OpenedReport(report=report):
            boot_id = report.boot_id
        case Malformed(error=BatchRefused(header=header)) if header is not None:
            boot_id = header.boot_id
    if boot_id:
        detail = f"headquarters knows no store '{opened.incoming.store_id}': add it there first"
        group.replies.append((opened.incoming, HelloRefused(boot_id=boot_id, reason="unknown_store", detail=detail)))


def suspects_json(record: StoreRecord) -> str:
    """`record.suspects` for the store's row."""
    return msgspec.json.encode(record.suspects).decode()
