"""The HTTPS line: pulls feeds, and carries every message when the broker cannot be reached (the twin of MQTT)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx
import msgspec

from edge.sync.errors import FetchFailed, LineBroken, LineRefused, NotThere
from edge.sync.line import SENDS_WAITING_MAX, Ears
from protocols.contract.handover import BYTES_MAX, Handover, decode_handover
from protocols.sync import limits
from protocols.sync.delta import Delta, decode_deltas
from protocols.sync.effects import Send
from protocols.sync.messages import FeedHead, FeedList, MessageError, StoreState, decode_head, encode_message
from protocols.sync.packing import unpack_frames
from protocols.sync.topics import POSTABLE

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
QUICK_SECONDS = 1.5
HEAD_EVERY_SECONDS = 10.0
"""Without a broker nobody tells the box of a new price: it asks."""
ANSWER_BYTES_MAX = 64 * 1024 * 1024
SNAPSHOT_BYTES_MAX = 512 * 1024 * 1024


class HqHttps:
    """Requests to HQ's edge API with the store's certificate. One connection pool; every answer has a size limit."""

    def __init__(
        self, url: str, store_id: str, tls: ssl.SSLContext, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`transport` takes the place of the network (replay mode)."""
        self._store_id = store_id
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            verify=tls,
            transport=transport,
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=4, keepalive_expiry=30.0),
            trust_env=False,
        )

        # A customer waits for these: never behind a snapshot, and never on a connection the other side is about to end.
        self._quick = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            verify=tls,
            transport=transport,
            timeout=httpx.Timeout(QUICK_SECONDS),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=2, keepalive_expiry=20.0),
            trust_env=False,
        )

    async def close(self) -> None:
        """End the connections."""
        await self._client.aclose()
        await self._quick.aclose()

    async def probe(self) -> None:
        """Is headquarters there, and do the two sides trust each other? Raises `LineBroken`."""
        try:
            await self._client.get("/v1/health")
        except httpx.HTTPError as error:
            raise broken(error) from error

    async def probe_quickly(self) -> None:
        """Would a question be answered now? Raises `LineBroken`."""
        try:
            answer = await self._quick.get("/v1/health")
        except httpx.HTTPError as error:
            raise broken(error) from error
        if answer.status_code != 200:
            raise LineBroken(f"headquarters answered {answer.status_code}")

    async def question(self, body: bytes) -> bytes | None:
        """Ask one question (`protocols.contract.questions`); None when headquarters is busy. Raises `LineBroken`.

        A connection that broke while it lay idle is tried once more: a question may be repeated.
        """
        try:
            return await self._question(body)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            pass
        except httpx.HTTPError as error:
            raise broken(error) from error
        try:
            return await self._question(body)
        except httpx.HTTPError as error:
            raise broken(error) from error

    async def _question(self, body: bytes) -> bytes | None:
        answer = await self._quick.post(f"/v1/edge/{self._store_id}/questions", content=body)
        if answer.status_code == 503:
            return None
        if answer.status_code != 200:
            raise LineBroken(f"headquarters answered a question with {answer.status_code}: {answer.text[:200]}")
        return answer.content

    async def head(self, feed_id: str) -> FeedHead:
        """The authoritative head. Raises `FetchFailed`."""
        try:
            return decode_head(await self._get(f"/v1/feeds/{feed_id}/head", limits.MESSAGE_BYTES_MAX))
        except MessageError as error:
            raise FetchFailed(f"head of {feed_id}: {error}") from error

    async def deltas(self, feed_id: str, epoch: str, after: int) -> tuple[Delta, ...]:
        """Deltas after a version. Raises `FetchFailed`, `gone` when only the snapshot is left."""
        body = await self._get(f"/v1/feeds/{feed_id}/deltas?epoch={epoch}&after={after}", ANSWER_BYTES_MAX)
        try:
            return decode_deltas(unpack_frames(body))
        except MessageError as error:
            raise FetchFailed(f"deltas of {feed_id}: {error}") from error

    async def snapshot(self, feed_id: str, path: Path) -> None:
        """Stage the snapshot's bytes in a file; nothing of it is believed yet. Raises `FetchFailed`, OSError."""
        size = 0
        try:
            async with self._client.stream("GET", f"/v1/feeds/{feed_id}/snapshot") as answer:
                _check(answer, feed_id)
                with path.open("wb") as file:
                    async for chunk in answer.aiter_bytes():
                        size += len(chunk)
                        if size > SNAPSHOT_BYTES_MAX:
                            raise FetchFailed(f"snapshot of {feed_id}: more than {SNAPSHOT_BYTES_MAX} bytes")
                        await asyncio.to_thread(file.write, chunk)
        except httpx.HTTPError as error:
            raise FetchFailed(f"snapshot of {feed_id}: {_words(error)}") from error

    async def handover(self, incarnation: int) -> Handover | None:
        """What the store's former box had reported; None when headquarters knows no handovers. Raises `FetchFailed`."""
        url = f"/v1/edge/{self._store_id}/handover?incarnation={incarnation}"
        try:
            return decode_handover(await self._get(url, BYTES_MAX))
        except NotThere:
            return None
        except msgspec.DecodeError as error:
            raise FetchFailed(f"handover: {error}") from error

    async def post(self, effect: Send) -> list[bytes]:
        """Carry one message; returns the down messages it was answered with. Raises `LineBroken`."""
        url = f"/v1/edge/{self._store_id}/messages/{effect.channel.value}"
        try:
            answer = await self._client.post(url, content=effect.payload)
        except httpx.HTTPError as error:
            raise broken(error) from error
        if answer.status_code in {401, 403, 404, 421}:
            raise LineRefused(f"headquarters said no: {answer.status_code} {answer.text[:200]}")
        if answer.status_code >= 300:
            raise LineBroken(f"headquarters answered {answer.status_code}: {answer.text[:200]}")
        try:
            return unpack_frames(answer.content)
        except MessageError as error:
            raise LineBroken(f"headquarters answered something else: {error}") from error

    async def _get(self, url: str, bytes_max: int) -> bytes:
        body = bytearray()
        try:
            async with self._client.stream("GET", url) as answer:
                _check(answer, url)
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > bytes_max:
                        raise FetchFailed(f"{url}: more than {bytes_max} bytes")
        except httpx.HTTPError as error:
            raise FetchFailed(f"{url}: {_words(error)}") from error
        return bytes(body)


