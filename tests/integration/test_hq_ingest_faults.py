"""Ingest against everything a store, a line or a database may do: each sale once, nothing stops the worker."""

from __future__ import annotations

import asyncio
import copy
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database
from cloud.ingest.inbox import WAITING_MAX, Inbox, Incoming
from cloud.ingest.reproject import reproject
from protocols.contract.facts import StoreAlarm
from protocols.contract.values import Stream
from protocols.sync import limits
from protocols.sync.batch import BatchStamp, BuiltBatch, JournalRow, JournalSlice, build_batch, restamp
from protocols.sync.messages import Ack, DownMessage, HelloRefused, HelloWanted
from protocols.sync.old_card import OldCardImport
from protocols.sync.topics import Channel
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import Desk, add_store, desk
from tests.support.hq_store import SimStore, StoreMemory
from tests.support.waiting import until


@dataclass
class Ground:
    """A committer over a database with two known stores."""

    database: GroundDatabase
    ingest: Database
    desk: Desk
    boots: list[SimStore] = field(default_factory=list)

    def box(self, memory: StoreMemory | None = None, *, hardware: str = "") -> SimStore:
        """A boot of a box, connected."""
        store = SimStore(memory or StoreMemory("S001"), SystemClock(), SystemRandom(), hardware=hardware)
        self.boots.append(store)
        store.connect()
        return store

    async def exchange(self, store: SimStore) -> None:
        await store.exchange(self.desk.door(store.memory.store_id))

    def sales(self, store_id: str = "S001") -> list[str]:
        """Sale ids at HQ, in the store's order."""
        with self.database.owner() as owner:
            query = "SELECT sale_id FROM sale WHERE store_id = %s ORDER BY incarnation, seq"
            return [row[0] for row in owner.execute(query, (store_id,)).fetchall()]

    def count(self, query: str) -> int:
        with self.database.owner() as owner:
            row = owner.execute(query.encode()).fetchone()
            assert row is not None
            return int(row[0])

    def alarms(self) -> set[str]:
        with self.database.owner() as owner:
            return {row[0] for row in owner.execute("SELECT code FROM store_alarm").fetchall()}


@pytest.fixture
async def ground(embedded_database: GroundDatabase) -> AsyncIterator[Ground]:
    async with embedded_database.open() as app, embedded_database.open_ingest() as ingest, desk(ingest) as running:
        await add_store(app, "S001")
        await add_store(app, "S002")
        yield Ground(embedded_database, ingest, running)


def batch_of(store: SimStore, first: int, last: int, stream: Stream = Stream.TXN) -> BuiltBatch:
    """A batch with facts `first`..`last` of the store's journal, as its session would build it."""
    memory = store.memory
    journal = memory.journal(memory.incarnation, stream)
    rows = tuple(
        JournalRow(seq=seq, fact=journal.facts[seq - 1], hash=journal.hash_at(seq)) for seq in range(first, last + 1)
    )
    stamp = BatchStamp(
        store_id=memory.store_id,
        boot_id=store.boot_id,
        conn_epoch=1,
        fence=memory.fence,
        incarnation=memory.incarnation,
        stream=stream,
    )
    return build_batch(stamp, JournalSlice(stream, first - 1, journal.hash_at(first - 1), rows), first)


async def greeted(ground: Ground, sales: int) -> SimStore:
    """A box that is welcome and has sold, its batches not sent yet."""
    store = ground.box()
    await ground.exchange(store)
    store.sell(sales)
    store.outbox.clear()
    return store


