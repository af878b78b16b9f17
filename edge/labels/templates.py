"""Which template a label is drawn with: the newest that headquarters gave this store and this software can draw, else the
built-in one of the same purpose.

Templates are read from the feed's raw rows: a row of a newer kind stays raw, so the former template goes on being used until
the software is updated. What cannot be used is told (`TemplateShelf.troubles`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

from edge.store_db.database import StoreFile
from edge.store_db.queries import load
from protocols.contract.feed_rows import TEMPLATES_FEED, LabelTemplateRow, UnknownFeedRow, decode_row
from protocols.labels.built_in import built_in
from protocols.labels.rules import faults
from protocols.labels.template import Purpose, Template, encode_template

QUERIES = load("edge.labels", "labels.sql")
TEMPLATES_KEPT = 96
"""Of the whole process, decoded: the same bytes are the same template, in however many stores."""
TROUBLES_KEPT = 16
"""Told at once; policy when reached: further ones wait until these are gone."""


@dataclass(frozen=True, slots=True)
class Looks:
    """A template and the hash of its bytes. Two with the same hash draw the same."""

    digest: str
    template: Template = field(compare=False)


def looks_of(template: Template) -> Looks:
    """A template with its hash."""
    return Looks(hashlib.sha256(encode_template(template)).hexdigest(), template)


@lru_cache(maxsize=32)
def built_in_looks(purpose: Purpose, language: str = "en") -> Looks:
    """What stores draw with where nothing was published."""
    return looks_of(built_in(purpose, language))


@dataclass(frozen=True, slots=True)
class _Held:
    """What the feed held at one of its states."""

    at: object
    looks: dict[Purpose, Looks]
    troubles: tuple[str, ...]


class TemplateShelf:
    """The templates of one store. Reads anew whenever the feed has changed; on the event loop."""

    def __init__(self, store: StoreFile, store_id: str, language: str) -> None:
        self._store = store
        self._store_id = store_id
        self._language = language
        self._held = _Held(None, {}, ())

    def looks(self, purpose: Purpose) -> Looks:
        """What a label of this purpose is drawn with now."""
        return self._now().looks.get(purpose) or built_in_looks(purpose, self._language)

    def troubles(self) -> tuple[str, ...]:
        """Templates of the feed that cannot be used, by what names them."""
        return self._now().troubles

    def in_use(self) -> frozenset[str]:
        """The marks of templates from headquarters that labels are drawn with."""
        return frozenset(looks.template.mark for looks in self._now().looks.values())

    def _now(self) -> _Held:
        at = self._store.reader().execute(QUERIES["templates_at"], (TEMPLATES_FEED,)).fetchone()
        if at != self._held.at:
            self._held = self._read(at)
        return self._held

    def _read(self, at: object) -> _Held:
        rows: list[LabelTemplateRow] = []
        troubles: list[str] = []
        for key, body in self._store.reader().execute(QUERIES["template_rows"], (TEMPLATES_FEED,)):
            row = _usable(bytes(body))
            if row is None:
                troubles.append(str(key).removeprefix("label_template/"))
            elif row.given_to(self._store_id):
                rows.append(row)
        rows.sort(key=lambda row: (row.published_ms, row.template.version))
        looks = {row.template.purpose: looks_of(row.template) for row in rows}  # of a purpose the last one stays
        return _Held(at, looks, tuple(sorted(troubles)[:TROUBLES_KEPT]))


@lru_cache(maxsize=TEMPLATES_KEPT)
def _usable(body: bytes) -> LabelTemplateRow | None:
    try:
        row = decode_row(body)
    except UnknownFeedRow:
        return None
    return row if isinstance(row, LabelTemplateRow) and not faults(row.template) else None
