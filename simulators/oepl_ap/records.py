"""A label as the access point believes it to be: its record, its queue, and what lies in the access point's files."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import msgspec

from protocols.esl.image import Planes
from protocols.esl.oepl_records import NEVER_SECONDS, TagRecord

LOW_BATTERY_MV = 2_400
TEST_BATTERY_MV = 1_337


@dataclass(frozen=True, slots=True)
class Queued:
    """One file or command waiting for its label."""

    file: bytes
    image_hash: str
    """Of the file; of a command its first 8 bytes, which the device takes for one."""
    planes: Planes | None = None
    """None: a command."""
    command: str = ""
    """As of `/tag_cmd`, or `led`."""
    light: bytes = b""

    @property
    def blocks(self) -> int:
        """Blocks of 4096 bytes."""
        return -(-len(self.file) // 4_096)


@dataclass(slots=True)
class Known:
    """A label as the access point knows it."""

    record: TagRecord
    queue: deque[Queued] = field(default_factory=deque)
    staged: bytes | None = None
    """An upload not yet drawn."""
    current_file: bytes = b""
    """`/current/{MAC}.raw`: the file credited last."""
    template: str = ""
    """`/current/{MAC}.json`."""
    sleeps_for_ever: bool = False
    """It was sent into deep sleep: once it has asked for that, it asks no more."""

    def change(self, **fields: object) -> None:
        """Other values in the record."""
        self.record = msgspec.structs.replace(self.record, **fields)

    def on_disk(self) -> Known:
        """A copy with what the database and the files keep: no queue, no upload."""
        return Known(record=self.record, current_file=self.current_file, template=self.template)

    @property
    def served_elsewhere(self) -> bool:
        """Another access point has it."""
        return self.record.isexternal


def saved(record: TagRecord, now_seconds: int) -> TagRecord:
    """A record as it is after a restart: nothing is pending, an overdue check-in is expected within the minute."""
    due = record.nextcheckin if record.nextcheckin >= now_seconds else now_seconds + 60
    return msgspec.structs.replace(record, pending=0, nextcheckin=due)


def is_timed_out(record: TagRecord, now_seconds: int, max_sleep_minutes: int) -> bool:
    """Whether `timeoutcount` counts it: not seen for long, and its check-in is 10 minutes overdue."""
    silent = now_seconds - record.lastseen > max_sleep_minutes * 60 + 300
    return silent and (record.nextcheckin < 3_600 or now_seconds - record.nextcheckin > 600)


def is_purged(record: TagRecord, now_seconds: int) -> bool:
    """Whether `/tag_cmd purge` deletes it."""
    overdue = now_seconds > record.nextcheckin + 600
    return record.nextcheckin == NEVER_SECONDS or record.lastseen < now_seconds - 24 * 3_600 or overdue


def has_low_battery(record: TagRecord) -> bool:
    """Whether `lowbattcount` counts it."""
    return record.battery_mv not in (0, TEST_BATTERY_MV) and record.battery_mv < LOW_BATTERY_MV
