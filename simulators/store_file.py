"""A store's devices as one YAML file: the keys of the bench's TOML file; ports that are not written are free ones.

seed: 7
bad_lines: true            # a bad line before every device, so that its line can be broken
tills:
  - {id: "1", scale: scale-1, printer: printer-1, scanner: scanner-1, terminal: terminal-1}
scales:
  - {id: scale-1, kind: mt_sics}
printers:
  - {id: printer-1}
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from simulators.settings import BenchSettings, DeviceTable, LineTable, kinds_of_table, problems_of
from simulators.yaml_source import YamlSource, read_text

OPTION = "Name the store file."
RUN = "run"
"""The folder of serial ports, in the folder of the store's state."""


class StoreFile(BenchSettings, frozen=True, kw_only=True):
    """A store file. `bad_lines`: a bad line before every device that can have one. `let`: values for `${name}`."""

    name: str = ""
    bad_lines: bool = False
    let: dict[str, str] = msgspec.field(default_factory=dict)


def load_store(path: Path, run_folder: Path) -> BenchSettings:
    """Read, check and complete the file: serial ports in `run_folder`, free TCP ports. Raises `YamlRefused`."""
    return complete(YamlSource(str(path), read_text(path, OPTION)), run_folder, path.parent.absolute())


def complete(source: YamlSource, run_folder: Path, base: Path) -> BenchSettings:
    """The settings a store file stands for; paths in it are relative to `base`. Raises `YamlRefused`."""

    def read_path(kind: type, value: object) -> object:
        if kind is not Path or not isinstance(value, str) or not value:
            raise ValueError(f"Expected a path as text, got {value!r}")
        return base / value

    plain: dict[str, Any] = source.plain
    free_page = "port" not in plain
    given = source.read(StoreFile, read_path)
    for (table, index, key), why in problems_of(_with_lines(given, run_folder)):
        path = f"$.{table}[{index}].{key}" if table else f"$.{key}"
        raise source.refuse(path, why)
    with contextlib.ExitStack() as held:
        ports = _free_ports(held)
        tables = {
            table: tuple(
                _completed(device, _keys(plain, table, index), given.bad_lines, run_folder, ports)
                for index, device in enumerate(given.of(table))
            )
            for table in kinds_of_table()
        }
        page = next(ports) if free_page else given.port
    kept = {name: getattr(given, name) for name in BenchSettings.__struct_fields__ if name not in tables}
    return BenchSettings(**{**kept, **tables, "port": page})


def _keys(plain: dict[str, Any], table: str, index: int) -> dict[str, Any]:
    found: dict[str, Any] = plain[table][index]
    return found


def _with_lines(given: StoreFile, run_folder: Path) -> StoreFile:
    """Serial ports where none is written, so that what is checked is what will be; TCP ports are made up later."""
    lined = {
        table: tuple(
            msgspec.structs.replace(device, port=run_folder / RUN / device.id)
            if isinstance(device, LineTable) and device.port is None and device.tcp_port is None
            else _unset_port(device)
            for device in given.of(table)
        )
        for table in kinds_of_table()
    }
    return msgspec.structs.replace(given, **lined)


def _unset_port(device: DeviceTable) -> DeviceTable:
    """Two devices with the usual port of their kind are no clash: each gets a port of its own when none is written."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(device)}
    port = getattr(device, "port", None)
    if isinstance(port, int) and port == defaults["port"]:
        return msgspec.structs.replace(device, port=0)
    return device


def _completed(
    device: DeviceTable, written: dict[str, Any], bad_lines: bool, run_folder: Path, ports: Iterator[int]
) -> DeviceTable:
    names = {field.name for field in msgspec.structs.fields(device)}
    found: dict[str, object] = {}
    if isinstance(device, LineTable):
        if device.port is None and device.tcp_port is None:
            found["port"] = run_folder / RUN / device.id
        if device.tcp_port == 0:
            found["tcp_port"] = next(ports)
        if bad_lines and device.proxy_port is None and device.proxy_tcp_port is None:
            tcp = device.tcp_port is not None
            found |= {"proxy_tcp_port": next(ports)} if tcp else {"proxy_port": run_folder / RUN / f"{device.id}-line"}
    elif "port" in names and ("port" not in written or written["port"] == "0"):
        found["port"] = next(ports)
    if not isinstance(device, LineTable) and bad_lines and "proxy_port" in names and "proxy_port" not in written:
        found["proxy_port"] = next(ports)
    return msgspec.structs.replace(device, **found)


def _free_ports(held: contextlib.ExitStack) -> Iterator[int]:
    """Ports nobody has now; held until all are given out, so that none is given twice."""
    while True:
        yield held.enter_context(contextlib.closing(socket.create_server(("127.0.0.1", 0)))).getsockname()[1]
