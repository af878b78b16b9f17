"""How often the book is right: counted items whose book equalled the count, an item and place once a count."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="stock-accuracy",
    title="Stock accuracy",
    what="Counted items and places whose book equalled the count.",
    columns=(
        Column("store_id", "Store"),
        Column("business_date", "Day"),
        Column("place", "Place"),
        Column("counted", "Counted items", ColumnKind.COUNT),
        Column("equal", "Book was right", ColumnKind.COUNT),
        Column("accuracy_bp", "Accuracy", ColumnKind.SHARE),
        Column("missing_thousandths", "Missing", ColumnKind.AMOUNT),
        Column("extra_thousandths", "Too many", ColumnKind.AMOUNT),
    ),
    query=load_queries(__file__, "stock_accuracy.sql")["rows"],
    plot=("business_date", "accuracy_bp"),
)
