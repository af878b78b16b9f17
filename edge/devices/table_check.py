"""Whether a device table of headquarters can be used in this store: every refusal names device, field and remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from edge.devices.kinds.registry import kind_for
from edge.settings import DeviceTable, Settings
from edge.settings.loading import explained, read_devices
from edge.settings.rules import problems
from edge.toml_lines import KeyPath
from protocols.contract.device_table import TableUnreadable, read_table


class TableRefused(Exception):
    """The text says which device and field, and what to do."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes from one table to another, as device ids. Whatever is in none of the three is not touched."""

    gone: tuple[str, ...]
    changed: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def out(self) -> tuple[str, ...]:
        """Devices that end."""
        return (*self.gone, *self.changed)

    @property
    def into(self) -> tuple[str, ...]:
        """Devices that begin."""
        return (*self.changed, *self.new)


def read(text: str, settings: Settings) -> tuple[DeviceTable, ...]:
    """The devices of a table. Paths in it are relative to the box's data folder. Raises `TableRefused`."""
    try:
        tables = read_table(text)
        return read_devices(tables, settings.store.data_dir, settings.drivers.load)
    except TableUnreadable as error:
        raise TableRefused(str(error)) from error
    except msgspec.ValidationError as error:
        raise TableRefused(explained(str(error), {"devices": tables})) from error


def with_devices(settings: Settings, devices: tuple[DeviceTable, ...]) -> Settings:
    """The settings with these devices. Raises `TableRefused` when tills or rules do not go with them."""
    changed = msgspec.structs.replace(settings, devices=devices)
    for where, why in problems(changed):
        raise TableRefused(f"{_place(where, devices)}{why}")
    return changed


def difference(before: Sequence[DeviceTable], after: Sequence[DeviceTable]) -> Difference:
    """What a change touches. Raises `TableRefused` for a kind that cannot be changed while the box runs."""
    old: Mapping[str, DeviceTable] = {device.id: device for device in before}
    new: Mapping[str, DeviceTable] = {device.id: device for device in after}
    found = Difference(
        gone=tuple(name for name in old if name not in new),
        changed=tuple(name for name in new if name in old and new[name] != old[name]),
        new=tuple(name for name in new if name not in old),
    )
    for device in (*(old[name] for name in found.out), *(new[name] for name in found.into)):
        kind = kind_for(device)
        if not kind.live:
            raise TableRefused(
                f"device '{device.id}': a {kind.name} cannot be changed while the box runs. "
                "Change it in the box's settings file and restart the box."
            )
    return found


def _place(where: KeyPath, devices: Sequence[DeviceTable]) -> str:
    if len(where) > 1 and where[0] == "devices" and isinstance(where[1], int):
        return f"device '{devices[where[1]].id}': "
    return ""
