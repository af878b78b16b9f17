"""Net, tax and gross of every tax rate and day, returns taken off."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="tax-by-rate",
    title="Tax by rate",
    what="Net, tax and gross of every tax rate and day, returns taken off.",
    columns=(
        Column("business_date", "Day"),
        Column("tax_class", "Tax class"),
        Column("rate_bp", "Rate", ColumnKind.SHARE),
        Column("currency", "Currency"),
        Column("net_minor", "Net", ColumnKind.MONEY),
        Column("tax_minor", "Tax", ColumnKind.MONEY),
        Column("gross_minor", "Gross", ColumnKind.MONEY),
    ),
    query=load_queries(__file__, "tax_by_rate.sql")["rows"],
    plot=("business_date", "tax_minor"),
)
