"""Tags for a delivery: each piece of a notice gets an EPC nobody else has, and the printer gets what to write into each tag.

Serial numbers are drawn in the transaction that writes them into the notice: two people, two stores or a request sent twice
never give one serial out twice; a refused request gives none out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cloud.db.pool import Connection
from cloud.deliveries import store
from cloud.deliveries.domain import TAGS_MAX, Notice
from cloud.deliveries.service import need_open, split_by_tags, tell
from cloud.refusals import Conflict, FieldProblem, Invalid, Missing
from protocols.contract.feed_stock import AsnLine
from protocols.contract.values import THOUSANDTHS
from protocols.gs1.print_run import RunLine, TagToWrite, tags_of, to_write
from protocols.gs1.tds.errors import EpcRefused

COLUMNS = ("item_id", "gtin", "serial", "uri", "epc_hex", "pc_hex")


@dataclass(frozen=True)
class TagPlan:
    """How tags are made. `company_prefix_digits`: of the maker's GS1 company prefix, which a GTIN does not tell."""

    company_prefix_digits: int


@dataclass(frozen=True)
class Tagged:
    """What came of it: tags given, and the version of the feed that tells the store."""

    tags: int
    feed_version: int


async def give_tags(tx: Connection, store_id: str, asn_id: str, plan: TagPlan, person: str, *, now_ms: int) -> Tagged:
    """Give every piece of a notice that has no tag yet one. Raises `Missing`, `Conflict` or `Invalid`."""
    await need_open(tx, store_id, asn_id)
    notice = await _notice(tx, store_id, asn_id)
    gtins = await store.gtins_of(tx, sorted({line.item_id for line in notice.lines}))
    wanting = [number for number, line in enumerate(notice.lines) if not line.epcs]
    if not wanting:
        raise Conflict("delivery_tagged", f"Every line of '{asn_id}' has its tags.", "Download them.")
    _check(notice, wanting, gtins)
    lines = list(notice.lines)
    for number in wanting:
        line = lines[number]
        gtin = line.gtin or gtins[line.item_id]
        pieces = line.quantity_thousandths // THOUSANDTHS
        first = await store.draw_serials(tx, gtin, pieces)
        lines[number] = replace_tags(line, RunLine(gtin, first, pieces, "sgtin-96", plan.company_prefix_digits))
    given = sum(len(lines[number].epcs) for number in wanting)
    version = await tell(tx, replace(notice, lines=split_by_tags(lines)), person, now_ms)
    return Tagged(given, version)


def replace_tags(line: AsnLine, run: RunLine) -> AsnLine:
    """The line with the EPCs of a run. Raises `Invalid`."""
    try:
        epcs = tuple(tag.uri for tag in tags_of(run))
    except EpcRefused as refused:
        raise Invalid.field("company_prefix_digits", str(refused), "Give how long the maker's company prefix is.") from None
    return AsnLine(
        line_no=line.line_no,
        item_id=line.item_id,
        quantity_thousandths=line.quantity_thousandths,
        gtin=run.gtin,
        batch=line.batch,
        expires=line.expires,
        sscc=line.sscc,
        epcs=epcs,
    )


async def printed(tx: Connection, store_id: str, asn_id: str, scheme: str) -> str:
    """What a tag printer needs, as CSV: one row a tag. Raises `Missing` or `Invalid`."""
    notice = await _notice(tx, store_id, asn_id)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for line in notice.lines:
        for tag in _tags(line, scheme):
            rows.writerow((line.item_id, tag.gtin, tag.serial, tag.uri, tag.epc.hex().upper(), f"{tag.pc:04X}"))
    return text.getvalue()


async def _notice(tx: Connection, store_id: str, asn_id: str) -> Notice:
    found = await store.notice(tx, store_id, asn_id)
    if found is None:
        raise Missing(
            "no_delivery", f"There is no delivery '{asn_id}' for store '{store_id}'.", "See the list of deliveries."
        )
    return found


def _tags(line: AsnLine, scheme: str) -> list[TagToWrite]:
    try:
        return [to_write(epc, scheme) for epc in line.epcs]
    except EpcRefused as refused:
        raise Invalid.field("scheme", f"line {line.line_no}: {refused}", "Choose a scheme that can hold it.") from None


def _check(notice: Notice, wanting: Sequence[int], gtins: dict[str, str]) -> None:
    problems = []
    for number in wanting:
        line = notice.lines[number]
        at = f"lines/{number}"
        if not (line.gtin or gtins.get(line.item_id)):
            problems.append(FieldProblem(f"{at}/gtin", "the item has no GTIN of a single piece", "Give it a barcode first."))
        if line.quantity_thousandths % THOUSANDTHS:
            problems.append(FieldProblem(f"{at}/quantity_thousandths", "no whole pieces", "Goods by weight get no tags."))
    tags = sum(len(line.epcs) or line.quantity_thousandths // THOUSANDTHS for line in notice.lines)
    if tags > TAGS_MAX:
        problems.append(FieldProblem("lines", f"more than {TAGS_MAX} tags", "Send it as several notices."))
    if problems:
        raise Invalid.fields(problems)
