"""What scans mean: every kind of code a till meets, and every way to be wrong, with the reason."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gs1.elements import GS
from protocols.gs1.gtin import CodeRefused, with_check_digit
from protocols.gs1.restricted import BUILT_IN, layout_faults, layouts_of, verifier_digit
from protocols.gs1.scan import Scanned, read_scan, upc_e_to_gtin

TODAY = datetime.date(2026, 6, 1)
GTIN = "09506000134352"  # of the General Specifications' own examples


def read(text: str, *sets: str) -> Scanned:
    return read_scan(text, today=TODAY, layouts=layouts_of(sets))


def refusal(text: str, *sets: str) -> str:
    with pytest.raises(CodeRefused) as caught:
        read(text, *sets)
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("4006381333931", ("04006381333931",)),
        ("]E04006381333931", ("04006381333931",)),
        ("036000291452", ("00036000291452",)),
        ("14006381333938", ("14006381333938",)),
        ("]E496385074", ("00000096385074",)),
        ("101", ("101",)),
        (" 101\r\n", ("101",)),
    ],
)
def test_plain_codes(text: str, keys: tuple[str, ...]) -> None:
    assert read(text).keys == keys


@pytest.mark.parametrize(
    ("short", "gtin"),
    [
        ("01234505", "00012000003455"),  # ends in 0: 012 00000 345
        ("04252614", "00042100005264"),  # ends in 1
        ("01234531", "00012300000451"),  # ends in 3
        ("01234543", "00012340000053"),  # ends in 4
        ("01234565", "00012345000065"),  # ends in 6
        ("425261", "00042100005264"),
    ],
)
def test_upc_e_is_expanded(short: str, gtin: str) -> None:
    assert upc_e_to_gtin(short) == gtin
    assert read(f"]E0{short}").keys == (gtin,)


def test_eight_digits_are_ean_8_or_upc_e() -> None:
    assert read("96385074").keys == ("00000096385074",)
    assert read("04252614").keys == ("00042100005264",), "as EAN-8 its check digit would be wrong"
    both = next(
        code
        for code in (with_check_digit(f"0{number:06d}") for number in range(100_000, 200_000))
        if upc_e_to_gtin(code[:7])[-1] == code[-1]
    )
    assert read(both).keys == (both.rjust(14, "0"), upc_e_to_gtin(both)), "both fit: EAN-8 is looked up first"
    assert read(f"]E4{both}").keys == (both.rjust(14, "0"),)
    assert read(f"]E0{both}").keys == (upc_e_to_gtin(both),)


def test_an_element_string_tells_batch_serial_and_dates() -> None:
    for text in (
        f"]C101{GTIN}1727050010AB-1{GS}21S9",
        f"]d2{GS}01{GTIN}17270500" + f"10AB-1{GS}21S9",
        f"]Q301{GTIN}1727050010AB-1{GS}21S9",
        f"(01){GTIN}(17)270500(10)AB-1(21)S9",
    ):
        scanned = read(text)
        assert (scanned.keys, scanned.gtin, scanned.batch, scanned.serial) == ((GTIN,), GTIN, "AB-1", "S9")
        assert scanned.expires == datetime.date(2027, 5, 31), "day 00 is the last of the month"
    assert read(f"]d201{GTIN}").two_dimensional
    assert not read(f"]C101{GTIN}").two_dimensional


@pytest.mark.parametrize(
    ("elements", "grams", "price", "currency", "pieces"),
    [
        ("3103000750", 750, None, "", None),
        ("3101000012", 1200, None, "", None),
        ("3922" + "735", None, (735, 2), "", None),
        ("3932978" + "735", None, (735, 2), "978", None),
        ("3012", None, None, "", 12),
        ("3103000750" + "3922" + "735" + GS + "3012", 750, (735, 2), "", 12),
    ],
)
def test_measures_and_amounts(
    elements: str, grams: int | None, price: tuple[int, int] | None, currency: str, pieces: int | None
) -> None:
    scanned = read(f"]C101{GTIN}{elements}")
    assert (scanned.grams, scanned.price, scanned.currency, scanned.pieces) == (grams, price, currency, pieces)


@pytest.mark.parametrize(
    "link",
    [
        f"https://example.com/01/{GTIN}/10/AB-1/21/S%2F9?17=270531&3103=000750&utm=x",
        f"HTTPS://id.gs1.org/some/stem/01/{GTIN[1:]}/10/AB-1/21/S%2F9?17=270531&3103=000750",
        f"]Q1http://example.com/01/{GTIN}/10/AB-1/21/S%2F9/?17=270531&3103=000750",
    ],
)
def test_a_digital_link_is_read_and_not_followed(link: str) -> None:
    scanned = read(link)
    assert (scanned.keys, scanned.batch, scanned.serial) == ((GTIN,), "AB-1", "S/9")
    assert (scanned.expires, scanned.grams, scanned.two_dimensional) == (datetime.date(2027, 5, 31), 750, True)


def test_the_century_lies_within_fifty_years() -> None:
    def year(two: str) -> int:
        expires = read(f"]C101{GTIN}17{two}0101").expires
        assert expires is not None
        return expires.year

    assert [year(two) for two in ("26", "76", "77", "99", "00")] == [2026, 2076, 1977, 1999, 2000]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "code_empty"),
        ("]E0", "code_not_digits"),
        ("4006381333932", "check_digit"),
        ("96385075", "check_digit"),
        ("123456789", "code_length"),
        ("1234567", "code_length"),
        ("ABC-1", "code_not_digits"),
        ("²345678", "code_not_digits"),
        ("4" * 600, "code_length"),
        ("]E41234567", "code_length"),
        (f"]C101{GTIN[:-1]}3", "check_digit"),
        (f"]C101{GTIN}17271301", "date"),
        (f"]C101{GTIN}17270230", "date"),
        (f"]C101{GTIN}1727", "element_length"),
        (f"]C101{GTIN}10", "element_length"),
        (f"]C101{GTIN}10{'A' * 21}", "element_length"),
        (f"]C101{GTIN}10A B", "element_characters"),
        (f"]C101{GTIN}3103000000", "value_zero"),
        (f"]C101{GTIN}3000", "value_zero"),
        (f"]C110A{GS}10B", "element_twice"),
        ("]C110A", "element_no_product"),
        (f"]C101{GTIN}05123", "element_unknown"),
        (f"(01){GTIN}(10", "element_unknown"),
        ("https://example.com/about", "link_no_product"),
        (f"https://example.com/01/{GTIN}/99/x", "link_no_product"),
        ("https://example.com/01/124", "element_length"),
        ("https://[/01/1", "link_no_product"),
        (f"https://example.com/01/{GTIN}?17=271301", "date"),
    ],
)
def test_what_is_wrong_is_named(text: str, code: str) -> None:
    assert refusal(text) == code


@given(st.text(max_size=60) | st.from_regex(r"\](C1|d2|Q3|E0|E4)[0-9A-Z\x1d]{0,50}", fullmatch=True))
def test_nothing_else_is_ever_raised(text: str) -> None:
    try:
        scanned = read(text, "de", "cn")
    except CodeRefused:
        return
    assert scanned.keys


def test_verifier_digits_of_the_specification() -> None:
    assert verifier_digit("2875") == 9
    assert verifier_digit("14685") == 6


def test_german_price_labels() -> None:
    label = with_check_digit("221234" + str(verifier_digit("00735")) + "00735")
    scanned = read(label, "de")
    assert (scanned.price, scanned.gtin, scanned.layout_id) == ((735, 2), "", "de-22")
    assert scanned.keys == (with_check_digit("221234000000").rjust(14, "0"), "1234")
    wrong = with_check_digit("221234" + str((verifier_digit("00735") + 1) % 10) + "00735")
    assert refusal(wrong, "de") == "verifier"
    assert read(label).keys == (label.rjust(14, "0"),), "where no layout is set it is a number like any other"


def test_nordic_weight_labels_by_decimals() -> None:
    assert [read(with_check_digit(f"{prefix}1234560750"), "se").grams for prefix in ("23", "24", "25")] == [750, 7500, 75000]
    assert read(with_check_digit("211234560750"), "se").price == (750, 1)
    assert refusal(with_check_digit("231234560000"), "se") == "value_zero"


def test_chinese_labels_of_13_and_18_digits() -> None:
    price = read(with_check_digit("210001200735"), "cn")
    assert (price.price, price.keys[1:]) == ((735, 2), ("00012", "12"))
    label = with_check_digit("26" + "00012" + "00735" + "00612")
    assert len(label) == 18
    scanned = read(label, "cn")
    assert (scanned.price, scanned.grams, scanned.keys) == ((735, 2), 612, ("00012", "12"))
    assert refusal(label[:-1] + str((int(label[-1]) + 1) % 10), "cn") == "check_digit"


def test_layouts_are_data() -> None:
    own = layouts_of(["deli 28IIIIIIWWWWC 2 2", "de"])
    assert (own[0].layout_id, own[0].weight_decimals, own[1:]) == ("deli", 2, BUILT_IN["de"])
    assert all(not layout_faults(layout) for layouts in BUILT_IN.values() for layout in layouts)
    assert len({layout.layout_id for layouts in BUILT_IN.values() for layout in layouts}) == sum(map(len, BUILT_IN.values()))
    for entry in (
        "xx",
        "deli 28IIIIIIWWWW",
        "deli 28WWIIWWIIIIC",
        "deli IIIIIIIIWWWWC",
        "deli 28IIIIIIIIIIC 2 2",
        "a b c d e",
    ):
        with pytest.raises(ValueError, match=entry.split()[0]):
            layouts_of([entry])
