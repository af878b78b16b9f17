"""The demo's goods: the same every time, valid, and with nobody's numbers."""

from cloud.catalogue.domain import check_barcode, check_item, check_style
from cloud.demo_goods import DEMO_PREFIX, DEMO_STAFF, WEIGHED, demo_items
from cloud.staff.domain import StaffMember, check_staff


def test_the_same_seed_makes_the_same_goods() -> None:
    assert list(demo_items(300, seed=7)) == list(demo_items(300, seed=7))


def test_a_larger_range_starts_with_the_smaller_one() -> None:
    assert list(demo_items(300))[:100] == list(demo_items(100))


def test_every_item_and_barcode_passes_the_rules_and_is_its_own() -> None:
    goods = list(demo_items(3000))
    for row in goods:
        check_item(row.item)
        check_style(row.style)
        assert row.price_minor > 0
        assert row.item.name_zh
    codes = [check_barcode(code).gtin for row in goods for code in row.barcodes]
    assert len(codes) == len(set(codes))
    assert len({row.item.item_id for row in goods}) == len(goods)


def test_barcodes_are_demonstration_numbers_or_short_look_up_codes() -> None:
    for row in demo_items(1000):
        for code in row.barcodes:
            assert len(code.gtin) <= 6 or code.gtin[1:].startswith(DEMO_PREFIX)


def test_there_are_weighed_goods_and_cases() -> None:
    goods = list(demo_items(1000))
    assert sum(row.item.weighed for row in goods) == len(WEIGHED)
    assert {code.pack_quantity for row in goods for code in row.barcodes} == {1, 6, 12}


def test_a_style_has_one_name_however_many_items() -> None:
    names: dict[str, str] = {}
    for row in demo_items(20_000):
        assert names.setdefault(row.style.style_id, row.style.name) == row.style.name


def test_demo_staff_passes_the_rules_and_has_its_own_pins() -> None:
    for person in DEMO_STAFF:
        check_staff(
            StaffMember("S001", person.staff_id, person.name, person.rights, person.language, pin=person.pin), is_new=True
        )
    assert len({person.pin for person in DEMO_STAFF}) == len(DEMO_STAFF)