async def test_slices_that_overlap_repeat_and_come_in_any_order(ground: Ground) -> None:
    store = await greeted(ground, 40)
    dice = random.Random(7)
    cuts = [(low, min(40, low + dice.randrange(9))) for low in (dice.randrange(1, 41) for _ in range(60))]
    payloads = [batch_of(store, low, high).payload for low, high in cuts]
    upto = 0
    while upto < 40:
        dice.shuffle(payloads)
        answers = await asyncio.gather(*(ground.desk.send("S001", Channel.UP_TXN, payload) for payload in payloads))
        before, upto = upto, max(answer.acked_upto for each in answers for answer in each if isinstance(answer, Ack))
        if upto == before:
            payloads.append(batch_of(store, upto + 1, upto + 1).payload)
    assert ground.sales() == [sale.sale_id for sale in store.sold]
    assert ground.count("SELECT count(*) FROM sale_line") == 120
    assert ground.count("SELECT sum(fact_count) FROM ingest_step") == 40
    assert ground.count("SELECT count(*) FROM sale WHERE ingest_rev < 1") == 0


def _only(answers: Sequence[DownMessage]) -> DownMessage:
    assert len(answers) == 1
    return answers[0]


async def test_forged_and_foreign_batches_are_refused_and_change_nothing(ground: Ground) -> None:
    store = await greeted(ground, 6)
    good = batch_of(store, 1, 3)
    other = batch_of(store, 4, 6)
    line, _, _ = good.payload.partition(b"\n")
    forged = line + b"\n" + other.payload.partition(b"\n")[2]
    answer = _only(await ground.desk.send("S001", Channel.UP_TXN, forged))
    assert isinstance(answer, Ack)
    assert "digest" in answer.rejected
    assert answer.acked_upto == 0
    rehashed = restamp(good, last="0" * 64)
    answer = _only(await ground.desk.send("S001", Channel.UP_TXN, rehashed.payload))
    assert isinstance(answer, Ack)
    assert answer.rejected
    stolen = restamp(good, fence="1-0000000000000000")
    assert isinstance(_only(await ground.desk.send("S001", Channel.UP_TXN, stolen.payload)), HelloWanted)
    for store_id, payload, channel in (
        ("S002", good.payload, Channel.UP_TXN),
        ("S001", good.payload, Channel.UP_OPS),
        ("S001", b"\xff\xfe", Channel.UP_TXN),
        ("S001", b"{}\n", Channel.UP_TXN),
        ("S001", b"[" * 100_000, Channel.HELLO),
        ("S001", b'{"store_id":"S002"}', Channel.REPORT),
    ):
        try:
            answers = await ground.desk.send(store_id, channel, payload)
        except ValueError:
            continue
        assert all(isinstance(each, Ack) and each.rejected for each in answers)
    assert ground.sales() == []
    assert "message_refused" in ground.alarms()
    for built in (good, other):
        answer = _only(await ground.desk.send("S001", Channel.UP_TXN, built.payload))
    assert isinstance(answer, Ack)
    assert answer.acked_upto == 6
    assert ground.sales() == [sale.sale_id for sale in store.sold]


async def test_a_store_nobody_added_is_told_so(ground: Ground) -> None:
    stranger = ground.box(StoreMemory("S404"))
    await ground.exchange(stranger)
    (answer,) = await ground.desk.send("S404", Channel.HELLO, _hello_of(stranger))
    assert isinstance(answer, HelloRefused)
    assert answer.reason == "unknown_store"


def _hello_of(store: SimStore) -> bytes:
    store.disconnect()
    store.connect()
    return next(send.payload for send in store.outbox if send.channel is Channel.HELLO)


