"""Where the book was wrong: counted stock against what it said."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="count-differences",
    title="Count differences",
    what="Counted stock against the book, the largest differences first.",
    columns=(
        Column("store_id", "Store"),
        Column("business_date", "Day"),
        Column("item_id", "Item"),
        Column("name", "Name"),
        Column("place", "Place"),
        Column("expected_thousandths", "Book", ColumnKind.AMOUNT),
        Column("counted_thousandths", "Counted", ColumnKind.AMOUNT),
        Column("difference_thousandths", "Difference", ColumnKind.AMOUNT),
        Column("staff_id", "Staff"),
    ),
    query=load_queries(__file__, "count_differences.sql")["rows"],
)
