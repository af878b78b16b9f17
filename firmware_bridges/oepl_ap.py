"""An OpenEPaperLink access point: uploads by HTTP, news by WebSocket, and the tag table read again and again.

The access point's news are hints: they may be missed while the line is down. Its tag table is asked after each connect and
every `reconcile_seconds`, and every record is told again, changed or not. An answer that got lost counts as "refused".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec
import structlog

from firmware_bridges.oepl_last_files import LastFiles
from firmware_bridges.oepl_sights import LabelSights
from firmware_bridges.oepl_web import ApAnswer, ApLink, NoAnswer, open_web
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock
from protocols.contract.values import ClockQuality
from protocols.device_events import AccessPointRestarted, DeviceState, DeviceStateEvent, LabelTimedOut
from protocols.esl import oepl_requests as requests
from protocols.esl.image import blank_picture
from protocols.esl.oepl_events import (
    REBOOTING,
    ErrorNews,
    News,
    NewsRefused,
    System,
    TagNews,
    read_news,
    timeout_of,
)
from protocols.esl.oepl_leds import STOP, flashing, write_pattern
from protocols.esl.oepl_records import (
    NO_FILE_NAMED,
    POSITIONS,
    RecordsRefused,
    TagPage,
    TagRecord,
    names_a_file,
    read_backup,
    read_page,
)
from protocols.esl.tag_types import TAG_TYPES

ANSWER_SECONDS = 10.0
SILENCE_SECONDS = 20.0
"""The access point speaks every 5 seconds; silent for longer, the line is dead."""
LONG_TABLE_ROUNDS = 15
"""A table of more than 256 labels is read from a file that the access point writes to its flash first: once in so many
rounds. In between the rounds ask for those labels only that were sent something."""
ASKED_A_ROUND = 64
CLOCK_OFF_SECONDS = 30
"""An access point whose clock is off by more is set right, when the box's own clock is."""
CLOCK_AGAIN_MS = 600_000
"""Older firmware has no `/set_time`: it is not asked more often."""
SAVED = b"Ok, saved"
CLEAR_QUIET_MS = 5_000
"""A cleared image whose last block (4096 bytes, about 5 kB/s, with repeats) was served is complete within this time."""
UPTIME_SLACK_SECONDS = 5

Uploaded = Literal["queued", "refused", "unknown_label"]

OpenApLink = Callable[[str, float], ApLink]
"""Makes the link to an access point's URL; the seconds are those an answer may take."""

log = structlog.get_logger("tallystick.bridges.oepl_ap")


@dataclass(frozen=True, slots=True)
class _Uptime:
    """What the access point said of its uptime last, and when (monotonic)."""

    seconds: int
    at_mono_ms: int


