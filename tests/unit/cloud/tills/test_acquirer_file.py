"""The acquirer's file: headings in several languages, exact amounts, and every bad line named."""

import zoneinfo

import pytest

from cloud.refusals import Invalid
from cloud.tills.acquirer_file import Place, read_lines

HERE = Place("EUR", 2, zoneinfo.ZoneInfo("Europe/Berlin"))


def test_minor_units_and_an_instant_with_its_offset() -> None:
    (line,) = read_lines(
        b"terminal_id,reference,attempt_id,of_attempt_id,method,amount_minor,currency,at,card_tail\n"
        b"T1,R1,a-1,,card,-1290,EUR,2026-11-20T10:00:00Z,4242\n",
        HERE,
    )
    assert (line.line_no, line.reference, line.attempt_id, line.amount_minor) == (2, "R1", "a-1", -1_290)
    assert (line.at_ms, line.card_tail, line.terminal_id) == (1_795_168_800_000, "4242", "T1")


def test_amounts_of_the_currency_and_the_stores_own_time() -> None:
    (line,) = read_lines("交易号;金额;交易时间\nR9;12,90;2026-11-20 11:00\n".encode(), HERE)
    assert (line.reference, line.amount_minor, line.at_ms) == ("R9", 1_290, 1_795_168_800_000)


def test_every_bad_line_is_named_and_nothing_is_taken() -> None:
    content = b"reference,amount_minor,currency,at\nR1,12.5,EUR,2026-11-20\nR2,100,USD,2026-11-20\nR3,100,EUR,yesterday\n"
    with pytest.raises(Invalid) as refused:
        read_lines(content, HERE)
    assert [(each.field, each.problem) for each in refused.value.problems] == [
        ("line 2, amount_minor", "has decimals"),
        ("line 3, currency", "'USD' is not the store's"),
        ("line 4, at", "'yesterday' is not a date"),
    ]


@pytest.mark.parametrize("heading", ["amount_minor,at", "reference,at", "reference,amount_minor"])
def test_a_file_without_what_is_needed_is_refused_as_a_whole(heading: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_lines(f"{heading}\n1,1\n".encode(), HERE)
    assert refused.value.code == "no_column"
