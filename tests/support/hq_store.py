"""A store for HQ's tests: the real `StoreSession` over a journal and feeds in memory, with honest bytes and real hashes.

memory = StoreMemory("S001")                 what its database would hold; `copy.deepcopy` is a copied card
store = SimStore(memory, clock, rng)         one boot of the box
sale = store.sell()                          a `SaleClosed` of three lines, journalled
await store.exchange(post)                   over any door: `post(channel, payload) -> answers`
async with over_mqtt(store, broker.client(...)):   over a broker
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import aiomqtt

from protocols.clock import Clock, IdSource, RandomSource
from protocols.contract.facts import STREAM_OF, FactBody, StockMoved, encode_fact
from protocols.contract.sale_parts import ReceiptNumber, SaleLine, Tender
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import ClockQuality, Place, Stream, TaxMode
from protocols.sync import limits
from protocols.sync.batch import JournalRow, JournalSlice
from protocols.sync.chain import genesis, link
from protocols.sync.effects import (
    AdoptIncarnation,
    ApplyDelta,
    Effect,
    FetchDeltas,
    FetchHead,
    FetchSnapshot,
    Follow,
    RaiseAlarm,
    ReadJournal,
    Reconnect,
    SaveAck,
    SaveFence,
    Send,
)
from protocols.sync.feed_hash import FeedHash
from protocols.sync.messages import FeedState, encode_message
from protocols.sync.store_role import StoreSession
from protocols.sync.store_state import StoreSyncState, StreamPosition, SyncSettings
from protocols.sync.topics import Channel, store_subscriptions, store_topic

SHARDS = 16
Post = Callable[[Channel, bytes], Awaitable[Sequence[bytes]]]
Pull = FetchHead | FetchDeltas | FetchSnapshot


SOON_MS = 2_000
"""The longest a fact waits for company."""


@dataclass
class Journal:
    """One stream of one incarnation: facts, the chain hash after each, HQ's word."""

    start: bytes
    facts: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    acked_upto: int = 0
    durable_upto: int = 0

    def add(self, fact: bytes) -> None:
        self.hashes.append(link(self.hash_at(len(self.facts)), fact))
        self.facts.append(fact)

    def hash_at(self, seq: int) -> bytes:
        return self.hashes[seq - 1] if seq else self.start


@dataclass
class StoreMemory:
    """What the store database holds."""

    store_id: str
    nonce: str = "nonce-1"
    incarnation: int = 0
    fence: str = ""
    db_epoch: str = ""
    journals: dict[tuple[int, Stream], Journal] = field(default_factory=dict)
    feed_rows: dict[str, dict[str, bytes]] = field(default_factory=dict)
    feeds: dict[str, FeedState] = field(default_factory=dict)
    receipts: int = 0

    def journal(self, incarnation: int, stream: Stream) -> Journal:
        key = (incarnation, stream)
        if key not in self.journals:
            self.journals[key] = Journal(genesis(self.store_id, incarnation, stream.value))
        return self.journals[key]