class OeplAccessPoint:
    """See the module and `firmware_bridges.supervise.Driver`. `run` it under supervision; `upload` from anywhere."""

    device_kind = "labels"

    def __init__(
        self,
        device_id: str,
        url: str,
        clock: Clock,
        *,
        reconcile_seconds: float = 20.0,
        upload_pause_seconds: float = 0.05,
        clear_quiet_ms: int = CLEAR_QUIET_MS,
        answer_seconds: float = ANSWER_SECONDS,
        open_link: OpenApLink = open_web,
    ) -> None:
        """`url` as `http://host[:port]`. `upload_pause_seconds`: the device chokes on uploads without a breath between.

        `clear_quiet_ms`: how long after emptying a queue a transfer of what was in it may still end.
        """
        self.device_id = device_id
        self._url = url.rstrip("/")
        self._clock = clock
        self._reconcile_seconds = reconcile_seconds
        self._upload_pause_seconds = upload_pause_seconds
        self._answer_seconds = answer_seconds
        self._clear_quiet_ms = clear_quiet_ms
        self._cleared: dict[str, int] = {}
        self._open_link = open_link
        self._link: ApLink | None = None
        self._ready = asyncio.Event()
        self._one_upload = asyncio.Lock()
        self._uptime: _Uptime | None = None
        self._restart_suspected = False
        self._sights = LabelSights(device_id, self._ask)
        self._last_files = LastFiles(clock)
        self._table_is_long = False
        self._clock_set_mono_ms: int | None = None

    async def ready(self) -> None:
        """Return once the access point answers."""
        await self._ready.wait()

    async def run(self, emit: Emit) -> None:
        """Serve one connection. Emits LabelSeen, LabelTimedOut, AccessPointRestarted. Raises LinkBroken."""
        link = self._link = self._open_link(self._url, self._answer_seconds)
        try:
            await self._connected(link, emit)
        finally:
            self._ready.clear()
            self._link = None
            await link.close()

    async def upload(self, label_id: str, picture: bytes, image_hash: str, clear_first: bool) -> Uploaded:  # noqa: ARG002
        """Store a JPEG for a label. Never raises for what a device or a line can do.

        `clear_first`: an older image may wait in the access point's queue. The access point credits a finished transfer to
        the first image in its queue, whichever was sent. So an older image is taken out, and the new one is refused until
        no transfer of the old one can be on the air any more; come again then. "refused": that, or busy, out of reach, or
        the answer was lost, so it may have arrived. `image_hash` is not sent: the access point makes its own.
        """
        async with self._one_upload:
            try:
                if clear_first and (known := await self._make_room(label_id)) is not None:
                    return known
                if self._is_clearing(label_id):
                    return "refused"
                # What the access point believes of a label may be older than the truth (it saves every 5 minutes), and it
                # drops an image it believes to be there. Made to forget, it asks the label, which tells what it has.
                forgotten = await self._ask(requests.TagCommand(label_id, "refresh"))
                if forgotten.status != 200:
                    return "unknown_label" if forgotten.status == 400 else "refused"
                self._last_files.uploaded(label_id)
                answer = await self._ask(requests.ImageUpload(label_id, picture))
            except NoAnswer as error:
                log.info("upload got no answer", device_id=self.device_id, label_id=label_id, reason=str(error))
                return "refused"
            finally:
                await asyncio.sleep(self._upload_pause_seconds)
        if answer.status == 200 and answer.body.strip() == SAVED:
            self._sights.prove(label_id)
            return "queued"
        # An empty 200 is the web server's word alone: the access point found no address or no file in the request.
        return "unknown_label" if answer.status == 400 and b"mac" in answer.body else "refused"

    async def clear(self, label_id: str) -> Uploaded:
        """Take what waits for a label out of the queue: another access point serves it now. Never raises for device or line.

        "queued": nothing waits any more, but a picture not yet made into planes, or one on the air, may still come. What
        was uploaded and never drawn is named no more.
        """
        async with self._one_upload:
            try:
                known = await self._make_room(label_id)
                if known is None:
                    await self._take_name_out(label_id, names_a_file)
            except NoAnswer as error:
                log.info("clear got no answer", device_id=self.device_id, label_id=label_id, reason=str(error))
                return "refused"
        return known or "queued"

    async def flash(self, label_id: str, colour: str, seconds: int) -> Uploaded:
        """Make a label flash for a time, from its next check-in on; 0 seconds: stop. Never raises for device or line.

        "queued": the access point took it; whether the label has a light, its records tell. Raises `PatternRefused`.
        """
        pattern = write_pattern(flashing(colour, seconds) if seconds else STOP)
        return await self._command(requests.LedFlash(label_id, pattern))

    async def wipe(self, label_id: str) -> Uploaded:
        """Take everything that waits for a label out of the queue and make it blank: for a label that is bound to nothing.

        Of a bound label the ledger must hear first: there, blank content is an ordinary image (`upload`). "refused": as
        there, ask again.
        """
        try:
            page = await self._page(requests.TagPageRequest(mac=label_id))
        except NoAnswer as error:
            log.info("wipe got no answer", device_id=self.device_id, label_id=label_id, reason=str(error))
            return "refused"
        kind = next((TAG_TYPES.get(tag.hardware_type) for tag in page.tags if tag.mac == label_id), None)
        if kind is None:
            return "unknown_label"
        return await self.upload(label_id, blank_picture(kind), "", clear_first=True)

    async def _command(self, request: requests.ApRequest) -> Uploaded:
        try:
            answer = await self._ask(request)
        except NoAnswer as error:
            log.info("command got no answer", device_id=self.device_id, reason=str(error))
            return "refused"
        if answer.status == 200:
            return "queued"
        return "unknown_label" if answer.status == 400 else "refused"

    async def _make_room(self, label_id: str) -> Uploaded | None:
        """Empty a label's queue; None: it is empty and nothing of it is on the air. Raises `NoAnswer`."""
        page = await self._page(requests.TagPageRequest(mac=label_id))
        record = next((tag for tag in page.tags if tag.mac == label_id), None)
        if record is None:
            return "unknown_label"
        if record.pending == 0:
            return None
        self._cleared[label_id] = self._clock.monotonic_ms()
        cleared = await self._ask(requests.TagCommand(label_id, "clear"))
        if cleared.status == 400:
            return "unknown_label"
        return "refused"

    def _is_clearing(self, label_id: str) -> bool:
        cleared_mono_ms = self._cleared.get(label_id)
        if cleared_mono_ms is None:
            return False
        if self._clock.monotonic_ms() - cleared_mono_ms < self._clear_quiet_ms:
            return True
        del self._cleared[label_id]
        return False

    async def _connected(self, link: ApLink, emit: Emit) -> None:
        await link.listen()
        self._sights.connected()
        self._last_files.connected()
        try:
            await self._keep_labels_asleep()
            if self._restart_suspected:
                emit(AccessPointRestarted(device_id=self.device_id))
                self._uptime = None
            await self._tell_all(emit)
            self._restart_suspected = True
            self._ready.set()
            emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=DeviceState.READY))
            await self._say_what_cannot_be_proven(emit)
            await self._serve(link, emit)
        except NoAnswer as error:
            raise LinkBroken(f"the access point at {self._url}: {error}") from error

    async def _say_what_cannot_be_proven(self, emit: Emit) -> None:
        """Files in the G5 format cannot be read back: the access point can be told not to make any."""
        for hardware_type in sorted(self._sights.takes_g5):
            answer = await self._ask(requests.TagTypeRequest(hardware_type))
            if answer.status == 200 and b'"g5_compression"' in answer.body:
                reason = (
                    f"labels of type {hardware_type:02X} take G5 files, which prove nothing: remove g5_compression from "
                )
                reason += f"/tagtypes/{hardware_type:02X}.json of the access point and restart it"
                state, kind = DeviceState.DEGRADED, self.device_kind
                emit(DeviceStateEvent(device_id=self.device_id, device_kind=kind, state=state, reason=reason))

    async def _serve(self, link: ApLink, emit: Emit) -> None:
        listening = asyncio.create_task(self._listen(link, emit))
        reading = asyncio.create_task(self._reconcile(emit))
        tasks = {listening, reading, asyncio.create_task(self._name_no_file())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _listen(self, link: ApLink, emit: Emit) -> None:
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    message = await link.hear()
            except TimeoutError as error:
                raise LinkBroken(f"the access point at {self._url} has been silent for {SILENCE_SECONDS:.0f} s") from error
            try:
                news = read_news(message)
            except NewsRefused as refused:
                log.info("message dropped", device_id=self.device_id, reason=str(refused))
                continue
            await self._heard(news, emit)

    async def _heard(self, news: News, emit: Emit) -> None:
        match news:
            case TagNews():
                for tag in news.tags:
                    await self._seen(tag, emit)
            case ErrorNews() if REBOOTING in news.text:
                self._restart_suspected = True
                raise LinkBroken(f"the access point at {self._url} is restarting")
            case ErrorNews():
                label_id = timeout_of(news)
                if label_id is not None:
                    emit(LabelTimedOut(device_id=self.device_id, label_id=label_id))
            case System():
                self._look_at_uptime(news.uptime, emit)
                await self._set_right(news.currtime)
            case _:
                return

    def _look_at_uptime(self, uptime_seconds: int, emit: Emit) -> None:
        """An uptime below what must have passed since the last one: it restarted, whether or not it said so.

        A connection that ended before the first word of uptime leaves it open; the next one then says so to be safe.
        """
        now_ms, before = self._clock.monotonic_ms(), self._uptime
        self._restart_suspected = False
        self._uptime = _Uptime(uptime_seconds, now_ms)
        if before is None:
            return
        passed = (now_ms - before.at_mono_ms) // 1000
        if uptime_seconds + UPTIME_SLACK_SECONDS < before.seconds + passed or uptime_seconds < before.seconds:
            emit(AccessPointRestarted(device_id=self.device_id))

    async def _set_right(self, said_seconds: int) -> None:
        """Its clock says when labels were seen, when it rests and when it restarts at night."""
        if self._clock.quality() is not ClockQuality.SYNCED:
            return
        now_seconds, mono_ms = self._clock.now_ms() // 1000, self._clock.monotonic_ms()
        tried_mono_ms = self._clock_set_mono_ms
        if tried_mono_ms is not None and mono_ms - tried_mono_ms < CLOCK_AGAIN_MS:
            return
        if abs(now_seconds - said_seconds) > CLOCK_OFF_SECONDS:
            self._clock_set_mono_ms = mono_ms
            log.info("the access point's clock is set", device_id=self.device_id, off_seconds=said_seconds - now_seconds)
            await self._ask(requests.SetTime(now_seconds))

    async def _reconcile(self, emit: Emit) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(self._reconcile_seconds)
            rounds += 1
            if self._table_is_long and rounds % LONG_TABLE_ROUNDS:
                await self._tell_awaited(emit)
            else:
                await self._tell_all(emit)

    async def _tell_awaited(self, emit: Emit) -> None:
        for label_id in self._sights.awaited(ASKED_A_ROUND):
            asked = self._sights.asking()
            for tag in (await self._page(requests.TagPageRequest(mac=label_id))).tags:
                await self._seen(tag, emit, asked)

    async def _tell_all(self, emit: Emit) -> None:
        asked = self._sights.asking()
        for tag in await self._read_table():
            await self._seen(tag, emit, asked)

    async def _read_table(self) -> list[TagRecord]:
        """Every tag once. The paging counts in 8 bits, so a long table is read from the backup file."""
        tags: dict[str, TagRecord] = {}
        position = POSITIONS if self._table_is_long else 0
        while position < POSITIONS:
            page = await self._page(requests.TagPageRequest(position=position))
            tags |= {tag.mac: tag for tag in page.tags}
            if page.continu <= position:
                return list(tags.values())
            position = page.continu
        answer = await self._ask(requests.BackupRequest())
        try:
            table = list(read_backup(answer.body))
        except RecordsRefused as error:
            raise NoAnswer(str(error)) from error
        self._table_is_long = len(table) >= POSITIONS
        return table

    async def _page(self, request: requests.TagPageRequest) -> TagPage:
        answer = await self._ask(request)
        try:
            return read_page(answer.body)
        except RecordsRefused as error:
            raise NoAnswer(str(error)) from error

    async def _keep_labels_asleep(self) -> None:
        """An open WebSocket keeps labels awake unless `stopsleep` is 0; `preview` keeps files for reading back."""
        answer = await self._ask(requests.ApConfigRequest())
        try:
            config = msgspec.json.decode(answer.body, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise NoAnswer("its settings cannot be read: is it an OpenEPaperLink access point?") from error
        wanted = {"stopsleep": "0", "preview": "1"}
        told = {key: bytes(config[key]).strip(b'"').decode("latin-1") for key in wanted if key in config}
        if told != wanted:
            await self._ask(requests.ApConfigChange(tuple(wanted.items())))

    async def _name_no_file(self) -> None:
        """Nothing shall come to a label but what is sent to it (`LastFiles`). What fails is tried again later."""
        while True:
            label_id = await self._last_files.next()
            try:
                async with self._one_upload:
                    await self._take_name_out(label_id, self._last_files.could_come_again)
            except NoAnswer as error:
                log.info("its last file is still named", device_id=self.device_id, label_id=label_id, reason=str(error))

    async def _take_name_out(self, label_id: str, when: Callable[[TagRecord], bool]) -> None:
        page = await self._page(requests.TagPageRequest(mac=label_id))
        if any(tag.mac == label_id and when(tag) for tag in page.tags):
            await self._ask(requests.TagConfigChange(label_id, (("modecfgjson", NO_FILE_NAMED),)))

    async def _seen(self, tag: TagRecord, emit: Emit, asked: int | None = None) -> None:
        self._last_files.look(tag)
        if (seen := await self._sights.see(tag, asked=asked)) is not None:
            emit(msgspec.structs.replace(seen, may_send_again=self._last_files.may_send_again(tag.mac)))

    async def _ask(self, request: requests.ApRequest) -> ApAnswer:
        """One request with a deadline and a limit on the answer. Raises `NoAnswer`."""
        link = self._link
        if link is None:
            raise NoAnswer("not connected")
        http = requests.write_request(request)
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await link.ask(http)
        except (NoAnswer, TimeoutError) as error:
            raise NoAnswer(f"no answer to {http.method} {http.target.partition('?')[0]} ({error or 'too slow'})") from error
