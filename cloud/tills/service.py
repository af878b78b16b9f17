"""Use cases of tills: a shift added up anew from its facts, payments held against the acquirer, a day for an auditor."""

from __future__ import annotations

import datetime
import hashlib
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass

from cloud.db.pool import Connection
from cloud.refusals import Missing
from cloud.tills import store
from cloud.tills.acquirer_file import Place, read_lines
from cloud.tills.poslog import VERSION, Ledger, PosLog
from cloud.tills.reconcile import Finding, Movement, Pair, reconcile
from cloud.tills.store import FileRow, PlaceRow, ShiftTenderRow, SpanRow
from protocols.contract.facts import FactBody, FactEnvelope, UnknownFactKind, decode_body, decode_envelope
from protocols.shifts import SHIFT_FACTS, ShiftReport, add_up
from protocols.sync.batch import open_batch

LINES_MAX = 20_000
"""Payments and acquirer lines of one store and day. Policy when reached: the answer says that it is cut."""


@dataclass(frozen=True)
class WholeShift:
    """A shift: what the till said at its end, and what its facts say when HQ adds them up."""

    report: ShiftReport
    tenders: list[ShiftTenderRow]
    currency: str
    agrees: bool
    """What the till said is what its facts say."""


@dataclass(frozen=True)
class Reconciled:
    """A day's payments of a store against the acquirer's files."""

    pairs: list[Pair]
    files: list[FileRow]
    currency: str
    cut: bool

    def count(self, finding: Finding) -> int:
        """How many lines stand so."""
        return sum(pair.finding is finding for pair in self.pairs)


async def whole_shift(tx: Connection, store_id: str, shift_id: str) -> WholeShift:
    """One shift. Raises `Missing`."""
    place = await _place(tx, store_id)
    span = await store.span_of_shift(tx, store_id, shift_id)
    report = None if span is None else add_up(shift_id, [
        (envelope.at_ms, fact)  # type: ignore[misc]  # `SHIFT_FACTS` and `ShiftFact` are the same kinds
        for _seq, envelope, fact in await _facts(tx, store_id, span)
        if isinstance(fact, SHIFT_FACTS)
    ])  # fmt: skip
    if report is None:
        raise Missing("no_shift", f"There is no shift '{shift_id}' of store '{store_id}'.")
    tenders = await store.tenders(tx, store_id, shift_id)
    told = {row.kind: row.expected_minor for row in tenders}
    found = {row.kind: row.expected_minor for row in report.shift_tenders({})}
    agrees = report.closed_at_ms is None or (found == told and report.difference_minor == _difference(report))
    return WholeShift(report, tenders, place.currency, agrees)


def _difference(report: ShiftReport) -> int | None:
    return None if report.counted_minor is None else report.counted_minor - report.cash_expected_minor


async def add_acquirer_file(
    tx: Connection, store_id: str, name: str, content: bytes, *, by: str, now_ms: int
) -> tuple[FileRow, bool]:
    """Take an acquirer's file for a store; False beside it when it was taken before. Raises `Invalid`, `Missing`."""
    place = await _place(tx, store_id)
    lines = read_lines(content, Place(place.currency, place.minor_digits, zoneinfo.ZoneInfo(place.time_zone)))
    row = FileRow(hashlib.sha256(content).hexdigest(), name[:200], len(lines), now_ms, by)
    return row, await store.add_file(tx, store_id, row, lines)


async def drop_acquirer_file(tx: Connection, store_id: str, file_id: str) -> bool:
    """Forget a file that was taken by mistake; False when there is none. Raises `Missing` for the store."""
    await _place(tx, store_id)
    return await store.drop_file(tx, store_id, file_id)


async def reconciliation(tx: Connection, store_id: str, day: datetime.date) -> Reconciled:
    """A day's payments against the acquirer's files. Raises `Missing`."""
    place = await _place(tx, store_id)
    rows = await store.movements(tx, store_id, day, LINES_MAX + 1)
    lines = await store.acquirer_lines(tx, store_id, day, LINES_MAX + 1)
    files = await store.files(tx, store_id, day)
    undone = {row.reverses_id for row in rows if row.reverses_id}
    ours = [
        Movement(
            attempt_id=row.attempt_id,
            sale_id=row.sale_id,
            till_id=row.till_id,
            method=row.method,
            amount_minor=row.amount_minor,
            at_ms=row.at_ms,
            reference=row.reference,
            card_tail=row.card_tail,
            # A payment and the one that took it back answer each other: no sale needs to have either.
            booked=row.booked or bool(row.reverses_id) or row.attempt_id in undone,
        )
        for row in rows[:LINES_MAX]
    ]
    pairs = reconcile(ours, lines[:LINES_MAX], have_file=bool(files))
    return Reconciled(pairs, files, place.currency, cut=max(len(rows), len(lines)) > LINES_MAX)


async def day_log(tx: Connection, store_id: str, day: datetime.date) -> PosLog:
    """A business date of a store as POSLog. Raises `Missing`."""
    place = await _place(tx, store_id)
    ledger = Ledger(store_id, place.currency, place.minor_digits)
    span = await store.span_of_day(tx, store_id, day)
    found = [] if span is None else await _facts(tx, store_id, span)
    transactions = (
        ledger.transaction(seq, envelope, fact) for seq, envelope, fact in found if envelope.business_date == day.isoformat()
    )
    return PosLog(
        Version=VERSION,
        RetailStoreID=store_id,
        BusinessDayDate=day.isoformat(),
        Transaction=tuple(each for each in transactions if each is not None),
    )


async def _place(tx: Connection, store_id: str) -> PlaceRow:
    place = await store.place(tx, store_id)
    if place is None:
        raise Missing("no_store", f"There is no store '{store_id}'.")
    return place


async def _facts(tx: Connection, store_id: str, span: SpanRow) -> list[tuple[int, FactEnvelope, FactBody]]:
    """The facts of a span as the store sent them, in its order. Those of kinds not known here are left out."""
    if span.from_rev is None:
        return []
    found: list[tuple[int, FactEnvelope, FactBody]] = []
    for row in await store.batches(tx, store_id, span):
        found.extend(_open(row.first_seq, bytes(row.payload)))
    return found


def _open(first_seq: int, payload: bytes) -> Iterator[tuple[int, FactEnvelope, FactBody]]:
    batch = open_batch(payload)
    for seq, fact in enumerate(batch.facts, start=batch.header.from_seq):
        if seq < first_seq:
            continue
        try:
            envelope = decode_envelope(fact)
            yield seq, envelope, decode_body(envelope)
        except (UnknownFactKind, ValueError):
            continue
