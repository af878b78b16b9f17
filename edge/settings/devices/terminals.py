"""Payment terminals."""

from __future__ import annotations

from typing import ClassVar, Literal

from edge.settings.devices.table import DeviceTable


class TallystickTerminalSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="tallystick_terminal"):
    """A terminal that speaks `protocols.payment`."""

    STANDS_AT: ClassVar[str] = "terminal"

    host: str
    port: int = 7071
    methods: tuple[Literal["card", "code"], ...] = ("card", "code")
    answer_seconds: int = 180

    def problems(self) -> list[tuple[str, str]]:
        """See `DeviceTable.problems`."""
        if 10 <= self.answer_seconds <= 600:
            return []
        return [("answer_seconds", "devices.answer_seconds: 10 to 600.")]


TABLES = (TallystickTerminalSettings,)
