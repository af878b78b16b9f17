"""What comes back and why: returns by day and reason, with what deserves a second look."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="returns",
    title="Returns",
    what="Goods that came back, by day and reason; without a receipt, unverified, and more than was sold.",
    columns=(
        Column("store_id", "Store"),
        Column("business_date", "Day"),
        Column("reason", "Reason"),
        Column("line_count", "Lines", ColumnKind.COUNT),
        Column("unit_count", "Pieces", ColumnKind.COUNT),
        Column("currency", "Currency"),
        Column("refund_minor", "Paid back", ColumnKind.MONEY),
        Column("no_receipt_count", "Without receipt", ColumnKind.COUNT),
        Column("unverified_count", "Unverified", ColumnKind.COUNT),
        Column("clash_count", "Returned twice", ColumnKind.COUNT),
    ),
    query=load_queries(__file__, "goods_returned.sql")["rows"],
    plot=("business_date", "refund_minor"),
)
