"""SGTINs between bits, URI and GTIN: vectors of the Tag Data Standard, illegal bits refused, foreign tags kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.gs1 import epc
from protocols.gs1.epc import EpcRefused, Sgtin, TagIdentity, identify
from protocols.gs1.gtin import with_check_digit

VECTORS = [
    ("3066C4409047E140075BCD15", "urn:epc:id:sgtin:95060001343.05.123456789", "09506000134352", "123456789"),
    ("3074257BF7194E4000001A85", "urn:epc:id:sgtin:0614141.812345.6789", "80614141123458", "6789"),
    ("30340242201D8840009EFDF7", "urn:epc:id:sgtin:0037000.030241.10419703", "00037000302414", "10419703"),
    ("30204ED9496334000000006E", "urn:epc:id:sgtin:084663228621.0.110", "00846632286210", "110"),
    (
        "3666C4409047E159B2C2BF100000000000000000000000000000",
        "urn:epc:id:sgtin:95060001343.05.32a%2Fb",
        "09506000134352",
        "32a/b",
    ),
]


@pytest.mark.parametrize(("bits", "uri", "gtin", "serial"), VECTORS)
def test_known_tags(bits: str, uri: str, gtin: str, serial: str) -> None:
    data = bytes.fromhex(bits)
    assert identify(data, 8 * len(data)) == TagIdentity(uri=uri, gtin=gtin, serial=serial)
    sgtin = epc.decode(data, 8 * len(data))
    assert (epc.encode_96 if len(data) == 12 else epc.encode_198)(sgtin) == data
    named = epc.of_uri(uri)
    assert (named.company_prefix, named.item_reference, named.serial) == (
        sgtin.company_prefix,
        sgtin.item_reference,
        sgtin.serial,
    )
    assert epc.of_gtin(gtin, serial, company_prefix_digits=len(sgtin.company_prefix)).uri == uri


@pytest.mark.parametrize(
    ("bits", "code"),
    [
        ("303BFFFFC000004000000001", "epc_prefix"),
        ("3034257BF7FFFFC000000001", "epc_reference"),
        ("307C00000000004000000001", "epc_partition"),
        ("E2003411B802011383258566", "epc_foreign"),
        ("3074257BF7194E4000001A", "epc_foreign"),
        ("", "epc_foreign"),
        ("3666C4409047E159806400000000000000000000000000000000", "epc_serial"),
        ("3666C4409047E1400000000000000000000000000000000000", "epc_serial"),
    ],
)
def test_what_is_no_legal_sgtin_is_refused_and_kept_raw(bits: str, code: str) -> None:
    data = bytes.fromhex(bits)
    with pytest.raises(EpcRefused) as refused:
        epc.decode(data, 8 * len(data))
    assert refused.value.code == code
    assert identify(data, 8 * len(data)) == TagIdentity(uri=f"urn:epc:raw:{8 * len(data)}.x{bits}")


def test_an_odd_number_of_bits_is_kept() -> None:
    assert identify(b"\xff\x80", 9).uri == "urn:epc:raw:9.xFF80"


prefixes = st.integers(6, 12).flatmap(lambda digits: st.text("0123456789", min_size=digits, max_size=digits))
items = prefixes.flatmap(
    lambda prefix: st.text("0123456789", min_size=13 - len(prefix), max_size=13 - len(prefix)).map(lambda ref: (prefix, ref))
)
characters = "!\"%&'()*+,-./0189:;<=>?AZ_az"


@settings(max_examples=40, deadline=None)
@given(items, st.integers(0, 2**38 - 1), st.integers(0, 7))
def test_every_sgtin_96_comes_back(item: tuple[str, str], serial: int, filter_value: int) -> None:
    sgtin = Sgtin(company_prefix=item[0], item_reference=item[1], serial=str(serial), filter_value=filter_value)
    assert epc.decode(epc.encode_96(sgtin), 96) == sgtin
    assert sgtin.gtin == with_check_digit(sgtin.gtin[:-1])
    assert epc.of_gtin(sgtin.gtin, str(serial), company_prefix_digits=len(item[0])).uri == sgtin.uri


@settings(max_examples=40, deadline=None)
@given(items, st.text(characters, min_size=1, max_size=20))
def test_every_sgtin_198_comes_back(item: tuple[str, str], serial: str) -> None:
    sgtin = Sgtin(company_prefix=item[0], item_reference=item[1], serial=serial)
    coded = epc.encode_198(sgtin)
    assert epc.decode(coded, 208) == sgtin
    assert epc.decode(coded[:25], 198) == sgtin
    assert epc.of_uri(sgtin.uri) == sgtin


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=32), st.integers(0, 256))
def test_no_tag_ever_stops_the_reading(data: bytes, bits: int) -> None:
    assert identify(data, bits).uri.startswith("urn:epc:")


@pytest.mark.parametrize("serial", ["", "01", "274877906944", "-1", "1a", "²"])
def test_a_serial_no_sgtin_96_can_hold(serial: str) -> None:
    with pytest.raises(EpcRefused):
        epc.encode_96(Sgtin(company_prefix="0614141", item_reference="812345", serial=serial))


@pytest.mark.parametrize(
    "uri", ["", "urn:epc:id:sgtin:1.2.3", "urn:epc:id:sgtin:0614141.812345.", "urn:epc:id:sgtin:0614141.812345.a b"]
)
def test_a_uri_that_is_none(uri: str) -> None:
    with pytest.raises(EpcRefused):
        epc.of_uri(uri)


@pytest.mark.parametrize(
    ("gtin", "digits"), [("80614141123457", 7), ("8061414112345", 7), ("80614141123458", 5), ("8061414112345x", 7)]
)
def test_a_gtin_that_is_none(gtin: str, digits: int) -> None:
    with pytest.raises(EpcRefused):
        epc.of_gtin(gtin, "1", company_prefix_digits=digits)
