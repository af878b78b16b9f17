"""Shelly and zigbee2mqtt sensors as one client of the store's broker, driven by hands."""

from __future__ import annotations

import asyncio
import contextlib
import urllib.parse
from collections.abc import Mapping
from typing import Literal

import aiomqtt

from protocols.sensors import shelly, zigbee2mqtt

AGAIN_SECONDS = 0.5
WAITING_MAX = 1_000
"""Messages not published yet. Policy when reached: the newest is lost."""
Fields = Mapping[str, Mapping[str, object]]


class MqttSensorSimulator:
    """One sensor. It goes on trying while there is no broker, and says what it is told to say, in order.

    `family` `shelly`: fields are components (`{"temperature:0": {"tC": 4.1}}`). `zigbee2mqtt`: one flat object under the
    empty name (`{"": {"contact": true}}`).
    """

    def __init__(self, url: str, family: Literal["shelly", "zigbee2mqtt"], topic: str, *, base: str = "zigbee2mqtt") -> None:
        parts = urllib.parse.urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 1883
        self._user, self._password = parts.username, parts.password
        self.family = family
        self.topic = topic
        self._base = base
        self.fields: dict[str, dict[str, object]] = {}
        self.connected = False
        self._waiting: asyncio.Queue[tuple[str, bytes, bool]] = asyncio.Queue(WAITING_MAX)
        self._unsent: tuple[str, bytes, bool] | None = None
        """Taken from what waits, and said again after a line that broke."""
        self._running: asyncio.Task[None] | None = None

    @property
    def quiet(self) -> bool:
        """Everything is said."""
        return self._waiting.empty() and self._unsent is None

    async def start(self) -> None:
        """Connect, as soon as there is a broker."""
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name=f"sensor {self.topic}")

    async def stop(self) -> None:
        """Leave as a power cut does: the last will is published."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    @property
    def plugged_in(self) -> bool:
        """Whether it is switched on."""
        return self._running is not None

    def wake(self, *, wakeup_period: int = 0) -> None:
        """A battery device wakes up and tells everything it knows. Its clock was never set."""
        if self.family == "shelly":
            sys: Fields = {"sys": {"wakeup_period": wakeup_period}} if wakeup_period else {}
            self._put(*shelly.full_status(self.topic, {**self.fields, **sys}, unix_s=None))
        else:
            self._put(*zigbee2mqtt.state(self._base, self.topic, self.fields.get("", {})))

    def tell(self, changes: Fields) -> None:
        """Something changed: only that is told (a Zigbee bridge tells all it knows)."""
        for name, fields in changes.items():
            self.fields.setdefault(name, {}).update(fields)
        if self.family == "shelly":
            self._put(*shelly.status_change(self.topic, changes, unix_s=None))
        else:
            self._put(*zigbee2mqtt.state(self._base, self.topic, self.fields.get("", {})))

    def say_available(self, *, there: bool) -> None:
        """The retained word about it: a Shelly's own, or the bridge's about a Zigbee sensor."""
        if self.family == "shelly":
            self._put(*shelly.online(self.topic, there=there), retain=True)
        else:
            self._put(*zigbee2mqtt.availability(self._base, self.topic, there=there), retain=True)

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Anything at all."""
        self._put(topic, payload, retain=retain)

    def _put(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._waiting.put_nowait((topic, payload, retain))

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError, OSError):
                await self._publish()
            self.connected = False
            await asyncio.sleep(AGAIN_SECONDS)

    async def _publish(self) -> None:
        topic, payload = (
            shelly.online(self.topic, there=False)
            if self.family == "shelly"
            else zigbee2mqtt.availability(self._base, self.topic, there=False)
        )
        will = aiomqtt.Will(topic, payload, qos=1, retain=True)
        client = aiomqtt.Client(self._host, self._port, username=self._user, password=self._password, will=will)
        async with client:
            self.connected = True
            if self.family == "shelly":
                await client.publish(*shelly.online(self.topic, there=True), qos=1, retain=True)
            while True:
                self._unsent = self._unsent or await self._waiting.get()
                topic, payload, retain = self._unsent
                await client.publish(topic, payload, qos=1, retain=retain)
                self._unsent = None
