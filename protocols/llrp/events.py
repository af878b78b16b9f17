"""What a reader session tells its driver."""

from __future__ import annotations

import msgspec

from protocols.llrp.access import AccessOutcome
from protocols.llrp.reader_setup import Capabilities
from protocols.llrp.reads import TagRecord


class ReaderRuns(msgspec.Struct, frozen=True):
    """The inventory is running, or waits for its trigger."""

    capabilities: Capabilities


class ClockTold(msgspec.Struct, frozen=True):
    """The reader's clock at this moment, as its greeting says it; told before any tag, and before what it held back.

    `uptime`: it has no wall clock and counts from its start.
    """

    microseconds: int
    uptime: bool = False


class TagsReported(msgspec.Struct, frozen=True):
    """Tags, in the order of the report."""

    records: list[TagRecord]


class AntennaChanged(msgspec.Struct, frozen=True):
    """An antenna was plugged in or fell off, or was found so at the start."""

    antenna: int
    connected: bool


class InputChanged(msgspec.Struct, frozen=True):
    """A general-purpose input (a light beam, a button) has another level; bouncing is taken away."""

    port: int
    high: bool


class AccessDone(msgspec.Struct, frozen=True):
    """An order to read or write a tag has come to its end."""

    outcome: AccessOutcome


class ReaderSaid(msgspec.Struct, frozen=True):
    """Something a person may want to know; the connection goes on. `kind` is stable, `text` is for people."""

    kind: str
    text: str


Event = ReaderRuns | ClockTold | TagsReported | AntennaChanged | InputChanged | AccessDone | ReaderSaid
