"""Makers' own parameters: known bytes by hand, there and back, and odd ones kept as they came."""

from __future__ import annotations

import pytest

from protocols.llrp import messages as m
from protocols.llrp import vendors as v
from protocols.llrp.codec import decode_message, decode_parameters, encode_message, encode_parameter, layout_of
from protocols.llrp.event_parameters import LlrpStatus
from protocols.llrp.parameters import CustomParameter
from protocols.llrp.tag_parameters import Epc96, TagReportData
from protocols.llrp.wire import Number, Words

GOLDEN = [
    ("03ff000e" + "0000651a" + "00000038" + "0fff", v.ImpinjPhase(angle=4_095)),
    ("03ff000e" + "0000651a" + "00000039" + "e890", v.ImpinjPeakRssi(cdbm=-6_000)),
    ("03ff000e" + "0000651a" + "00000044" + "fff0", v.ImpinjDoppler(sixteenth_hz=-16)),
    ("03ff0012" + "0000651a" + "00000037" + "0002" + "e2801105", v.ImpinjTid(words=(0xE280, 0x1105))),
    ("03ff0010" + "0000651a" + "00000026" + "00010003", v.ImpinjLinkMonitor(mode=1, threshold=3)),
    ("03ff0010" + "000000a1" + "000002c4" + "10000000", v.ZebraContentSelector(flags=v.ZEBRA_TELL_PHASE)),
    ("03ff000e" + "000000a1" + "000002c5" + "a0d4", v.ZebraPhase(angle=-24_364)),
    (
        "03ff001a" + "0000651a" + "00000032" + "03ff000e" + "0000651a" + "00000034" + "0001",
        v.ImpinjContentSelector(parts=(v.as_custom(v.ImpinjEnablePhase(mode=1)),)),
    ),
]


@pytest.mark.parametrize(("wire", "part"), GOLDEN, ids=lambda value: type(value).__name__)
def test_known_bytes(wire: str, part: v.OwnParameter) -> None:
    data = bytes.fromhex(wire)
    assert encode_parameter(part) == data
    (custom,) = decode_parameters(data, 0, len(data))
    assert isinstance(custom, CustomParameter)
    assert custom == v.as_custom(part)
    assert v.read_own(custom) == part


@pytest.mark.parametrize("kind", v.OWN_PARAMETERS, ids=lambda kind: kind.__name__)
def test_every_one_comes_back_and_a_cut_one_stays_as_it_is(kind: type[v.OwnParameter]) -> None:
    values = {Number: 7, Words: "R420"}
    part = kind(**{name: values.get(type(how), (1, 2)) for name, how in layout_of(kind).fields})
    custom = v.as_custom(part)
    assert v.read_own(custom) == part
    assert v.find_own((custom,), kind) == part
    cut = CustomParameter(vendor=custom.vendor, subtype=custom.subtype, data=custom.data[:-1])
    if custom.data:
        assert v.read_own(cut) is None
        assert encode_parameter(cut)[12:] == cut.data


def test_a_tag_tells_its_phase_beside_parameters_nobody_knows() -> None:
    strange = CustomParameter(vendor=9, subtype=1, data=b"?")
    tag = TagReportData(parts=(Epc96.of(bytes(12)), strange, v.ImpinjPhase(angle=5)))
    (found,) = decode_message(encode_message(m.RoAccessReport(parts=(tag,)))).parts
    assert v.find_own(found.parts, v.ImpinjPhase) == v.ImpinjPhase(angle=5)
    assert v.find_own(found.parts, v.ImpinjTid) is None
    assert v.read_own(strange) is None


def test_the_extensions_of_impinj_are_asked_for_and_granted() -> None:
    asked = decode_message(bytes.fromhex("07ff00000013000000020000651a1500000000"))
    assert isinstance(asked, m.CustomMessage)
    assert v.is_enable_extensions(asked)
    assert encode_message(v.impinj_enable_extensions())[10:] == bytes.fromhex("0000651a1500000000")
    answer = v.impinj_extensions_answer(asked, LlrpStatus(code=0))
    assert answer.message_id == 2
    assert decode_parameters(answer.data, 0, len(answer.data)) == (LlrpStatus(code=0),)
