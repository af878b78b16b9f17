"""A sale as HQ holds it, and the place of a reader in the order of arrival. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.refusals import Invalid

MINUTE_MS = 60_000
WINDOW_MINUTES_MAX = 24 * 60


@dataclass(frozen=True, order=True)
class Arrival:
    """Where a sale stands in the order of arrival: the transaction that brought it, then its place within.

    A reader who has seen everything up to an `Arrival` never misses a sale: only transactions older than every one still
    running are shown.
    """

    tx: int
    store_id: str
    ingest_rev: int
    seq: int

    def __str__(self) -> str:
        return f"{self.tx} {self.store_id or '-'} {self.ingest_rev} {self.seq}"


END = Arrival(2**63 - 1, "", 2**62, 0)


@dataclass(frozen=True)
class SaleRow:
    """One sale in a list."""

    arrival: Arrival
    arrived_ms: int
    sale_id: str
    till_id: str
    cashier_id: str
    receipt_till_id: str
    receipt_incarnation: int
    receipt_number: int
    currency: str
    total_minor: int
    line_count: int
    closed_at_ms: int
    clock: str
    business_date: str

    @property
    def store_id(self) -> str:
        return self.arrival.store_id


def read_arrival(text: str) -> Arrival | None:
    """Read what `str` wrote; None for empty text. Raises `Invalid`."""
    if not text:
        return None
    try:
        tx, store_id, ingest_rev, seq = text.split(" ")
        return Arrival(int(tx), "" if store_id == "-" else store_id, int(ingest_rev), int(seq))
    except ValueError:
        raise Invalid.field(
            "after", "belongs to another list", "Use `next` of the answer before, or leave it out."
        ) from None


def window_of(minutes: int, now_ms: int) -> int:
    """The instant from which the last `minutes` whole minutes count. Raises `Invalid`."""
    if not 1 <= minutes <= WINDOW_MINUTES_MAX:
        raise Invalid.field("minutes", f"{minutes} is not from 1 to {WINDOW_MINUTES_MAX}", "Ask for a shorter time.")
    return (now_ms // MINUTE_MS - minutes + 1) * MINUTE_MS
