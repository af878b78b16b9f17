"""Reports as they cross HTTP."""

from __future__ import annotations

from pydantic import BaseModel, Field

from cloud.reports.report import ColumnKind, Report, Value


class ColumnView(BaseModel):
    name: str
    title: str
    kind: ColumnKind = Field(
        description="money: minor units of the row's currency; amount: thousandths of the stock unit; share: basis points"
    )


class PlotView(BaseModel):
    along: str
    up: str


class ReportView(BaseModel):
    name: str
    title: str
    what: str
    columns: list[ColumnView]
    plot: PlotView | None = Field(description="Which columns to draw, when there is something to look at")

    @classmethod
    def of(cls, report: Report) -> ReportView:
        """A report's description."""
        return cls(
            name=report.name,
            title=report.title,
            what=report.what,
            columns=[ColumnView(name=each.name, title=each.title, kind=each.kind) for each in report.columns],
            plot=None if report.plot is None else PlotView(along=report.plot[0], up=report.plot[1]),
        )


class ReportAnswer(BaseModel):
    report: ReportView
    rows: list[list[Value]]
    cut: bool = Field(description="There are more rows than one answer holds: ask for a shorter period or one store")
