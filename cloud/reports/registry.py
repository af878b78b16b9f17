"""Every report, in the order people are shown them. A new one is its module and a line here."""

from __future__ import annotations

from cloud.refusals import Missing
from cloud.reports import (
    best_sellers,
    book_against_tags,
    count_differences,
    deposits,
    goods_received,
    goods_returned,
    promotions,
    sales_by_hour,
    shelf_audits,
    shelf_differences,
    shrink,
    staff_figures,
    stock_accuracy,
    tax_by_rate,
    tenders,
    till_events,
)
from cloud.reports.report import Report

REPORTS: tuple[Report, ...] = (
    sales_by_hour.REPORT,
    best_sellers.REPORT,
    promotions.REPORT,
    count_differences.REPORT,
    stock_accuracy.REPORT,
    book_against_tags.REPORT,
    shrink.REPORT,
    goods_received.REPORT,
    goods_returned.REPORT,
    shelf_audits.REPORT,
    shelf_differences.REPORT,
    staff_figures.REPORT,
    tax_by_rate.REPORT,
    tenders.REPORT,
    deposits.REPORT,
    till_events.REPORT,
)


def find(name: str) -> Report:
    """The report of that name. Raises `Missing`."""
    for report in REPORTS:
        if report.name == name:
            return report
    raise Missing("unknown_report", f"There is no report '{name}'.", "GET /api/v1/reports lists them.")
