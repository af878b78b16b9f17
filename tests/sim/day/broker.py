"""A broker in memory between a box and HQ: it keeps retained messages and wills, lags, and delivers twice now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from edge.sync.errors import LineBroken
from edge.sync.line import Ears
from protocols.sync.effects import Send
from protocols.sync.messages import StoreState, encode_message
from protocols.sync.topics import Channel, store_subscriptions, store_topic
from simulators.replay.links import AFTER_SECONDS, Chance
from simulators.replay.log import EventLog

Hear = Callable[[str, bytes], None]
CONNECT_MS = 40
WILL_MS = 30_000
"""A broker misses a silent client after one and a half keepalives."""


@dataclass(slots=True)
class BrokerFaults:
    """What goes wrong at present."""

    lag_ms: int = 8
    jitter_ms: int = 30
    twice_percent: int = 0
    """A message comes again, some seconds later."""
    lose_percent: int = 0
    """A message is lost with a connection nobody notices."""


@dataclass(slots=True, eq=False)
class Client:
    """One connection. `ended` is told why."""

    hear: Hear
    ended: asyncio.Future[str]
    will: tuple[str, bytes] | None = None
    topics: set[str] = field(default_factory=set)
    free_at: float = 0.0


class MemoryBroker:
    """`hq_hears` is the worker's ear; it hears everything that is no feed and not `down`."""

    def __init__(self, chance: Chance, log: EventLog) -> None:
        self.faults = BrokerFaults()
        self.up = True
        self.line_up = True
        """The store's own line to the world."""
        self.hq_hears: Hear | None = None
        self._chance = chance
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._retained: dict[str, bytes] = {}
        self._clients: list[Client] = []
        self._hq_free_at = 0.0

    def connect(self, hear: Hear, will: tuple[str, bytes] | None) -> Client:
        """A client comes. Raises `LineBroken`."""
        if not (self.up and self.line_up):
            raise LineBroken("the broker cannot be reached")
        client = Client(hear, self._loop.create_future(), will)
        self._clients.append(client)
        return client

    def subscribe(self, client: Client, topics: Iterable[str]) -> None:
        """These are all its topics from now on; what is retained comes for the new ones."""
        wanted = set(topics)
        new = sorted(wanted - client.topics)
        client.topics = wanted
        for topic in new:
            if topic in self._retained:
                self._deliver(client, topic, self._retained[topic])

    def from_store(self, topic: str, payload: bytes, retain: bool) -> None:
        """A store publishes."""
        if retain:
            self._retained[topic] = payload
        self._to_hq(topic, payload)

    def from_hq(self, topic: str, payload: bytes, retain: bool) -> None:
        """HQ publishes."""
        if not self.up:
            return
        if retain:
            self._retained[topic] = payload
        for client in list(self._clients):
            if topic in client.topics:
                self._deliver(client, topic, payload)

    def drop(self, client: Client, why: str, *, will: bool = True) -> None:
        """A connection ends; the will follows when the client said nothing."""
        if client not in self._clients:
            return
        self._clients.remove(client)
        if client.will is not None and will:
            self._loop.call_later(WILL_MS / 1000, self._speak, *client.will)
        if not client.ended.done():
            client.ended.set_result(why)

    def cut_line(self) -> None:
        """The store's line is cut."""
        self.line_up = False
        for client in list(self._clients):
            self.drop(client, "the line is cut")

    def die(self, *, forgets: bool) -> None:
        """The broker ends; `forgets`: with what it retained. Set `up` when it is back."""
        self.up = False
        for client in list(self._clients):
            self.drop(client, "the broker is gone", will=False)
        if forgets:
            self._retained.clear()

    def state_again(self) -> None:
        """HQ subscribed anew: retained births come again."""
        for topic, payload in list(self._retained.items()):
            if topic.endswith(f"/{Channel.STATE.value}"):
                self._to_hq(topic, payload)

    def _speak(self, topic: str, payload: bytes) -> None:
        if self.up:
            self.from_store(topic, payload, True)

    def _late(self, free_at: float) -> float:
        late_ms = self.faults.lag_ms + self._chance.below(self.faults.jitter_ms + 1)
        return max(free_at + AFTER_SECONDS, self._loop.time() + late_ms / 1000)

    def _to_hq(self, topic: str, payload: bytes) -> None:
        if self._chance.percent(self.faults.lose_percent):
            self._log.note("broker", "lost", topic=topic)
            return
        self._hq_free_at = self._late(self._hq_free_at)
        self._loop.call_at(self._hq_free_at, self._arrive, topic, payload)
        if self._chance.percent(self.faults.twice_percent):
            self._loop.call_at(self._hq_free_at + 1 + self._chance.below(20), self._arrive, topic, payload)

    def _arrive(self, topic: str, payload: bytes) -> None:
        if self.hq_hears is not None and self.up:
            self.hq_hears(topic, payload)

    def _deliver(self, client: Client, topic: str, payload: bytes) -> None:
        if self._chance.percent(self.faults.lose_percent):
            self._log.note("broker", "lost", topic=topic)
            return
        client.free_at = self._late(client.free_at)
        self._loop.call_at(client.free_at, self._hand_over, client, topic, payload)
        if self._chance.percent(self.faults.twice_percent):
            self._loop.call_at(client.free_at + 1 + self._chance.below(20), self._hand_over, client, topic, payload)

    def _hand_over(self, client: Client, topic: str, payload: bytes) -> None:
        if client in self._clients and self.line_up:
            client.hear(topic, payload)


class MemoryLine:
    """See `edge.sync.line.Line`: a box's line to the broker."""

    name = "mqtt"

    def __init__(self, broker: MemoryBroker, store_id: str, shards: int, log: EventLog) -> None:
        self._broker = broker
        self._store_id = store_id
        self._shards = shards
        self._log = log
        self._client: Client | None = None

    async def run(self, ears: Ears, will: Callable[[], StoreState], feeds: Iterable[str]) -> None:
        """Connect and carry, until the connection ends."""
        await asyncio.sleep(CONNECT_MS / 1000)
        topic = store_topic(self._store_id, Channel.STATE, self._shards)
        client = self._client = self._broker.connect(ears.message, (topic, encode_message(will())))
        try:
            self._broker.subscribe(client, store_subscriptions(self._store_id, feeds, self._shards))
            ears.up()
            why = await client.ended
        finally:
            self._client = None
            self._broker.drop(client, "let go")
        raise LineBroken(why)

    def send(self, effect: Send) -> None:
        """Publish."""
        if self._client is not None:
            topic = store_topic(self._store_id, effect.channel, self._shards)
            self._broker.from_store(topic, effect.payload, effect.retain)

    async def follow(self, feed_ids: Iterable[str]) -> None:
        """Subscribe to these."""
        if self._client is not None:
            self._broker.subscribe(self._client, store_subscriptions(self._store_id, feed_ids, self._shards))

    def cut(self) -> None:
        """The box lost its power."""
        client, self._client = self._client, None
        if client is not None:
            self._broker.drop(client, "no power")
