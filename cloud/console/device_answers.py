"""Devices of one store as the API answers."""

from __future__ import annotations

import msgspec


class SentTable(msgspec.Struct, frozen=True, kw_only=True):
    revision: int
    text: str
    even_if_not_ready: bool
    sent_at_ms: int
    sent_by: str


class ToldTable(msgspec.Struct, frozen=True, kw_only=True):
    at_ms: int
    in_force: int
    text: str
    revision: int
    outcome: str
    reason: str


class DeviceTable(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    outcome: str
    sent: SentTable | None
    told: ToldTable | None

    @property
    def text(self) -> str:
        """What a person begins to edit with: what was sent if it still may come into force, else what is in force."""
        if self.sent is not None and self.outcome == "waiting":
            return self.sent.text
        return "" if self.told is None else self.told.text


class NewTable(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    seen_revision: int
    even_if_not_ready: bool


class Health(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    counts: dict[str, int]
    last_error: str
    last_error_at_ms: int


class HealthList(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Health, ...]
