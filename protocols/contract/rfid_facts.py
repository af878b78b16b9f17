"""Facts about tagged goods on the move: what an exit gate heard, and what went into a fitting room."""

from __future__ import annotations

import msgspec


class TaggedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One tag. `item_id` is empty when no item of the catalogue has its GTIN."""

    epc: str
    gtin: str = ""
    item_id: str = ""


class GateAlarmRaised(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="GateAlarmRaised"):
    """Goods went out that no sale of this store covers. One alarm for what went out together."""

    alarm_id: str
    device_id: str
    lines: tuple[TaggedLine, ...]
    siren: bool
    """Whether the gate's siren was switched on."""


class GateAlarmEnded(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="GateAlarmEnded"):
    """What an alarm was."""

    alarm_id: str
    outcome: str
    """`sold` (a sale came late and covers it), `stopped` (a person met the customer), `false`, `stolen`, `unseen`
    (nobody said anything within a day)."""
    staff_id: str = ""
    sale_id: str = ""


class FittedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A piece that was taken into a fitting room. Times in milliseconds since 1970 UTC."""

    epc: str
    gtin: str = ""
    item_id: str = ""
    entered_ms: int
    left_ms: int
    tried_on: bool
    """It stayed long enough."""
    outcome: str
    """`bought`, `back` (seen elsewhere in the store), `abandoned` (still there at closing), `unknown`."""


class FittingEnded(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="FittingEnded"):
    """A visit to a fitting room, once it is known what became of the pieces. Nobody's name is in it."""

    session_id: str
    device_id: str
    room: str
    entered_ms: int
    left_ms: int
    lines: tuple[FittedLine, ...]


class TagChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="TagChanged"):
    """An order to write, lock or silence one tag, once it is known what came of it. No password is in it."""

    order_id: str
    device_id: str
    epc: str
    """EPC URI before."""
    what: str
    """`encode`, `lock`, `kill`."""
    new_epc: str = ""
    """Of `encode`: the EPC URI asked for."""
    outcome: str
    """`done`, `failed` (the tag is as it was), `unknown` (the reader or the box went away meanwhile)."""
    fault: str = ""
    staff_id: str = ""
    """Who gave the order; empty: the store's settings did (`sale_id`)."""
    sale_id: str = ""
