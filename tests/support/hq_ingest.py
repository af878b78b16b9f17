"""HQ's ingest for tests: known stores, settings as `init` would leave them, workers and edge API inside the test's loop."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence

import httpx

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database, Scope
from cloud.edge_api import server
from cloud.ingest import worker
from cloud.ingest.committer import Committer
from cloud.ingest.inbox import Inbox, Incoming
from cloud.settings import Address, HqSettings
from cloud.stores import service
from cloud.stores.authority import write_private
from cloud.stores.domain import StoreSettings
from deploy.processes import free_port
from protocols.sync.messages import DownMessage, encode_message
from protocols.sync.packing import unpack_frames
from protocols.sync.topics import Channel
from tests.support.hq_ground import Credentials, GroundDatabase, HqPki, client_context
from tests.support.hq_store import SHARDS


async def add_store(database: Database, store_id: str, zone: str = "north", pki: HqPki | None = None) -> None:
    """A store HQ knows; with `pki`, its credentials too (tell the broker with `reload`)."""
    async with database.transaction(Scope.everything()) as tx:
        await tx.execute(
            b"INSERT INTO zone (zone, currency, minor_digits, tax_mode, cash_rounding_minor) "
            b"VALUES (%s, 'EUR', 2, 'inclusive', 1) ON CONFLICT DO NOTHING",
            (zone,),
        )
        await service.add_store(tx, StoreSettings(store_id, f"Store {store_id}", zone, "UTC"), now_ms=1)
    if pki is not None:
        given = pki.add_store(store_id, zone)
        async with database.transaction(Scope.everything()) as tx:
            await tx.execute(
                b"INSERT INTO store_certificate (serial, store_id, issued_at_ms, expires_at_ms) VALUES (%s, %s, 0, 1)",
                (given.serial, store_id),
            )


def hq_settings(database: GroundDatabase, pki: HqPki, mqtt_url: str = "mqtts://127.0.0.1:1") -> HqSettings:
    """Settings over this database and broker, with a free port for the edge API."""
    write_private(pki.folder.app_url, database.app_url.encode())
    write_private(pki.folder.ingest_url, database.ingest_url.encode())
    return HqSettings(folder=pki.folder, mqtt_url=mqtt_url, shards=SHARDS, edge=Address("127.0.0.1", free_port()))


@contextlib.asynccontextmanager
async def ingest(settings: HqSettings, shard: int = 0, shards: int = 1) -> AsyncIterator[None]:
    """A worker for the length of the block."""
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(settings, stop, shard=shard, shards=shards))
    try:
        yield
    finally:
        stop.set()
        await running


@contextlib.asynccontextmanager
async def edge_api(settings: HqSettings) -> AsyncIterator[str]:
    """The edge API for the length of the block; gives its address once it answers."""
    stop = asyncio.Event()
    running = asyncio.create_task(server.run(settings, stop))
    async with asyncio.timeout(10):
        while not running.done():
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", settings.edge.port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                break
    try:
        yield f"https://localhost:{settings.edge.port}"
    finally:
        stop.set()
        await running


def https(url: str, credentials: Credentials | None, pki: HqPki) -> httpx.AsyncClient:
    """A client of the edge API; None: it shows no certificate."""
    context = client_context(credentials) if credentials else ssl.create_default_context(cafile=str(pki.folder.ca_cert))
    return httpx.AsyncClient(base_url=url, verify=context, trust_env=False, timeout=20)


class HttpsDoor:
    """`SimStore.exchange` over the edge API."""

    def __init__(self, client: httpx.AsyncClient, store_id: str) -> None:
        self._client = client
        self._store_id = store_id

    async def __call__(self, channel: Channel, payload: bytes) -> Sequence[bytes]:
        if channel is Channel.STATE:
            return []
        answer = await self._client.post(f"/v1/edge/{self._store_id}/messages/{channel.value}", content=payload)
        assert answer.status_code == 200, answer.text
        return unpack_frames(answer.content)


class Desk:
    """A committer without any wire: messages in, answers out, as soon as they are committed."""

    def __init__(self, database: Database, *, durable: str = "commit") -> None:
        self.inbox = Inbox()
        self.clock = SystemClock()
        self.committer = Committer(
            database,
            self.inbox,
            lambda _incoming, _answers: None,
            clock=self.clock,
            rng=SystemRandom(),
            durable=durable,
            group_seconds=0.001,
        )

    async def send(self, store_id: str, channel: Channel, payload: bytes) -> list[DownMessage]:
        """The answers to one message, as over HTTPS."""
        waiting: asyncio.Future[list[DownMessage]] = asyncio.get_running_loop().create_future()
        assert self.inbox.offer(Incoming(store_id, channel, payload, self.clock.now_ms(), waiting))
        async with asyncio.timeout(20):
            return await waiting

    def door(self, store_id: str) -> Door:
        """For `SimStore.exchange`."""
        return Door(self, store_id)


class Door:
    """One store's way to a desk."""

    def __init__(self, desk: Desk, store_id: str) -> None:
        self._desk = desk
        self._store_id = store_id

    async def __call__(self, channel: Channel, payload: bytes) -> Sequence[bytes]:
        return [encode_message(answer) for answer in await self._desk.send(self._store_id, channel, payload)]


@contextlib.asynccontextmanager
async def desk(database: Database, *, durable: str = "commit") -> AsyncIterator[Desk]:
    """A running desk."""
    made = Desk(database, durable=durable)
    running = asyncio.create_task(made.committer.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
