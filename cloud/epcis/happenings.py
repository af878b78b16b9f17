"""What stores reported in some steps, as happenings; and the job that makes events of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec
import structlog
from psycopg.rows import TupleRow

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.db.steps import take_steps
from cloud.epcis import store
from cloud.epcis.events import GoodsLine, Happening, happened
from cloud.epcis.index import EventRow, own_row
from protocols.epcis.document import EpcisRefused
from protocols.epcis.own import Declared, write_declaration, write_event

Q = load_queries(__file__, "happenings.sql")
_DOCUMENTS = Q["documents"].format(gtin=Q["gtin"])
_COUNTS = Q["counts"].format(gtin=Q["gtin"])
QUERIES = (_DOCUMENTS, _COUNTS, Q["sales"], Q["returns"], Q["alarms"], Q["alarm_ends"])
READER = "epcis"
STEPS_AT_ONCE = 200
_epcs = msgspec.json.Decoder(list[str])
log = structlog.get_logger("cloud.epcis")


async def make_events(tx: Connection, *, now_ms: int) -> int:
    """Make events of the next steps; how many steps were read. `Scope.everything()`."""
    steps = await take_steps(tx, READER, STEPS_AT_ONCE)
    if not steps:
        return 0
    values = {"store_ids": [step.store_id for step in steps], "revs": [step.ingest_rev for step in steps]}
    for query in QUERIES:
        rows = await (await tx.execute(query, values)).fetchall()
        made = [row for what, said in _happenings(rows) for row in _events(what, said)]
        await store.add(tx, made, now_ms)
    return len(steps)


def _happenings(rows: Iterable[TupleRow]) -> Iterator[tuple[Happening, str]]:
    """Documents with their lines, and the kind the query gave."""
    for head, lines in groupby(rows, key=lambda row: row[:10]):
        kind, store_id, document_id, at_ms, time_zone, place, to_place, other, reason, reference = head
        yield (
            Happening(
                kind="gate" if kind == "gate_mistaken" else kind,
                store_id=store_id,
                document_id=document_id,
                at_ms=int(reason) if kind == "gate_stolen" else at_ms,
                time_zone=time_zone,
                place=place,
                to_place=to_place,
                other_store=other,
                reason=reason,
                reference=reference,
                lines=tuple(_lines(kind, lines)),
            ),
            kind,
        )


def _lines(kind: str, rows: Iterable[TupleRow]) -> Iterator[GoodsLine]:
    for *_, gtin, batch, quantity, weighed, epcs in rows:
        tags = tuple(_epcs.decode(epcs))
        if kind == "count" and tags:  # the tags are those found beyond the book; the count itself is of the class
            yield GoodsLine("", batch, quantity, weighed, tags)
            tags = ()
        yield GoodsLine(gtin, batch, quantity, weighed, tags)


def _events(what: Happening, kind: str) -> Iterator[EventRow]:
    told = happened(what)
    if told is None:
        return
    if kind == "gate_mistaken":
        _, event = write_declaration(told, Declared(int(what.reason), "did_not_occur"))
    else:
        _, event = write_event(told)
    try:
        yield own_row(event)
    except EpcisRefused as error:  # a tag that is no EPC URI, a GTIN that is none: partners are not told of such goods
        log.warning("no event was made", store=what.store_id, document=what.document_id, why=str(error))
