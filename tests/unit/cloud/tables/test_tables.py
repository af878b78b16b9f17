"""Tables written in every dialect read back the same, with the line numbers a person sees; what is ambiguous is refused."""

from __future__ import annotations

import datetime
import io
import zipfile
import zoneinfo
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.tables import numbers, xlsx
from cloud.tables.instants import NotAnInstant, read_date, read_instant_ms
from cloud.tables.numbers import NotANumber, decide_mark, evidence, read_number, scaled
from cloud.tables.read import read_table
from cloud.tables.values import ROWS_MAX, Damaged, ReadOptions, TableRefused
from cloud.tables.write import Dialect, write_csv, write_xlsx

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
HEADING = ("item id", "price", "reason")
KNOWN = frozenset(HEADING)

TEXT = st.text(
    st.characters(codec="gb18030", exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp"), exclude_characters="\ufeff'"),
    min_size=1, max_size=12,
).filter(lambda text: text.strip() and not text.startswith(("=", "+", "-", "@")))  # fmt: skip
MULTILINE = st.tuples(TEXT, TEXT).map("\n".join)
PRICE = st.integers(0, 99_999_999).map(lambda minor: Decimal(minor).scaleb(-2))
ROWS = st.lists(st.tuples(TEXT, PRICE, st.one_of(TEXT, MULTILINE)), min_size=1, max_size=6)
DIALECTS = [
    (encoding, delimiter, decimal)
    for encoding in ("utf-8-sig", "utf-8", "utf-16-le", "utf-16-be", "gb18030")
    for delimiter in ",;\t"
    for decimal in ".,"
]


@given(ROWS, st.sampled_from(DIALECTS))
@settings(max_examples=80, deadline=None)
def test_a_table_reads_back_the_same_from_csv_in_every_dialect(
    rows: list[tuple[str, Decimal, str]], dialect: tuple[str, str, str]
) -> None:
    encoding, delimiter, decimal = dialect
    chosen = ReadOptions(
        encoding="gb18030" if encoding == "gb18030" else ""
    )  # of any text: only everyday Chinese is detected
    table = read_table(write_csv(HEADING, rows, Dialect(encoding, delimiter, decimal)), chosen, KNOWN)
    assert table.detected.encoding == encoding.removesuffix("-sig")
    assert table.detected.delimiter == {",": "comma", ";": "semicolon", "\t": "tab"}[delimiter]
    mark = decide_mark(((row.line_no, row.cells[1]) for row in table.rows), "")
    assert mark == {".": "point", ",": "comma"}[decimal]
    assert [(row.cells[0], read_number(row.cells[1], mark), row.cells[2]) for row in table.rows] == rows
    assert not table.problems


@given(ROWS)
@settings(max_examples=15, deadline=None)
def test_a_table_reads_back_the_same_from_a_workbook(rows: list[tuple[str, Decimal, str]]) -> None:
    table = read_table(write_xlsx(HEADING, rows, "Prices"), known=KNOWN)
    assert (table.detected.format, table.detected.sheet) == ("xlsx", "Prices")
    assert [(row.cells[0], read_number(row.cells[1], "point"), row.cells[2]) for row in table.rows] == rows
    assert [row.line_no for row in table.rows] == list(range(2, len(rows) + 2))


def test_gb18030_is_known_by_its_characters_and_another_code_page_is_refused() -> None:
    chinese = "编号;价格;原因\nA1;1,29;促销价格调整\n"
    table = read_table(chinese.encode("gb18030"))
    assert (table.detected.encoding, table.rows[0].cells) == ("gb18030", ("A1", "1,29", "促销价格调整"))
    latin = "item id;price;reason\nA1;1,29;Müller möchte günstiger\n".encode("cp1252")
    with pytest.raises(TableRefused, match="neither UTF-8") as refused:
        read_table(latin)
    assert (refused.value.code, refused.value.option) == ("encoding", "encoding")
    with pytest.raises(TableRefused, match="Byte 31 of the file is not UTF-8"):
        read_table(latin, ReadOptions(encoding="utf-8"))


def test_lines_are_counted_as_a_person_counts_them() -> None:
    text = '\nitem id,price\nA1,"1\n2"\n\n,,\nA2,3\n'
    assert [row.line_no for row in read_table(text.encode()).rows] == [3, 7]
    assert read_table(text.encode()).detected.heading_line == 2


def test_a_sep_line_is_obeyed_and_a_heading_of_several_splits_is_refused() -> None:
    table = read_table(b"sep=;\nitem id;price, net\nA1;2\n")
    assert (table.detected.delimiter, table.rows[0].line_no) == ("semicolon", 3)
    with pytest.raises(TableRefused, match="comma / semicolon") as refused:
        read_table(b"number;price, net\nA1;2\n")
    assert refused.value.option == "delimiter"
    assert read_table(b"item id;price;net,gross\nA1;2;3\n", known=KNOWN).detected.delimiter == "semicolon"
    assert read_table(b"number;price, net\nA1;2\n", ReadOptions(delimiter="semicolon")).rows[0].cells == ("A1", "2")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"item id,price\n", "empty"),
        (b"\n \n", "empty"),
        (b'item id,price\nA1,"1', "not_csv"),
        (b"\xd0\xcf\x11\xe0" + bytes(64), "not_xlsx"),
        (b"PK\x03\x04 not a zip", "not_xlsx"),
        (b"item id\n" + b"A\n" * (ROWS_MAX + 1), "too_many_rows"),
        (b"x" * 20_000_001, "too_large"),
    ],
    ids=["nothing", "heading only", "blank lines", "open quote", "old or protected", "broken zip", "rows", "bytes"],
)
def test_what_is_no_table_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(TableRefused) as refused:
        read_table(content)
    assert refused.value.code == code
    assert refused.value.remedy


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb, bomb.open("xl/sharedStrings.xml", "w") as part:
        for _ in range(65):
            part.write(bytes(1_000_000))
    assert len(packed.getvalue()) < 1_000_000
    with pytest.raises(TableRefused) as refused:
        read_table(packed.getvalue())
    assert refused.value.code == "too_large_unpacked"


