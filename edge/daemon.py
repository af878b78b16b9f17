"""The running box: one task tree. A vital part that fails ends the process loudly; any other is started anew."""

from __future__ import annotations

import asyncio
import functools
import shutil
import signal
import sys
from collections.abc import Callable

import structlog

from edge.audits import store as audits
from edge.bootstrap import Box, Ground, Part, build
from edge.catalogue import lookup
from edge.checkout import attempt_store, basket_store, returns_store, serials, store
from edge.checkout.reasons import reason
from edge.local_api.app import make_app
from edge.local_api.server import ApiServer
from edge.promotions import kept
from edge.rfid import fates, fitting_store, floor_store, gate_store, tag_order_rows
from edge.rfid import store as tags
from edge.rfid.floor_service import GONE_KEPT_MS
from edge.settings import Settings
from edge.stock import comparing, drafts, expiry, notices, reservations
from edge.stock import service as stock
from edge.store_db import journal
from edge.store_db.database import Tx
from edge.store_db.errors import StoreBusy, StoreFull
from protocols.contract.facts import StoreAlarm
from protocols.contract.reason import Reason
from protocols.contract.values import ClockQuality

log = structlog.get_logger("tallystick.edge")

WATCH_SECONDS = 1.0
THREAD_SWITCH_SECONDS = 0.0005
"""The event loop must not wait Python's usual 5 ms for a busy writer thread."""
NOTE_SECONDS = 10
DISK_LOW_MB = 100
SHED_SECONDS = 60
PRUNE_SECONDS = 3600
RESTART_FIRST_SECONDS = 1.0
RESTART_CAP_SECONDS = 60.0
DAY_MS = 86_400_000
RETURN_DAYS = 30
RETURN_DAYS_ENDLESS = 365
"""A store whose goods may come back for ever keeps its own sales so long; older ones are asked of headquarters."""
"""How long goods may come back."""


async def run(ground: Ground, *, ready: Callable[[str], None]) -> None:
    """Run the box until SIGTERM or SIGINT. `ready(url)` is called once it serves. Raises what ended a vital part."""
    sys.setswitchinterval(THREAD_SWITCH_SECONDS)
    server = ApiServer(ground.settings.api)
    port = server.open()
    box = await build(ground)
    app = make_app(box.shop, names=(ground.settings.api.host, *ground.settings.api.names))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as tasks:
        running = start_parts(box, tasks)
        running.append(tasks.create_task(server.run(app), name="api"))
        ready(_url(ground.settings, port))
        await stop.wait()
        log.info("stopping")
        for task in running:
            task.cancel()


