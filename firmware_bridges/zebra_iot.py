"""A reader that speaks JSON over MQTT (Zebra IoT Connector): starts it, keeps asking whether it lives, hands on its tags in
the box's own time. It is controlled over MQTT, or over REST where the reader's control interface is set so."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import aiomqtt
import httpx
import msgspec

from firmware_bridges.reader_clock import ReaderClock, clock_off, clock_remark
from firmware_bridges.supervise import Emit, LinkBroken
from protocols import zebra_iot as z
from protocols.clock import Clock, IdSource
from protocols.device_events import DeviceState, DeviceStateEvent, ReaderHealth, TagsRead

KIND = "reader"
KEEPALIVE_SECONDS = 20
CALL_SECONDS = 5.0
UNANSWERED_MAX = 2
"""Questions for its state a reader may leave unanswered, one after the other, before it counts as gone."""
INCOMING_MAX = 2_000
"""Messages heard and not yet looked at. Policy when reached: later ones are dropped by the client."""
UNIQUE_MAX = 50_000
FAREWELL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class IotPlace:
    """Where a reader is heard. `topics`: data, commands, answers. `rest_url` empty: controlled over MQTT.

    `user` and `password`: of the broker; `rest_user`, `rest_password`: of the reader.
    """

    host: str
    port: int
    data_topic: str
    command_topic: str
    answer_topic: str
    tls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""
    rest_url: str = ""
    rest_user: str = "admin"
    rest_password: str = ""
    rest_tls: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"IotPlace({self.host}:{self.port} {self.data_topic})"


class Control(Protocol):
    """How a reader is told what to do."""

    async def ask(self, command: str, payload: msgspec.Struct | None = None) -> bytes:
        """The payload of its answer. Raises LinkBroken when it refuses, TimeoutError when it does not answer."""


class RestControl:
    """Over HTTPS, with a token that is fetched anew when it has run out."""

    def __init__(self, place: IotPlace) -> None:
        self._place = place
        self._client = httpx.AsyncClient(
            base_url=place.rest_url, timeout=CALL_SECONDS, trust_env=False, verify=place.rest_tls or True
        )
        self._token = ""

    async def ask(self, command: str, payload: msgspec.Struct | None = None) -> bytes:
        """See `Control`."""
        method, path = {
            "start": ("PUT", z.START),
            "stop": ("PUT", z.STOP),
            "set_mode": ("PUT", z.MODE),
            "get_status": ("GET", z.STATUS),
        }[command]
        body = None if method == "GET" else z.write_struct(payload) if payload is not None else b"{}"
        for fresh in (False, True):
            if not self._token or fresh:
                self._token = await self._log_in()
            answer = await self._send(method, path, body, {"authorization": f"Bearer {self._token}"})
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                break
        if answer.is_error:
            raise LinkBroken(f"the reader refuses '{command}': HTTP {answer.status_code}")
        return answer.content

    async def close(self) -> None:
        """Let go of it."""
        await self._client.aclose()

    async def _log_in(self) -> str:
        basic = httpx.BasicAuth(self._place.rest_user, self._place.rest_password)
        answer = await self._send("GET", z.LOGIN, None, {}, basic)
        if answer.is_error:
            raise LinkBroken(f"the reader's login fails: HTTP {answer.status_code}; look at its user and password")
        try:
            return z.read_token(answer.content)
        except z.IotMalformed as error:
            raise LinkBroken(f"the reader's login makes no sense: {error}") from error

    async def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], auth: httpx.BasicAuth | None = None
    ) -> httpx.Response:
        try:
            return await self._client.request(method, path, content=body, headers=headers, auth=auth)
        except httpx.TimeoutException as error:
            raise TimeoutError from error
        except (httpx.HTTPError, OSError) as error:
            raise LinkBroken(f"the reader cannot be reached over REST: {error}") from error


class MqttControl:
    """Over the broker: commands with ids, answers by id."""

    def __init__(self, client: aiomqtt.Client, topic: str, ids: IdSource) -> None:
        self._client = client
        self._topic = topic
        self._ids = ids
        self._asked: dict[str, asyncio.Future[z.Answer]] = {}

    async def ask(self, command: str, payload: msgspec.Struct | None = None) -> bytes:
        """See `Control`."""
        command_id = self._ids.new()
        future: asyncio.Future[z.Answer] = asyncio.get_running_loop().create_future()
        self._asked[command_id] = future
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._client.publish(self._topic, z.write_command(command, command_id, payload), qos=1)
                answer = await future
        except aiomqtt.MqttError as error:
            raise LinkBroken(f"the broker lost the command: {error}") from error
        finally:
            del self._asked[command_id]
        if answer.response != z.SUCCESS:
            raise LinkBroken(f"the reader refuses '{command}': {answer.response[:200] or 'no reason told'}")
        return bytes(answer.payload)

    def answered(self, answer: z.Answer) -> None:
        """An answer came; one that nobody waits for is none of ours."""
        future = self._asked.get(answer.command_id)
        if future is not None and not future.done():
            future.set_result(answer)


class ZebraIotDriver:
    """One reader. READY once it has been started and answers; DEGRADED while it leaves a question unanswered."""

    device_kind = KIND

    def __init__(
        self, device_id: str, place: IotPlace, mode: z.Mode, clock: Clock, ids: IdSource, *, ask_every_seconds: float = 10.0
    ) -> None:
        """`ask_every_seconds`: how often it must give a sign of life."""
        self.device_id = device_id
        self._place = place
        self._mode = mode
        self._clock = clock
        self._ids = ids
        self._every = ask_every_seconds
        self._remark = ""
        """What is to be said of the reader's clock."""

    async def run(self, emit: Emit) -> None:
        """Connect and read until the reader or the broker is gone. Raises LinkBroken; stops the reader when cancelled."""
        place = self._place
        try:
            async with self._client() as client, self._control(client) as (control, answers):
                await client.subscribe([(topic, 0) for topic in {place.data_topic, place.answer_topic}])
                hearing = asyncio.create_task(self._hear(client, answers, emit))
                try:
                    await self._serve(control, hearing, emit)
                finally:
                    hearing.cancel()
                    with contextlib.suppress(asyncio.CancelledError, LinkBroken, aiomqtt.MqttError):
                        await hearing
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            raise LinkBroken(f"{place.host}:{place.port}: the broker cannot be reached: {error}") from error

    def _client(self) -> aiomqtt.Client:
        place = self._place
        return aiomqtt.Client(
            place.host,
            place.port,
            identifier=f"tallystick-{self.device_id}-{self._ids.new()[-8:]}",
            username=place.user or None,
            password=place.password or None,
            tls_context=place.tls,
            clean_session=True,
            keepalive=KEEPALIVE_SECONDS,
            timeout=CALL_SECONDS,
            max_queued_incoming_messages=INCOMING_MAX,
        )

    @contextlib.asynccontextmanager
    async def _control(self, client: aiomqtt.Client) -> AsyncIterator[tuple[Control, MqttControl]]:
        answers = MqttControl(client, self._place.command_topic, self._ids)
        if not self._place.rest_url:
            yield answers, answers
            return
        rest = RestControl(self._place)
        try:
            yield rest, answers
        finally:
            await rest.close()

    async def _serve(self, control: Control, hearing: asyncio.Task[None], emit: Emit) -> None:
        work = asyncio.create_task(self._drive(control, emit))
        try:
            await asyncio.wait((work, hearing), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            work.cancel()
            with contextlib.suppress(TimeoutError, LinkBroken):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await control.ask("stop")
            raise
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait((work,))
        if work.done() and not work.cancelled() and (error := work.exception()) is not None:
            raise error
        if hearing.done() and (error := hearing.exception()) is not None:
            raise error
        raise LinkBroken("the broker closed the line")

    async def _drive(self, control: Control, emit: Emit) -> None:
        """Start it, then ask again and again whether it lives."""
        try:
            await control.ask("stop")  # it may read for a client that died; a reader refuses a new mode while it reads
        except LinkBroken:
            pass  # it did not read
        except TimeoutError:
            raise LinkBroken("the reader does not answer: is it on, and are its topics right?") from None
        try:
            await control.ask("set_mode", self._mode)
            await control.ask("start")
        except TimeoutError:
            raise LinkBroken("the reader does not answer") from None
        self._tell(emit, DeviceState.READY)
        unanswered = 0
        while True:
            await asyncio.sleep(self._every)
            try:
                status = z.read_status(await control.ask("get_status"))
            except (TimeoutError, z.IotMalformed):
                unanswered += 1
                if unanswered >= UNANSWERED_MAX:
                    raise LinkBroken("the reader does not answer any more") from None
                self._tell(emit, DeviceState.DEGRADED, "the reader leaves a question unanswered")
                continue
            unanswered = 0
            if status.radio_activity == "inactive":
                await control.ask("start")  # somebody stopped it, or it was switched off and on
            self._tell_status(status, emit)

    async def _hear(self, client: aiomqtt.Client, answers: MqttControl, emit: Emit) -> None:
        reader_clock, health = ReaderClock(), _Health(self.device_id, self._clock.monotonic_ms())
        async for message in client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            now_ms = self._clock.monotonic_ms()
            try:
                if message.topic.matches(self._place.answer_topic):
                    answers.answered(z.read_answer(payload))
                    continue
                data = z.read_tags(payload)
            except z.IotMalformed:
                health.bad += 1
                continue
            health.bad += data.unreadable
            if data.records:
                reads = reader_clock.normalise(data.records, now_ms)
                health.reads += sum(read.count for read in reads)
                health.take({read.epc for read in reads})
                health.clock_off_ms = clock_off(data.records[-1].last_seen_us, self._clock.now_ms())
                self._remark = clock_remark(data.records[-1].last_seen_us, self._clock.now_ms())
                emit(TagsRead(device_id=self.device_id, reads=reads))
            if (told := health.due(now_ms, round(self._every * 1000))) is not None:
                emit(told)

    def _tell_status(self, status: z.Status, emit: Emit) -> None:
        missing = sorted(number for number, state in status.antennas.items() if state == "disconnected")
        wanted = [number for number in missing if not self._mode.antennas or int(number) in self._mode.antennas]
        if wanted:
            self._tell(emit, DeviceState.DEGRADED, f"antenna {', '.join(wanted)} is not connected")
        else:
            self._tell(emit, DeviceState.READY, self._remark)

    def _tell(self, emit: Emit, state: DeviceState, reason: str = "") -> None:
        emit(DeviceStateEvent(device_id=self.device_id, device_kind=KIND, state=state, reason=reason))


class _Health:
    """Counts between two tellings."""

    def __init__(self, device_id: str, now_ms: int) -> None:
        self._device_id = device_id
        self._since_ms = now_ms
        self._unique: set[bytes] = set()
        self.reads = 0
        self.bad = 0
        self.clock_off_ms: int | None = None

    def take(self, epcs: set[bytes]) -> None:
        """Tags were reported."""
        if len(self._unique) < UNIQUE_MAX:
            self._unique |= epcs

    def due(self, now_ms: int, every_ms: int) -> ReaderHealth | None:
        """What there is to tell, when it is time."""
        if now_ms - self._since_ms < every_ms:
            return None
        told = ReaderHealth(
            device_id=self._device_id,
            over_ms=max(1, now_ms - self._since_ms),
            reads=self.reads,
            unique=len(self._unique),
            bad=self.bad,
            buffer_warnings=0,
            buffer_percent=0,
            antennas_missing=0,
            keepalive_age_ms=None,
            clock_off_ms=self.clock_off_ms,
        )
        self._since_ms, self.reads, self.bad = now_ms, 0, 0
        self._unique.clear()
        return told