class SimStore:
    """One boot of a store box without devices."""

    def __init__(
        self,
        memory: StoreMemory,
        clock: Clock,
        rng: RandomSource,
        *,
        hardware: str = "",
        settings: SyncSettings | None = None,
    ) -> None:
        self.memory = memory
        self.clock = clock
        self.ids = IdSource(clock, rng)
        self.boot_id = rng.bytes(8).hex()
        self.hardware = hardware
        self.outbox: list[Send] = []
        self.pulls: list[Pull] = []
        self.alarms: list[RaiseAlarm] = []
        self.wants_new_line = False
        """Nobody answered for long: the session wants to be connected anew."""
        self.followed: tuple[str, ...] = ()
        self.sold: list[SaleClosed] = []
        self.session = StoreSession(
            self._state(), settings or SyncSettings(shards=SHARDS, batch_age_ms=0, resend_first_ms=300), clock, rng
        )

    def _state(self) -> StoreSyncState:
        memory = self.memory
        streams = {}
        for stream in Stream:
            journal = memory.journal(memory.incarnation, stream)
            last = len(journal.facts)
            streams[stream] = StreamPosition(
                first_seq=1 if last else last + 1,
                last_seq=last,
                last_hash=journal.hash_at(last),
                acked_upto=journal.acked_upto,
                acked_hash=journal.hash_at(journal.acked_upto),
                durable_upto=journal.durable_upto,
            )
        return StoreSyncState(
            store_id=memory.store_id,
            edge_id=f"edge-{memory.store_id}",
            db_nonce=memory.nonce,
            boot_id=self.boot_id,
            incarnation=memory.incarnation,
            fence=memory.fence,
            streams=streams,
            feeds=dict(memory.feeds),
            db_epoch=memory.db_epoch,
            hardware=self.hardware,
            software="test 1",
        )

    def now(self) -> int:
        return self.clock.monotonic_ms()

    @property
    def today(self) -> str:
        """The business date of a store in UTC."""
        return datetime.datetime.fromtimestamp(self.clock.now_ms() / 1000, datetime.UTC).date().isoformat()

    def encode(self, body: FactBody) -> bytes:
        """The fact's bytes under a fresh event id."""
        return encode_fact(
            body,
            event_id=self.ids.new(),
            at_ms=self.clock.now_ms(),
            mono_ms=self.now(),
            boot_id=self.boot_id,
            clock=ClockQuality.SYNCED,
            business_date=self.today,
        )

    def journal_raw(self, stream: Stream, fact: bytes) -> None:
        """Append bytes to the journal, whatever they are."""
        journal = self.memory.journal(self.memory.incarnation, stream)
        journal.add(fact)
        last = len(journal.facts)
        self.carry_out(self.session.journal_grew(stream, last, journal.hash_at(last), self.now()))

    def report(self, body: FactBody) -> None:
        """Journal one fact."""
        self.journal_raw(STREAM_OF[type(body)], self.encode(body))

    def make_sale(self, *, lines: int = 3, item: str = "i-milk", name: str = "Milk 1 l") -> SaleClosed:
        """A sale of this store with the next receipt number; not journalled yet."""
        memory = self.memory
        memory.receipts += 1
        body = tuple(
            SaleLine(
                line_no=number,
                item_id=f"{item}-{number}",
                name=name,
                gtin="04006381333931",
                quantity=2,
                stock_thousandths=2_000,
                unit_price_minor=129,
                price_revision=7,
                list_price_minor=129,
                net_minor=258,
                tax_class="food",
                tax_rate_bp=700,
                tax_minor=17,
            )
            for number in range(1, lines + 1)
        )
        return SaleClosed(
            sale_id=self.ids.new(),
            command_id=self.ids.new(),
            store_id=memory.store_id,
            till_id="1",
            cashier_id="7",
            shift_id="shift-1",
            receipt=ReceiptNumber(till_id="1", incarnation=memory.incarnation, number=memory.receipts),
            currency="EUR",
            tax_mode=TaxMode.INCLUSIVE,
            lines=body,
            total_minor=258 * lines,
            tax_minor=17 * lines,
            tenders=(Tender(kind="cash", amount_minor=1_000, change_minor=1_000 - 258 * lines),),
            opened_at_ms=self.clock.now_ms(),
        )

    def sell(self, count: int = 1, **how: object) -> list[SaleClosed]:
        """Sell; returns the sales."""
        sales = [self.make_sale(**how) for _ in range(count)]  # type: ignore[arg-type]
        for sale in sales:
            self.report(sale)
        self.sold += sales
        return sales

    def receive_goods(self, item: str, thousandths: int) -> None:
        """A delivery."""
        move = StockMoved(
            move_id=self.ids.new(),
            item_id=item,
            place=Place.SALES_FLOOR,
            quantity_thousandths=thousandths,
            reason="receipt",
        )
        self.report(move)

    def connect(self) -> None:
        self.wants_new_line = False
        self.carry_out(self.session.connected(self.now()))

    def disconnect(self) -> None:
        self.outbox.clear()
        self.carry_out(self.session.disconnected(self.now()))

    def tick(self) -> None:
        deadline = self.session.deadline()
        if deadline is not None and deadline <= self.now():
            self.carry_out(self.session.tick(self.now()))

    def hear(self, topic: str, payload: bytes) -> None:
        self.carry_out(self.session.received(topic, payload, self.now()))

    def hear_down(self, payload: bytes) -> None:
        self.carry_out(self.session.received_down(payload, self.now()))

    @property
    def all_acked(self) -> bool:
        memory = self.memory
        journals = [memory.journal(memory.incarnation, stream) for stream in Stream]
        return memory.incarnation > 0 and all(journal.acked_upto == len(journal.facts) for journal in journals)

    @property
    def acked_sales(self) -> int:
        """How many facts of `txn` HQ has acknowledged."""
        return self.memory.journal(self.memory.incarnation, Stream.TXN).acked_upto

    async def exchange(self, post: Post, *, rounds: int = 200) -> None:
        """Post what waits and hear the answers, until there is nothing to post, soon or now (facts wait for company)."""
        for _ in range(rounds):
            self.tick()
            sending, self.outbox = self.outbox, []
            if not sending:
                deadline_ms = self.session.deadline()
                if self.all_acked or deadline_ms is None or deadline_ms > self.now() + SOON_MS:
                    return
                await asyncio.sleep(max(0, deadline_ms - self.now()) / 1000)
                continue
            for send in sending:
                for answer in await post(send.channel, send.payload):
                    self.hear_down(answer)
        raise AssertionError("the conversation does not end")

    def carry_out(self, effects: Sequence[Effect]) -> None:
        """Do what the session asks."""
        for effect in effects:
            match effect:
                case Send():
                    self.outbox.append(effect)
                case ReadJournal():
                    self.carry_out(self.session.journal_rows(self._read(effect), self.now()))
                case SaveAck():
                    journal = self.memory.journal(self.memory.incarnation, effect.stream)
                    journal.acked_upto, journal.durable_upto = effect.acked_upto, effect.durable_upto
                    self.memory.db_epoch = effect.db_epoch
                case SaveFence():
                    self.memory.fence = effect.fence
                case AdoptIncarnation():
                    self._adopt(effect)
                    self.carry_out(self.session.incarnation_adopted(self._state(), self.now()))
                case ApplyDelta():
                    self._apply(effect)
                case FetchHead() | FetchDeltas() | FetchSnapshot():
                    self.pulls.append(effect)
                case Follow():
                    self.followed = effect.feed_ids
                case RaiseAlarm():
                    self.alarms.append(effect)
                case Reconnect():
                    self.wants_new_line = True
                case _:
                    pass

    def _read(self, asked: ReadJournal) -> JournalSlice:
        journal = self.memory.journal(self.memory.incarnation, asked.stream)
        taken = journal.facts[asked.after_seq : asked.after_seq + min(asked.limit_rows, limits.BATCH_FACTS_MAX)]
        rows = tuple(
            JournalRow(seq=seq, fact=fact, hash=journal.hash_at(seq))
            for seq, fact in enumerate(taken, start=asked.after_seq + 1)
        )
        return JournalSlice(asked.stream, asked.after_seq, journal.hash_at(asked.after_seq), rows)

    def _adopt(self, effect: AdoptIncarnation) -> None:
        memory = self.memory
        moving: dict[Stream, list[bytes]] = {}
        for rule in effect.rechain:
            found: list[bytes] = []
            for incarnation, stream in sorted(memory.journals):
                if stream is rule.stream and incarnation < effect.incarnation:
                    after = rule.after_seq if incarnation == rule.incarnation else 0
                    if incarnation >= rule.incarnation:
                        found += memory.journals[incarnation, stream].facts[after:]
            moving[rule.stream] = found
        memory.incarnation, memory.fence = effect.incarnation, effect.fence
        for stream, facts in moving.items():
            for fact in facts:
                memory.journal(effect.incarnation, stream).add(fact)

    def _apply(self, effect: ApplyDelta) -> None:
        header = effect.delta.header
        rows = dict(self.memory.feed_rows.get(header.feed_id, {}))
        for op in effect.delta.ops:
            if op.body is None:
                rows.pop(op.key, None)
            else:
                rows[op.key] = op.body
        found = FeedHash.of_rows(rows.items()).hex()
        if found != header.state_hash:
            self.carry_out(self.session.feed_failed(header.feed_id, "hash differs", self.now(), hash_mismatch=True))
            return
        self.memory.feed_rows[header.feed_id] = rows
        self.memory.feeds[header.feed_id] = FeedState(epoch=header.epoch, version=header.version, state_hash=found)
        self.carry_out(self.session.feed_applied(header.feed_id, header.epoch, header.version, found, self.now()))