async def test_what_cannot_be_projected_is_kept_acknowledged_and_projected_later(ground: Ground) -> None:
    store = ground.box()
    await ground.exchange(store)
    store.sell(1)
    sale = store.make_sale()
    newer = store.encode(sale).replace(b'"kind":"SaleClosed"', b'"kind":"SaleClosedTwice"')
    nul = store.encode(StoreAlarm(alarm="disk\x00full", detail="odd"))
    huge = store.encode(store.make_sale()).replace(b'"total_minor":774', b'"total_minor":%d' % 10**30)
    wrong_date = store.encode(store.make_sale()).replace(store.today.encode(), b"2026-13-45")
    odd_text = store.encode(store.make_sale(name="Back\\slash\ttab\nline 'quote' \x01\x02 牛奶"))
    for fact in (newer, b"not JSON at all", b'{"kind":"SaleClosed"}', huge, wrong_date, odd_text):
        store.journal_raw(Stream.TXN, fact)
    store.journal_raw(Stream.OPS, nul)
    store.sell(1)
    await ground.exchange(store)
    assert store.all_acked
    assert ground.count("SELECT count(*) FROM fact_quarantine") == 6
    assert ground.count("SELECT count(*) FROM sale") == 3
    assert "facts_quarantined" in ground.alarms()
    with ground.database.owner() as owner:
        name = owner.execute("SELECT name FROM sale_line WHERE name LIKE 'Back%' LIMIT 1").fetchone()
    assert name == ("Back\\slash\ttab\nline 'quote' \x01\x02 牛奶",)
    again = await reproject(ground.ingest, SystemClock())
    assert (again.projected, again.staying) == (0, 6)
    with ground.database.owner() as owner:  # as if the software that reads it had come: the bytes become readable
        owner.execute("UPDATE fact_quarantine SET fact = %s WHERE kind = 'SaleClosedTwice'", (store.encode(sale),))
    upgraded = await reproject(ground.ingest, SystemClock())
    assert (upgraded.projected, upgraded.staying) == (1, 5)
    assert sale.sale_id in ground.sales()
    assert (await reproject(ground.ingest, SystemClock())).projected == 0
    assert ground.count("SELECT count(*) FROM sale") == 4


async def test_another_sale_under_a_known_id_is_kept_apart(ground: Ground) -> None:
    store = ground.box()
    (sale,) = store.sell(1)
    await ground.exchange(store)
    store.report(sale)  # the same id, another event
    store.sell(1)
    await ground.exchange(store)
    assert store.all_acked
    assert ground.sales() == [each.sale_id for each in store.sold]
    assert ground.count("SELECT count(*) FROM fact_quarantine WHERE reason LIKE 'another fact has sale_id%'") == 1
    assert ground.count("SELECT count(*) FROM sale_line") == 6


async def test_a_restored_headquarters_gets_everything_again_once(ground: Ground) -> None:
    store = ground.box()
    store.sell(5)
    await ground.exchange(store)
    tables = ("sale", "sale_line", "tender", "journal_cursor", "journal_batch", "ingest_step", "store_session")
    with ground.database.owner() as owner:
        for table in tables:
            owner.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
    store.sell(5)
    await ground.exchange(store)
    assert len(ground.sales()) == 10
    with ground.database.owner() as owner:
        for table in tables:
            owner.execute(f"TRUNCATE {table}")
            owner.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
        owner.execute("SELECT hq_begin_again()")
    store.sell(1)
    await ground.exchange(store)
    store.disconnect()
    store.connect()
    await ground.exchange(store)
    assert store.all_acked
    assert ground.sales() == [sale.sale_id for sale in store.sold]
    assert ground.count("SELECT count(*) FROM tender") == 11


async def test_a_box_restored_from_an_old_copy_moves_on_without_doubling(ground: Ground) -> None:
    first = ground.box()
    first.sell(4)
    await ground.exchange(first)
    old_card = copy.deepcopy(first.memory)
    first.sell(3)
    await ground.exchange(first)
    lost = first.sold[4:]
    second = ground.box(old_card)
    assert second.memory.incarnation == 1
    second.sell(2)
    await ground.exchange(second)
    assert second.memory.incarnation == 2
    assert second.all_acked
    assert len(ground.sales()) == len(set(ground.sales())) == 9
    assert {sale.sale_id for sale in (*first.sold, *second.sold)} == set(ground.sales())
    assert {sale.sale_id for sale in lost} < set(ground.sales())
    assert "new_incarnation" in ground.alarms()


