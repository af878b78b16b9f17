"""Routes of tills: shifts, payments against the acquirer's file, and a business date as POSLog."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.refusals import Invalid
from cloud.tills import service, store
from cloud.tills.reconcile import Finding, Pair
from cloud.tills.schemas import (
    AcquirerLineView,
    FileView,
    MovementView,
    OfferView,
    OpenShiftView,
    PairView,
    Reconciliation,
    ShiftRowView,
    Shifts,
    ShiftTenderView,
    ShiftView,
    TaxView,
)
from cloud.tills.service import Reconciled, WholeShift
from cloud.users.domain import Right
from cloud.web.access import Asking, Needs, Reader
from cloud.web.once import Repeat, repeat_of, write

ROWS_MAX = 1_000
DAYS_MAX = 92
DAYS_DEFAULT = 7

router = APIRouter(prefix="/api/v1", tags=["tills"])
Once = Annotated[Repeat, Depends(repeat_of)]
Reconciler = Annotated[Asking, Depends(Needs(Right.STAFF_WRITE))]
"""Who manages a store's people also closes its day."""
FileName = Annotated[str, Query(max_length=200, description="As the file is called, to find it again")]


@router.get("/shifts")
async def list_shifts(
    asking: Reader,
    store_id: Annotated[str | None, Query(description="Only this store")] = None,
    first: Annotated[datetime.date | None, Query(alias="from", description="First business date")] = None,
    last: Annotated[datetime.date | None, Query(alias="to", description="Last business date; left out: today")] = None,
) -> Shifts:
    """Shifts of a period, newest first, and those that run."""
    end = last or datetime.datetime.fromtimestamp(asking.now_ms / 1000, datetime.UTC).date() + datetime.timedelta(days=1)
    begin = first or end - datetime.timedelta(days=DAYS_DEFAULT)
    if not 0 <= (end - begin).days <= DAYS_MAX:
        raise Invalid.field("from", f"not within {DAYS_MAX} days before `to`", "Ask for a shorter period.")
    async with asking.read() as tx:
        rows = await store.shifts(tx, store_id, begin, end, ROWS_MAX + 1)
        running = await store.open_shifts(tx, store_id, ROWS_MAX)
    return Shifts(
        rows=[ShiftRowView(**asdict(row)) for row in rows[:ROWS_MAX]],
        open=[OpenShiftView(**asdict(row)) for row in running],
        complete=len(rows) <= ROWS_MAX,
    )


@router.get("/stores/{store_id}/shifts/{shift_id}")
async def get_shift(store_id: str, shift_id: str, asking: Reader) -> ShiftView:
    """One shift, added up anew from what the store sent."""
    async with asking.read() as tx:
        whole = await service.whole_shift(tx, store_id, shift_id)
    return _shift(store_id, whole)


def _shift(store_id: str, whole: WholeShift) -> ShiftView:
    report = whole.report
    rows = whole.tenders or report.shift_tenders({})
    return ShiftView(
        **{name: getattr(report, name) for name in ShiftView.model_fields if hasattr(report, name) and name not in _LISTS},
        store_id=store_id,
        currency=whole.currency,
        tax=[TaxView(**msgspec.structs.asdict(row)) for row in report.tax],
        tenders=[ShiftTenderView.model_validate(row, from_attributes=True) for row in rows],
        offers=[OfferView(**msgspec.structs.asdict(row)) for row in report.offers],
        agrees=whole.agrees,
    )


_LISTS = frozenset({"tax", "tenders", "offers"})


@router.get("/stores/{store_id}/reconciliation/{day}")
async def reconciliation(store_id: str, day: datetime.date, asking: Reader) -> Reconciliation:
    """A day's card and mobile payments: what tills booked, what terminals took, what the acquirer's files say."""
    async with asking.read() as tx:
        found = await service.reconciliation(tx, store_id, day)
    return _reconciled(store_id, day, found)


def _reconciled(store_id: str, day: datetime.date, found: Reconciled) -> Reconciliation:
    return Reconciliation(
        store_id=store_id,
        day=day.isoformat(),
        currency=found.currency,
        counts={finding: found.count(finding) for finding in Finding},
        ours_minor=sum(pair.ours.amount_minor for pair in found.pairs if pair.ours),
        theirs_minor=sum(pair.theirs.amount_minor for pair in found.pairs if pair.theirs),
        pairs=[_pair(pair) for pair in found.pairs],
        files=[FileView(**asdict(row)) for row in found.files],
        complete=not found.cut,
    )


def _pair(pair: Pair) -> PairView:
    return PairView(
        finding=pair.finding,
        difference_minor=pair.difference_minor,
        ours=None if pair.ours is None else MovementView(**asdict(pair.ours)),
        theirs=None if pair.theirs is None else AcquirerLineView.model_validate(pair.theirs, from_attributes=True),
    )


@router.post("/stores/{store_id}/acquirer-files", response_model=FileView)
async def add_acquirer_file(
    store_id: str, request: Request, asking: Reconciler, once: Once, name: FileName = ""
) -> Response:
    """Take an acquirer's file: CSV or Excel as the body. One bad line and nothing of it is taken."""
    content = await request.body()

    async def use_case(tx: Connection) -> Done[FileView]:
        row, added = await service.add_acquirer_file(
            tx, store_id, name, content, by=asking.person.login, now_ms=asking.now_ms
        )
        after = {"name": row.name, "lines": row.line_count}
        noted = Entry("acquirer_file.added", row.file_id, (store_id,), after=after)
        return Done(FileView(**asdict(row)), noted if added else None)

    return await write(asking, once, use_case)


@router.delete("/stores/{store_id}/acquirer-files/{file_id}", status_code=204)
async def drop_acquirer_file(store_id: str, file_id: str, asking: Reconciler) -> None:
    """Forget a file that was taken by mistake."""

    async def use_case(tx: Connection) -> Done[None]:
        dropped = await service.drop_acquirer_file(tx, store_id, file_id)
        return Done(None, Entry("acquirer_file.dropped", file_id, (store_id,)) if dropped else None)

    await asking.change(use_case)


@router.get("/stores/{store_id}/days/{day}/poslog", response_class=Response)
async def day_log(store_id: str, day: datetime.date, asking: Reader) -> Response:
    """A business date as ARTS POSLog in JSON, from the facts as the store sent them."""
    async with asking.read() as tx:
        log = await service.day_log(tx, store_id, day)
    name = f"poslog-{store_id}-{day.isoformat()}.json"
    return Response(
        msgspec.json.format(msgspec.json.encode(log), indent=1),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
