"""The MQTT line: `aiomqtt` behind one module. Works unchanged on MQTT 3.1.1 and 5 brokers."""

from __future__ import annotations

import asyncio
import socket
import ssl
import urllib.parse
from collections.abc import Callable, Iterable

import aiomqtt

from edge.clock import SystemRandom
from edge.sync.availability import QUIET_SECONDS, Availability
from edge.sync.errors import LineBroken, LineRefused
from edge.sync.line import SENDS_WAITING_MAX, Ears
from protocols.sync.effects import Send
from protocols.sync.messages import StoreState, encode_message
from protocols.sync.topics import Channel, store_subscriptions, store_topic

KEEPALIVE_SECONDS = 20
CALL_SECONDS = 20.0
INCOMING_MAX = 1_000
"""Messages heard and not yet looked at; later ones are dropped by the client: a feed gap is pulled, an ack comes again."""


class MqttLine:
    """A clean session per connection: what was missed meanwhile is asked for by the session itself."""

    name = "mqtt"

    def __init__(
        self, url: str, store_id: str, shards: int, tls: ssl.SSLContext, availability: Availability | None = None
    ) -> None:
        """`availability`: what is retained of the devices."""
        parts = urllib.parse.urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 8883
        self._store_id = store_id
        self._shards = shards
        self._tls = tls
        self._availability = availability
        self._client: aiomqtt.Client | None = None
        self._subscribed: set[str] = set()
        self._waiting: asyncio.Queue[Send] = asyncio.Queue(SENDS_WAITING_MAX)
        self._overflow = asyncio.Event()

    async def run(self, ears: Ears, will: Callable[[], StoreState], feeds: Iterable[str]) -> None:
        """See `edge.sync.line.Line`."""
        self._waiting = asyncio.Queue(SENDS_WAITING_MAX)
        self._overflow = asyncio.Event()
        try:
            last_will = will()
            if self._availability is not None:
                self._availability.begin(last_will.boot_id)
            async with self._new_client(encode_message(last_will)) as client:
                self._client = client
                self._subscribed = set()
                await self._subscribe(store_subscriptions(self._store_id, feeds, self._shards))
                ears.up()
                await self._carry(client, ears)
        except aiomqtt.MqttCodeError as error:
            raise LineRefused(f"the broker said no: {error}") from error
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            raise _told(error) from error
        finally:
            self._client = None
        raise LineBroken("the broker closed the line")

    def send(self, effect: Send) -> None:
        """See `edge.sync.line.Line`."""
        try:
            self._waiting.put_nowait(effect)
        except asyncio.QueueFull:
            self._overflow.set()

    async def follow(self, feed_ids: Iterable[str]) -> None:
        """Subscribe to what is new, unsubscribe from what is gone. A broken line is noticed by `run`."""
        client = self._client
        if client is None:
            return
        wanted = set(store_subscriptions(self._store_id, feed_ids, self._shards))
        try:
            if gone := self._subscribed - wanted:
                await client.unsubscribe(sorted(gone), timeout=CALL_SECONDS)
                self._subscribed -= gone
            await self._subscribe(sorted(wanted - self._subscribed))
        except aiomqtt.MqttError:
            self._overflow.set()

    def _new_client(self, will: bytes) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._host,
            self._port,
            identifier=f"{self._store_id}-{SystemRandom().bytes(6).hex()}",  # who can guess it could push us off the broker
            tls_context=self._tls,
            clean_session=True,
            keepalive=KEEPALIVE_SECONDS,
            timeout=CALL_SECONDS,
            max_queued_incoming_messages=INCOMING_MAX,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            will=aiomqtt.Will(store_topic(self._store_id, Channel.STATE, self._shards), will, qos=1, retain=True),
        )

    async def _subscribe(self, topics: list[str]) -> None:
        if topics and self._client is not None:
            await self._client.subscribe([(topic, 1) for topic in topics], timeout=CALL_SECONDS)
            self._subscribed.update(topics)

    async def _carry(self, client: aiomqtt.Client, ears: Ears) -> None:
        """Until one of the directions ends."""
        jobs: list[asyncio.Task[object]] = [
            asyncio.create_task(self._hear(client, ears)),
            asyncio.create_task(self._publish(client)),
            asyncio.create_task(self._overflow.wait()),
        ]
        if self._availability is not None:
            jobs.append(asyncio.create_task(self._tell_devices(client, self._availability)))
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
        for job in done:
            job.result()

    async def _hear(self, client: aiomqtt.Client, ears: Ears) -> None:
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                ears.message(str(message.topic), message.payload)

    async def _publish(self, client: aiomqtt.Client) -> None:
        while True:
            effect = await self._waiting.get()
            topic = store_topic(self._store_id, effect.channel, self._shards)
            await client.publish(topic, effect.payload, qos=1, retain=effect.retain, timeout=CALL_SECONDS)

    async def _tell_devices(self, client: aiomqtt.Client, availability: Availability) -> None:
        while True:
            for topic, word in availability.changed():
                await client.publish(topic, word, qos=1, retain=True, timeout=CALL_SECONDS)
            await asyncio.sleep(QUIET_SECONDS)


def _told(error: Exception) -> LineBroken:
    """In words, and apart when the broker was reached but did not want us (or we did not want it)."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return LineRefused(f"no trust between this box and the broker: {cause.reason or cause}")
        cause = cause.__cause__ or cause.__context__
    return LineBroken(f"the broker cannot be reached: {error}")
