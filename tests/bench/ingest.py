"""Facts per second through HQ: broker, ingest, projection and commit, against pre-formatted text COPY in the same run.

One fact is a sale of three lines. The load is ready-made: batches as stores build them, sent over Mosquitto with TLS by
one process for all stores, at most four in flight a store, until HQ has acknowledged the last. Ingest is
`python -m cloud ingest`. The peer is what nobody can avoid: the same sale and line rows, taken back as COPY text beforehand,
loaded into tables with the same keys and indexes. (Ingest also writes tenders, the raw journal, cursors and statuses.)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import aiomqtt
import psycopg

from cloud.clock import SystemClock, SystemRandom
from cloud.stores.authority import write_private
from protocols.clock import IdSource
from protocols.contract.facts import FactStamp
from protocols.contract.sale_parts import ReceiptNumber, SaleLine, Tender
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import ClockQuality, Stream, TaxMode
from protocols.sync.batch import BatchStamp, JournalRow, JournalSlice, build_batch
from protocols.sync.chain import genesis, links
from protocols.sync.limits import BATCH_FACTS_MAX, IN_FLIGHT_MAX
from protocols.sync.messages import Ack, Hello, HelloReply, decode_down, encode_message
from protocols.sync.topics import UP_CHANNEL, Channel, parse_topic, store_topic
from tests.bench.report import report
from tests.support.hq_ground import (
    EMBEDDED,
    REAL,
    Broker,
    Credentials,
    GroundDatabase,
    HqPki,
    broker,
    client_context,
    fresh_database,
    postgres_server,
)
from tests.support.hq_store import SHARDS

STORES = 50
BATCHES_A_STORE = 4
ROUNDS = 3
PEER_TABLES = ("sale", "sale_line")
PEER_WRITE_BYTES = 256 * 1024
GREET_SECONDS = 5


@dataclass
class Sender:
    """One store of the load: its batches and how far HQ has acknowledged them."""

    store_id: str
    stream: Stream
    facts: list[bytes]
    batches: list[tuple[int, bytes]] = field(default_factory=list)
    sent: int = 0
    acked: int = 0
    greeted: bool = False

    @property
    def done(self) -> bool:
        return self.greeted and self.acked == len(self.batches)


def sales_of(store_id: str, count: int, first: int) -> list[SaleClosed]:
    """Ordinary sales: three lines, one of them weighed, cash."""
    ids = IdSource(SystemClock(), SystemRandom())
    sale_ids, command_ids = ids.many(count), ids.many(count)
    return [
        SaleClosed(
            sale_id=sale_ids[number],
            command_id=command_ids[number],
            store_id=store_id,
            till_id=str(number % 4 + 1),
            cashier_id=str(number % 9 + 1),
            shift_id=f"shift-{number % 4}",
            receipt=ReceiptNumber(till_id=str(number % 4 + 1), incarnation=1, number=first + number),
            currency="EUR",
            tax_mode=TaxMode.INCLUSIVE,
            lines=tuple(_line(number * 3 + place, place) for place in range(1, 4)),
            total_minor=1_037,
            tax_minor=68,
            tenders=(Tender(kind="cash", amount_minor=2_000, change_minor=963),),
            opened_at_ms=1_790_000_000_000 + number,
        )
        for number in range(count)
    ]


def _line(number: int, place: int) -> SaleLine:
    weighed = place == 3
    return SaleLine(
        line_no=place,
        item_id=f"i-{number % 5000:06d}",
        name=f"Wholemeal bread {number % 100} 750 g",
        gtin=f"{4_000_000_000_000 + number % 5000:014d}",
        quantity=1 if weighed else 2,
        grams=734 if weighed else None,
        stock_thousandths=734 if weighed else 2_000,
        unit_price_minor=199 + number % 300,
        price_revision=number % 7 + 1,
        list_price_minor=199 + number % 300,
        net_minor=345,
        tax_class="food",
        tax_rate_bp=700,
        tax_minor=23,
    )


def encoded(sales: Sequence[SaleClosed], boot_id: str) -> list[bytes]:
    """The sales as facts."""
    stamp = FactStamp(
        SaleClosed,
        at_ms=1_790_000_000_000,
        mono_ms=1,
        boot_id=boot_id,
        clock=ClockQuality.SYNCED,
        business_date="2026-11-25",
    )
    event_ids = IdSource(SystemClock(), SystemRandom()).many(len(sales))
    return [stamp.encode(sale, event_id) for sale, event_id in zip(sales, event_ids, strict=True)]


def build(sender: Sender, reply: HelloReply, boot_id: str) -> None:
    """The store's batches, chained from the genesis of the granted incarnation."""
    facts = sender.facts
    start = genesis(sender.store_id, reply.incarnation, sender.stream.value)
    hashes = links(start, facts)
    header = BatchStamp(
        store_id=sender.store_id,
        boot_id=boot_id,
        conn_epoch=1,
        fence=reply.fence,
        incarnation=reply.incarnation,
        stream=sender.stream,
    )
    at = 0
    while at < len(facts):
        rows = tuple(
            JournalRow(seq=seq, fact=facts[seq - 1], hash=hashes[seq - 1])
            for seq in range(at + 1, min(at + BATCH_FACTS_MAX, len(facts)) + 1)
        )
        before = hashes[at - 1] if at else start
        built = build_batch(header, JournalSlice(sender.stream, at, before, rows), at + 1)
        at = built.header.to_seq
        sender.batches.append((at, built.payload))
    sender.facts = []
    sender.greeted = True


