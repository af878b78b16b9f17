"""Readers of member cards."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from edge.settings.devices.table import DeviceTable
from protocols.cards.member_app import APP_ID_BYTES


class PcscReaderSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="pcsc"):
    """A card reader of this machine's PC/SC service."""

    STANDS_AT: ClassVar[str] = "card_reader"

    reader: str = ""
    sources: tuple[Literal["app", "ndef", "block", "uid"], ...] = ("app", "ndef", "block", "uid")
    app_id: str = "F0544C5953544B"
    app_file: int = 1
    ndef_uri: str = "member:"
    block: int = 4
    keys_file: Path | None = None
    duplicate_ms: int = 1_000

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        found = []
        if not self.sources or len(set(self.sources)) < len(self.sources):
            found.append(("sources", "devices.sources: app, ndef, block, uid, each once at most, in the order to ask."))
        if not _is_app_id(self.app_id):
            found.append(("app_id", "devices.app_id: 10 to 32 hexadecimal digits."))
        if not 1 <= self.app_file <= 30:
            found.append(("app_file", "devices.app_file: 1 to 30."))
        if not 1 <= self.block <= 254:
            found.append(("block", "devices.block: 1 to 254."))
        if not 0 <= self.duplicate_ms <= 10_000:
            found.append(("duplicate_ms", "devices.duplicate_ms: 0 to 10000 (0 takes every tap)."))
        return found


def _is_app_id(digits: str) -> bool:
    try:
        return len(bytes.fromhex(digits)) in APP_ID_BYTES
    except ValueError:
        return False


TABLES = (PcscReaderSettings,)