async def test_a_dead_boxs_card_is_imported_once(ground: Ground) -> None:
    dead = ground.box()
    dead.sell(2)
    await ground.exchange(dead)
    dead.sell(5)  # never sent
    fresh = ground.box(StoreMemory("S001", nonce="nonce-2"))
    fresh.sell(1)
    await ground.exchange(fresh)
    assert fresh.memory.incarnation == 2
    journal = dead.memory.journal(1, Stream.TXN)
    for _ in range(2):
        bringing = OldCardImport("S001", 1, Stream.TXN, "laptop")
        while bringing.after_seq < len(journal.facts):
            seqs = range(bringing.after_seq + 1, min(len(journal.facts), bringing.after_seq + 3) + 1)
            rows = tuple(JournalRow(seq=seq, fact=journal.facts[seq - 1], hash=journal.hash_at(seq)) for seq in seqs)
            slice_ = JournalSlice(Stream.TXN, bringing.after_seq, journal.hash_at(bringing.after_seq), rows)
            built = bringing.next_batch(slice_)
            assert built is not None
            answer = _only(await ground.desk.send("S001", Channel.UP_TXN, built.payload))
            assert isinstance(answer, Ack)
            bringing.answered(answer, built)
    assert ground.sales() == [sale.sale_id for sale in (*dead.sold, *fresh.sold)]
    over_mqtt = restamp(batch_of(fresh, 1, 1), imported=True, incarnation=1)
    ground.desk.inbox.offer(Incoming("S001", Channel.UP_TXN, over_mqtt.payload, 0))
    await ground.exchange(fresh)


async def test_two_boxes_with_one_identity_are_both_stopped_until_a_person_chooses(ground: Ground) -> None:
    one = ground.box(hardware="board-1")
    one.sell(2)
    await ground.exchange(one)
    two = ground.box(copy.deepcopy(one.memory), hardware="board-2")
    two.sell(1)
    await ground.exchange(two)
    for _ in range(3):
        for box in (one, two):
            box.disconnect()
            box.connect()
            box.sell(1)
            await ground.exchange(box)
    with ground.database.owner() as owner:
        row = owner.execute("SELECT clone_suspected, suspects FROM store_contact WHERE store_id = 'S001'").fetchone()
    assert row is not None
    assert row[0] is True
    assert {suspect["hardware"] for suspect in row[1]} == {"board-1", "board-2"}
    assert "clone_suspected" in ground.alarms()
    assert len(ground.sales()) == len(set(ground.sales()))


async def test_the_database_goes_away_and_comes_back(ground: Ground) -> None:
    store = await greeted(ground, 20)
    payloads = [batch_of(store, seq, seq).payload for seq in range(1, 21)]
    sending = [asyncio.create_task(ground.desk.send("S001", Channel.UP_TXN, payload)) for payload in payloads]
    end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s AND datname = %s"
    for _ in range(5):
        with ground.database.server.admin() as admin:
            admin.execute(end_all, ("test-ingest", ground.database.name))
        await asyncio.sleep(0)
    answers = await asyncio.gather(*sending)
    assert all(isinstance(_only(each), Ack) for each in answers)
    last = _only(await ground.desk.send("S001", Channel.UP_TXN, batch_of(store, 1, 20).payload))
    assert isinstance(last, Ack)
    assert last.acked_upto == 20
    assert ground.sales() == [sale.sale_id for sale in store.sold]


async def test_durable_only_after_a_backup(embedded_database: GroundDatabase) -> None:
    async with embedded_database.open() as app, embedded_database.open_ingest() as ingest:
        await add_store(app, "S001")
        async with desk(ingest, durable="backup") as running:
            store = SimStore(StoreMemory("S001"), SystemClock(), SystemRandom())
            store.connect()
            store.sell(3)
            await store.exchange(running.door("S001"))
            journal = store.memory.journal(1, Stream.TXN)
            assert (journal.acked_upto, journal.durable_upto) == (3, 0)
            with embedded_database.owner() as owner:
                owner.execute("SELECT hq_backup_begin()")
            store.sell(2)
            await store.exchange(running.door("S001"))
            with embedded_database.owner() as owner:
                owner.execute("SELECT hq_backup_done()")
            store.sell(1)
            await store.exchange(running.door("S001"))
            assert (journal.acked_upto, journal.durable_upto) == (6, 3)


