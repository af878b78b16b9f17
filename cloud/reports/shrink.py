"""What went without being sold, by reason, in pieces and in value."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="shrink",
    title="Shrink",
    what="Goods that went without being sold: written off, missing at a count, stolen past the gate. At cost, or at the"
    " shelf price where no cost is known.",
    columns=(
        Column("store_id", "Store"),
        Column("reason", "Reason"),
        Column("lost_thousandths", "Lost", ColumnKind.AMOUNT),
        Column("currency", "Currency"),
        Column("value_minor", "Value", ColumnKind.MONEY),
        Column("without_value", "Items without a value", ColumnKind.COUNT),
    ),
    query=load_queries(__file__, "shrink.sql")["rows"],
    plot=("reason", "value_minor"),
)
