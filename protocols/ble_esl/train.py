"""The timing of periodic advertising with responses (PAwR): one subevent per group, response slots inside each.

Units of the wire: 1.25 ms for interval, subevent spacing and response delay; 0.125 ms for the spacing of response slots.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.ble_esl.errors import EslRefused

GROUPS_MAX = 128
LABELS_PER_GROUP_MAX = 255


@dataclass(frozen=True, slots=True)
class Train:
    """The parameters. The defaults carry 28 groups of 255 labels: each group is spoken to every 1.541 s."""

    interval_units: int = 1_233
    subevents: int = 28
    subevent_units: int = 44
    slot_delay_units: int = 30
    slot_spacing_units: int = 6
    slots: int = 23

    def __post_init__(self) -> None:
        """Raises `EslRefused` when subevents or slots do not fit in."""
        if not 1 <= self.subevents <= GROUPS_MAX:
            raise EslRefused(f"1 to {GROUPS_MAX} groups, not {self.subevents}")
        if self.subevents * self.subevent_units > self.interval_units:
            raise EslRefused(f"{self.subevents} subevents of {self.subevent_units} do not fit in {self.interval_units}")
        answers = self.slot_delay_units * 10 + self.slots * self.slot_spacing_units
        if not self.slots or answers > self.subevent_units * 10:
            raise EslRefused(f"{self.slots} response slots do not fit behind the delay")

    @property
    def interval_us(self) -> int:
        """From one turn of a group to its next."""
        return self.interval_units * 1_250

    @property
    def labels_max(self) -> int:
        """How many labels one access point serves."""
        return self.subevents * LABELS_PER_GROUP_MAX

    def subevent_us(self, event: int, subevent: int) -> int:
        """When a packet goes out, from the start of the train."""
        return event * self.interval_us + subevent * self.subevent_units * 1_250

    def slot_us(self, event: int, subevent: int, slot: int) -> int:
        """When the answer in a slot begins."""
        return self.subevent_us(event, subevent) + self.slot_delay_units * 1_250 + slot * self.slot_spacing_units * 125
