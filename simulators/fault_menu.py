"""Everything that can go wrong at will: one table of faults by kind of device, with the line, the clock and the disk.

`FAULTS` is what the page, `/faults/menu`, scenarios and the table of devices in the docs are made from.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulators import kinds
from simulators.bench import LINE_KNOBS
from simulators.device_kind import Knob, Value


class Sort(enum.Enum):
    """What a fault does, whatever the device."""

    DELAY = "delay"
    DROP = "drop"
    CORRUPT = "corrupt"
    SPLIT = "split"
    DUPLICATE = "duplicate"
    DISCONNECT = "disconnect"
    CHECKSUM = "wrong checksum"
    SILENCE = "silence"
    SLOW = "slow"
    REFUSE = "refuse"
    STATE = "state"
    CLOCK = "clock"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry. `default`: good order. `modes`: where it can be switched on."""

    name: str
    sort: Sort
    about: str
    default: Value
    modes: tuple[str, ...] = ("wire", "replay")


_SORTS: Mapping[Sort, Sequence[str]] = {
    Sort.DELAY: ("late_ms", "delay_ms", "jitter_ms", "gather_ms"),
    Sort.DROP: (
        "lost_byte_percent", "drop_per_mille", "lost_answer_percent", "lost_complete_percent", "packet_lost_percent",
        "answer_lost_percent", "reply_lost", "enquiry_lost", "missed_check_in_percent", "omit_repeated",
    ),
    Sort.CORRUPT: (
        "garbage", "noise_byte_percent", "noise_per_mille", "answer_garbled_percent", "wrong_pc", "odd_epcs",
        "foreign_epcs", "unknown_messages", "unknown_parameters", "custom_everywhere", "mode_table_lies",
    ),
    Sort.CHECKSUM: ("wrong_bit_percent", "flip_per_mille"),
    Sort.SPLIT: ("split",),
    Sort.DUPLICATE: ("duplicate_percent", "duplicate_per_mille", "duplicate_complete_percent", "duplicate"),
    Sort.DISCONNECT: (
        "unplugged", "disconnect_after_bytes", "cut_after", "cut_before", "cut_percent", "cut_next_report",
        "reset_next_report", "sync_lost_percent", "connect_fails_percent", "keeps_dead_client",
    ),
    Sort.SILENCE: ("silent", "stall", "stalled", "no_keepalive", "no_reports", "no_answers", "radio_full"),
    Sort.SLOW: ("bytes_per_second", "slow_ms", "radio_busy_percent"),
    Sort.REFUSE: (
        "refuse", "busy", "busy_percent", "decline", "occupied", "out_of_order", "refuse_power", "refuse_filters",
        "capacity_percent", "flash_full",
    ),
    Sort.CLOCK: ("clock_off_ms", "uptime_only"),
}  # fmt: skip
_SORT_OF = {name: sort for sort, names in _SORTS.items() for name in names}


def _entry(knob: Knob[Any]) -> Fault:
    return Fault(
        knob.name,
        _SORT_OF.get(knob.name, Sort.STATE),
        knob.about or f"{knob.name.replace('_', ' ').capitalize()}.",
        knob.default,
    )


def _of_the_box(name: str, sort: Sort, about: str, default: Value) -> Fault:
    """The box's clock and disk are its machine's: only replay mode holds them in its hand."""
    return Fault(name, sort, about, default, modes=("replay",))


CLOCK_FAULTS = (
    _of_the_box(
        "step_ms", Sort.CLOCK, "The box's wall clock jumps by so much once; below 0: back, as after an NTP answer.", 0
    ),
    _of_the_box(
        "drift_ppm", Sort.CLOCK, "The box's wall clock runs so much too fast (below 0: too slow), in millionths.", 0
    ),
)
DISK_FAULTS = (
    _of_the_box("full", Sort.DISK, "Every write to the box's disk fails: no space left.", False),
    _of_the_box("slow_ms", Sort.DISK, "Every durable write of the box takes so much longer.", 0),
    _of_the_box(
        "power_cut", Sort.DISK, "The box loses its power once, with what was not synced, and comes up again.", False
    ),
    _of_the_box("cut_in_write", Sort.DISK, "The same, within its next durable write.", False),
)
FAULTS: Mapping[str, tuple[Fault, ...]] = {
    **{kind.name: tuple(_entry(knob) for knob in kind.knobs) for kind in kinds.KINDS},
    "line": tuple(_entry(knob) for knob in LINE_KNOBS),
    "clock": CLOCK_FAULTS,
    "disk": DISK_FAULTS,
}
"""By the name of the kind of device, `line` (before any device that has a bad line), `clock` and `disk` (the box's)."""
