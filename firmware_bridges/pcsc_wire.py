"""What the box and its card process say to each other: one JSON object a line. Keys never pass here."""

from __future__ import annotations

import msgspec

from protocols.device_events import CardTrouble

LINE_BYTES_MAX = 4_096


class WorkerOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The one line the process is told: which reader, and what to ask of cards (`protocols.cards.reading.ReadPlan`)."""

    reader: str = ""
    """A part of the reader's name; empty: the first one there is."""
    sources: tuple[str, ...]
    app_id: str
    """Hexadecimal."""
    app_file: int
    ndef_uri: str
    block: int
    keys_file: str = ""


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ready"):
    """The reader is there."""

    reader: str


class Trouble(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="trouble"):
    """No card can be read now; `text` says what to do."""

    text: str


class Hopeless(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hopeless"):
    """The process ends: something must be installed or set."""

    text: str


class Card(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="card"):
    """A member card."""

    number: str


class Unread(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="unread"):
    """A card that names nobody."""

    why: CardTrouble


class Beat(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="beat"):
    """Still alive."""


Told = Ready | Trouble | Hopeless | Card | Unread | Beat
