"""Takes up the device table of headquarters: checked, tried on the running box, kept or rolled back.

Order: the trial is noted on the disk, what ends is ended, what begins is begun, each must be READY within `READY_SECONDS`,
then one transaction puts the table in force. Until that transaction the box would start with the old table, after it with
the new one: a box killed at any moment has either, never half. Devices the table does not change are not touched.
"""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass

import structlog

from edge.devices import table_store
from edge.devices.fitting import Fitting
from edge.devices.fonts import FontsMissing
from edge.devices.kinds.registry import kind_for
from edge.devices.shop import DeviceShop
from edge.devices.table_check import Difference, TableRefused, difference, read, with_devices
from edge.settings import DeviceTable, Settings, SettingsRefused
from edge.settings.toml_text import devices_text
from edge.store_db.database import Database
from edge.store_db.errors import StoreBusy, StoreFull
from protocols.contract.device_table import DeviceTableRow, Outcome

log = structlog.get_logger("tallystick.edge.devices")

LOOK_SECONDS = 2.0
READY_SECONDS = 30.0
READY_LOOK_SECONDS = 0.2
BEGUN_MAX = 2
"""A table with which the box ended so often, while it was tried, is not tried again."""


@dataclass(frozen=True, slots=True)
class _NotReady:
    device_id: str
    state: str
    reason: str


class TableKeeper:
    """One per box. `own`: the devices of its settings file. `tells`: headquarters wants to know how it stands."""

    def __init__(self, shop: DeviceShop, own: tuple[DeviceTable, ...], *, tells: bool) -> None:
        self._shop = shop
        self._own = own
        self._tells = tells

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.look()
            except (StoreFull, StoreBusy) as error:
                log.warning("the device table waits: the store database takes nothing now", error=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Try what is new, tell how it stands."""
        store = self._shop.needs.store
        row = table_store.wanted(store.reader(), self._shop.settings.store.id)
        if row is not None and row.revision != table_store.state(store.reader()).tried:
            await self._take_up(row)
        if self._tells:
            await self._tell()

    async def _take_up(self, row: DeviceTableRow) -> None:
        shop = self._shop
        try:
            after = self._proposed(row)
            changes = difference(shop.settings.devices, after.devices)
            begun = await shop.needs.store.write(lambda tx: table_store.begin(tx, row.revision))
            if begun > BEGUN_MAX:
                raise TableRefused(f"it was begun {BEGUN_MAX} times, and the box ended before it was known to work.")
            fittings = self._fitted(after, changes)
        except TableRefused as refused:
            await self._decline(row.revision, "refused", str(refused))
            return
        await self._try(row, after, changes, fittings)

    def _proposed(self, row: DeviceTableRow) -> Settings:
        settings = self._shop.settings
        devices = read(row.text, settings) if row.text else self._own
        return with_devices(settings, devices)

    def _fitted(self, after: Settings, changes: Difference) -> dict[str, Fitting]:
        shop = self._shop
        before, shop.settings = shop.settings, after
        try:
            tables = {device.id: device for device in after.devices}
            return {name: kind_for(tables[name]).fit_table(shop, tables[name]) for name in changes.into}
        except (SettingsRefused, FontsMissing) as refused:
            raise TableRefused(str(refused)) from refused
        finally:
            shop.settings = before

    async def _try(self, row: DeviceTableRow, after: Settings, changes: Difference, fittings: dict[str, Fitting]) -> None:
        shop = self._shop
        before = shop.settings
        former = {name: shop.park.fittings[name] for name in changes.out}
        log.info("a device table is tried", revision=row.revision, out=changes.out, into=changes.into)
        kept, failed = False, None
        try:
            await self._exchange(changes.out, fittings, after)
            failed = None if row.even_if_not_ready else await self._not_ready(changes.into)
            if failed is None:
                await shop.needs.store.write(lambda tx: table_store.adopt(tx, row))
                kept = True
        finally:
            if not kept:
                await self._exchange(changes.into, former, before)
        for name in changes.gone if kept else changes.new:
            shop.board.leave(name)
        if failed is None:
            log.info("a device table is in force", revision=row.revision)
            return
        why = f"device '{failed.device_id}' was not ready after {READY_SECONDS:.0f} seconds but {failed.state}"
        await self._decline(row.revision, "rolled_back", f"{why}: {failed.reason}" if failed.reason else f"{why}.")

    async def _exchange(self, out: tuple[str, ...], into: dict[str, Fitting], settings: Settings) -> None:
        """End these devices and begin those. Ports are let go of before they are opened again."""
        shop = self._shop
        shop.settings = settings
        for name in (*out, *into):
            if name in shop.park.fittings:
                await shop.park.take_out(name)
        kinds = {device.id: kind_for(device).device_kind for device in settings.devices}
        for name, fitting in into.items():
            shop.board.enter(name, kinds[name])
            shop.park.put_in(fitting)

    async def _not_ready(self, names: tuple[str, ...]) -> _NotReady | None:
        """Wait for all of them; the first that is not ready in time."""
        board = self._shop.board
        for _ in range(round(READY_SECONDS / READY_LOOK_SECONDS)):
            if all(board.is_ready(name) for name in names):
                return None
            await asyncio.sleep(READY_LOOK_SECONDS)
        views = {view.device_id: view for view in board.views()}
        view = next(views[name] for name in names if not board.is_ready(name))
        return _NotReady(view.device_id, view.state, view.reason)

    async def _decline(self, revision: int, outcome: Outcome, reason: str) -> None:
        log.warning("a device table is not taken", revision=revision, outcome=outcome, reason=reason)
        await self._shop.needs.store.write(lambda tx: table_store.decline(tx, revision, outcome, reason))

    async def _tell(self) -> None:
        text = devices_text(self._shop.settings.devices)
        journal = self._shop.needs.journal

        now = table_store.state(self._shop.needs.store.reader())
        if table_store.word(now, text)[1] != now.told:
            await self._shop.needs.store.write(lambda tx: table_store.tell(tx, journal, text))


def settings_in_force(store: Database, settings: Settings) -> Settings:
    """What a box starts with: the devices of the table in force, if there is one. One that does not go with the settings
    file any more is dropped."""
    text = table_store.state(store.reader()).text
    if not text:
        return settings
    try:
        return with_devices(settings, read(text, settings))
    except TableRefused as refused:
        why = f"it does not go with the box's settings file any more: {refused}"
        store.write_and_wait(functools.partial(table_store.drop, reason=why))
        return settings
