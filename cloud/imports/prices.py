"""Import of price books: item, zone, price, from, until, reason."""

from __future__ import annotations

import asyncio
import zoneinfo
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cloud.db.pool import Connection
from cloud.imports import store
from cloud.imports.domain import Applying, Checked, ImportKind, OpenTable, Outcome, Problems
from cloud.imports.lines import GTIN, ITEM, Items, instant_of, number_of, one_of_two, reason_of, time_zone_of
from cloud.imports.store import ZoneFacts
from cloud.pricing import domain, ground, judge, revisions, service
from cloud.pricing.domain import PricePlan, Revision, WantedPrice
from cloud.pricing.price_books import own_book, own_book_id
from cloud.pricing.revisions import Author
from cloud.refusals import Conflict, Invalid
from cloud.tables.columns import Column
from cloud.tables.values import Row, TableRefused
from cloud.users.domain import Right

COLUMNS = (
    ITEM,
    GTIN,
    Column("zone", ("zone", "price zone", "preiszone", "价区", "价格区")),
    Column("price", ("price", "new price", "preis", "neuer preis", "价格", "新价格", "售价"), number=True),
    Column("from", ("effective from", "from", "valid from", "start", "gültig ab", "生效时间", "开始时间")),
    Column("to", ("effective to", "to", "valid to", "end", "gültig bis", "失效时间", "结束时间")),
    Column("reason", ("reason", "grund", "原因")),
)
_FIELDS = {"price_minor": "price", "effective_from_ms": "from", "effective_to_ms": "to"}
_WARNED = {"no_price_after", "scheduled_replaced"}


class PlannedPrice(msgspec.Struct, frozen=True, array_like=True):
    """One line of a checked file, and what it stood on when it was checked."""

    zone: str
    item_id: str
    price_minor: int
    from_ms: int | None
    to_ms: int | None
    reason: str
    before_minor: int | None
    highest_revision: int


@dataclass(frozen=True)
class _Line:
    row: Row
    zone: str
    wanted: WantedPrice


@dataclass(frozen=True)
class _Known:
    items: Items
    zones: Mapping[str, ZoneFacts]
    time_zones: Mapping[str, zoneinfo.ZoneInfo]


_plans = msgspec.msgpack.Decoder(list[PlannedPrice])


async def check(tx: Connection, table: OpenTable, problems: Problems, now_ms: int) -> Checked:
    """See `domain.Check`."""
    zones = await store.zones(tx)
    if not table.map.has("zone") and not table.choices.zone:
        raise TableRefused("zone", "The file names no price zone.", "Choose the zone, or add a column 'zone'.", "zone")
    items = await Items.of(tx, table)
    named = {zone.zone for zone in zones.values()}
    known = _Known(items, zones, await _time_zones(tx, table, named))
    lines = await asyncio.to_thread(_read, table, known, problems, now_ms)
    by_zone: dict[str, list[_Line]] = defaultdict(list)
    for line in lines:
        by_zone[line.zone].append(line)
    planned: list[PlannedPrice] = []
    changing: list[tuple[_Line, PricePlan]] = []
    for zone in sorted(by_zone):
        item_ids = sorted({line.wanted.item_id for line in by_zone[zone]})
        existing = await revisions.open_revisions(tx, own_book_id(zone), item_ids)
        floors = await revisions.highest_in_book(tx, own_book_id(zone), item_ids)
        plans = await asyncio.to_thread(_plan, table, by_zone[zone], existing, floors, now_ms, problems)
        await _guard(tx, table, zone, (by_zone[zone], plans), now_ms, problems)
        planned += [_planned(line, plan, floors) for line, plan in zip(by_zone[zone], plans, strict=True)]
        pairs = zip(by_zone[zone], plans, strict=True)
        changing += [(line, plan) for line, plan in pairs if not plan.unchanged]
    return Checked(
        changes=len(changing),
        unchanged=len(lines) - len(changing),
        notes=_notes(changing, zones),
        plan=msgspec.msgpack.encode(planned),
        time_zones={zone: where.key for zone, where in known.time_zones.items() if zone in by_zone},
    )


