"""What every table of a device has."""

from __future__ import annotations

import urllib.parse
from typing import ClassVar

import msgspec


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: unknown keys are refused."""


class DeviceTable(Table, frozen=True, kw_only=True):
    """One `[[devices]]`. A kind is a subclass with `tag_field="kind"` and its own `tag`.

    `STANDS_AT`: the key of `[[tills]]` that may name it (`scale`, `printer`); empty: it belongs to no till.
    """

    STANDS_AT: ClassVar[str] = ""

    id: str

    def problems(self) -> list[tuple[str, str]]:
        """Key and complaint with its remedy, for every rule within this table that is broken. An empty key: the table."""
        return []


def kind_of(table: type[DeviceTable] | DeviceTable) -> str:
    """The `kind` a table has in the file."""
    return str(table.__struct_config__.tag)


def line_problems(port: str) -> list[tuple[str, str]]:
    """For a key `port` that names a serial port or a converter from serial to network."""
    url = urllib.parse.urlsplit(port)
    if "://" in port and (url.scheme != "tcp" or not url.hostname or not _port_of(url) or url.path):
        return [("port", f"devices.port: a device path or tcp://host:port is expected, not '{port}'.")]
    return []


def _port_of(url: urllib.parse.SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        return None
