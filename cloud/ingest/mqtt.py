"""HQ's line to the broker: `aiomqtt` behind this one module, TLS with HQ's certificate, plain MQTT 3.1.1.

Incoming messages go straight into the inbox (its policy decides what is turned away); the broker's acknowledgement proves
nothing, the store's own resend timer is what brings a lost batch again. What is to be said waits in a bounded queue; when
that is full the oldest answers are dropped: every answer of the session is repeated when the store asks again.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiomqtt
import structlog

from cloud.ingest.inbox import Inbox, Incoming
from cloud.settings import HqFolder
from protocols.clock import Clock
from protocols.sync.topics import Channel, StoreTopic, TopicError, hq_subscriptions, parse_topic

log = structlog.get_logger("cloud.ingest.mqtt")
logging.getLogger("mqtt").setLevel(logging.ERROR)  # it warns whenever ten calls wait, which is every busy second

KEEPALIVE_SECONDS = 20
CALL_SECONDS = 20.0
SAYING_MAX = 10_000
AT_ONCE = 64
"""Publications on their way to the broker at the same time."""
HEARD_MAX = 1_000
"""Heard and not yet looked at; emptied at every turn of the loop."""
HEARD_MAX = 1_000
"""Heard and not yet looked at; emptied at every turn of the loop."""
_UP = frozenset(Channel) - {Channel.DOWN}


class LineBroken(Exception):
    """The broker is gone or does not want us; the text says why."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One message to publish."""

    topic: str
    payload: bytes
    retain: bool = False


def hq_tls(folder: HqFolder) -> ssl.SSLContext:
    """Trusts HQ's authority alone and shows HQ's certificate. Raises OSError before `init`."""
    context = ssl.create_default_context(cafile=str(folder.ca_cert))
    context.load_cert_chain(folder.hq_cert, folder.hq_key)
    return context


class HqLine:
    """One connection to the broker at a time; `run` returns only by raising `LineBroken`."""

    def __init__(
        self, url: str, tls: ssl.SSLContext, identifier: str, shards: Sequence[int], inbox: Inbox, clock: Clock
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 8883
        self._tls = tls
        self._identifier = identifier
        self._filters = [(topic, 1) for shard in shards for topic in hq_subscriptions(shard)]
        self._inbox = inbox
        self._clock = clock
        self._saying: deque[Saying] = deque(maxlen=SAYING_MAX)
        self._some = asyncio.Event()
        self.on_up: Callable[[], None] = lambda: None
        """Called after each connection, when all is subscribed."""
        self.ignored = 0
        """Messages on topics that are none of ours."""
        self.published = 0
        self.connected = False

    def say(self, saying: Saying) -> None:
        """Publish soon, in order."""
        self._saying.append(saying)
        self._some.set()

    async def run(self) -> None:
        """Connect, subscribe, carry both ways. Raises `LineBroken`."""
        try:
            async with aiomqtt.Client(
                self._host,
                self._port,
                identifier=self._identifier,
                tls_context=self._tls,
                clean_session=True,
                keepalive=KEEPALIVE_SECONDS,
                timeout=CALL_SECONDS,
                max_inflight_messages=AT_ONCE,
                max_queued_incoming_messages=HEARD_MAX,
                socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            ) as client:
                for start in range(0, len(self._filters), 16):
                    await client.subscribe(self._filters[start : start + 16], timeout=CALL_SECONDS)
                self.on_up()
                await self._carry(client)
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            raise LineBroken(f"the broker at {self._host}:{self._port}: {error}") from error
        raise LineBroken("the broker closed the line")

    async def _carry(self, client: aiomqtt.Client) -> None:
        self.connected = True
        jobs = [asyncio.create_task(self._hear(client)), asyncio.create_task(self._publish_all(client))]
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.connected = False
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
        for job in done:
            job.result()

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            self._take(str(message.topic), message.payload)

    def _take(self, text: str, payload: object) -> None:
        try:
            topic = parse_topic(text)
        except TopicError:
            self.ignored += 1
            return
        if isinstance(topic, StoreTopic) and topic.channel in _UP and isinstance(payload, bytes) and payload:
            self._inbox.offer(Incoming(topic.store_id, topic.channel, payload, self._clock.now_ms()))
        else:
            self.ignored += 1

    async def _publish_all(self, client: aiomqtt.Client) -> None:
        while True:
            while not self._saying:
                self._some.clear()
                await self._some.wait()
            batch = [self._saying.popleft() for _ in range(min(AT_ONCE, len(self._saying)))]
            await asyncio.gather(*(self._publish(client, saying) for saying in batch))

    async def _publish(self, client: aiomqtt.Client, saying: Saying) -> None:
        await client.publish(saying.topic, saying.payload, qos=1, retain=saying.retain, timeout=CALL_SECONDS)
        self.published += 1
