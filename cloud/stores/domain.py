"""Stores: what may be said of one, which feeds it follows, and how it does. Pure."""

from __future__ import annotations

import enum
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.refusals import FieldProblem, Invalid
from protocols.contract.feed_rows import (
    CATALOGUE_FEED,
    TEMPLATES_FEED,
    StoreRow,
    member_feed,
    opening_stock_feed,
    price_feed,
    promotion_feed,
    setup_feed,
    staff_feed,
    stock_feed,
    store_price_feed,
)
from protocols.contract.values import FeedId, Stream

STORE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A topic level and a certificate's common name (protocols/sync/topics.py)."""
RESERVED_IDS = frozenset({"hq", "feed"})
RECEIPT_LINES_MAX = 8
RECEIPT_LINE_LENGTH_MAX = 42
DWELL_SECONDS_MAX = 3600
TASK_HOURS_MAX = 72


class OrderKind(enum.StrEnum):
    """What an operator may order of a store's session."""

    CHOOSE_BOX = "choose_box"
    NEW_INCARNATION = "new_incarnation"


@dataclass(frozen=True)
class StoreSettings:
    """What HQ decides about one store; the same fields as the feed's `StoreRow`."""

    store_id: str
    name: str
    zone: str
    time_zone: str
    receipt_header: tuple[str, ...] = ()
    receipt_footer: tuple[str, ...] = ()
    label_dwell_seconds: int = 60
    label_task_hours: int = 4

    def row(self) -> StoreRow:
        """As the store receives it."""
        return StoreRow(
            store_id=self.store_id,
            name=self.name,
            zone=self.zone,
            time_zone=self.time_zone,
            receipt_header=self.receipt_header,
            receipt_footer=self.receipt_footer,
            label_dwell_seconds=self.label_dwell_seconds,
            label_task_hours=self.label_task_hours,
        )


def feeds_of(store_id: str, zone: str) -> tuple[FeedId, ...]:
    """The feeds a store follows, in the order a screen lists them (SQL: `hq_feeds_of`)."""
    return (
        CATALOGUE_FEED,
        TEMPLATES_FEED,
        price_feed(zone),
        store_price_feed(store_id),
        promotion_feed(zone),
        member_feed(store_id),
        stock_feed(store_id),
        setup_feed(store_id),
        staff_feed(store_id),
        opening_stock_feed(store_id),
    )


def check_store(settings: StoreSettings) -> None:
    """Raise `Invalid` with every problem found. Whether the zone exists is asked of the database."""
    problems: list[FieldProblem] = []
    if not STORE_ID.fullmatch(settings.store_id) or settings.store_id.lower() in RESERVED_IDS:
        problems.append(
            FieldProblem(
                "store_id", f"'{settings.store_id}' is no store id", "1 to 64 letters, digits, '.', '_', '-'; not hq."
            )
        )
    if not settings.name.strip():
        problems.append(FieldProblem("name", "empty", "Give the name printed on receipts."))
    if not _time_zone_exists(settings.time_zone):
        problems.append(
            FieldProblem("time_zone", f"'{settings.time_zone}' is unknown", "Use an IANA name, for example Europe/Berlin.")
        )
    for field, lines in (("receipt_header", settings.receipt_header), ("receipt_footer", settings.receipt_footer)):
        if len(lines) > RECEIPT_LINES_MAX or any(len(line) > RECEIPT_LINE_LENGTH_MAX for line in lines):
            problems.append(
                FieldProblem(
                    field, "too long", f"At most {RECEIPT_LINES_MAX} lines of {RECEIPT_LINE_LENGTH_MAX} characters."
                )
            )
    if not 0 <= settings.label_dwell_seconds <= DWELL_SECONDS_MAX:
        problems.append(FieldProblem("label_dwell_seconds", "out of range", f"0 to {DWELL_SECONDS_MAX} seconds."))
    if not 1 <= settings.label_task_hours <= TASK_HOURS_MAX:
        problems.append(FieldProblem("label_task_hours", "out of range", f"1 to {TASK_HOURS_MAX} hours."))
    if problems:
        raise Invalid.fields(problems)


def _time_zone_exists(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@dataclass(frozen=True)
class FeedStanding:
    """One feed of a store: what it should hold (desired) and what it holds (applied)."""

    feed_id: str
    desired_version: int
    applied_version: int | None
    """None: the store has not said."""
    in_step: bool
    status: str

    @property
    def behind(self) -> int:
        """Versions to go; 0 when in step."""
        return 0 if self.in_step else max(1, self.desired_version - (self.applied_version or 0))


@dataclass(frozen=True)
class StreamStanding:
    """One journal stream as the store reported it, corrected by what HQ has stored since."""

    stream: str
    last_seq: int
    acked_upto: int
    durable_upto: int
    oldest_unacked_age_ms: int | None
    """As of the report."""


def oldest_unacked_ms(streams: Sequence[StreamStanding], reported_at_ms: int, now_ms: int) -> int | None:
    """Age now of the oldest fact HQ does not hold, measurements aside; None when it holds all it has heard of."""
    ages = [
        row.oldest_unacked_age_ms
        for row in streams
        if row.stream != Stream.BULK and row.oldest_unacked_age_ms is not None and row.acked_upto < row.last_seq
    ]
    return max(ages) + max(0, now_ms - reported_at_ms) if ages else None
