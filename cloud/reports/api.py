"""Routes of reports: which there are, the rows of one, the same as CSV."""

from __future__ import annotations

import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from cloud.reports import service, store
from cloud.reports.registry import REPORTS, find
from cloud.reports.report import Asked
from cloud.reports.schemas import ReportAnswer, ReportView
from cloud.web.access import Reader

router = APIRouter(prefix="/api/v1", tags=["reports"])


def _asked(
    from_date: Annotated[datetime.date, Query(description="First business date")],
    upto_date: Annotated[datetime.date, Query(description="Last business date, included")],
    store_id: str | None = None,
) -> Asked:
    return Asked(from_date, upto_date, store_id or None)


Parameters = Annotated[Asked, Depends(_asked)]


@router.get("/reports")
async def reports(asking: Reader) -> list[ReportView]:  # noqa: ARG001 - whoever may read may know what can be read
    """Every report with its columns."""
    return [ReportView.of(report) for report in REPORTS]


@router.get("/reports/{name}")
async def rows_of_report(name: str, asked: Parameters, asking: Reader) -> ReportAnswer:
    """A report's rows, of the stores in the caller's scope."""
    report = find(name)
    async with asking.read() as tx:
        answered = await service.ask(tx, report, asked)
    return ReportAnswer(report=ReportView.of(report), rows=[list(row) for row in answered.rows], cut=answered.cut)


@router.get("/reports/{name}/csv")
async def csv_of_report(name: str, asked: Parameters, asking: Reader) -> Response:
    """The same rows as a CSV file for spreadsheets (UTF-8 with a byte order mark, which Excel wants)."""
    report = find(name)
    async with asking.read() as tx:
        answered = await service.ask(tx, report, asked)
        digits = await store.minor_digits(tx)
    head = f'attachment; filename="{report.name}-{asked.from_date}-{asked.upto_date}.csv"'
    body = "\ufeff" + service.as_csv(report, answered, digits)
    return Response(body, media_type="text/csv; charset=utf-8", headers={"content-disposition": head})
