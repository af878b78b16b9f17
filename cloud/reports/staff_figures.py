"""What each cashier did: sales, pieces, average sale, seconds a sale, voids, discounts, drawer openings."""

from __future__ import annotations

from cloud.db.queries import load_queries
from cloud.reports.report import Column, ColumnKind, Report

REPORT = Report(
    name="staff-figures",
    title="Staff figures",
    what="What each cashier did: sales, pieces, average sale, seconds a sale, voids, discounts, drawer openings.",
    columns=(
        Column("store_id", "Store"),
        Column("cashier_id", "Cashier"),
        Column("currency", "Currency"),
        Column("sale_count", "Sales", ColumnKind.COUNT),
        Column("unit_count", "Pieces", ColumnKind.COUNT),
        Column("total_minor", "Takings", ColumnKind.MONEY),
        Column("average_minor", "Average sale", ColumnKind.MONEY),
        Column("seconds_a_sale", "Seconds a sale", ColumnKind.COUNT),
        Column("void_count", "Voids", ColumnKind.COUNT),
        Column("abandoned_count", "Abandoned", ColumnKind.COUNT),
        Column("drawer_count", "Drawer openings", ColumnKind.COUNT),
        Column("discount_minor", "Taken off by hand", ColumnKind.MONEY),
        Column("return_count", "Returns", ColumnKind.COUNT),
    ),
    query=load_queries(__file__, "staff_figures.sql")["rows"],
    plot=("cashier_id", "sale_count"),
)