def start_parts(box: Box, tasks: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
    """Everything of the box that runs, but its doors: the parts and the housekeeping, as tasks of the group."""
    running = [tasks.create_task(keep_running(part), name=part.name) for part in box.parts]
    running.append(tasks.create_task(_housekeeping(box), name="housekeeping"))
    return running


def close(ground: Ground) -> None:
    """Finish what is queued and close the files."""
    ground.second_copy.close()
    ground.baskets.close()
    ground.store.close()


def _url(settings: Settings, port: int) -> str:
    scheme = "http" if settings.api.tls_cert_file is None else "https"
    host = f"[{settings.api.host}]" if ":" in settings.api.host else settings.api.host
    return f"{scheme}://{host}:{port}"


async def keep_running(part: Part) -> None:
    """Run a part for ever: a vital one's error is raised, another's is logged and the part is started again."""
    if part.vital:
        await part.run()
        return
    wait_seconds = RESTART_FIRST_SECONDS
    while True:
        running = asyncio.ensure_future(part.run())
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError:
            running.cancel()
            await asyncio.wait({running})
            raise
        error = running.exception()
        log.error("part failed", part=part.name, error=repr(error), exc_info=error, again_in_seconds=wait_seconds)
        await asyncio.sleep(wait_seconds)
        wait_seconds = min(wait_seconds * 2, RESTART_CAP_SECONDS)


async def _housekeeping(box: Box) -> None:
    """For ever. Raises when a file is broken."""
    keeper = HouseKeeper(box)
    while True:
        await keeper.beat()
        await asyncio.sleep(WATCH_SECONDS)


class HouseKeeper:
    """Watches clock, prices, disk and media of a box; tells HQ of new alarms; deletes what is old."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._beat = 0
        self._hq_online = False
        self._new_alarms: list[Reason] = list(box.ground.alarms.standing())
        box.ground.alarms.listen(lambda alarm: self._new_alarms.append(alarm) if alarm is not None else None)

    async def beat(self) -> None:
        """Once a second or so. Raises when a file is broken."""
        ground = self._box.ground
        for database in (ground.store, ground.baskets):
            if database.failure is not None:
                raise database.failure
        flipped = _watch(ground)
        self._tell_hq_line()
        try:
            if flipped or self._beat % NOTE_SECONDS == 0:
                await ground.store.write(functools.partial(_note, ground), durable=False)
            await _write_notes(ground, self._new_alarms, self._beat, hq_online=self._box.shop.hq.online)
        except (StoreFull, StoreBusy) as error:
            log.error("the store database takes nothing now", error=str(error))
            ground.alarms.keep(reason("disk_full"), standing=isinstance(error, StoreFull))
        else:
            ground.alarms.clear("disk_full")
        self._beat += 1

    def _tell_hq_line(self) -> None:
        """Screens show whether headquarters answers; nothing else would tell them when that changes."""
        online = self._box.shop.hq.online
        if online != self._hq_online:
            self._hq_online = online
            for till in self._box.shop.tills.values():
                till.touch()


def _note(ground: Ground, tx: Tx) -> None:
    """Remember the trusted clock (at once when prices flipped: no restart shall flip them back); drop stale print jobs."""
    lookup.remember_trusted_clock(tx, ground.clock)
    ground.prints.expire(tx)


def _watch(ground: Ground) -> bool:
    """Look at clock, prices, disk and media. True when prices began or ended."""
    flipped = ground.watch.tick()
    unsynced = ground.clock.quality() is ClockQuality.UNSYNCED
    ground.alarms.keep(reason("clock_implausible"), standing=unsynced)
    free_mb = shutil.disk_usage(ground.settings.store.data_dir).free // 1_000_000
    ground.alarms.keep(reason("disk_low", free_mb=free_mb), standing=free_mb < DISK_LOW_MB)
    problem = ground.second_copy.problem
    ground.alarms.keep(reason("second_medium_failed", detail=problem), standing=bool(problem))
    return flipped


async def _write_notes(ground: Ground, new_alarms: list[Reason], beat: int, *, hq_online: bool) -> None:
    if new_alarms:
        facts = [StoreAlarm(alarm=alarm.code, detail=alarm.text) for alarm in new_alarms]
        await ground.store.write(lambda tx: ground.journal.append_many(tx, facts))
        new_alarms.clear()
    if beat % SHED_SECONDS == 0:
        await ground.store.write(lambda tx: journal.shed_ops(tx, ground.journal))
    if beat % PRUNE_SECONDS == 0 and hq_online and ground.clock.quality() is not ClockQuality.UNSYNCED:
        await _prune(ground)
    await ground.store.tidy()
    await ground.baskets.tidy()
    await ground.second_copy.secure()


async def _prune(ground: Ground) -> None:
    """Only with a clock that can be trusted: a wrong one would call everything old. And only while HQ is heard."""
    keep_days = ground.settings.journal.keep_days
    now_ms = ground.clock.now_ms()
    before_ms = now_ms - keep_days * DAY_MS

    def run(tx: Tx) -> None:
        journal.prune(tx, now_ms=now_ms, keep_days=keep_days)
        setup = lookup.setup(tx)
        return_days = RETURN_DAYS if setup is None else setup.return_days or RETURN_DAYS_ENDLESS
        returns_before_ms = now_ms - (return_days + kept.GRACE_DAYS) * DAY_MS
        returns_store.prune(tx, min(before_ms, returns_before_ms))
        store.prune(tx, before_ms, returns_before_ms)
        attempt_store.prune(tx, before_ms)
        serials.prune(tx, before_ms)
        stock.prune(tx, before_ms)
        drafts.prune(tx, before_ms)
        notices.prune(tx, before_ms)
        reservations.prune(tx, before_ms)
        expiry.prune(tx, before_ms)
        comparing.prune(tx, before_ms)
        tags.prune(tx, before_ms)
        fates.prune(tx, now_ms)
        tag_order_rows.prune(tx, now_ms)
        gate_store.prune(tx, before_ms)
        fitting_store.prune(tx, before_ms)
        floor_store.prune(tx, now_ms - GONE_KEPT_MS)
        audits.prune(tx, before_ms)
        kept.prune(tx, now_ms=now_ms, return_days=return_days)

    await ground.store.write(run, durable=False)
    await ground.baskets.write(lambda tx: basket_store.prune(tx, before_ms), durable=False)
