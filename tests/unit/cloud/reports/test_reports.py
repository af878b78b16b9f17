"""Reports are consistent by themselves, and their CSV is read by a spreadsheet as it was meant."""

from __future__ import annotations

import csv
import datetime
import io

import pytest

from cloud.locale.catalogue import LANGUAGES, words_of
from cloud.refusals import Invalid
from cloud.reports import best_sellers
from cloud.reports.registry import REPORTS
from cloud.reports.report import Answered, Asked, Report, check
from cloud.reports.service import as_csv

BY_NAME = [pytest.param(report, id=report.name) for report in REPORTS]
DAY = datetime.date(2026, 11, 27)


def test_names_are_their_own() -> None:
    assert len({report.name for report in REPORTS}) == len(REPORTS)


@pytest.mark.parametrize("report", BY_NAME)
def test_a_plot_draws_columns_of_the_report(report: Report) -> None:
    for name in report.plot or ():
        assert report.columns[report.place(name)].name == name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("report", BY_NAME)
def test_every_word_of_a_report_is_in_the_catalogue(report: Report, language: str) -> None:
    words = words_of(language)
    for said in (report.title, report.what, *(column.title for column in report.columns)):
        assert words.name("report", said) != said or language == "en"


def test_csv_holds_decimals_and_no_formula() -> None:
    rows: list[tuple[int | str | None, ...]] = [
        ("i-1", '=HYPERLINK("x"),"quoted"', "EUR", 3, 1_512, 1_999),
        ("i-2", "茶", "JPY", 1, -2_000, 300),
    ]
    text = as_csv(best_sellers.REPORT, Answered(rows, cut=False), {"EUR": 2, "JPY": 0})
    assert list(csv.reader(io.StringIO(text))) == [
        ["item_id", "name", "currency", "sale_count", "sold", "net"],
        ["i-1", '\'=HYPERLINK("x"),"quoted"', "EUR", "3", "1.512", "19.99"],
        ["i-2", "茶", "JPY", "1", "-2", "300"],
    ]


@pytest.mark.parametrize(("from_days", "field"), [(-1, "upto_date"), (400, "from_date")])
def test_a_period_that_cannot_be_is_refused(from_days: int, field: str) -> None:
    check(Asked(DAY - datetime.timedelta(days=399), DAY))
    with pytest.raises(Invalid) as refused:
        check(Asked(DAY - datetime.timedelta(days=from_days), DAY))
    assert refused.value.problems[0].field == field
