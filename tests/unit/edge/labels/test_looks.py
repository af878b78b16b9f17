"""What a label says and which template draws it: the newest given and usable, else built in; resent only if it differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from edge.catalogue.apply import Applied, delete_row, put_row
from edge.catalogue.seed import apply_seed
from edge.checkout.alarms import AlarmBoard
from edge.devices.label_parts import ShelfRenderer, items_moved, keep_template_alarm
from edge.labels.content import LabelUnrenderable, ShelfItem, label_content, wanted_on
from edge.labels.ledger import LabelBook
from edge.labels.shelf import CatalogueShelf, ShelfStyle
from edge.labels.templates import looks_of
from protocols.clock import FakeClock
from protocols.contract.facts import StockMoved
from protocols.contract.feed_rows import TEMPLATES_FEED, FeedRow, ItemRow, LabelTemplateRow, PriceRow, encode_row, price_feed
from protocols.contract.values import ContentUnit, Place, PriceKind
from protocols.labels.built_in import built_in
from protocols.labels.content import UnitPrice
from protocols.labels.quantity import content_text
from protocols.labels.renderer import LabelRenderer
from protocols.labels.template import Area, Layout, PriceElement, Purpose, Template, TextElement
from tests.support.box_ground import open_store
from tests.support.goods import APPLES, BREAD, MILK, STORE_ID, ZONE, assortment

HARDWARE_TYPE = 1
STYLE = ShelfStyle(store_id=STORE_ID)


def bare(version: int, *, purpose: Purpose = Purpose.REGULAR, name: str = "plain") -> Template:
    """A template with a name and a price, and nothing else."""
    elements = (
        TextElement(name="name", area=Area(height=400), pattern="{name}"),
        PriceElement(name="price", area=Area(y=400, height=600)),
    )
    layouts = (Layout(name="all", elements=elements),)
    return Template(template_id=name, version=version, name=name, purpose=purpose, layouts=layouts)


class Store:
    """A store's database, its clock, and headquarters' feeds."""

    def __init__(self, folder: Path) -> None:
        self.database = open_store(folder)
        self.clock = FakeClock()
        self.database.write_and_wait(lambda tx: apply_seed(tx, STORE_ID, assortment()))

    def put(self, feed_id: str, *rows: FeedRow) -> None:
        for row in rows:
            self.put_raw(feed_id, row.key(), encode_row(row))

    def put_raw(self, feed_id: str, key: str, body: bytes) -> None:
        self.database.write_and_wait(lambda tx: put_row(tx, feed_id, key, body, Applied()))

    def take_out(self, row: LabelTemplateRow) -> None:
        self.database.write_and_wait(lambda tx: delete_row(tx, TEMPLATES_FEED, row.key(), Applied()))

    def give(self, template: Template, at_ms: int, *stores: str) -> LabelTemplateRow:
        row = LabelTemplateRow(template=template, stores=stores, published_ms=at_ms)
        self.put(TEMPLATES_FEED, row)
        return row

    def price(self, price_minor: int, **more: object) -> None:
        row = PriceRow(item_id=MILK, price_minor=price_minor, effective_from_ms=0, **{"revision": 2, **more})  # type: ignore[arg-type]
        self.put(price_feed(ZONE), row)

    def stock(self, item_id: str, thousandths: int) -> None:
        sql = "INSERT OR REPLACE INTO stock (item_id, place, on_hand_thousandths) VALUES (?, 'sales_floor', ?)"
        self.database.write_and_wait(lambda tx: tx.execute(sql, (item_id, thousandths)))

    def item(self, style: ShelfStyle = STYLE, item_id: str = MILK) -> ShelfItem:
        found = CatalogueShelf(self.database, self.clock, style).shelf_item(item_id)
        assert found is not None
        return found

    def mark(self, style: ShelfStyle = STYLE) -> str:
        looks = self.item(style).looks
        assert looks is not None
        return looks.template.mark


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.database.close()


def shown(item: ShelfItem) -> str:
    return wanted_on(LabelBook("AA", item.item_id, "ap", HARDWARE_TYPE), item).content_hash


def test_without_a_word_from_headquarters_the_built_in_template_serves(store: Store) -> None:
    assert store.mark() == built_in(Purpose.REGULAR).mark
    assert store.mark(replace(STYLE, language="zh_CN")) == built_in(Purpose.REGULAR, "zh_CN").mark


def test_what_was_published_last_wins_where_it_was_given(store: Store) -> None:
    shelf = CatalogueShelf(store.database, store.clock, STYLE)

    def mark() -> str:
        return shelf.templates.looks(Purpose.REGULAR).template.mark

    store.give(bare(7), 1_000)
    assert mark() == "plain@7"
    store.give(bare(9), 3_000, "another-store")
    assert mark() == "plain@7"
    trial = store.give(bare(3), 2_000, STORE_ID)
    assert mark() == "plain@3", "published later, though its number is lower"
    assert shelf.templates.looks(Purpose.PROMOTION).template.mark == built_in(Purpose.PROMOTION).mark
    store.take_out(trial)
    assert mark() == "plain@7", "rolled back"


def test_a_template_this_software_does_not_know_is_told_and_the_former_used(store: Store) -> None:
    store.give(bare(1), 1_000)
    newer = msgspec.to_builtins(LabelTemplateRow(template=bare(2), published_ms=2_000))
    newer["template"]["layouts"][0]["elements"][0]["kind"] = "hologram"
    store.put_raw(TEMPLATES_FEED, "label_template/plain/2/2000", msgspec.json.encode({"kind": "label_template", **newer}))
    shelf, alarms = CatalogueShelf(store.database, store.clock, STYLE), AlarmBoard()
    assert shelf.templates.looks(Purpose.REGULAR).template.mark == "plain@1"
    keep_template_alarm(alarms, shelf.templates, ShelfRenderer(LabelRenderer()))
    assert [alarm.code for alarm in alarms.standing()] == ["label_template"]
    assert "plain/2/2000" in alarms.standing()[0].params["templates"]


def test_what_a_template_cannot_draw_is_drawn_with_the_built_in_one_and_told(store: Store) -> None:
    narrow = structs.replace(bare(1).layouts[0].elements[1], area=Area(width=10, height=10))
    layouts = (Layout(name="all", elements=(narrow,)),)
    store.give(structs.replace(bare(1), layouts=layouts), 1_000)
    renderer, alarms = ShelfRenderer(LabelRenderer()), AlarmBoard()
    shelf = CatalogueShelf(store.database, store.clock, STYLE)
    item = store.item()
    built = renderer.render(replace(item, looks=looks_of(built_in(Purpose.REGULAR))), "AA", HARDWARE_TYPE)
    assert renderer.render(item, "AA", HARDWARE_TYPE) == built
    assert list(renderer.fallen_back()) == ["plain@1"]
    keep_template_alarm(alarms, shelf.templates, renderer)
    assert "price" in alarms.standing()[0].params["templates"]
    store.give(bare(2), 2_000)
    keep_template_alarm(alarms, shelf.templates, renderer)
    assert alarms.standing() == (), "another template is in use: nothing is wrong any more"


def test_what_not_even_the_built_in_template_can_draw_is_refused(store: Store) -> None:
    store.give(bare(1), 1_000)
    with pytest.raises(LabelUnrenderable, match="price"):
        ShelfRenderer(LabelRenderer()).render(replace(store.item(), price_minor=10**60), "AA", HARDWARE_TYPE)


def test_a_label_is_sent_anew_for_what_is_printed_and_for_nothing_else(store: Store) -> None:
    store.give(bare(1), 1_000)
    item = store.item()
    for unseen in (
        {"price_revision": 99},
        {"position": "3/B/12"},
        {"name_zh": "x"},
        {"gtin": "101"},
        {"until": "2026-12-03"},
    ):
        assert shown(replace(item, **unseen)) == shown(item), unseen  # type: ignore[arg-type]
    for seen in ({"price_minor": 130}, {"name": "Milk"}, {"currency": "CHF"}, {"looks": looks_of(bare(2))}):
        assert shown(replace(item, **seen)) != shown(item), seen  # type: ignore[arg-type]


def test_a_reduction_is_a_promotion_with_its_former_price_and_last_day(store: Store) -> None:
    berlin_midnight_ms = 1_790_028_000_000  # 2026-09-22 00:00 in Berlin
    store.price(99, price_kind=PriceKind.PROMOTION, was_minor=129, effective_to_ms=berlin_midnight_ms)
    item = store.item()
    assert (item.reduced, item.was_minor, item.until) == (True, 129, "2026-09-21")
    assert store.mark() == built_in(Purpose.PROMOTION).mark
    store.clock.advance(berlin_midnight_ms - store.clock.now_ms())
    assert (store.item().price_minor, store.item().was_minor, store.item().until) == (129, None, "")
    assert store.mark() == built_in(Purpose.REGULAR).mark, "a promotion ends by itself"


def test_a_members_price_stands_beside_everybodys_when_it_is_lower(store: Store) -> None:
    store.price(119, customer_group="member")
    assert (store.item().price_minor, store.item().member_price_minor) == (129, 119)
    assert store.mark() == built_in(Purpose.MEMBER).mark
    store.price(129, customer_group="member")
    assert store.item().member_price_minor is None
    store.price(99, customer_group="club")
    assert store.item().member_price_minor is None, "another group"


def test_goods_that_are_counted_and_gone_say_so_if_the_store_wants_it(store: Store) -> None:
    wanted = replace(STYLE, out_of_stock=True)
    assert store.mark(wanted) == built_in(Purpose.REGULAR).mark, "nobody counts it"
    store.stock(MILK, 0)
    assert store.mark(wanted) == built_in(Purpose.OUT_OF_STOCK).mark
    assert store.mark() == built_in(Purpose.REGULAR).mark
    store.stock(MILK, 1_000)
    assert store.mark(wanted) == built_in(Purpose.REGULAR).mark
    moved = StockMoved(move_id="m", item_id=BREAD, place=Place.SALES_FLOOR, quantity_thousandths=1, reason="receipt")
    assert items_moved([moved]) == {BREAD}


def test_the_unit_price_follows_the_price(store: Store) -> None:
    row = ItemRow(
        item_id=MILK,
        style_id="st-1",
        name="Milk",
        tax_class="food",
        content_quantity=500,
        content_unit=ContentUnit.MILLILITRE,
    )
    store.put("global/catalogue", row)
    content = label_content(store.item())
    assert (content.unit_price, content.content_text) == (UnitPrice(258, "l"), "500 ml")
    assert label_content(replace(store.item(), price_minor=100)).unit_price == UnitPrice(200, "l")
    assert label_content(store.item(item_id=APPLES)).unit_price is None, "its price is per kilogram already"
    assert store.mark(replace(STYLE, large_unit_price=True)) == built_in(Purpose.UNIT).mark


def test_a_revision_is_printed_only_where_the_store_wants_it(store: Store) -> None:
    assert label_content(store.item()).revision == 0
    assert label_content(store.item(replace(STYLE, print_revision=True))).revision == 1


def test_several_products_are_told_apart(store: Store) -> None:
    milk, bread = store.item(), store.item(item_id=BREAD)
    both = replace(milk, products=(milk, bread), looks=looks_of(built_in(Purpose.MULTI)))
    dearer = replace(both, products=(milk, replace(bread, price_minor=351)))
    assert [each.name for each in label_content(both).products] == ["Milk 1 l", "Bread"]
    assert shown(both) != shown(dearer)


@pytest.mark.parametrize(
    ("quantity", "unit", "text"),
    [
        (0, ContentUnit.GRAM, ""),
        (500, ContentUnit.GRAM, "500 g"),
        (1000, ContentUnit.GRAM, "1 kg"),
        (1500, ContentUnit.MILLILITRE, "1.5 l"),
        (2050, ContentUnit.GRAM, "2.05 kg"),
        (12, ContentUnit.PIECE, "12 pc"),
        (3000, ContentUnit.CENTIMETRE, "3000 cm"),
    ],
)
def test_contents_in_words(quantity: int, unit: ContentUnit, text: str) -> None:
    assert content_text(quantity, unit) == text
