"""What goes between an access point's judgement (`protocols.ble_esl.network`) and its driver."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocols.ble_esl.records import LabelRecord


class Stage(enum.Enum):
    """How far an order is."""

    CONNECT = "connect"
    SWITCH = "switch"
    TIMED = "timed"
    CANCEL = "cancel"
    WAIT = "wait"
    PING = "ping"
    PROVE = "prove"


@dataclass(frozen=True, slots=True)
class Picture:
    """What a label shall show. `data`: the object's bytes as its panel takes them. `show_at_ms` None: at once."""

    image_hash: str
    data: bytes
    show_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """A connection that makes a label one of the network, or brings it back. `check`: slots whose checksum is asked."""

    record: LabelRecord
    check: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """A connection that writes one image, and the time."""

    record: LabelRecord
    slot: int
    picture: Picture


Job = Join | Upload


@dataclass(frozen=True, slots=True)
class Seen:
    """A label was heard, joined, or was proven to show something. Its record is durable before this is told.

    `rssi` in dBm; 0: not heard on the train yet.
    """

    record: LabelRecord
    pending: int
    rssi: int


@dataclass(frozen=True, slots=True)
class GaveUp:
    """An order was given back. `why` in plain words."""

    label_id: str
    why: str


News = Seen | GaveUp
