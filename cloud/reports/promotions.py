"""What promotions gave away: uses, savings, and the takings of the lines they touched."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="promotions",
    title="Promotions",
    what="What customers saved with each promotion, in how many sales, and what the reduced lines took in.",
    columns=(
        Column("promotion_id", "Promotion"),
        Column("name", "Name"),
        Column("currency", "Currency"),
        Column("sale_count", "Sales", ColumnKind.COUNT),
        Column("unit_count", "Reduced pieces", ColumnKind.COUNT),
        Column("saved_minor", "Saved", ColumnKind.MONEY),
        Column("net_minor", "Takings", ColumnKind.MONEY),
        Column("off_bp", "Share taken off", ColumnKind.SHARE),
    ),
    query=load_queries(__file__, "promotions.sql")["rows"],
    plot=("name", "saved_minor"),
)