async def _time_zones(tx: Connection, table: OpenTable, zones: set[str]) -> dict[str, zoneinfo.ZoneInfo]:
    """The time zone dates of each price zone are meant in; empty when the file has none. Raises `TableRefused`."""
    if not any(table.cell(row, name) is not None for row in table.rows for name in ("from", "to")):
        return {}
    if table.choices.time_zone:
        chosen = time_zone_of(table.choices.time_zone)
        return dict.fromkeys(zones, chosen)
    used = {table.choices.zone} if table.choices.zone else {str(table.cell(row, "zone")).strip() for row in table.rows}
    found: dict[str, set[str]] = {zone: set() for zone in zones & used}
    for each in (await store.stores(tx)).values():
        if each.zone in found:
            found[each.zone].add(each.time_zone)
    for zone, names in found.items():
        if len(names) != 1:
            several = f"has stores in several time zones: {', '.join(sorted(names))}" if names else "has no store yet"
            raise TableRefused(
                "time_zone",
                f"Zone '{zone}' {several}; the dates could mean different instants.",
                "Choose the time zone of the dates.",
                "time_zone",
            )
    return {zone: time_zone_of(min(names)) for zone, names in found.items()}


def _read(table: OpenTable, known: _Known, problems: Problems, now_ms: int) -> list[_Line]:
    """The lines without an error. Runs in a thread."""
    lines: list[_Line] = []
    seen: dict[tuple[str, str, int], int] = {}
    for row in table.rows:
        zone = one_of_two(table, row, "zone", table.choices.zone, known.zones, problems)
        item = known.items.of_row(table, row, problems)
        facts = known.zones.get(zone)
        if table.cell(row, "price") is None:
            problem = "no price given: the line changes nothing"
            problems.warn(row.line_no, table.map.heading("price"), problem)
            continue
        price = number_of(table, row, "price", 2 if facts is None else facts.minor_digits, problems)
        where = known.time_zones.get(zone)
        from_ms = instant_of(table, row, "from", where, problems)
        to_ms = instant_of(table, row, "to", where, problems)
        reason = reason_of(table, row, problems)
        if item is None or price is None or facts is None or problems.bad(row.line_no):
            continue
        wanted = WantedPrice(item.item_id, price, from_ms, to_ms, reason)
        for found in domain.check_wanted(wanted, now_ms):
            problem = "negative or zero" if found.field == "price_minor" and price < 1 else found.problem
            problems.error(row.line_no, table.map.heading(_FIELDS[found.field]), problem, found.remedy)
        start = (zone, item.item_id, max(from_ms or 0, now_ms))
        if start in seen:
            problem = f"item {item.item_id} has another price for the same moment in line {seen[start]}"
            problems.error(row.line_no, table.map.heading("item"), problem, "Keep one of the two lines.")
        seen.setdefault(start, row.line_no)
        if not problems.bad(row.line_no):
            lines.append(_Line(row, zone, wanted))
    return lines


def _plan(
    table: OpenTable,
    lines: Sequence[_Line],
    existing: Mapping[str, Sequence[Revision]],
    floors: Mapping[str, int],
    now_ms: int,
    problems: Problems,
) -> list[PricePlan]:
    """What each line would do, with warnings. Runs in a thread."""
    plans, _ = domain.plan_changes(existing, [line.wanted for line in lines], now_ms=now_ms, floors=floors)
    percent = table.choices.warn_percent
    for line, plan in zip(lines, plans, strict=True):
        before = None if plan.before is None else plan.before.price_minor
        if not plan.unchanged and before is not None and abs(line.wanted.price_minor - before) * 100 > percent * before:
            problem = f"changes by more than {percent} % ({_percent(before, line.wanted.price_minor)} %)"
            problems.warn(line.row.line_no, table.map.heading("price"), problem, "Look at it twice.")
        for warning in plan.warnings:
            if warning.code in _WARNED:
                problems.warn(line.row.line_no, table.map.heading("from"), warning.detail)
    return plans


async def _guard(
    tx: Connection,
    table: OpenTable,
    zone: str,
    planned: tuple[Sequence[_Line], Sequence[PricePlan]],
    now_ms: int,
    problems: Problems,
) -> None:
    """What the zone's guard rails catch is an error: a file is brought by one person."""
    lines, plans = planned
    book = own_book(zone)
    held = await ground.ground_of(tx, book, await ground.need_rules(tx, book), [plan.item_id for plan in plans], now_ms)
    found = await asyncio.to_thread(judge.findings, held, plans, [line.wanted for line in lines], now_ms)
    rows = {line.wanted.item_id: line.row for line in lines}
    for finding in found:
        line_no = rows[finding.item_id].line_no
        remedy = "Publish it as a price campaign: a second person approves it there."
        problems.error(line_no, table.map.heading("price"), finding.detail, remedy)


