"""When customers come: sales, lines and takings by the hour of the store's own clock."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="sales-by-hour",
    title="Sales by hour",
    what="When customers come: sales and takings by hour of the day, in each store's own time.",
    columns=(
        Column("hour", "Hour"),
        Column("currency", "Currency"),
        Column("sale_count", "Sales", ColumnKind.COUNT),
        Column("line_count", "Lines", ColumnKind.COUNT),
        Column("total_minor", "Takings", ColumnKind.MONEY),
    ),
    query=load_queries(__file__, "sales_by_hour.sql")["rows"],
    plot=("hour", "sale_count"),
)