@contextlib.asynccontextmanager
async def over_mqtt(store: SimStore, new_client: Callable[..., aiomqtt.Client]) -> AsyncIterator[aiomqtt.Client]:
    """Connect the store to a broker; it talks by itself until the block ends. `new_client(will=...)` makes the client."""
    store_id = store.memory.store_id
    will = aiomqtt.Will(
        store_topic(store_id, Channel.STATE, SHARDS), encode_message(store.session.will()), qos=1, retain=True
    )
    async with new_client(will=will) as client:
        for topic in store_subscriptions(store_id, store.memory.feeds, SHARDS):
            await client.subscribe(topic, qos=1)
        store.connect()
        jobs = [asyncio.create_task(_hear(store, client)), asyncio.create_task(_speak(store, client))]
        try:
            yield client
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            store.disconnect()


async def _hear(store: SimStore, client: aiomqtt.Client) -> None:
    async for message in client.messages:
        assert isinstance(message.payload, bytes)
        store.hear(str(message.topic), message.payload)


async def _speak(store: SimStore, client: aiomqtt.Client) -> None:
    followed: tuple[str, ...] = ()
    while True:
        store.tick()
        if store.wants_new_line:  # nobody answers: begin anew, as the box's shell does
            store.disconnect()
            store.connect()
        if store.followed != followed:
            followed = store.followed
            for topic in store_subscriptions(store.memory.store_id, followed, SHARDS)[1:]:
                await client.subscribe(topic, qos=1)
        while store.outbox:
            send = store.outbox.pop(0)
            topic = store_topic(store.memory.store_id, send.channel, SHARDS)
            await client.publish(topic, send.payload, qos=1, retain=send.retain)
        await asyncio.sleep(0.01)
