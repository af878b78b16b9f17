"""One store of many: a whole box without screens, whose labels take what they are sent."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from edge.bootstrap import Box, Ground, Part, PlugIns, build, lay_ground, plug_in
from edge.daemon import HouseKeeper, close, keep_running
from edge.labels.content import Renderer
from edge.labels.service import LabelService, UnknownItem
from edge.labels.shelf import CatalogueShelf, label_settings, shelf_style
from edge.many.labels import ACCESS_POINT, HARDWARE_TYPE, InstantLabels, label_id_of
from edge.seams import Seams
from edge.settings import Settings
from edge.store_db.database import Database
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.queries import load
from protocols.device_events import DeviceEvent

log = structlog.get_logger("tallystick.edge.many")
queries = load("edge.many", "many.sql")

GOODS_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Goods:
    """Something to sell or to label: an item with a price in force and a code."""

    item_id: str
    code: str


class ManyStore:
    """A store ready to run. `labels` of them are bound to the first goods once the catalogue is there."""

    def __init__(self, ground: Ground, box: Box, label_count: int) -> None:
        self.ground = ground
        self.box = box
        self._label_count = label_count
        self._keeper = HouseKeeper(box)

    @property
    def store_id(self) -> str:
        """Which store."""
        return self.ground.settings.store.id

    def goods(self, limit: int) -> list[Goods]:
        """The first `limit` items that can be sold by the piece now."""
        now_ms = self.ground.clock.now_ms()
        return [Goods(*row) for row in self.ground.store.reader().execute(queries["sellable"], (now_ms, limit))]

    async def run(self) -> None:
        """The store's parts, for ever. Raises what ended a vital one."""
        async with asyncio.TaskGroup() as tasks:
            for part in self.box.parts:
                tasks.create_task(keep_running(part), name=f"{self.store_id} {part.name}")
            tasks.create_task(self._bind_labels(), name=f"{self.store_id} labels")

    async def beat(self) -> None:
        """What the box does every second; called for one store after the other. Raises when a file is broken."""
        await self._keeper.beat()

    def close(self) -> None:
        """Finish what is queued and close the files."""
        close(self.ground)

    async def _bind_labels(self) -> None:
        labels = self.box.shop.labels
        if labels is None:
            return
        while len(labels.views()) < self._label_count:
            await asyncio.sleep(GOODS_LOOK_SECONDS)
            for number, each in enumerate(self.goods(self._label_count), start=1):
                with contextlib.suppress(UnknownItem, StoreBusy, StoreFull):  # the next look tries again
                    await labels.bind(
                        label_id_of(number), each.item_id, access_point=ACCESS_POINT, hardware_type=HARDWARE_TYPE
                    )


async def open_store(
    settings: Settings, writer: ThreadPoolExecutor, renderer: Renderer | None, label_count: int
) -> ManyStore:
    """Open the files and compose. Without `renderer`: no labels. Raises `StoreDbError`, `CredentialsUnusable`, OSError."""
    ground = lay_ground(settings, Seams(open_file=functools.partial(Database, thread=writer)))
    if renderer is None or not label_count:
        return ManyStore(ground, await build(ground), 0)
    return ManyStore(ground, await build(ground, functools.partial(_plug_in, renderer)), label_count)


def _plug_in(renderer: Renderer, ground: Ground) -> PlugIns:
    plugs = plug_in(ground)
    service: LabelService | None = None

    async def tell(event: DeviceEvent) -> None:
        assert service is not None
        with contextlib.suppress(StoreBusy, StoreFull):  # the lane sends again what was not confirmed
            await service.on_event(event)

    instant = InstantLabels(tell, ground.clock)
    service = LabelService(
        ground.store,
        ground.journal,
        CatalogueShelf(ground.store, ground.clock, shelf_style(ground.settings)),
        renderer,
        {ACCESS_POINT: instant},
        ground.clock,
        functools.partial(label_settings, ground.store, ground.settings.labels),
    )
    service.start(ground.store.reader())
    ground.watch.listen(service.items_changed)
    plugs.labels = plugs.prices = service
    plugs.parts += [Part("labels", service.run, vital=False), Part("instant labels", instant.run, vital=False)]
    return plugs


def writers(count: int) -> Sequence[ThreadPoolExecutor]:
    """Threads that write, each for its share of the stores: a file always has the same one."""
    return [ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"writer-{number}") for number in range(count)]