class Load:
    """All stores of a round over one connection."""

    def __init__(self, client: aiomqtt.Client, senders: dict[str, Sender]) -> None:
        self._client = client
        self._senders = senders
        self._boot_id = SystemRandom().bytes(8).hex()
        self._changed = asyncio.Event()

    async def run(self, pipe: Pipe) -> None:
        """Greet, build, wait for the start, send, tell when all is acknowledged."""
        hearing = asyncio.create_task(self._hear())
        for store_id in self._senders:
            await self._client.subscribe(store_topic(store_id, Channel.DOWN, SHARDS), qos=1)
        while waiting := [store_id for store_id, sender in self._senders.items() if not sender.greeted]:
            for store_id in waiting:  # again and again: ingest may have come to the broker after us
                await self._greet(store_id)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GREET_SECONDS):
                    while not all(sender.greeted for sender in self._senders.values()):
                        await self._wait()
        pipe.send("ready")
        await asyncio.to_thread(pipe.recv)
        while not all(sender.done for sender in self._senders.values()):
            await self._send_more()
            await self._wait()
        pipe.send("done")
        hearing.cancel()

    async def _greet(self, store_id: str) -> None:
        hello = Hello(
            store_id=store_id,
            edge_id=f"edge-{store_id}",
            db_nonce=f"nonce-{store_id}",
            boot_id=self._boot_id,
            conn_epoch=1,
            incarnation=0,
        )
        await self._client.publish(store_topic(store_id, Channel.HELLO, SHARDS), encode_message(hello), qos=1)

    async def _wait(self) -> None:
        self._changed.clear()
        async with asyncio.timeout(60):
            await self._changed.wait()

    async def _send_more(self) -> None:
        """As fifty stores would: nobody waits for another's broker acknowledgement."""
        sending = []
        for sender in self._senders.values():
            while sender.sent < len(sender.batches) and sender.sent - sender.acked < IN_FLIGHT_MAX:
                payload = sender.batches[sender.sent][1]
                sender.sent += 1
                sending.append(
                    self._client.publish(store_topic(sender.store_id, UP_CHANNEL[sender.stream], SHARDS), payload, qos=1)
                )
        await asyncio.gather(*sending)

    async def _hear(self) -> None:
        async for message in self._client.messages:
            topic = parse_topic(str(message.topic))
            sender = self._senders[topic.store_id]  # type: ignore[union-attr]
            answer = decode_down(message.payload)  # type: ignore[arg-type]
            if isinstance(answer, HelloReply) and not sender.greeted:
                build(sender, answer, self._boot_id)
            elif isinstance(answer, Ack):
                assert not answer.rejected, answer.rejected
                assert answer.need_from is None, "the queue of ingest overflowed: the bench has no resend timer"
                while sender.acked < sender.sent and sender.batches[sender.acked][0] <= answer.acked_upto:
                    sender.acked += 1
            self._changed.set()


def load(pipe: Pipe, port: int, hq: Credentials, store_ids: list[str]) -> None:
    """The load generator's process."""
    per_store = BATCHES_A_STORE * BATCH_FACTS_MAX
    send_all(
        pipe,
        port,
        hq,
        {
            store_id: Sender(store_id, Stream.TXN, encoded(sales_of(store_id, per_store, 1), "bench"))
            for store_id in store_ids
        },
    )


def send_all(pipe: Pipe, port: int, hq: Credentials, senders: dict[str, Sender]) -> None:
    """Connect, and send what the senders have when told to."""
    logging.getLogger("mqtt").setLevel(logging.ERROR)  # it warns of every call that waits, and here all of them do

    async def connect() -> None:
        options = {
            "identifier": "hq-bench",
            "tls_context": client_context(hq),
            "timeout": 60,
            "max_inflight_messages": 1_000,
        }
        async with aiomqtt.Client("127.0.0.1", port, **options) as client:  # type: ignore[arg-type]
            await Load(client, senders).run(pipe)

    asyncio.run(connect())


