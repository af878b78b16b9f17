"""What a printer answers: golden bytes, both roles, any split."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.escpos import status
from protocols.escpos.status import (
    AnswerReader,
    AutomaticStatus,
    BufferedAnswer,
    PrinterCondition,
    ProcessIdAnswer,
    RealTimeAnswer,
    StrayAnswer,
)

GOLDEN = [
    (PrinterCondition(), "12 12 12 12", "10 00 00 00"),
    (PrinterCondition(paper_near_end=True), "12 12 12 1E", "10 00 03 00"),
    (PrinterCondition(paper_out=True, paper_near_end=True, offline=True), "1A 32 12 7E", "18 00 0F 00"),
    (PrinterCondition(cover_open=True, offline=True), "1A 16 12 12", "38 00 00 00"),
]


@pytest.mark.parametrize(("condition", "real_time", "automatic"), GOLDEN)
def test_golden_answers_both_ways(condition: PrinterCondition, real_time: str, automatic: str) -> None:
    answers = bytes.fromhex(real_time)
    assert bytes(status.real_time_answer(n, condition) for n in status.QUESTIONS) == answers
    assert status.read_real_time((answers[0], answers[1], answers[2], answers[3])) == condition
    assert status.automatic_status(condition) == bytes.fromhex(automatic)
    assert status.read_automatic(bytes.fromhex(automatic)) == condition


def test_every_condition_survives_both_ways() -> None:
    names = PrinterCondition.__struct_fields__
    for values in itertools.product((False, True), repeat=len(names)):
        told = PrinterCondition(**dict(zip(names, values, strict=True)))
        if told.paper_out and not told.paper_near_end:
            continue  # a roll that has ended has nearly ended
        one, two, three, four = (status.real_time_answer(n, told) for n in status.QUESTIONS)
        assert status.read_real_time((one, two, three, four)) == told
        assert status.read_automatic(status.automatic_status(told)) == told


def test_a_fault_is_said_in_plain_words() -> None:
    assert PrinterCondition(paper_near_end=True).fault == ""
    assert PrinterCondition(paper_out=True, offline=True).fault == "the paper is out"
    assert PrinterCondition(cover_open=True, paper_out=True, offline=True).fault == "the cover is open"
    assert PrinterCondition(offline=True).fault == "the printer is offline"


def test_questions_and_process_ids() -> None:
    assert status.question(2) == b"\x10\x04\x02"
    assert status.process_id_request("ab 1") == bytes.fromhex("1D 28 48 06 00 30 30 61 62 20 31")
    assert status.process_id_answer("ab 1") == bytes.fromhex("37 22 61 62 20 31 00")


@given(cuts=st.lists(st.integers(0, 30)))
def test_answers_under_any_split(cuts: list[int]) -> None:
    wire = b"\x12\x1a" + status.process_id_answer("0001") + b"\x38\x00\x00\x00" + b"\x13\x0f\x12"
    places = sorted({min(cut, len(wire)) for cut in cuts} | {0, len(wire)})
    reader = AnswerReader()
    answers = [answer for a, b in itertools.pairwise(places) for answer in reader.feed(wire[a:b])]
    assert answers == [
        RealTimeAnswer(0x12),
        RealTimeAnswer(0x1A),
        ProcessIdAnswer("0001"),
        AutomaticStatus(b"\x38\x00\x00\x00"),
        StrayAnswer(b"\x13"),
        BufferedAnswer(0x0F),
        RealTimeAnswer(0x12),
    ]


@given(noise=st.binary(max_size=300))
def test_noise_never_raises_and_is_never_a_process_id(noise: bytes) -> None:
    reader = AnswerReader()
    for answer in reader.feed(noise):
        if isinstance(answer, ProcessIdAnswer):
            assert status.process_id_answer(answer.identity) in noise
    assert len(reader._held) < 80
