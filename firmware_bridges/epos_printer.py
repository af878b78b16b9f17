"""A receipt printer with ePOS-Print: XML over HTTP, one answer for each document. It says itself whether it printed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import httpx

from firmware_bridges.printer import POLL_SECONDS, WATCH_SECONDS, WATCHED_SECONDS, Outcome, PrinterTraits
from firmware_bridges.printer_news import PrinterNews
from firmware_bridges.supervise import LinkBroken
from protocols.device_events import DeviceEvent, DrawerKicked
from protocols.epos import soap
from protocols.epos.answers import EposAnswer, read_answer
from protocols.epos.document import document_bytes
from protocols.escpos.operations import KickDrawer

CONNECT_SECONDS = 3.0
PRINTED_SECONDS = 20.0
ANSWER_BYTES_MAX = 64 * 1024
NOTHING = document_bytes([])
"""A document without a line: the printer answers with its status and prints nothing."""


class NotSent(Exception):
    """Nothing reached the printer; in plain words."""


class NoAnswer(Exception):
    """The document may have reached the printer, its answer did not come, or was none; in plain words."""


class EposLink(Protocol):
    """The printer's web."""

    async def ask(self, document: bytes) -> EposAnswer:
        """Send a document. Raises NotSent, NoAnswer."""

    async def close(self) -> None:
        """Let go of it; never raises."""


class WebEposLink:
    """The real one."""

    def __init__(self, url: str, printed_seconds: float) -> None:
        limits = httpx.Timeout(printed_seconds + 2, connect=CONNECT_SECONDS)
        self._target = soap.target(round(printed_seconds * 1000))
        self._client = httpx.AsyncClient(base_url=url, timeout=limits, trust_env=False)

    async def ask(self, document: bytes) -> EposAnswer:
        """See `EposLink`; with a limit on the answer."""
        headers = {"content-type": soap.CONTENT_TYPE, "soapaction": '""'}
        try:
            async with self._client.stream("POST", self._target, content=document, headers=headers) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_BYTES_MAX:
                        raise NoAnswer("the printer answers too much")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent("the printer cannot be reached") from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise NoAnswer("the printer does not answer") from error
        if response.status_code == httpx.codes.NOT_FOUND:
            raise NotSent("there is no ePOS printer at this address")
        try:
            return read_answer(bytes(body))
        except soap.BadXml as error:
            raise NoAnswer("the printer's answer makes no sense") from error

    async def close(self) -> None:
        """See `EposLink`."""
        await self._client.aclose()


OpenEpos = Callable[[str, float], EposLink]


def open_epos(url: str, printed_seconds: float) -> EposLink:
    """The printer's web; nothing is sent yet."""
    return WebEposLink(url, printed_seconds)


class EposDriver:
    """One printer; used as `PrinterDriver` is. Its documents are those of `protocols.epos.document`."""

    device_kind = "printer"

    def __init__(
        self,
        device_id: str,
        url: str,
        traits: PrinterTraits | None = None,
        *,
        printed_seconds: float = PRINTED_SECONDS,
        open_link: OpenEpos = open_epos,
    ) -> None:
        self.device_id = device_id
        self._url = url
        self._traits = traits or PrinterTraits()
        self._printed_seconds = printed_seconds
        self._open_link = open_link
        self._link: EposLink | None = None
        self._news = PrinterNews(device_id, self._traits.drawer_open_when_high)
        self._one_document = asyncio.Lock()
        self._watched_until = 0.0

    async def run(self, emit: Callable[[DeviceEvent], None]) -> None:
        """Ask for the status again and again and tell what changes. Raises LinkBroken with the reason.

        `DeviceState.DEGRADED` while the printer answers and cannot print.
        """
        link = self._open_link(self._url, self._printed_seconds)
        self._news.begin(emit)
        try:
            while True:
                async with self._one_document:
                    answer = await link.ask(NOTHING)
                self._link = link
                self._note(answer)
                await asyncio.sleep(WATCH_SECONDS if self._watching() else POLL_SECONDS)
        except (NotSent, NoAnswer) as gone:
            raise LinkBroken(str(gone)) from gone
        finally:
            self._link = None
            self._news.end()
            await link.close()

    async def print(self, data: bytes) -> Outcome:
        """Print a document; see `PrinterDriver.print`. A printer that cannot print is asked first and gets nothing."""
        return await self._send(data, even_stopped=False)

    async def kick(self) -> Outcome:
        """One pulse on the drawer. A printer without paper is asked too: some give the pulse all the same."""
        traits = self._traits
        self._watched_until = asyncio.get_running_loop().time() + WATCHED_SECONDS
        self._news.tell(DrawerKicked(device_id=self.device_id))
        return await self._send(document_bytes([KickDrawer(traits.drawer_pin, traits.drawer_on_ms)]), even_stopped=True)

    async def _send(self, document: bytes, *, even_stopped: bool) -> Outcome:
        async with self._one_document:
            link = self._link
            if link is None:
                return "not_sent"
            try:
                if not even_stopped:
                    now = await link.ask(NOTHING)
                    self._note(now)
                    if now.condition.fault:
                        return "not_sent"
            except (NotSent, NoAnswer):
                return "not_sent"
            try:
                answer = await link.ask(document)
            except NotSent:
                return "not_sent"
            except NoAnswer:
                return "unknown"
            self._note(answer)
            return answer.outcome

    def _watching(self) -> bool:
        return asyncio.get_running_loop().time() < self._watched_until

    def _note(self, answer: EposAnswer) -> None:
        self._news.note(answer.condition, always=self._watching())