def test_a_document_type_in_a_workbook_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bad:
        bad.writestr("[Content_Types].xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Types/>')
    with pytest.raises(TableRefused, match="document type"):
        read_table(packed.getvalue())


def book_of(
    *rows: tuple[object, ...], title: str = "Prices"
) -> tuple[openpyxl.Workbook, openpyxl.worksheet.worksheet.Worksheet]:
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, openpyxl.worksheet.worksheet.Worksheet)
    page.title = title
    for row in rows:
        page.append(row)
    return book, page


def bytes_of(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_formulas_without_values_merged_cells_and_errors_are_named_by_line() -> None:
    book, page = book_of(HEADING, ("A1", "=1+1", "x"), ("A2", 2.5, "y"), ("A3", "#N/A", "z"))
    page["B4"].data_type = "e"
    page.merge_cells("C2:C3")
    table = read_table(bytes_of(book), known=KNOWN)
    assert isinstance(table.rows[0].cells[1], Damaged)
    assert "without a stored value" in table.rows[0].cells[1].problem
    assert table.rows[1].cells[1] == Decimal("2.5")
    assert isinstance(table.rows[2].cells[1], Damaged)
    assert [(row.line_no, row.problem) for row in table.problems] == [(2, "merged cells C2:C3")]


def test_the_sheet_with_the_headings_is_taken_and_two_such_sheets_must_be_chosen_from() -> None:
    book, _ = book_of(("some", "notes"), title="Notes")
    second = book.create_sheet("North")
    second.append(HEADING)
    second.append(("A1", 1, "x"))
    assert read_table(bytes_of(book), known=KNOWN).detected.sheet == "North"
    third = book.create_sheet("South")
    third.append(HEADING)
    third.append(("A1", 2, "x"))
    with pytest.raises(TableRefused, match="North, South") as refused:
        read_table(bytes_of(book), known=KNOWN)
    assert refused.value.option == "sheet"
    assert read_table(bytes_of(book), ReadOptions(sheet="South")).rows[0].cells[1] == Decimal(2)
    with pytest.raises(TableRefused, match="no sheet 'West'"):
        read_table(bytes_of(book), ReadOptions(sheet="West"))


def test_a_cell_far_to_the_right_makes_no_line_wide() -> None:
    book, page = book_of(("item id", "price"), ("A1", 1))
    page["XFD3"] = "lost"
    assert [len(row.cells) for row in read_table(bytes_of(book)).rows] == [2]


@pytest.mark.parametrize(
    ("text", "proves"),
    [("1.29", "point"), ("1,29", "comma"), ("1.234,5", "comma"), ("1,234.5", "point"), ("1.234.567", "comma"),
     ("0.123", "point"), ("1.234", "either"), ("12,500", "either"), ("1234.567", "point"), ("12", ""), ("€ 3,50", "comma"),
     ("-1.5", "point"), ("x", "")],
)  # fmt: skip
def test_what_a_number_proves_about_the_decimal_mark(text: str, proves: str) -> None:
    assert evidence(text) == proves


def test_a_mark_that_cannot_be_known_is_refused_with_both_lines() -> None:
    with pytest.raises(TableRefused, match=r"Line 2 has '1\.29' and line 3 has '1,30'") as refused:
        decide_mark([(2, "1.29"), (3, "1,30")], "")
    assert refused.value.option == "decimal"
    with pytest.raises(TableRefused, match=r"'1\.234' in line 4 may be a thousand"):
        decide_mark([(4, "1.234"), (5, "7")], "")
    assert decide_mark([(4, "1.234")], "comma") == "comma"
    assert decide_mark([(4, "1.234"), (5, "1,5")], "") == "comma"
    assert decide_mark([(4, "7")], "") == "point"


def test_numbers_are_exact_and_nothing_is_rounded() -> None:
    assert scaled(read_number("1.234,50", "comma"), 2) == 123_450
    assert scaled(read_number("1,234,567", "point"), 0) == 1_234_567
    assert [scaled(read_number("1.234", mark), 3) for mark in ("comma", "point")] == [1_234_000, 1_234]
    assert scaled(read_number(Decimal("0.3"), "point"), 2) == 30
    for text, mark in (
        ("1,5", "point"),
        ("1.5", "comma"),
        ("12 apples", "point"),
        ("1e3", "point"),
        ("1,23.4", "point"),
        ("", "point"),
    ):
        with pytest.raises(NotANumber):
            read_number(text, mark)
    with pytest.raises(NotANumber, match="more than 2 decimals"):
        scaled(Decimal("1.005"), 2)
    with pytest.raises(NotANumber, match="has decimals"):
        scaled(Decimal("1.5"), 0)
    with pytest.raises(NotANumber, match="15 digits"):
        read_number("1" * 16, "point")


def test_a_workbooks_floating_point_reads_as_its_screen_shows_it() -> None:
    book, _ = book_of(("item id", "price"), ("A1", 0.1 + 0.2), ("A2", 4006381333931))
    rows = read_table(bytes_of(book)).rows
    assert [row.cells[1] for row in rows] == [Decimal("0.3"), Decimal(4006381333931)]


@pytest.mark.parametrize(
    ("text", "utc"),
    [("2026-12-24", "2026-12-23T23:00"), ("24.12.2026 06:30", "2026-12-24T05:30"), ("2026/7/1 06:30", "2026-07-01T04:30"),
     ("2026年7月1日 6:30", "2026-07-01T04:30"), ("2026-12-24T06:30:00Z", "2026-12-24T06:30"),
     ("2026-10-25 02:30+01:00", "2026-10-25T01:30")],
)  # fmt: skip
def test_instants_are_read_in_the_time_zone_they_are_meant_in(text: str, utc: str) -> None:
    wanted = datetime.datetime.fromisoformat(utc).replace(tzinfo=datetime.UTC)
    assert read_instant_ms(text, BERLIN) == int(wanted.timestamp()) * 1000


@pytest.mark.parametrize(
    "text", ["12/24/2026", "2026-13-01", "2026-03-29 02:30", "2026-10-25 02:30", "soon", "2026-12-24 25:00"]
)
def test_what_is_no_instant_or_two_is_refused(text: str) -> None:
    with pytest.raises(NotAnInstant):
        read_instant_ms(text, BERLIN)


def test_a_workbooks_date_is_a_date() -> None:
    book, _ = book_of(("date", "n"), (datetime.datetime(2026, 12, 24), 1), (datetime.datetime(2026, 12, 24, 6, 30), 1))  # noqa: DTZ001
    rows = read_table(bytes_of(book)).rows
    assert read_date(rows[0].cells[0]) == datetime.date(2026, 12, 24)
    assert read_instant_ms(rows[1].cells[0], BERLIN) == read_instant_ms("2026-12-24 06:30", BERLIN)
    with pytest.raises(NotAnInstant):
        read_date(rows[1].cells[0])


def test_exports_run_nothing_on_a_colleagues_machine() -> None:
    rows = [("=1+1", Decimal("1.20"), "-x")]
    assert b"'=1+1,1.20,'-x" in write_csv(HEADING, rows)
    assert read_table(write_xlsx(HEADING, rows, "S")).rows[0].cells == ("=1+1", Decimal("1.2"), "-x")
    assert numbers.bare("€ 1") == "1"
    assert xlsx.is_workbook(write_xlsx(HEADING, rows, "S"))
