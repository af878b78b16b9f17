"""The use cases of price checks: draw a sample, find what was scanned, compare what a person read, finish.

A check is blind: the till's price is told only once the person has said what the shelf shows. It needs no headquarters; what
is finished is ONE fact, journalled in the transaction that ends the check.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Protocol

from edge.audits import store
from edge.audits.domain import Audit, Line, Scope, fact_of, line_for
from edge.audits.refusals import AuditRefused
from edge.audits.sample import How, draw, seed_of
from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from protocols.audits import Finding, judge
from protocols.clock import Clock
from protocols.contract.values import PriceKind
from protocols.gs1.gtin import CodeRefused, read_code

OPEN_AUDITS_MAX = 10
SIZE_MAX = 300
"""Prices of one check; a larger one is two people's."""
LINES_MAX = 400
"""With those added by hand: the fact stays far below what a journal row may be."""
PRICE_MINOR_MAX = 10**9


class ShownPrice(Protocol):
    """A price a shelf label may be showing."""

    @property
    def price_minor(self) -> int:
        """Per piece, or per kilogram when weighed."""

    @property
    def revision(self) -> int:
        """The price revision it came from."""


class Labels(Protocol):
    """What labels say of a price: the till charges no more."""

    def lowest_for(self, item_id: str) -> ShownPrice | None:
        """Safe from any thread."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan meant: an item, the label it was read from (if one), and the line it belongs to (if there is one)."""

    item: Item
    label_id: str
    line: Line | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a person read. `seen_minor` None: no price can be read there."""

    check_id: str
    item_id: str
    label_id: str
    seen_minor: int | None


class AuditService:
    """All raise `AuditRefused` (nothing changed) and `StoreDbError`."""

    def __init__(self, file: StoreFile, journal: Journal, clock: Clock, labels: Labels) -> None:
        self._file = file
        self._journal = journal
        self._clock = clock
        self._labels = labels

    async def open(self, audit_id: str, how: How, scope: Scope, size: int, seed: str, staff_id: str) -> Audit:
        """Draw a sample. An empty `seed` is made from the id. The same check asked for again is answered as it stands.

        All goods are looked through beside the writer: no till waits for that.
        """
        if not 1 <= size <= SIZE_MAX:
            raise AuditRefused("audit_size", most=SIZE_MAX)
        known = store.audit_of(self._file.reader(), audit_id)
        if known is not None:
            return _same(known, how, scope)
        drawn = await asyncio.to_thread(self._drawn, audit_id, how, scope, size, seed or seed_of(audit_id), staff_id)

        def run(tx: Tx) -> Audit:
            known = store.audit_of(tx, audit_id)
            if known is not None:
                return _same(known, how, scope)
            if store.count_open(tx) >= OPEN_AUDITS_MAX:
                raise AuditRefused("audits_too_many", most=OPEN_AUDITS_MAX)
            store.put(tx, drawn)
            return drawn

        return await self._file.write(run, durable=False)

    def find(self, audit_id: str, code: str) -> Found:
        """What a scanned label or barcode means in this check."""
        source = self._file.reader()
        audit = _need(store.audit_of(source, audit_id))
        text = code.strip()
        on_label = store.items_of_label(source, text.upper())
        if on_label is None:
            item = _item_of_code(source, text)
            return Found(item, "", line_for(audit.lines, item.item_id, ""))
        if not on_label:
            raise AuditRefused("audit_unbound", code=text[:40])
        label_id = text.upper()
        lines = [line for item_id in on_label if (line := line_for(audit.lines, item_id, label_id)) is not None]
        line = next((each for each in lines if each.finding is Finding.UNCHECKED), lines[0] if lines else None)
        named = lookup.item_by_id(source, on_label[0] if line is None else line.item_id)
        if named is None:
            raise AuditRefused("unknown_code", code=text[:40])
        return Found(named, label_id, line)

    async def check(self, audit_id: str, checked: Checked) -> tuple[Audit, Line]:
        """Compare what was read with the till, now. What was not drawn is added, and told apart."""
        seen = checked.seen_minor
        if seen is not None and not 1 <= seen <= PRICE_MINOR_MAX:
            raise AuditRefused("audit_price", most=PRICE_MINOR_MAX)

        def run(tx: Tx) -> tuple[Audit, Line]:
            audit = _need_open(tx, audit_id)
            known = line_for(audit.lines, checked.item_id, checked.label_id)
            if known is not None and known.check_id == checked.check_id:
                return audit, known
            line = known if known is not None else self._added(tx, audit, checked)
            till_minor, revision = self._till(tx, checked.item_id)
            after = replace(
                line,
                finding=Finding.MISSING if seen is None else judge(seen, till_minor),
                seen_minor=seen,
                till_minor=till_minor,
                price_revision=revision,
                at_ms=self._clock.now_ms(),
                check_id=checked.check_id,
            )
            store.put_line(tx, audit_id, after)
            return _need(store.audit_of(tx, audit_id)), after

        return await self._file.write(run, durable=False)

    async def post(self, audit_id: str, staff_id: str) -> Audit:
        """Finish a check: one fact. One that is finished is answered as it is."""

        def run(tx: Tx) -> Audit:
            audit = _need(store.audit_of(tx, audit_id))
            if audit.state == "posted":
                return audit
            _need_open(tx, audit_id)
            if all(line.finding is Finding.UNCHECKED for line in audit.lines):
                raise AuditRefused("audit_unread")
            self._journal.append(tx, fact_of(audit, staff_id))
            return self._end(tx, audit_id, "posted", staff_id)

        return await self._file.write(run)

    async def discard(self, audit_id: str, staff_id: str) -> Audit:
        """Throw a check away. Again: nothing more happens."""

        def run(tx: Tx) -> Audit:
            audit = _need(store.audit_of(tx, audit_id))
            if audit.state == "posted":
                raise AuditRefused("audit_ended")
            return audit if audit.state == "discarded" else self._end(tx, audit_id, "discarded", staff_id)

        return await self._file.write(run, durable=False)

    def _drawn(self, audit_id: str, how: How, scope: Scope, size: int, seed: str, staff_id: str) -> Audit:
        source = self._file.reader()
        everything = store.candidates(source, scope, lookup.pricing_now_ms(source, self._clock))
        zone = lookup.zone(source)
        if not everything or zone is None:
            raise AuditRefused("audit_nothing")
        drawn = draw(everything, size, seed, how)
        return Audit(
            audit_id=audit_id,
            how=how,
            scope=scope,
            seed=seed,
            population=len(everything),
            currency=zone.currency,
            opened_by=staff_id,
            opened_at_ms=self._clock.now_ms(),
            state="open",
            ended_by="",
            ended_at_ms=None,
            lines=tuple(Line.of(number, each, sampled=True) for number, each in enumerate(drawn, start=1)),
        )

    def _added(self, tx: Tx, audit: Audit, checked: Checked) -> Line:
        if len(audit.lines) >= LINES_MAX:
            raise AuditRefused("audit_full", most=LINES_MAX)
        if lookup.item_by_id(tx, checked.item_id) is None:
            raise AuditRefused("unknown_code", code=checked.item_id[:40])
        price = lookup.price_in_force(tx, checked.item_id, lookup.pricing_now_ms(tx, self._clock))
        promotion = price is not None and price.kind is not PriceKind.REGULAR
        candidate = store.candidate_of(tx, checked.item_id, checked.label_id, promotion=promotion)
        number = max((line.line_no for line in audit.lines), default=0) + 1
        return Line.of(number, candidate, sampled=False)

    def _till(self, tx: Tx, item_id: str) -> tuple[int, int]:
        """What the till would charge now, and the revision it comes from: as the till does it (`edge.checkout.goods`)."""
        price = lookup.price_in_force(tx, item_id, lookup.pricing_now_ms(tx, self._clock))
        if price is None:
            raise AuditRefused("audit_no_price", code=item_id[:40])
        shown = self._labels.lowest_for(item_id)
        if shown is not None and shown.price_minor < price.price_minor:
            return shown.price_minor, shown.revision
        return price.price_minor, price.revision

    def _end(self, tx: Tx, audit_id: str, state: str, staff_id: str) -> Audit:
        store.end(tx, audit_id, state, staff_id, self._clock.now_ms())
        return _need(store.audit_of(tx, audit_id))


def _same(known: Audit, how: How, scope: Scope) -> Audit:
    if (known.how, known.scope) != (how, scope):
        raise AuditRefused("audit_other")
    return known


def _item_of_code(source: store.Source, text: str) -> Item:
    try:
        item = lookup.item_by_code(source, read_code(text).key)
    except CodeRefused as refused:
        params = {} if refused.code == "code_empty" else {"code": text[:40]}
        raise AuditRefused(refused.code, **params) from refused
    if item is None:
        raise AuditRefused("unknown_code", code=text[:40])
    return item


def _need(audit: Audit | None) -> Audit:
    if audit is None:
        raise AuditRefused("audit_unknown")
    return audit


def _need_open(tx: Tx, audit_id: str) -> Audit:
    audit = _need(store.audit_of(tx, audit_id))
    if audit.state != "open":
        raise AuditRefused("audit_ended")
    return audit
