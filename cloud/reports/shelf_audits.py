"""Whether shelf and till agree: price checks as the stores made them, with what inspections ask for."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="shelf-audits",
    title="Shelf audits",
    what="Price checks of the shelf against the till, the newest first; inspections ask for 98 %.",
    columns=(
        Column("store_id", "Store"),
        Column("business_date", "Day"),
        Column("accuracy_bp", "Accuracy", ColumnKind.SHARE),
        Column("result", "Result"),
        Column("checked_count", "Checked", ColumnKind.COUNT),
        Column("overcharge_count", "Overcharges", ColumnKind.COUNT),
        Column("undercharge_count", "Undercharges", ColumnKind.COUNT),
        Column("missing_count", "No price", ColumnKind.COUNT),
        Column("unchecked_count", "Not checked", ColumnKind.COUNT),
        Column("currency", "Currency"),
        Column("overcharge_minor", "Overcharged", ColumnKind.MONEY),
        Column("seed", "Seed"),
        Column("staff_id", "Staff"),
    ),
    query=load_queries(__file__, "shelf_audits.sql")["rows"],
    plot=("business_date", "accuracy_bp"),
)