class HttpsLine:
    """Messages by POST, heads by asking."""

    name = "https"

    def __init__(self, https: HqHttps) -> None:
        self._https = https
        self._waiting: asyncio.Queue[Send] = asyncio.Queue(SENDS_WAITING_MAX)
        self._feeds: tuple[str, ...] = ()
        self._heads: dict[str, FeedHead] = {}

    async def run(self, ears: Ears, will: Callable[[], StoreState], feeds: Iterable[str]) -> None:  # noqa: ARG002 - no broker, no will
        """See `edge.sync.line.Line`."""
        self._waiting = asyncio.Queue(SENDS_WAITING_MAX)
        self._feeds = tuple(feeds)
        self._heads = {}
        await self._https.probe()
        ears.up()
        jobs = [asyncio.create_task(self._post_all(ears)), asyncio.create_task(self._ask_heads(ears))]
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
        for job in done:
            job.result()

    def send(self, effect: Send) -> None:
        """See `edge.sync.line.Line`. What only a broker can keep is left out."""
        if effect.channel in POSTABLE and not self._waiting.full():
            self._waiting.put_nowait(effect)

    async def follow(self, feed_ids: Iterable[str]) -> None:
        """See `edge.sync.line.Line`."""
        self._feeds = tuple(feed_ids)

    async def _post_all(self, ears: Ears) -> None:
        while True:
            for payload in await self._https.post(await self._waiting.get()):
                ears.answer(payload)

    async def _ask_heads(self, ears: Ears) -> None:
        while True:
            await asyncio.sleep(HEAD_EVERY_SECONDS)
            try:
                heads = {feed: await self._https.head(feed) for feed in self._feeds}
            except FetchFailed as error:
                raise LineBroken(str(error)) from error
            if heads and heads != self._heads:
                self._heads = heads
                ears.answer(encode_message(FeedList(feeds=tuple(heads.values()))))


def _check(answer: httpx.Response, what: str) -> None:
    if answer.status_code == 404:
        raise NotThere(f"{what}: not there")
    if answer.status_code == 410:
        raise FetchFailed(f"{what}: gone", gone=True)
    if answer.status_code != 200:
        raise FetchFailed(f"{what}: headquarters answered {answer.status_code}")


def broken(error: httpx.HTTPError) -> LineBroken:
    """In words, and apart when there is no trust between the two sides."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return LineRefused(f"no trust between this box and headquarters: {cause.reason or cause}")
        cause = cause.__cause__ or cause.__context__
    return LineBroken(f"headquarters cannot be reached: {_words(error)}")


def _words(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
