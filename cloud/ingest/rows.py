"""What every projection is made of: the event, where it comes from, and rows as COPY text."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, TypeVar

import msgspec

from cloud.ingest.tables import END, NULL, Table
from protocols.contract.facts import FactBody
from protocols.contract.sale_parts import Override, UnitDiscount
from protocols.contract.values import ClockQuality


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact's envelope together with its body, read in one go (the fields of `FactEnvelope` a projection needs)."""

    event_id: str
    kind: str
    at_ms: int
    clock: ClockQuality
    business_date: str
    body: FactBody


@dataclass(frozen=True, slots=True)
class Origin:
    """Where facts come from: what a row says besides the fact itself."""

    store_id: str
    incarnation: int
    heard_ms: int = 0
    """HQ's clock when they came: what is far from it was measured by a wrong clock."""


Texts: TypeAlias = tuple[tuple[Table, str], ...]
"""Row texts by table."""


@dataclass(frozen=True, slots=True)
class Projected:
    """A fact as rows. `table` and `key` name it; the same key under another event id is another fact, and a mistake."""

    table: Table
    key: str
    event_id: str
    texts: Texts


@dataclass(frozen=True, slots=True)
class Unprojectable:
    """A fact for quarantine. `kind` is "" when not even that can be read."""

    kind: str
    reason: str


_encoder = msgspec.json.Encoder()

Body = TypeVar("Body")
Projector: TypeAlias = Callable[[Origin, int, Event, Body], Projected | Unprojectable]


def or_null(value: object) -> object:
    """A value as COPY text; a list of a fact becomes JSON."""
    if isinstance(value, tuple):
        return details(value)
    return NULL if value is None else value


def details(parts: Sequence[UnitDiscount] | Sequence[Override] | Sequence[str] | Sequence[int]) -> str:
    """A rare list of a line as JSON text, written so that COPY reads it back unchanged."""
    return _encoder.encode(parts).decode().replace("\\", "\\\\") if parts else NULL


@lru_cache(maxsize=64)
def row_of(columns: int) -> str:
    return "\t".join(["%s"] * columns) + END


@dataclass(frozen=True, slots=True)
class Move:
    """A stock move that a line of a larger fact makes; the quantity is signed."""

    move_id: str
    item_id: str
    place: str
    quantity_thousandths: int
    reason: str
    reference: str
    batch: str = ""
    expires: str = ""
    staff_id: str = ""
    approver_id: str = ""
    serial: str = ""


def move_row(origin: Origin, seq: int, event: Event, move: Move) -> str:
    """The move as a row; no row for a quantity of nothing."""
    if not move.quantity_thousandths:
        return ""
    values = (
        origin.store_id, move.move_id, origin.incarnation, seq, event.event_id, move.item_id, move.place,
        move.quantity_thousandths, move.reason, move.reference, event.at_ms, event.business_date, move.batch, move.expires,
        move.serial, move.staff_id, move.approver_id,
    )  # fmt: skip
    return row_of(len(values)) % values


_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def bad_date(text: str) -> bool:
    """Whether a text is neither empty nor an ISO date."""
    if not text:
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return True
    return _DATE.fullmatch(text) is None