async def test_ten_times_too_much_while_the_database_stands_still(ground: Ground) -> None:
    store = await greeted(ground, 300)
    ground.desk.inbox.waiting_max = 60
    payloads = [batch_of(store, seq, seq).payload for seq in range(1, 301)]
    answers: list[asyncio.Future[list[DownMessage]]] = []

    def flood() -> None:
        for payload in itertools.chain.from_iterable(itertools.repeat(payloads, 2)):
            waiting: asyncio.Future[list[DownMessage]] = asyncio.get_running_loop().create_future()
            if ground.desk.inbox.offer(Incoming("S001", Channel.UP_TXN, payload, 0, waiting)):
                answers.append(waiting)

    with ground.database.owner() as blocking, blocking.transaction():
        blocking.execute("SELECT 1 FROM store_session WHERE store_id = 'S001' FOR UPDATE")
        flood()
        await until(lambda: len(ground.desk.inbox) == 0)
        while ground.desk.committer.room:
            flood()
            await asyncio.sleep(0)
        flood()
        flood()
        assert len(ground.desk.inbox) == 60
        assert ground.desk.inbox.turned_away > 600
    acks = [answer for each in await asyncio.gather(*answers) for answer in each if isinstance(answer, Ack)]
    assert min(ack.credit for ack in acks) < limits.CREDIT_FULL
    upto = max(ack.acked_upto for ack in acks)
    ground.desk.inbox.waiting_max = WAITING_MAX
    await asyncio.gather(*(ground.desk.send("S001", Channel.UP_TXN, payload) for payload in payloads[upto:]))
    assert ground.sales() == [sale.sale_id for sale in store.sold]


def test_ten_times_too_much_stays_within_the_inbox() -> None:
    async def fill() -> None:
        inbox = Inbox()
        offered = (Incoming("S001", Channel.UP_TXN, bytes(1_000), 0) for _ in range(10 * WAITING_MAX))
        taken = sum(map(inbox.offer, offered))
        assert (taken, len(inbox), inbox.turned_away) == (WAITING_MAX, WAITING_MAX, 9 * WAITING_MAX)
        assert inbox.offer(Incoming("S001", Channel.HELLO, b"{}", 0)), "a hello finds room behind batches"
        small = Inbox(waiting_max=10, bytes_max=5_000)
        assert sum(small.offer(Incoming("S001", Channel.UP_TXN, bytes(1_000), 0)) for _ in range(9)) == 5
        for _ in range(5):
            await small.take()
        assert small.fill() == 0

    asyncio.run(fill())


async def test_what_a_store_reports_is_shown(ground: Ground) -> None:
    store = ground.box()
    store.sell(2)
    await ground.exchange(store)
    await ground.desk.send("S001", Channel.REPORT, _report_of(store))
    with ground.database.owner() as owner:
        contact = owner.execute(
            "SELECT edge_id, incarnation, software, clock, heard_at_ms > 0, reported_at_ms > 0 FROM store_contact"
        ).fetchall()
        streams = owner.execute("SELECT stream, last_seq, acked_upto, oldest_unacked_age_ms FROM store_stream").fetchall()
    assert contact == [("edge-S001", 1, "test 1", "synced", True, True)]
    assert ("txn", 2, 2, None) in streams


def _report_of(store: SimStore) -> bytes:
    for effect in itertools.chain(store.session.tick(store.now() + 400_000)):
        if getattr(effect, "channel", None) is Channel.REPORT:
            return effect.payload  # type: ignore[union-attr,no-any-return]
    raise AssertionError("no report was due")
