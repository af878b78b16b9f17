"""Scanners, card readers and cards in a bench file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from protocols.cards.vpcd import PORT as VPCD_PORT
from protocols.scanners.keymaps import KEY_MAPS
from simulators.cards.deck import CardShape, card_of
from simulators.device_tables import DeviceTable, LineTable, TomlValue


class ScannerSettings(LineTable, frozen=True, kw_only=True):
    """A barcode scanner. `identifiers`: it sends AIM identifiers.

    `kind`: its wire. A `wedge` (a keyboard, with its `layout`) and `hid_pos` hand on what their kernel would, over a Unix
    socket at `port`; a wedge ends a code by `suffix` "cr" (Enter) or "tab".
    """

    kind: Literal["serial", "wedge", "hid_pos"] = "serial"
    suffix: Literal["cr", "lf", "crlf", "tab"] = "cr"
    prefix: str = ""
    identifiers: bool = True
    layout: str = "us"
    keypad: bool = False

    def problems(self) -> list[tuple[str, str]]:
        """What its wire can be."""
        if self.kind == "serial":
            return super().problems()
        if self.port is None or (self.tcp_port, self.proxy_port, self.proxy_tcp_port) != (None, None, None):
            return [("port", f"a scanner of the kind '{self.kind}' has a port (a Unix socket), and no bad line.")]
        if self.kind == "wedge" and self.layout not in KEY_MAPS:
            return [("layout", f"'{self.layout}' is none of {', '.join(KEY_MAPS)}.")]
        if self.kind == "wedge" and self.suffix not in {"cr", "tab"}:
            return [("suffix", "a keyboard has the keys cr (Enter) and tab.")]
        return []

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        if self.kind == "serial":
            return {"kind": "serial_scanner", "port": self.place(), "suffix": self.suffix, "prefix": self.prefix}
        port = f"unix:{self.port}"
        if self.kind == "hid_pos":
            return {"kind": "hid_scanner", "port": port}
        end = "tab" if self.suffix == "tab" else "enter"
        return {"kind": "wedge_scanner", "port": port, "layout": self.layout, "suffix": end, "prefix": self.prefix}


class CardReaderSettings(DeviceTable, frozen=True, kw_only=True):
    """A slot of a virtual card reader: the port where vpcd, a driver of this machine's pcscd, waits for a card."""

    port: int = VPCD_PORT
    reader: str = "Virtual PCD"
    """Its name, as pcscd tells it."""

    def edge_table(self) -> dict[str, TomlValue]:
        """See `DeviceTable`."""
        return {"kind": "pcsc", "reader": self.reader}


class CardTable(CardShape, frozen=True, kw_only=True):
    """A card to put on a reader. `name`: whose it is, for people."""

    id: str
    name: str = ""


def card_problems(cards: Sequence[CardTable]) -> Iterator[tuple[int, str, str]]:
    """Index, key and what is wrong with it."""
    seen: set[str] = set()
    for index, card in enumerate(cards):
        if card.id in seen:
            yield index, "id", f"the id '{card.id}' is used twice."
        seen.add(card.id)
        try:
            card_of(card)
        except ValueError as error:
            yield index, "kind", f"{error}."
