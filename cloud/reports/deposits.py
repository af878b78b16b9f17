"""Deposits on goods that come later, and what became of each: open ones are money the store owes."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="deposits",
    title="Deposits",
    what="Deposits taken on goods that come later: open, settled with the goods, given back, or kept by the store.",
    columns=(
        Column("store_id", "Store"),
        Column("business_date", "Day"),
        Column("presale_id", "Deposit number"),
        Column("item_name", "Item"),
        Column("quantity", "Pieces", ColumnKind.COUNT),
        Column("note", "Note"),
        Column("currency", "Currency"),
        Column("deposit_minor", "Amount", ColumnKind.MONEY),
        Column("state", "State"),
        Column("why", "Reason"),
    ),
    query=load_queries(__file__, "deposits.sql")["rows"],
)
