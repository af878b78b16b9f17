"""Runs many stores in one process: staggered starts, a few writer threads for all, one round of housekeeping."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog

from edge.daemon import THREAD_SWITCH_SECONDS
from edge.devices.fonts import font_files
from edge.devices.label_parts import ShelfRenderer
from edge.many.cashiers import Cashier, Cashiers
from edge.many.labels import SharedPictures
from edge.many.store import ManyStore, open_store, writers
from edge.many.template import begin_from, make_template
from edge.settings import Settings
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.renderer import LabelRenderer

log = structlog.get_logger("tallystick.edge.many")

FILES_A_STORE = 18
"""Databases with their readers, the two lines, and room."""
READER_THREADS = 2
BEATS_A_SECOND_MAX = 60
"""Housekeeping of a store happens once a second while there are few, less often when there are many."""


@dataclass(frozen=True, slots=True)
class ManySettings:
    """How to run them. `starts_per_second` spreads the connects; `warm_feeds` are pulled once for all new stores."""

    labels: int = 12
    sales_per_minute: int = 0
    cashier: Cashier | None = None
    seed: int = 1
    writer_threads: int = 2
    starts_per_second: int = 40
    warm_feeds: tuple[str, ...] = ()
    template: Path | None = None


class TooManyStores(Exception):
    """The system does not allow so many open files; the text says what to do."""


async def run(
    stores: Sequence[Settings],
    how: ManySettings,
    *,
    ready: Callable[[int], None],
    opened: Callable[[ManyStore], None] = lambda _store: None,
) -> None:
    """Run until SIGTERM or SIGINT. `opened` is told of each store before it runs, `ready` once all were started."""
    allow_files(len(stores))
    sys.setswitchinterval(THREAD_SWITCH_SECONDS)
    logging.getLogger("mqtt").setLevel(logging.ERROR)  # aiomqtt says every pending call above ten
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(READER_THREADS, thread_name_prefix="reader"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    threads = writers(how.writer_threads)
    running: list[ManyStore] = []
    try:
        async with asyncio.TaskGroup() as tasks:
            everything = tasks.create_task(_run_all(stores, how, threads, running, ready, opened))
            await stop.wait()
            log.info("stopping")
            everything.cancel()
    finally:
        for store in running:
            store.close()
        for thread in threads:
            thread.shutdown()


async def _run_all(
    stores: Sequence[Settings],
    how: ManySettings,
    threads: Sequence[ThreadPoolExecutor],
    running: list[ManyStore],
    ready: Callable[[int], None],
    opened: Callable[[ManyStore], None],
) -> None:
    if how.template is not None and how.warm_feeds and (first := stores[0]).hq is not None:
        await make_template(how.template, first.hq, first.store.id, how.warm_feeds)
    renderer = SharedPictures(ShelfRenderer(LabelRenderer(font_files((), SYSTEM_FONTS)))) if how.labels else None
    for number, settings in enumerate(stores):  # all files first: no opening waits behind the writes of those that run
        if how.template is not None:
            begin_from(how.template, settings.store.data_dir)
        running.append(await open_store(settings, threads[number % len(threads)], renderer, how.labels))
    async with asyncio.TaskGroup() as tasks:
        for store in running:
            opened(store)
            tasks.create_task(store.run(), name=store.store_id)
            await asyncio.sleep(1 / how.starts_per_second)
        ready(len(running))
        tasks.create_task(_keep_house(running), name="housekeeping")
        if how.cashier is not None and how.sales_per_minute:
            cashiers = Cashiers(running, how.cashier, per_minute=how.sales_per_minute, seed=how.seed)
            tasks.create_task(cashiers.run(), name="cashiers")


async def _keep_house(stores: Sequence[ManyStore]) -> None:
    """One store after the other, spread over the round. Raises when a file is broken."""
    pause = max(1.0, len(stores) / BEATS_A_SECOND_MAX) / len(stores)
    while True:
        for store in stores:
            await store.beat()
            await asyncio.sleep(pause)


def allow_files(stores: int) -> None:
    """Raise this process's limit of open files as far as needed. Raises `TooManyStores`."""
    wanted = 256 + FILES_A_STORE * stores
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TooManyStores(f"{stores} stores need {wanted} open files, the system allows {hard}: raise `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