def add_stores(database: GroundDatabase, number: int, stores: int) -> list[str]:
    """The stores of one round."""
    store_ids = [f"R{number}-{store:04d}" for store in range(stores)]
    with database.owner() as owner:
        owner.cursor().executemany(
            "INSERT INTO store (store_id, name, zone, time_zone, added_at_ms, changed_at_ms)"
            " VALUES (%s, '', 'z', 'UTC', 0, 0)",
            [(store_id,) for store_id in store_ids],
        )
    return store_ids


Work = Callable[[Pipe, int, Credentials, list[str]], None]


def timed_round(
    database: GroundDatabase, pki: HqPki, running: Broker, number: int, work: Work, *, stores: int = STORES
) -> float:
    """Seconds from the first batch sent to the last one acknowledged."""
    store_ids = add_stores(database, number, stores)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=work, args=(theirs, running.port, pki.hq, store_ids))
    child.start()
    assert ours.recv() == "ready"
    begun = time.perf_counter()
    ours.send("go")
    assert ours.recv() == "done"
    seconds = time.perf_counter() - begun
    child.join()
    return seconds


def ingest_round(database: GroundDatabase, pki: HqPki, running: Broker, number: int) -> float:
    """Facts per second."""
    seconds = timed_round(database, pki, running, number, load)
    facts = STORES * BATCHES_A_STORE * BATCH_FACTS_MAX
    with database.owner() as owner:
        counted = owner.execute("SELECT count(*) FROM sale WHERE store_id LIKE %s", (f"R{number}-%",)).fetchone()
    assert counted == (facts,), counted
    return facts / seconds


def peer_round(database: GroundDatabase, number: int) -> float:
    """Facts per second of COPY with ready-made text."""
    with database.owner() as owner:
        texts: dict[str, list[bytes]] = {}
        for table in PEER_TABLES:
            with owner.cursor().copy(f"COPY (SELECT * FROM {table} WHERE store_id LIKE 'R{number}-%') TO STDOUT") as copy:
                whole = b"".join(bytes(part) for part in copy)
            texts[table] = [whole[at : at + PEER_WRITE_BYTES] for at in range(0, len(whole), PEER_WRITE_BYTES)]
            owner.execute(f"CREATE TABLE IF NOT EXISTS peer_{table} (LIKE {table} INCLUDING ALL)")
    with psycopg.connect(database.owner_url) as connection:
        begun = time.perf_counter()
        for table in PEER_TABLES:
            with connection.cursor().copy(f"COPY peer_{table} FROM STDIN") as copy:
                for text in texts[table]:
                    copy.write(text)
        connection.commit()
        seconds = time.perf_counter() - begun
    return STORES * BATCHES_A_STORE * BATCH_FACTS_MAX / seconds


@contextlib.contextmanager
def ingest_process(database: GroundDatabase, pki: HqPki, running: Broker) -> Iterator[None]:
    """`python -m cloud ingest`, the only worker."""
    write_private(pki.folder.ingest_url, database.ingest_url.encode())
    environment = {
        **os.environ,
        "TALLYSTICK_HQ_DIR": str(pki.folder.root),
        "MQTT_URL": running.url,
        "TALLYSTICK_SHARDS": str(SHARDS),
    }
    environment.pop("DATABASE_URL", None)
    child = subprocess.Popen([sys.executable, "-m", "cloud", "ingest"], env=environment)
    try:
        yield
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(20)


def main() -> None:
    """Print both figures: the medians of rounds that alternate, so that a busy machine burdens both sides."""
    kind = REAL if Path("/usr/sbin/mosquitto").exists() else EMBEDDED
    ours, peers = [], []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TALLYSTICK_BENCH_DIR")) as name:
        folder = Path(name)
        folder.chmod(0o755)
        pki = HqPki(folder / "hq")
        with (
            postgres_server(EMBEDDED, folder, durable=True) as server,
            fresh_database(server) as database,
            broker(kind, pki, folder / "broker") as running,
            ingest_process(database, pki, running),
        ):
            for number in range(ROUNDS):
                ours.append(ingest_round(database, pki, running, number))
                peers.append(peer_round(database, number))
    ingest, peer = statistics.median(ours), statistics.median(peers)
    words = {"peer": "text COPY of the same sale and line rows, same run", "ratio": round(ingest / peer, 4)}
    report("ingest_facts_per_s", ingest, "facts/s", **words)  # type: ignore[arg-type]
    report("ingest_share_of_copy", ingest / peer, "share", **words)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
