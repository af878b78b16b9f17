"""Receipt printers."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from edge.settings.devices.table import DeviceTable
from protocols.escpos.charsets import CHARSETS


class EscposTcpSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="escpos_tcp"):
    """An ESC/POS printer in the network."""

    STANDS_AT: ClassVar[str] = "printer"

    host: str
    port: int = 9100
    columns: int = 42
    charset: str = "cp858"
    proof: Literal["process_id", "status"] = "process_id"
    logo: Path | None = None
    """A picture for the head of receipts; None: no picture."""

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        if self.charset in CHARSETS:
            return []
        return [("charset", f"devices.charset: '{self.charset}' is none of {', '.join(CHARSETS)}.")]


TABLES = (EscposTcpSettings,)
