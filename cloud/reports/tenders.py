"""How customers paid: tenders by day, change and refunds taken off."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="tenders",
    title="Ways to pay",
    what="How customers paid: tenders by day, change and refunds taken off.",
    columns=(
        Column("business_date", "Day"),
        Column("kind", "Tender"),
        Column("currency", "Currency"),
        Column("sale_count", "Sales", ColumnKind.COUNT),
        Column("received_minor", "Received", ColumnKind.MONEY),
        Column("refunded_minor", "Refunded", ColumnKind.MONEY),
        Column("total_minor", "Total", ColumnKind.MONEY),
    ),
    query=load_queries(__file__, "tenders.sql")["rows"],
    plot=("kind", "total_minor"),
)
