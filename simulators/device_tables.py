"""What the tables of all devices in a bench file have."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unknown keys are refused."""


TomlValue = str | int | list[int] | list[dict[str, str | int]]
"""What edge_table holds."""


class DeviceTable(Table, frozen=True, kw_only=True):
    """What every device has: an id of its own. Its ports are the fields that end in `port`."""

    id: str

    def problems(self) -> list[tuple[str, str]]:
        """(key, what is wrong with it) beyond what every device is asked."""
        return []

    def edge_table(self) -> dict[str, TomlValue]:
        """The keys of this device's [[devices]] table in a store box's settings, `id` apart; the bad line if it has one."""
        return {}


class LineTable(DeviceTable, frozen=True, kw_only=True):
    """A device on a serial line: a pseudo-terminal at `port`, or `tcp_port` as behind a converter to the network."""

    port: Path | None = None
    tcp_port: int | None = None
    proxy_port: Path | None = None
    proxy_tcp_port: int | None = None

    def problems(self) -> list[tuple[str, str]]:
        """One line, and a bad line of the same sort."""
        if (self.port is None) == (self.tcp_port is None):
            return [("port", "give either port (a serial port) or tcp_port.")]
        if self.proxy_port is not None and self.port is None:
            return [("proxy_port", "the device is on tcp_port, so its bad line is proxy_tcp_port.")]
        if self.proxy_tcp_port is not None and self.tcp_port is None:
            return [("proxy_tcp_port", "the device is on a serial port, so its bad line is proxy_port.")]
        return []

    def place(self) -> str:
        """Where a box finds it."""
        if self.tcp_port is not None:
            return f"tcp://127.0.0.1:{self.proxy_tcp_port or self.tcp_port}"
        return str(self.proxy_port or self.port)
