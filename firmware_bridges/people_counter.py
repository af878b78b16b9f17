"""A people counter over HTTP(S), asked for its sums again and again."""

from __future__ import annotations

import asyncio

import httpx

from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent, PeopleTotals, SensorPresence
from protocols.sensors.people_counter import BODY_BYTES_MAX, LIVE_PATH, Live, NotCounts, decode

KIND = "people_counter"
ANSWER_SECONDS = 5.0
MISSED_MAX = 3


class PeopleCounterDriver:
    """One counter. Emits PeopleTotals per answer. READY when it answered with counts; three misses break the link."""

    device_kind = KIND

    def __init__(
        self,
        device_id: str,
        url: str,
        clock: Clock,
        *,
        username: str = "",
        password: str = "",
        every_ms: int = 60_000,
        verify: bool = True,
    ) -> None:
        """`url`: `http://host` or `https://host`. With a user name, digest authentication as Axis devices ask for it."""
        self.device_id = device_id
        self._url = url.rstrip("/")
        self._clock = clock
        self._auth = httpx.DigestAuth(username, password) if username else None
        self._every_ms = every_ms
        self._verify = verify

    async def run(self, emit: Emit) -> None:
        """Ask until it is gone. Raises LinkBroken."""
        missed, ready = 0, False
        async with httpx.AsyncClient(
            auth=self._auth, timeout=ANSWER_SECONDS, trust_env=False, verify=self._verify
        ) as client:
            while True:
                begun_ms = self._clock.monotonic_ms()
                try:
                    live = await self._ask(client)
                except (httpx.HTTPError, NotCounts) as error:
                    missed += 1
                    if missed >= MISSED_MAX or not ready:
                        reason = _words(error)
                        self._tell_presence(emit, there=False, reason=reason)
                        raise LinkBroken(reason) from error
                else:
                    if not ready:
                        emit(DeviceStateEvent(device_id=self.device_id, device_kind=KIND, state=DeviceState.READY))
                        self._tell_presence(emit, there=True, reason="")
                    missed, ready = 0, True
                    emit(
                        PeopleTotals(
                            device_id=self.device_id,
                            sensor_id=self.device_id,
                            people_in=live.people_in,
                            people_out=live.people_out,
                            timestamp=live.timestamp,
                        )
                    )
                await asyncio.sleep(max(0, begun_ms + self._every_ms - self._clock.monotonic_ms()) / 1000)

    async def _ask(self, client: httpx.AsyncClient) -> Live:
        async with client.stream("GET", self._url + LIVE_PATH, headers={"accept": "application/json"}) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    raise NotCounts("the answer is too long")
            if response.status_code != 200:
                raise NotCounts(f"the counter answers with status {response.status_code}")
            return decode(bytes(body))

    def _tell_presence(self, emit: Emit, *, there: bool, reason: str) -> None:
        emit(SensorPresence(device_id=self.device_id, sensor_id=self.device_id, there=there, reason=reason))


def _words(error: Exception) -> str:
    if isinstance(error, NotCounts):
        return "what answers is no people counter, or the password is wrong"
    return "the people counter does not answer"
