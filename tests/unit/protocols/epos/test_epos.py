"""ePOS-Print both ways: the documents and answers of the manual, round trips, hostile XML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.epos import answers, soap
from protocols.epos.answers import EposAnswer, answer_bytes, read_answer
from protocols.epos.document import document_bytes, read_document
from protocols.epos.soap import BadXml
from protocols.escpos import operations as op
from protocols.escpos.status import PrinterCondition

RECEIPT: list[op.Operation] = [
    op.Initialize(),
    op.Style(align="centre", bold=True, width=2, height=2),
    op.Text("Corner Shop 小店 <&>\n"),
    op.Style(),
    op.Text("Tea  3.50\n"),
    op.Barcode("ean13", "4006381333931"),
    op.Barcode("code128", "s-1/{1}"),
    op.Qr("https://shop.example/r/1", module_dots=5, level="M"),
    op.Raster(2, b"\xf0\x0f\xaa\x55"),
    op.Feed(3),
    op.Cut(full=False),
]


def test_a_receipt_there_and_back() -> None:
    assert read_document(document_bytes(RECEIPT)) == RECEIPT


def test_the_wire_is_as_the_manual_has_it() -> None:
    text = document_bytes([op.Text("A\n"), op.KickDrawer(pin=5, on_ms=200), op.Cut()]).decode()
    assert '<epos-print xmlns="http://www.epson-pos.com/schemas/2011/03/epos-print">' in text
    assert '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' in text
    assert '<pulse drawer="drawer_2" time="pulse_200" />' in text
    assert '<cut type="feed" />' in text
    assert soap.target(10_000) == "/cgi-bin/epos/service.cgi?devid=local_printer&timeout=10000"


def test_paper_out_is_the_answer_of_the_manual() -> None:
    answer = read_answer(answer_bytes(EposAnswer(False, "EPTR_REC_EMPTY", 655_368)))
    assert answer.condition == PrinterCondition(offline=True, paper_out=True, paper_near_end=True)
    assert answer.condition.fault == "the paper is out"
    assert answer.outcome == "unknown", "half of it may be on paper"
    assert answers.OFFLINE | answers.NEAR_END | answers.END == 655_368


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (EposAnswer(True, "", answers.PRINTED), "confirmed"),
        (EposAnswer(False, "SchemaError", 0), "not_sent"),
        (EposAnswer(False, "DeviceNotFound", 1), "not_sent"),
        (EposAnswer(False, "EPTR_COVER_OPEN", 0x28), "unknown"),
        (EposAnswer(False, "EX_TIMEOUT", 0), "unknown"),
        (EposAnswer(False, "something new", 0), "unknown"),
    ],
)
def test_what_an_answer_means_for_the_receipt(answer: EposAnswer, outcome: str) -> None:
    assert answer.outcome == outcome


FLAGS = {name: st.booleans() for name in ("offline", "cover_open", "paper_out", "cutter_error", "unrecoverable_error")}


@given(st.builds(PrinterCondition, drawer_pin_high=st.booleans(), feed_button=st.booleans(), **FLAGS))
def test_every_condition_survives_the_status_bits(condition: PrinterCondition) -> None:
    told = EposAnswer(False, answers.error_code(condition), answers.status_bits(condition)).condition
    assert told.fault == condition.fault
    assert told.drawer_pin_high == condition.drawer_pin_high
    assert told.paper_out == condition.paper_out


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"no xml",
        b"\xff\xfe<\x00a\x00",
        b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>',
        b"<a/>",
        answer_bytes(EposAnswer(True, "", 2)).replace(b'"2"', b'"two"'),
        answer_bytes(EposAnswer(True, "", 2)).replace(b'"2"', b'"' + b"9" * 400 + b'"'),
    ],
)
def test_hostile_answers_are_refused(hostile: bytes) -> None:
    with pytest.raises(BadXml):
        read_answer(hostile)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [(b'line="3"', b'line="999"'), (b'type="ean13"', b'type="ean14"'), (b"<feed", b"<fed"), (b"4006381333931", b"40")],
)
def test_the_printer_refuses_what_is_no_document(wrong: bytes, right: bytes) -> None:
    wire = document_bytes(RECEIPT)
    assert wrong in wire
    with pytest.raises(BadXml):
        read_document(wire.replace(wrong, right))


@given(st.binary(max_size=300), st.integers(0, 2_000))
def test_a_message_spoilt_anywhere_is_read_or_refused(junk: bytes, place: int) -> None:
    wire = document_bytes(RECEIPT)
    at = place % len(wire)
    for data in (junk, wire[:at] + junk + wire[at:], wire[:at]):
        try:
            read_document(data)
        except BadXml:
            continue
