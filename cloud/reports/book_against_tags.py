"""The book held against what the tags say, without a count."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="book-against-tags",
    title="Book against tags",
    what="Tagged items whose book equals what the readers hear.",
    columns=(
        Column("store_id", "Store"),
        Column("business_date", "Day"),
        Column("place", "Place"),
        Column("compared", "Compared items", ColumnKind.COUNT),
        Column("equal", "Book was right", ColumnKind.COUNT),
        Column("accuracy_bp", "Accuracy", ColumnKind.SHARE),
        Column("pieces_missing", "Pieces missing", ColumnKind.COUNT),
        Column("pieces_extra", "Pieces too many", ColumnKind.COUNT),
    ),
    query=load_queries(__file__, "book_against_tags.sql")["rows"],
    plot=("business_date", "accuracy_bp"),
)
