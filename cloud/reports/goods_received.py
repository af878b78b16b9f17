"""What came in: receipts of goods, by scan and by portal."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="goods-received",
    title="Goods received",
    what="Deliveries as the stores took them in, the newest first.",
    columns=(
        Column("store_id", "Store"),
        Column("business_date", "Day"),
        Column("reference", "Delivery note"),
        Column("how", "How"),
        Column("place", "Place"),
        Column("line_count", "Lines", ColumnKind.COUNT),
        Column("received_thousandths", "Received", ColumnKind.AMOUNT),
    ),
    query=load_queries(__file__, "goods_received.sql")["rows"],
)
