"""What an auditor asks tills about: logins, copies, price changes, sales put aside, drawer openings, voids."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="till-events",
    title="Event log",
    what="What an auditor asks tills about: logins, copies, price changes, sales put aside, drawer openings, voids.",
    columns=(
        Column("store_id", "Store"),
        Column("at", "When"),
        Column("till_id", "Till"),
        Column("code", "Code", ColumnKind.COUNT),
        Column("event", "Event"),
        Column("cashier_id", "Cashier"),
        Column("approver_id", "Approved by"),
        Column("currency", "Currency"),
        Column("amount_minor", "Amount", ColumnKind.MONEY),
        Column("detail", "Detail"),
        Column("before", "Before"),
        Column("after", "After"),
    ),
    query=load_queries(__file__, "till_events.sql")["rows"],
)
