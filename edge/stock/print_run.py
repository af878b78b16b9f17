"""A print run of tags held against what was ordered: does each tag say what its label says, is each there, is each one only?

A run is the tags a notice promises (headquarters drew their serial numbers). Nothing is changed.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from edge.rfid import fates
from edge.rfid import store as tags
from edge.rfid.tags import TagState, Why
from edge.stock import notices
from edge.stock.refusals import StockRefused
from edge.stock.rules import Source
from protocols.gs1.epc import identify

MISSING_SHOWN = 50


class Verdict(enum.StrEnum):
    """What a tag on the table is worth."""

    GOOD = "good"
    """A piece of an item of the catalogue; of the run, when there is one."""
    NOT_OF_RUN = "not_of_run"
    HERE = "here"
    """Booked in already: the same number was printed before."""
    NO_ITEM = "no_item"
    FOREIGN = "foreign"
    """Empty, or no piece of a trade item: to be encoded."""


@dataclass(frozen=True, slots=True)
class CheckedTag:
    """`epc`: its URI; `raw` bits and `bits`: as the tag holds it."""

    epc: str
    raw: bytes
    bits: int
    gtin: str
    serial: str
    item_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class RunCheck:
    """The tags, and how many of the run were not on the table; the first of those by name."""

    tags: tuple[CheckedTag, ...]
    expected: int
    missing: int
    missing_epcs: tuple[str, ...]


def check(source: Source, heard: Sequence[tuple[bytes, int]], asn_id: str = "") -> RunCheck:
    """Hold tags against a notice; without one against the catalogue alone. Raises `StockRefused` (no such notice)."""
    run: set[str] | None = None
    if asn_id:
        notice = notices.find(source, asn_id)
        if notice is None:
            raise StockRefused("notice_unknown")
        run = {epc for line in notice.lines for epc in line.epcs}
    found = tuple(_checked(source, raw, bits, run) for raw, bits in heard)
    missing = sorted((run or set()) - {each.epc for each in found})
    return RunCheck(found, len(run or ()), len(missing), tuple(missing[:MISSING_SHOWN]))


def _checked(source: Source, raw: bytes, bits: int, run: set[str] | None) -> CheckedTag:
    tag = identify(raw, bits)
    item_id, _, why = tags.item_of(source, tag.gtin)
    verdict = Verdict.GOOD
    if why is Why.FOREIGN:
        verdict = Verdict.FOREIGN
    elif why is not Why.NOTHING:
        verdict = Verdict.NO_ITEM
    elif run is not None and tag.uri not in run:
        verdict = Verdict.NOT_OF_RUN
    elif run is not None and _is_here(source, tag.uri):
        verdict = Verdict.HERE
    return CheckedTag(tag.uri, raw, bits, tag.gtin, tag.serial, item_id, verdict)


def _is_here(source: Source, epc: str) -> bool:
    known = tags.tag(source, epc)
    return known is not None and known.state is TagState.RECEIVED and not fates.may_leave(source, epc)
