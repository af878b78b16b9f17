"""Headquarters' processes, composed: which parts run together, how they end, how they log.

    api       people API, edge API for stores, keeper of the broker's lists, keeper of campaigns
    ingest    MQTT consumer, projections, feed publisher: worker `shard` of `shards`
    console   screens over the people API

A part that fails ends its process; what supervises it (systemd, the demo) starts it again.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TypeAlias, cast

import structlog

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database
from cloud.settings import HqSettings, SettingsError
from cloud.stores import broker_files
from cloud.stores.authority import Authority

Running: TypeAlias = Coroutine[object, object, None]
Serve: TypeAlias = Callable[[HqSettings, asyncio.Event], Running]

log = structlog.get_logger("cloud")


def log_json_lines() -> None:
    """One JSON object a line on standard error, what libraries log included."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    json_lines = structlog.processors.JSONRenderer()
    structlog.configure(processors=[*shared, json_lines], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=json_lines, foreign_pre_chain=shared))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


async def run_api(settings: HqSettings, stop: asyncio.Event) -> None:
    """People API, edge API, the broker's lists, campaigns until `stop`. Raises what ended a part, in an `ExceptionGroup`."""
    log.info("starting", api=str(settings.api), edge_api=str(settings.edge))
    people_api = cast("Serve", _function("cloud.app", "run"))
    edge_api = cast("Serve", _function("cloud.edge_api.server", "run"))
    campaigns = cast("Serve", _function("cloud.campaigns.keeper", "run"))
    stored_value = cast("Serve", _function("cloud.stored_value.keeper", "run"))
    members = cast("Serve", _function("cloud.members.keeper", "run"))
    invoices = cast("Serve", _function("cloud.invoices.keeper", "run"))
    goods = cast("Serve", _function("cloud.goods_keeper", "run"))
    parts = (people_api, edge_api, _keep_lists, campaigns, stored_value, members, invoices, goods)
    await _together(stop, *(part(settings, stop) for part in parts))


async def run_ingest(settings: HqSettings, stop: asyncio.Event, *, shard: int, shards: int) -> None:
    """Worker `shard` (from 0) of `shards` until `stop`."""
    log.info("starting", ingest=f"{shard} of {shards}", broker=settings.mqtt_url)
    worker = cast("Callable[..., Running]", _function("cloud.ingest.worker", "run"))
    await _together(stop, worker(settings, stop, shard=shard, shards=shards))


def run_console(settings: HqSettings) -> None:
    """The console until SIGTERM or Ctrl-C; it brings its own event loop."""
    cast("Callable[[HqSettings], None]", _function("cloud.console.main", "run"))(settings)


async def run_reproject(settings: HqSettings, say: Callable[[str], None]) -> None:
    """Let ingest make rows of quarantined and once unknown facts."""
    await cast("Callable[..., Running]", _function("cloud.ingest.reproject", "run"))(settings, say)


async def until_signal(main: Callable[[asyncio.Event], Running]) -> None:
    """Run with a stop event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await main(stop)


async def _together(stop: asyncio.Event, *parts: Running) -> None:
    """All parts at once; when one ends or fails the others are told to stop."""

    async def watched(part: Running) -> None:
        try:
            await part
        finally:
            stop.set()

    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(watched(part))


async def _keep_lists(settings: HqSettings, stop: asyncio.Event) -> None:
    folder = settings.folder
    authority = Authority.load(folder.ca_cert, folder.ca_key, clock=SystemClock(), rng=SystemRandom())
    async with Database(settings.app_conninfo(), size_max=1, application="tallystick-lists") as database:
        await broker_files.keep(database, settings.app_conninfo(), folder, authority, settings.broker_reload, stop)


def _function(module: str, name: str) -> object:
    """A part is imported only by the process that runs it: an ingest worker never loads the console."""
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise SettingsError(f"the module {error.name} is not installed: install tallystick[cloud]") from error
