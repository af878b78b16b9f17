"""Which prices were wrong on the shelf: the lines of price checks that did not agree with the till."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="shelf-differences",
    title="Wrong shelf prices",
    what="What price checks found: prices that differ from the till or cannot be read, the largest differences first.",
    columns=(
        Column("store_id", "Store"),
        Column("business_date", "Day"),
        Column("item_id", "Item"),
        Column("name", "Name"),
        Column("finding", "Finding"),
        Column("currency", "Currency"),
        Column("seen_minor", "On the shelf", ColumnKind.MONEY),
        Column("till_minor", "At the till", ColumnKind.MONEY),
        Column("difference_minor", "Difference", ColumnKind.MONEY),
        Column("stratum", "Aisle or category"),
        Column("label_id", "Label"),
    ),
    query=load_queries(__file__, "shelf_differences.sql")["rows"],
)
