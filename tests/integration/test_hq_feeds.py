"""Feeds on the wire: delta then retained head after each commit, all heads after each connection, large ones as pointers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiomqtt
import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.db.feed_changes import commit_feed, put_row
from cloud.db.pool import Database, Scope
from cloud.edge_api.app import DELTAS_BYTES_MAX
from cloud.stores import service
from cloud.stores.domain import StoreSettings
from cloud.stores.service import STORE_CHANNEL
from protocols.sync.delta import decode_delta, decode_deltas
from protocols.sync.effects import FetchDeltas, FetchHead, FetchSnapshot
from protocols.sync.feed_hash import FeedHash
from protocols.sync.messages import FeedList, FeedState, decode_down, decode_head
from protocols.sync.packing import unpack_frames
from protocols.sync.snapshot import SnapshotReader
from protocols.sync.topics import Channel, store_topic
from tests.support.hq_ground import Broker, GroundDatabase, HqPki
from tests.support.hq_ingest import add_store, edge_api, hq_settings, https, ingest
from tests.support.hq_store import SHARDS, SimStore, StoreMemory, over_mqtt
from tests.support.waiting import until

PRICES = "zone/north/price"


@dataclass
class Heard:
    """What a subscriber heard, by topic."""

    messages: list[tuple[str, bytes, bool]] = field(default_factory=list)

    def on(self, topic: str) -> list[bytes]:
        return [payload for heard, payload, _ in self.messages if heard == topic]


@contextlib.asynccontextmanager
async def listening(client: aiomqtt.Client, *filters: str) -> AsyncIterator[Heard]:
    heard = Heard()

    async def hear() -> None:
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            heard.messages.append((str(message.topic), message.payload, message.retain))

    async with client:
        for topic in filters:
            await client.subscribe(topic, qos=1)
        job = asyncio.create_task(hear())
        try:
            yield heard
        finally:
            job.cancel()
            await asyncio.gather(job, return_exceptions=True)


async def edit(app: Database, feed_id: str, rows: dict[str, bytes]) -> int:
    async with app.transaction(Scope.everything()) as tx:
        for key, body in rows.items():
            await put_row(tx, feed_id, key, body)
        return await commit_feed(tx, feed_id, 1)


@pytest.fixture
async def app(embedded_database: GroundDatabase, hq_pki: HqPki) -> AsyncIterator[Database]:
    async with embedded_database.open() as database:
        await add_store(database, "S001", pki=hq_pki)
        yield database


async def test_each_version_goes_out_as_delta_then_head(
    app: Database, embedded_database: GroundDatabase, hq_pki: HqPki, hq_broker: Broker
) -> None:
    delta_topic, head_topic = f"ts1/feed/{PRICES}/delta", f"ts1/feed/{PRICES}/head"
    hq_broker.reload()
    settings = hq_settings(embedded_database, hq_pki, hq_broker.url)
    async with ingest(settings), listening(hq_broker.client(hq_pki.stores["S001"]), delta_topic, head_topic) as heard:
        await edit(app, PRICES, {"price/1": b'{"p":1}'})
        await until(lambda: heard.on(head_topic) and decode_head(heard.on(head_topic)[-1]).version == 1)
        for number in range(2, 5):
            await edit(app, PRICES, {f"price/{number}": b'{"p":%d}' % number})
        await until(lambda: decode_head(heard.on(head_topic)[-1]).version == 4)
        deltas = [decode_delta(payload) for payload in heard.on(delta_topic)]
        assert [delta.header.version for delta in deltas][-3:] == [2, 3, 4]
        place = [topic for topic, _, _ in heard.messages]
        assert place.index(delta_topic) < len(place) - 1 - place[::-1].index(head_topic)
        noise = SystemRandom().bytes(200_000).hex().encode()
        await edit(app, PRICES, {"price/9": b'"%s"' % noise})
        await until(lambda: decode_head(heard.on(head_topic)[-1]).version == 5)
        large = decode_delta(heard.on(delta_topic)[-1])
        assert (large.header.version, large.header.pointer, large.ops) == (5, True, ())
        head = decode_head(heard.on(head_topic)[-1])
    async with edge_api(settings) as url, https(url, hq_pki.stores["S001"], hq_pki) as client:
        answer = await client.get(f"/v1/feeds/{PRICES}/deltas?epoch={head.epoch}&from=5&to=5")
        (pulled,) = decode_deltas(unpack_frames(answer.content))
        assert pulled.header.state_hash == head.state_hash
        assert len(answer.content) < DELTAS_BYTES_MAX


async def test_a_broker_that_forgot_everything_gets_all_heads_again(
    app: Database, embedded_database: GroundDatabase, hq_pki: HqPki, embedded_broker: Broker
) -> None:
    await edit(app, PRICES, {"price/1": b'{"p":1}'})
    settings = hq_settings(embedded_database, hq_pki, embedded_broker.url)
    filters = ("ts1/feed/zone/north/price/head", "ts1/feed/store/S001/setup/head")
    async with ingest(settings):
        for turn in range(2):
            async with listening(embedded_broker.client(hq_pki.hq, identifier="hq-test"), *filters) as heard:
                await until(lambda heard=heard: {topic for topic, _, _ in heard.messages} == set(filters))  # type: ignore[misc]
            if turn == 0:
                embedded_broker.kill()
                embedded_broker.start()


def listens(ground: GroundDatabase) -> bool:
    """Whether an ingest worker hears the notices of this database; a notice before that is made good by the next report."""
    with ground.owner() as owner:
        row = owner.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'"
            " AND application_name = 'tallystick-notices' AND query LIKE %s",
            (f"%{STORE_CHANNEL}%",),
        ).fetchone()
    return row is not None and row[0] > 0


async def test_a_store_that_moved_is_told_its_feeds(
    app: Database, embedded_database: GroundDatabase, hq_pki: HqPki, embedded_broker: Broker
) -> None:
    await add_store(app, "S002", "south")
    settings = hq_settings(embedded_database, hq_pki, embedded_broker.url)
    down = store_topic("S001", Channel.DOWN, SHARDS)
    async with ingest(settings), listening(embedded_broker.client(hq_pki.stores["S001"]), down) as heard:
        await until(lambda: listens(embedded_database), seconds=30)
        async with app.transaction(Scope.everything()) as tx:
            await service.change_store(tx, StoreSettings("S001", "Moved", "south", "UTC"), now_ms=2)

        def told() -> list[str]:
            lists = [message for payload in heard.on(down) if isinstance(message := decode_down(payload), FeedList)]
            return [head.feed_id for head in lists[-1].feeds] if lists else []

        await until(lambda: "zone/south/price" in told())


async def test_a_box_holds_what_headquarters_publishes(
    app: Database, embedded_database: GroundDatabase, hq_pki: HqPki, embedded_broker: Broker
) -> None:
    """The whole way down: hello, snapshot over HTTPS, deltas over MQTT, and the report of what is applied."""
    await edit(app, PRICES, {f"price/{number}": b'{"p":%d}' % number for number in range(50)})
    settings = hq_settings(embedded_database, hq_pki, embedded_broker.url)
    store = SimStore(StoreMemory("S001"), SystemClock(), SystemRandom())
    new_client = embedded_broker.client
    async with (
        ingest(settings),
        edge_api(settings) as url,
        https(url, hq_pki.stores["S001"], hq_pki) as client,
        over_mqtt(store, lambda **how: new_client(hq_pki.stores["S001"], **how)),
    ):

        async def pull() -> None:
            while store.pulls:
                asked = store.pulls.pop(0)
                path = f"/v1/feeds/{asked.feed_id}"
                if isinstance(asked, FetchHead):
                    store.carry_out(
                        store.session.head_fetched(decode_head((await client.get(f"{path}/head")).content), store.now())
                    )
                elif isinstance(asked, FetchDeltas):
                    answer = await client.get(f"{path}/deltas", params={"epoch": asked.epoch, "after": asked.after})
                    deltas = decode_deltas(unpack_frames(answer.content))
                    store.carry_out(store.session.deltas_fetched(asked.feed_id, deltas, store.now()))
                elif isinstance(asked, FetchSnapshot):
                    take_snapshot(store, (await client.get(f"{path}/snapshot")).content)

        async with asyncio.timeout(20):
            while PRICES not in store.memory.feeds:
                await pull()
                await asyncio.sleep(0.01)
            for number in range(3):
                await edit(app, PRICES, {"price/1": b'{"p":%d}' % (1_000 + number)})
            while store.memory.feed_rows[PRICES].get("price/1") != b'{"p":1002}':
                await pull()
                await asyncio.sleep(0.01)

        def shown() -> object:
            with embedded_database.owner() as owner:
                query = "SELECT version FROM store_feed WHERE store_id = 'S001' AND feed_id = %s"
                row = owner.execute(query, (PRICES,)).fetchone()
                return row is not None and row[0] == 4

        await until(shown)
    assert len(store.memory.feed_rows[PRICES]) == 50


def take_snapshot(store: SimStore, body: bytes) -> None:
    reader = SnapshotReader()
    rows = dict(reader.feed(body))
    header = reader.finish()
    assert FeedHash.of_rows(rows.items()).hex() == header.state_hash
    store.memory.feed_rows[header.feed_id] = rows
    store.memory.feeds[header.feed_id] = FeedState(epoch=header.epoch, version=header.version, state_hash=header.state_hash)
    applied = store.session.feed_applied(header.feed_id, header.epoch, header.version, header.state_hash, store.now())
    store.carry_out(applied)
