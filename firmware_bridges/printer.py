"""A receipt printer with ESC/POS, however it is reached: watched, and told to print one job at a time.

Neither port 9100 nor a serial line acknowledges anything. That a job was printed to its end is known only from the printer
answering what follows the job: a process id (`GS ( H`), or for printers that know none a buffered status (`GS r`). Without
that answer, after a byte may have left, the outcome is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from firmware_bridges.printer_lines import OpenLine
from firmware_bridges.printer_link import PrinterLink
from firmware_bridges.printer_news import PrinterNews
from firmware_bridges.supervise import LinkBroken
from protocols.clock import Clock
from protocols.device_events import DeviceEvent, DrawerKicked
from protocols.escpos import status
from protocols.escpos.operations import CLEAR_BUFFER, AutoStatus, KickDrawer, Pin, Select, encode_one
from protocols.escpos.profiles import Proof
from protocols.escpos.status import PrinterCondition

POLL_SECONDS = 2.0
WATCH_SECONDS = 0.25
"""Between questions after a pulse on the drawer, for `WATCHED_SECONDS`: somebody waits to hear that it opened."""
WATCHED_SECONDS = 3.0
ANSWER_SECONDS = 2.0
"""A printer that is on answers `DLE EOT` at once, even when it is stopped."""
MISSED_ROUNDS_MAX = 2
"""One answer may be lost beside a process id (Epson reference, "header to NUL"); two rounds mean nobody is there."""
PRINTED_SECONDS = 20.0
STEP_SECONDS = 0.25
RESUME_SECONDS = 600.0
"""How long a job waits for new paper under the rule `resume`."""
ASB_MASK = 0b1111
"""Drawer, online, errors, paper."""
_PROCESS_IDS = 10_000
_SELECT_PRINTER, _SELECT_DISPLAY = encode_one(Select(False), "cp437"), encode_one(Select(True), "cp437")

Outcome = Literal["confirmed", "unknown", "not_sent"]
PaperRule = Literal["resume", "copy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterTraits:
    """What the driver must know of a printer and of its place.

    `proof`: what tells that a job is done; `status` for printers without process ids (TM-T88III, TM-U220, many others).
    `auto_status`: it tells changes by itself; never used beside `proof="status"`, whose answer looks like a part of it.
    `drawer_open_when_high`: whether pin 3 of the drawer connector is high while the drawer stands open, as it is wired;
    None: the drawer has no sensor. `drawer_now`: it knows the pulse at once. `paper_rule`: when paper ends in mid-receipt,
    wait for the printer to go on (`resume`), or drop the rest and let a copy follow (`copy`, needs `clears_buffer`).
    `has_display`: a customer display hangs behind it. `bytes_per_second`: of a slow line, so that it is waited for; 0: none.
    """

    proof: Proof = "process_id"
    auto_status: bool = False
    drawer_open_when_high: bool | None = True
    drawer_pin: Pin = 2
    drawer_on_ms: int = 100
    drawer_off_ms: int = 100
    drawer_now: bool = True
    paper_rule: PaperRule = "copy"
    clears_buffer: bool = False
    has_display: bool = False
    bytes_per_second: int = 0


class PrinterDriver:
    """One printer. `run` under a supervisor keeps the link; `print`, `kick` and `show` may be called at any time."""

    device_kind = "printer"

    def __init__(
        self,
        device_id: str,
        open_line: OpenLine,
        clock: Clock,
        traits: PrinterTraits | None = None,
        *,
        printed_seconds: float = PRINTED_SECONDS,
        resume_seconds: float = RESUME_SECONDS,
    ) -> None:
        self.device_id = device_id
        self._open_line = open_line
        self._traits = traits or PrinterTraits()
        self._printed_seconds = printed_seconds
        self._resume_seconds = resume_seconds
        self._link: PrinterLink | None = None
        self._news = PrinterNews(device_id, self._traits.drawer_open_when_high)
        self._one_job = asyncio.Lock()
        self._hurry = asyncio.Event()
        self._has_display = self._traits.has_display
        self._watched_until = 0.0
        self._shown = b""
        # A number an earlier process used moments ago must not confirm a job of this one.
        self._process_number = clock.now_ms() // 1000 % _PROCESS_IDS

    # The link.

    async def run(self, emit: Callable[[DeviceEvent], None]) -> None:
        """Connect, watch and tell what changes, until the link breaks. Raises LinkBroken with the reason.

        `DeviceState.DEGRADED` while the printer answers and cannot print.
        """
        link = PrinterLink(await self._open_line(), self._note_by_itself)
        reading = asyncio.get_running_loop().create_task(link.read())
        self._news.begin(emit)
        missed_rounds = 0
        try:
            while not reading.done():
                condition = await link.ask(ANSWER_SECONDS)
                missed_rounds = missed_rounds + 1 if condition is None else 0
                if missed_rounds >= MISSED_ROUNDS_MAX and not self._one_job.locked() and not link.broken:
                    raise LinkBroken("the printer does not answer")
                if condition is not None:
                    await self._found(link)
                    self._note(condition)
                elif not self._one_job.locked():
                    link.end_half_a_command()
                await self._pause(reading, missed_rounds)
            raise LinkBroken("the printer closed the connection")
        finally:
            self._link = None
            self._news.end()
            link.reset()
            reading.cancel()
            await asyncio.wait({reading})

    async def _found(self, link: PrinterLink) -> None:
        """The printer answers: from now on it gets jobs."""
        if self._link is link:
            return
        self._link = link
        start = encode_one(AutoStatus(ASB_MASK), "cp437") if self._asks_for_auto_status() else b""
        if self._has_display:
            start = _SELECT_PRINTER + start
        if start and not self._one_job.locked():
            await link.say(start)
        if self._shown:
            await self.show(self._shown)

    async def _pause(self, reading: asyncio.Task[None], missed_rounds: int) -> None:
        seconds = ANSWER_SECONDS / 4 if missed_rounds else WATCH_SECONDS if self._watching() else POLL_SECONDS
        hurried = asyncio.get_running_loop().create_task(self._hurry.wait())
        try:
            await asyncio.wait({reading, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hurried.cancel()
        self._hurry.clear()

    def _watching(self) -> bool:
        return asyncio.get_running_loop().time() < self._watched_until

    def _asks_for_auto_status(self) -> bool:
        return self._traits.auto_status and self._traits.proof == "process_id"

    # Jobs.

    async def print(self, data: bytes) -> Outcome:
        """Print a job. `confirmed`: printed to its end. `not_sent`: none of it left. `unknown`: it or a part may be printed.

        The printer is asked first: without paper, with its cover open or offline it gets nothing. Takes at most about
        25 seconds, or under the rule `resume` ten minutes when paper ends in its middle; jobs wait for each other. Never
        raises for what a printer or a line can do.
        """
        async with self._one_job:
            link = self._link
            condition = None if link is None else await link.ask(ANSWER_SECONDS)
            if link is None or condition is None or link.broken:
                return "not_sent"
            self._note(condition)
            return "not_sent" if condition.fault else await self._print_on(link, data)

    async def kick(self) -> Outcome:
        """One pulse on the drawer, also when the printer is out of paper, as far as it can.

        `confirmed`: the printer worked it off. `unknown`: it left, and nobody can say more. `not_sent`: nothing left.
        """
        traits, link = self._traits, self._link
        if link is None:
            return "not_sent"
        if self._one_job.locked() and traits.drawer_now:
            return await self._kick_at_once(link)
        async with self._one_job:
            link = self._link
            condition = None if link is None else await link.ask(ANSWER_SECONDS)
            if link is None or condition is None or link.broken:
                return "not_sent"
            self._note(condition)
            if condition.fault:
                return await self._kick_at_once(link) if traits.drawer_now else "not_sent"
            pulse = KickDrawer(traits.drawer_pin, traits.drawer_on_ms, traits.drawer_off_ms)
            return await self._print_on(link, encode_one(pulse, "cp437"), kicks=True)

    async def _kick_at_once(self, link: PrinterLink) -> Outcome:
        traits = self._traits
        pulse = KickDrawer(traits.drawer_pin, max(100, min(800, traits.drawer_on_ms // 100 * 100)), now=True)
        self._kicked()
        return "unknown" if await link.say(encode_one(pulse, "cp437")) else "not_sent"

    async def show(self, data: bytes) -> bool:
        """Bytes for the customer display behind the printer; shown again after each connection. Whether they left now."""
        self._shown, self._has_display = data, True
        link = self._link
        if link is None or link.broken or self._one_job.locked() or (self._news.told is not None and self._news.told.fault):
            return False
        return await link.say(_SELECT_DISPLAY + data + _SELECT_PRINTER)

    async def _print_on(self, link: PrinterLink, data: bytes, *, kicks: bool = False) -> Outcome:
        self._process_number = (self._process_number + 1) % _PROCESS_IDS
        identity = f"{self._process_number:04d}" if self._traits.proof == "process_id" else ""
        request = status.process_id_request(identity) if identity else status.buffered_question(1)
        if self._has_display:
            data = _SELECT_PRINTER + data  # a torn message to the display may have left the printer deaf
        if self._asks_for_auto_status():
            request = encode_one(AutoStatus(ASB_MASK), "cp437") + request
        printed = link.expect(identity)
        if kicks:
            self._kicked()
        sending = asyncio.get_running_loop().create_task(link.send(data + request))
        try:
            if await self._proven(link, sending, printed, len(data)):
                return "confirmed"
        except OSError:
            pass
        except asyncio.CancelledError:
            link.reset()
            raise
        finally:
            sending.cancel()
            await asyncio.wait({sending})
        if link.sent == "none":
            return "not_sent"
        if link.sent == "some" or not identity:
            # What did not leave must not follow later, and a late answer without a number must not confirm the next job.
            link.reset()
        return "unknown"

    async def _proven(
        self, link: PrinterLink, sending: asyncio.Task[None], printed: asyncio.Future[bool], length: int
    ) -> bool:
        """Until the proof comes, the link ends (False), or it took too long (False). Raises OSError when sending broke.

        A printer that stopped for lack of paper goes on by itself with new paper: time spent so does not count under the
        rule `resume`, and ends the job under `copy`.
        """
        traits, now = self._traits, asyncio.get_running_loop().time
        allowed = self._printed_seconds + (length / traits.bytes_per_second if traits.bytes_per_second else 0)
        deadline, given_up = now() + allowed, now() + self._resume_seconds
        while not printed.done() and now() < deadline:
            waited_for: set[asyncio.Future[None] | asyncio.Future[bool]] = {printed}
            if not sending.done():
                waited_for.add(sending)
            await asyncio.wait(waited_for, timeout=min(STEP_SECONDS, allowed), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
            if link.broken or not self._stopped_for_paper():
                continue
            if traits.paper_rule == "resume":
                deadline = min(now() + allowed, given_up)
            elif traits.clears_buffer and sending.done():
                await link.say(CLEAR_BUFFER)
                return False
        return printed.done() and printed.result()

    def _stopped_for_paper(self) -> bool:
        return self._news.told is not None and (self._news.told.paper_out or self._news.told.cover_open)

    def _kicked(self) -> None:
        self._watched_until = asyncio.get_running_loop().time() + WATCHED_SECONDS
        self._hurry.set()
        self._news.tell(DrawerKicked(device_id=self.device_id))

    def _note(self, condition: PrinterCondition) -> None:
        """What changed; and how the drawer stands, for a while after each pulse."""
        self._news.note(condition, always=self._watching())

    def _note_by_itself(self, condition: PrinterCondition) -> None:
        if self._news.told is not None:  # the first word is the answer to our own question
            self._note(condition)
