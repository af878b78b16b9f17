"""Shelly and zigbee2mqtt sensors, heard through one MQTT broker of the store (MQTT 3.1.1, QoS 1)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import aiomqtt

from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock, RandomSource
from protocols.device_events import DeviceState, DeviceStateEvent, Measurement, SensorPresence, SensorsRead
from protocols.sensors import shelly, zigbee2mqtt
from protocols.sensors.heard import Heard
from protocols.sensors.presence import Presence
from protocols.sensors.values import ValueWatch

KIND = "sensors"
KEEPALIVE_SECONDS = 20
CALL_SECONDS = 10.0
LOOK_SECONDS = 1.0
INCOMING_MAX = 1_000
"""Messages heard and not yet looked at. Policy when reached: the client drops the newest; sensors tell again."""
RISING = frozenset({"energy_kwh"})
WATCHES_MAX = 64
"""Measures of one sensor that are told; a further one is passed over."""


@dataclass(frozen=True, slots=True)
class MqttSensor:
    """One sensor. Shelly: `topic` is its prefix. zigbee2mqtt: `topic` is the friendly name, `base` the bridge's topic."""

    sensor_id: str
    family: Literal["shelly", "zigbee2mqtt"]
    topic: str
    base: str = "zigbee2mqtt"
    wakes_every_ms: int = 0
    quiet_after_ms: int = 600_000

    def subscriptions(self) -> tuple[str, ...]:
        """Its topics."""
        if self.family == "shelly":
            return shelly.subscriptions(self.topic)
        return zigbee2mqtt.subscriptions(self.base, self.topic)

    def hear(self, topic: str, payload: bytes) -> Heard:
        """What a message says of it."""
        if self.family == "shelly":
            return shelly.hear(self.topic, topic, payload)
        return zigbee2mqtt.hear(self.base, self.topic, topic, payload)


@dataclass(frozen=True, slots=True)
class BrokerPlace:
    """Where the broker is, and who we are there. `tls` None: a plain connection."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None


class SensorBroker:
    """Every sensor of one broker. Emits SensorsRead per message, SensorPresence when one is lost or back.

    READY once the broker took the subscriptions. A broker that is away loses no sensor by itself: each is missed when
    its own time is up.
    """

    device_kind = KIND

    def __init__(
        self, device_id: str, place: BrokerPlace, sensors: Sequence[MqttSensor], clock: Clock, random: RandomSource
    ) -> None:
        self.device_id = device_id
        self._place = place
        self._clock = clock
        self._random = random
        now_ms = clock.monotonic_ms()
        self._sensors = [_Listening(each, now_ms) for each in sensors]

    async def run(self, emit: Emit) -> None:
        """Listen until the broker is gone. Raises LinkBroken."""
        looking = asyncio.create_task(self._look_for_ever(emit))
        try:
            await self._listen(emit)
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            raise LinkBroken(_words(error, self._place)) from error
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
        raise LinkBroken("the broker closed the connection")

    async def _listen(self, emit: Emit) -> None:
        place = self._place
        client = aiomqtt.Client(
            place.host,
            place.port,
            username=place.username or None,
            password=place.password or None,
            tls_context=place.tls,
            identifier=f"tallystick-{self._random.bytes(6).hex()}",
            clean_session=True,
            keepalive=KEEPALIVE_SECONDS,
            timeout=CALL_SECONDS,
            max_queued_incoming_messages=INCOMING_MAX,
        )
        async with client:
            topics = sorted({topic for each in self._sensors for topic in each.sensor.subscriptions()})
            await client.subscribe([(topic, 1) for topic in topics])
            emit(DeviceStateEvent(device_id=self.device_id, device_kind=KIND, state=DeviceState.READY))
            async for message in client.messages:
                if isinstance(message.payload, bytes):
                    self._take(str(message.topic), message.payload, retained=message.retain, emit=emit)

    def _take(self, topic: str, payload: bytes, *, retained: bool, emit: Emit) -> None:
        now_ms = self._clock.monotonic_ms()
        for each in self._sensors:
            heard = each.sensor.hear(topic, payload)
            if values := each.take(heard, now_ms, retained=retained):
                emit(SensorsRead(device_id=self.device_id, measurements=values))
        self._look(emit)

    async def _look_for_ever(self, emit: Emit) -> None:
        while True:
            self._look(emit)
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self, emit: Emit) -> None:
        now_ms = self._clock.monotonic_ms()
        for each in self._sensors:
            if (news := each.news(now_ms)) is not None:
                reason = "" if news else "nothing was heard of the sensor"
                event = SensorPresence(device_id=self.device_id, sensor_id=each.sensor.sensor_id, there=news, reason=reason)
                emit(event)


class _Listening:
    """One sensor and what is known of it."""

    def __init__(self, sensor: MqttSensor, now_ms: int) -> None:
        self.sensor = sensor
        self._presence = Presence(now_ms, wakes_every_ms=sensor.wakes_every_ms, quiet_after_ms=sensor.quiet_after_ms)
        self._watches: dict[str, ValueWatch] = {}
        self._lost = False

    def take(self, heard: Heard, now_ms: int, *, retained: bool) -> tuple[Measurement, ...]:
        """The values of a message. A retained one is of an unknown time: its values are not told."""
        if heard.wakes_every_s:
            self._presence.wakes_every_ms = heard.wakes_every_s * 1000
        if heard.online is not None:
            self._presence.told(online=heard.online, mono_ms=now_ms)
        if retained or not heard.alive:
            return ()
        self._presence.heard(now_ms)
        found = []
        for measure, value in heard.values.items():
            if measure not in self._watches and len(self._watches) >= WATCHES_MAX:
                continue
            watch = self._watches.setdefault(measure, ValueWatch(rising=measure in RISING))
            found.append(watch.judge(self.sensor.sensor_id, measure, value, "probe_fault", now_ms))
        return tuple(found)

    def news(self, now_ms: int) -> bool | None:
        """True: it is there again; False: it is lost now; None: as before."""
        lost = self._presence.lost(now_ms)
        if lost == self._lost:
            return None
        self._lost = lost
        return not lost


def _words(error: Exception, place: BrokerPlace) -> str:
    if isinstance(error, aiomqtt.MqttCodeError):
        return f"the broker {place.host}:{place.port} said no: {error}"
    return f"the broker {place.host}:{place.port} cannot be reached"
