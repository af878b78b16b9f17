"""Tags of a store: known tags, all schemes there and back, illegal bits refused, foreign tags kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.gs1.epc import TagIdentity, encode_96, gtin_and_serial, identify, of_gtin
from protocols.gs1.gtin import with_check_digit
from protocols.gs1.print_run import RunLine, tags_of
from protocols.gs1.tds import keys, text
from protocols.gs1.tds.bits import BitReader, BitWriter
from protocols.gs1.tds.codec import SCHEMES, read_epc, write_epc
from protocols.gs1.tds.errors import EpcRefused
from protocols.gs1.tds.keys import Epc, Kind

PIECES = [
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
    ("F73795211411234538566CB0AFC4", "https://id.gs1.org/01/79521141123453/21/32a%2Fb", "79521141123453", "32a/b"),
]
KEYS = [
    ("3174257BF4499602D2000000", "(00)106141412345678908", "urn:epc:id:sscc:0614141.1234567890"),
    ("311BA1B300CE0A6A83000000", "(00)095201234567891235", "urn:epc:id:sscc:952012.03456789123"),
    ("3276451FD46072000000162E", "(414)9521141123454(254)5678", "urn:epc:id:sgln:9521141.12345.5678"),
    ("3376451FD40C0E400000162E", "(8003)095211411234545678", "urn:epc:id:grai:9521141.12345.5678"),
    ("3476451FD40000000000162E", "(8004)95211415678", "urn:epc:id:giai:9521141.5678"),
    ("F90095201234567891235000", "(00)095201234567891235", "https://id.gs1.org/00/095201234567891235"),
    ("FA3952114132E83C2BF10000", "(8004)952114132a/b", "https://id.gs1.org/8004/952114132a%2Fb"),
]


@pytest.mark.parametrize(("bits", "uri", "gtin", "serial"), PIECES)
def test_known_pieces(bits: str, uri: str, gtin: str, serial: str) -> None:
    data = bytes.fromhex(bits)
    assert identify(data, 8 * len(data)) == TagIdentity(uri=uri, gtin=gtin, serial=serial)
    assert gtin_and_serial(data, 8 * len(data)) == (gtin, serial)


@pytest.mark.parametrize(("bits", "elements", "uri"), KEYS)
def test_other_known_keys_are_named_and_are_no_pieces(bits: str, elements: str, uri: str) -> None:
    data = bytes.fromhex(bits)
    assert (read_epc(data, 8 * len(data)).elements, identify(data, 8 * len(data))) == (elements, TagIdentity(uri=uri))
    with pytest.raises(EpcRefused, match="no piece"):
        gtin_and_serial(data, 8 * len(data))


@pytest.mark.parametrize("bits", [row[0] for row in (*PIECES, *KEYS)])
def test_a_known_tag_is_written_bit_by_bit_as_it_was_read(bits: str) -> None:
    data = bytes.fromhex(bits)
    scheme = next(scheme for scheme in SCHEMES.values() if scheme.header == data[0])
    assert write_epc(read_epc(data, 8 * len(data)), scheme.name)[0] == data


def test_a_date_stands_before_the_key_so_that_a_reader_can_select_by_it() -> None:
    best_before = Epc(Kind.SGTIN, "79521141123453", "32a/b", filter_value=3, date=("15", "261231"))
    data, bits = write_epc(best_before, "dsgtin+")
    assert data.hex().startswith("fb3" + "2" + f"{26 << 9 | 12 << 5 | 31:04x}" + "79521141123453")
    assert read_epc(data, bits) == best_before
    assert best_before.elements == "(01)79521141123453(21)32a/b(15)261231"
    assert keys.of_elements(best_before.elements).date == ("15", "261231")


@pytest.mark.parametrize(("header", "host_header"), [("F7", "FD"), ("F2", "E9"), ("F1", "EB"), ("FA", "EE")])
def test_a_host_name_behind_the_key_changes_no_identity(header: str, host_header: str) -> None:
    scheme = next(scheme for scheme in SCHEMES.values() if scheme.header == int(header, 16))
    number = {Kind.GIAI: "952114132", Kind.SGTIN: "79521141123453"}.get(scheme.kind, "9521141123454")
    plain, bits = write_epc(Epc(scheme.kind, number, "" if scheme.kind is Kind.GIAI else "7"), scheme.name)
    with_host = bytes.fromhex(host_header) + plain[1:] + b"\xff\xff"
    assert read_epc(with_host, 8 * len(with_host)) == read_epc(plain, bits)


@pytest.mark.parametrize(
    ("bits", "code"),
    [
        ("303BFFFFC000004000000001", "epc_prefix"),
        ("3034257BF7FFFFC000000001", "epc_reference"),
        ("303BD0900000004000000001", "epc_prefix"),
        ("307C00000000004000000001", "epc_partition"),
        ("3174257BF4499602D2000001", "epc_reserved"),
        ("E2003411B802011383258566", "epc_foreign"),
        ("3074257BF7194E4000001A", "epc_foreign"),
        ("", "epc_foreign"),
        ("3666C4409047E159806400000000000000000000000000000000", "epc_serial"),
        ("3666C4409047E1400000000000000000000000000000000000", "epc_serial"),
        ("F73795211411234638566CB0AFC4", "check_digit"),
        ("F737952114112A4538566CB0AFC4", "epc_digit"),
        ("F7379521141123453C566CB0AFC4", "epc_encoding"),
        ("F7379521141123453856", "epc_short"),
        ("FB372CDE795211411234538566CB0AFC4000", "epc_date"),
        ("FB342DFE795211411234538566CB0AFC4000", "epc_date"),
        ("F11952114112345401000000", "epc_digit"),
        ("FA3B00000000000000000000", "epc_digit"),
    ],
)
def test_what_is_no_legal_key_is_refused_and_kept_raw(bits: str, code: str) -> None:
    data = bytes.fromhex(bits)
    with pytest.raises(EpcRefused) as refused:
        read_epc(data, 8 * len(data))
    assert refused.value.code == code
    assert identify(data, 8 * len(data)) == TagIdentity(uri=f"urn:epc:raw:{8 * len(data)}.x{bits}")


def test_an_odd_number_of_bits_is_kept() -> None:
    assert identify(b"\xff\x80", 9).uri == "urn:epc:raw:9.xFF80"


digits = st.text("0123456789", min_size=1, max_size=20)
characters = st.text("!\"%&'()*+,-./0189:;<=>?AZ_az", min_size=1, max_size=20)
ALPHABETS = ("0123456789", "0123456789ABCDEF", "0123456789abcdef", "019AZaz-_", "019AZ-.:", "!\"%&'()*+,/;<=>?az")
texts = st.sampled_from(ALPHABETS).flatmap(lambda alphabet: st.text(alphabet, min_size=1, max_size=20))


@settings(max_examples=150, deadline=None)
@given(texts)
def test_a_serial_of_any_alphabet_comes_back_in_the_fewest_bits(serial: str) -> None:
    if not text.ALLOWED.issuperset(serial):
        return
    writer = BitWriter()
    text.put(writer, serial)
    assert text.take(BitReader(writer.words(), writer.bits), 20, "serial") == serial
    assert writer.bits <= 8 + 7 * len(serial)


@st.composite
def things(draw: st.DrawFn) -> tuple[Epc, str]:
    """Any thing, with a scheme that can hold it."""
    name = draw(st.sampled_from(sorted(SCHEMES)))
    scheme = SCHEMES[name]
    facts = keys.FACTS[scheme.kind]
    prefix_digits = 0 if name.endswith("+") else draw(st.integers(6, 12))
    if facts.digits:
        number = with_check_digit(draw(st.text("0123456789", min_size=facts.digits - 1, max_size=facts.digits - 1)))
    else:
        number = draw(st.text("0123456789", min_size=12, max_size=12)) + str(draw(st.integers(0, 9_999)))
        number += draw(st.sampled_from(("", "a/b", "X-1"))) if name != "giai-96" else ""
        number = number if prefix_digits == 12 or name != "giai-96" else number[:prefix_digits] + "7"
    serial = ""
    if facts.serial_max and name.endswith("-96"):
        serial = str(draw(st.integers(1, 2**38 - 1)))
    elif facts.serial_max:
        serial = draw(characters)[: facts.serial_max]
        serial = "1" if scheme.kind is Kind.SGLN and serial == "0" else serial
    date = ("17", "280229") if name == "dsgtin+" else None
    return Epc(scheme.kind, number, serial, prefix_digits, draw(st.integers(0, 7)), date), name


@settings(max_examples=200, deadline=None)
@given(things())
def test_everything_comes_back_from_bits_and_from_all_its_spellings(thing: tuple[Epc, str]) -> None:
    epc, scheme = thing
    data, bits = write_epc(epc, scheme)
    assert read_epc(data, bits) == epc
    assert read_epc(data, 8 * len(data)) == epc
    assert keys.of_elements(epc.elements, prefix_digits=epc.prefix_digits).elements == epc.elements
    linked = keys.of_digital_link(epc.digital_link, prefix_digits=epc.prefix_digits)
    assert (linked.number, linked.serial) == (epc.number, epc.serial)
    if epc.prefix_digits:
        assert keys.of_urn(epc.urn).urn == epc.urn
        assert identify(data, bits).uri == epc.urn


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=32), st.sampled_from(sorted(scheme.header for scheme in SCHEMES.values())).flatmap(
    lambda header: st.binary(max_size=31).map(lambda rest: bytes((header,)) + rest)
)), st.integers(0, 256))  # fmt: skip
def test_no_tag_ever_stops_the_reading(data: bytes, bits: int) -> None:
    assert identify(data, bits).uri.startswith(("urn:epc:", "https://id.gs1.org/"))


@pytest.mark.parametrize("serial", ["", "01", "274877906944", "-1", "1a", "²"])
def test_a_serial_no_sgtin_96_can_hold(serial: str) -> None:
    with pytest.raises(EpcRefused):
        encode_96(of_gtin("80614141123458", serial))


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "urn:epc:id:sgtin:1.2.3",
        "urn:epc:id:sgtin:0614141.812345.",
        "urn:epc:id:sgtin:0614141.812345.a b",
        "urn:epc:id:sgtin:0614141.81234x.1",
        "urn:epc:id:sscc:0614141.1",
        "urn:epc:id:gid:1.2.3",
    ],
)
def test_a_uri_that_is_none(uri: str) -> None:
    with pytest.raises(EpcRefused):
        keys.of_urn(uri)


@pytest.mark.parametrize(
    "elements",
    ["", "01", "(01)80614141123457(21)1", "(01)80614141123458", "(01)80614141123458(21)1(10)A", "(10)A", "(8003)1952"],
)
def test_element_strings_that_are_none(elements: str) -> None:
    with pytest.raises(EpcRefused):
        keys.of_elements(elements)


@pytest.mark.parametrize("link", ["", "https://id.gs1.org/", "https://shop.example/p/17", "https://id.gs1.org/01/1/21/2"])
def test_links_that_are_none(link: str) -> None:
    with pytest.raises(EpcRefused):
        keys.of_digital_link(link)


def test_a_link_of_any_host_below_any_path_is_read() -> None:
    found = keys.of_digital_link("https://shop.example/a/01/80614141123458/21/6%2F7?17=261231", prefix_digits=7)
    assert (found.number, found.serial, found.urn) == ("80614141123458", "6/7", "urn:epc:id:sgtin:0614141.812345.6%2F7")


@pytest.mark.parametrize(
    ("gtin", "digits"), [("80614141123457", 7), ("8061414112345", 7), ("80614141123458", 5), ("8061414112345x", 7)]
)
def test_a_gtin_that_is_none(gtin: str, digits: int) -> None:
    with pytest.raises(EpcRefused):
        of_gtin(gtin, "1", company_prefix_digits=digits)


def test_a_print_run_gives_each_tag_its_own_serial_and_the_word_that_tells_its_length() -> None:
    tags = list(tags_of(RunLine("80614141123458", 6_788, 2)))
    assert [(tag.serial, tag.epc.hex().upper(), tag.pc) for tag in tags] == [
        ("6788", "3034257BF7194E4000001A84", 0x3000),
        ("6789", "3034257BF7194E4000001A85", 0x3000),
    ]
    assert [tag.pc >> 11 for tag in tags_of(RunLine("80614141123458", 1, 1, "sgtin-198"))] == [13]
    assert [identify(tag.epc, 8 * len(tag.epc)).gtin for tag in tags_of(RunLine("80614141123458", 9, 3, "sgtin+"))] == [
        "80614141123458"
    ] * 3


@pytest.mark.parametrize(("first", "pieces"), [(0, 0), (-1, 1), (2**38 - 1, 2), (1, 100_001)])
def test_a_print_run_is_refused_before_its_first_tag(first: int, pieces: int) -> None:
    with pytest.raises(EpcRefused):
        tags_of(RunLine("80614141123458", first, pieces))