def _planned(line: _Line, plan: PricePlan, floors: Mapping[str, int]) -> PlannedPrice:
    wanted = line.wanted
    before = None if plan.before is None else plan.before.price_minor
    floor = floors.get(wanted.item_id, 0)
    return PlannedPrice(
        line.zone, wanted.item_id, wanted.price_minor, wanted.from_ms, wanted.to_ms, wanted.reason, before, floor
    )


def _percent(before: int, after: int) -> str:
    """The change in whole percent, signed, towards zero."""
    share = (after - before) * 100 // before if after >= before else -((before - after) * 100 // before)
    return f"{share:+d}"


def _notes(changing: Sequence[tuple[_Line, PricePlan]], zones: Mapping[str, ZoneFacts]) -> tuple[str, ...]:
    """The biggest rise and the biggest cut, in words."""
    moved = [
        ((line.wanted.price_minor - plan.before.price_minor) * 1_000_000 // plan.before.price_minor, line, plan.before)
        for line, plan in changing
        if plan.before is not None
    ]
    notes = []
    for what, found in (("rise", max(moved, key=lambda row: row[0], default=None)),
                        ("cut", min(moved, key=lambda row: row[0], default=None))):  # fmt: skip
        if found is None or (found[0] > 0) != (what == "rise") or found[0] == 0:
            continue
        _, line, before = found
        digits = zones[line.zone].minor_digits
        prices = f"from {_money(before.price_minor, digits)} to {_money(line.wanted.price_minor, digits)}"
        share = _percent(before.price_minor, line.wanted.price_minor)
        notes.append(f"The biggest {what} is item {line.wanted.item_id}: {prices} ({share} %).")
    first = sum(plan.before is None for _, plan in changing)
    if first:
        notes.append(f"{first} item(s) get their first price.")
    return tuple(notes)


def _money(minor: int, digits: int) -> str:
    text = str(minor).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text


async def apply(tx: Connection, plan: bytes, how: Applying) -> Outcome:
    """See `domain.Apply`. One feed version a zone."""
    by_zone: dict[str, list[PlannedPrice]] = defaultdict(list)
    for row in await asyncio.to_thread(_plans.decode, plan):
        by_zone[row.zone].append(row)
    versions: dict[str, int] = {}
    changes = 0
    for zone in sorted(by_zone):
        rows = by_zone[zone]
        await _refuse_stale(tx, zone, rows)
        wanted = [WantedPrice(row.item_id, row.price_minor, row.from_ms, row.to_ms, row.reason) for row in rows]
        try:
            result = await service.change_prices(tx, zone, wanted, Author(how.person, how.now_ms))
            service.need_no_approval(result)
        except Invalid as invalid:
            raise _stale(f"Some lines are no longer possible; the first: {invalid.problems[0].problem}.") from invalid
        for row, made in zip(rows, result.plans, strict=True):
            if (None if made.before is None else made.before.price_minor) != row.before_minor:
                raise _stale(f"The price of item {row.item_id} in zone {zone} is another one since the check.")
        changes += sum(not made.unchanged for made in result.plans)
        if result.feed_version is not None:
            versions[zone] = result.feed_version
    return Outcome(changes=changes, feed_versions=versions)


async def _refuse_stale(tx: Connection, zone: str, rows: Sequence[PlannedPrice]) -> None:
    """Lock the prices, then compare what the check stood on with what there is."""
    await revisions.lock_prices(tx)
    now = await revisions.highest_in_book(tx, own_book_id(zone), sorted({row.item_id for row in rows}))
    changed = sorted({row.item_id for row in rows if now.get(row.item_id, 0) != row.highest_revision})
    if changed:
        raise _stale(f"Prices of {len(changed)} item(s) in zone {zone} changed since the check; the first is {changed[0]}.")


def _stale(detail: str) -> Conflict:
    return Conflict("stale", detail, "Check the file again, look at it, then apply it.")


KIND = ImportKind(
    name="prices",
    right=Right.PRICES_WRITE,
    columns=COLUMNS,
    needed=(("item", "gtin"), ("price",)),
    options=("zone", "time_zone", "warn_percent"),
    check=check,
    apply=apply,
)
