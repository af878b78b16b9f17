"""A believable range of goods and staff for the demo and for measurements, from a seed: the same items every time.

`seed` and `seed_staff` load them through the subjects' own use cases.
Barcodes carry the GS1 prefix 952, which is reserved for demonstrations: no company's numbers are used. Brands are invented.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from cloud.catalogue import service as catalogue
from cloud.catalogue import store as catalogue_store
from cloud.catalogue.domain import check_digit
from cloud.db.pool import Connection
from cloud.pricing import service as pricing
from cloud.pricing import store as pricing_store
from cloud.pricing.store import Author
from cloud.staff import service as staff
from cloud.staff import store as staff_store
from cloud.staff.domain import StaffMember
from protocols.clock import SeededRandom
from protocols.contract.feed_rows import BarcodeRow, ItemRow, StyleRow, TaxClassRow, ZoneRow
from protocols.contract.rights import RIGHTS
from protocols.contract.values import ContentUnit

DEMO_PREFIX = "952"
CASE_PREFIX = "9525"
"""Outer cases get numbers of their own range."""

DEMO_ZONE = ZoneRow(zone="north", currency="EUR")
SECOND_ZONE = ZoneRow(zone="south", currency="EUR")
"""Of the demo's chain: dearer by `SECOND_ZONE_PERCENT`."""
SECOND_ZONE_PERCENT = 4
DEMO_ITEMS = 300
DEMO_AUTHOR = "demo"

TAX_CLASSES = (
    TaxClassRow(tax_class="standard", name="Standard rate", rate_bp=1900),
    TaxClassRow(tax_class="reduced", name="Reduced rate (food, books)", rate_bp=700),
)


@dataclass(frozen=True)
class Product:
    """A kind of product sold under several brands and in several sizes; `base_minor` prices the first size."""

    name: str
    name_zh: str
    category: str
    tax_class: str
    base_minor: int
    sizes: tuple[str, ...]


@dataclass(frozen=True)
class DemoItem:
    """Everything headquarters knows about one item of the demo."""

    style: StyleRow
    item: ItemRow
    barcodes: tuple[BarcodeRow, ...]
    price_minor: int


WEIGHED = (
    ("101", "Bananas", "香蕉", 189),
    ("102", "Apples, red", "红苹果", 279),
    ("103", "Pears", "梨", 299),
    ("104", "Oranges", "橙子", 249),
    ("105", "Tomatoes on the vine", "番茄", 349),
    ("106", "Potatoes", "土豆", 129),
    ("107", "Carrots", "胡萝卜", 119),
    ("108", "Onions", "洋葱", 109),
)
"""Look-up code, names, price per kilogram."""

_LITRES = ("0.5 l", "1 l", "1.5 l")
_GRAMS = ("250 g", "500 g", "1 kg")
_SNACK = ("80 g", "150 g", "300 g")
_BOTTLE = ("250 ml", "500 ml", "750 ml")
_PIECES = ("1 pc", "2 pcs", "4 pcs")
CONTENT_UNITS = {
    "l": (1000, ContentUnit.MILLILITRE),
    "ml": (1, ContentUnit.MILLILITRE),
    "kg": (1000, ContentUnit.GRAM),
    "g": (1, ContentUnit.GRAM),
    "pc": (1, ContentUnit.PIECE),
    "pcs": (1, ContentUnit.PIECE),
}

PRODUCTS = tuple(
    Product(name, name_zh, category, tax_class, base_minor, sizes)
    for category, tax_class, sizes, rows in (
        (
            "dairy",
            "reduced",
            _LITRES,
            (
                ("Whole milk", "全脂牛奶", 79),
                ("Oat drink", "燕麦饮", 119),
                ("Kefir", "开菲尔", 99),
                ("Buttermilk", "酪乳", 85),
            ),
        ),
        (
            "dairy",
            "reduced",
            _GRAMS,
            (
                ("Plain yoghurt", "原味酸奶", 89),
                ("Butter", "黄油", 229),
                ("Gouda cheese", "高达奶酪", 269),
                ("Curd cheese", "凝乳奶酪", 119),
            ),
        ),
        (
            "bakery",
            "reduced",
            _GRAMS,
            (
                ("Rye bread", "黑麦面包", 189),
                ("Toast", "吐司", 129),
                ("Crispbread", "脆面包", 149),
                ("Almond cake", "杏仁蛋糕", 279),
            ),
        ),
        (
            "pantry",
            "reduced",
            _GRAMS,
            (
                ("Basmati rice", "印度香米", 179),
                ("Spaghetti", "意大利面", 89),
                ("Wheat flour", "小麦粉", 69),
                ("Red lentils", "红扁豆", 149),
            ),
        ),
        (
            "pantry",
            "reduced",
            _GRAMS,
            (("Sugar", "白糖", 79), ("Sea salt", "海盐", 59), ("Rolled oats", "燕麦片", 99), ("Chickpeas", "鹰嘴豆", 109)),
        ),
        (
            "pantry",
            "reduced",
            _BOTTLE,
            (
                ("Olive oil", "橄榄油", 449),
                ("Soy sauce", "酱油", 199),
                ("Tomato sauce", "番茄酱", 149),
                ("Rice vinegar", "米醋", 179),
            ),
        ),
        (
            "sweets",
            "reduced",
            _SNACK,
            (
                ("Dark chocolate", "黑巧克力", 139),
                ("Butter biscuits", "黄油饼干", 119),
                ("Fruit gums", "水果软糖", 99),
                ("Peanuts", "花生", 129),
            ),
        ),
        (
            "sweets",
            "reduced",
            _SNACK,
            (
                ("Potato crisps", "薯片", 149),
                ("Sesame bars", "芝麻棒", 129),
                ("Mixed nuts", "混合坚果", 299),
                ("Popcorn", "爆米花", 109),
            ),
        ),
        (
            "drinks",
            "standard",
            _LITRES,
            (
                ("Mineral water", "矿泉水", 39),
                ("Apple juice", "苹果汁", 129),
                ("Cola", "可乐", 89),
                ("Iced tea", "冰红茶", 79),
            ),
        ),
        (
            "drinks",
            "standard",
            _BOTTLE,
            (
                ("Ground coffee", "咖啡粉", 399),
                ("Green tea", "绿茶", 249),
                ("Ginger syrup", "姜汁糖浆", 329),
                ("Lemonade", "柠檬汽水", 119),
            ),
        ),
        (
            "household",
            "standard",
            _BOTTLE,
            (
                ("Washing-up liquid", "洗洁精", 129),
                ("Glass cleaner", "玻璃清洁剂", 199),
                ("Hand soap", "洗手液", 149),
                ("Descaler", "除垢剂", 259),
            ),
        ),
        (
            "household",
            "standard",
            _PIECES,
            (("Sponge", "海绵", 79), ("Candle", "蜡烛", 129), ("Light bulb", "灯泡", 299), ("Battery AA", "五号电池", 149)),
        ),
        (
            "care",
            "standard",
            _BOTTLE,
            (
                ("Shampoo", "洗发水", 249),
                ("Shower gel", "沐浴露", 179),
                ("Body lotion", "身体乳", 299),
                ("Mouthwash", "漱口水", 229),
            ),
        ),
        (
            "care",
            "standard",
            _PIECES,
            (
                ("Toothbrush", "牙刷", 149),
                ("Razor", "剃须刀", 399),
                ("Cotton pads", "化妆棉", 119),
                ("Plasters", "创可贴", 189),
            ),
        ),
        (
            "stationery",
            "standard",
            _PIECES,
            (
                ("Ballpoint pen", "圆珠笔", 99),
                ("Notebook A5", "A5笔记本", 199),
                ("Glue stick", "胶棒", 129),
                ("Sticky notes", "便利贴", 149),
            ),
        ),
    )
    for name, name_zh, base_minor in rows
)

BRANDS = (
    ("Morgenhof", "晨庄"), ("Lindgard", "林佳"), ("Bluewillow", "蓝柳"), ("Three Hills", "三山"), ("Kestrel", "红隼"),
    ("Solhaven", "阳港"), ("Juniper Row", "杜松"), ("Oldmill", "老磨坊"), ("Fernbrook", "蕨溪"), ("Everyday", "天天"),
)  # fmt: skip


def gtin14(prefix: str, number: int) -> str:
    """An EAN-13 under the prefix as 14 digits. `number` must fit the digits left."""
    body = prefix + str(number).rjust(12 - len(prefix), "0")
    if len(body) != 12:
        raise ValueError(f"number {number} does not fit behind prefix {prefix}")
    return f"0{body}{check_digit(body)}"


def demo_items(count: int, seed: int = 1) -> Iterator[DemoItem]:
    """`count` items: the weighed fruit and vegetables first, then packed goods. Prices depend on the seed alone."""
    rng = SeededRandom(seed)
    return itertools.islice(itertools.chain(_weighed_items(), _packed_items(rng)), count)


def _weighed_items() -> Iterator[DemoItem]:
    for code, name, name_zh, price_minor in WEIGHED:
        style = StyleRow(style_id=f"S-{code}", name=name, name_zh=name_zh, category="fresh")
        item = ItemRow(
            item_id=f"W{code}",
            style_id=style.style_id,
            name=name,
            name_zh=name_zh,
            tax_class="reduced",
            weighed=True,
            tare_grams=0,
        )
        yield DemoItem(style, item, (BarcodeRow(gtin=code, item_id=item.item_id),), price_minor)


def _packed_items(rng: SeededRandom) -> Iterator[DemoItem]:
    number = 0
    for batch in itertools.count(1):
        mark = "" if batch == 1 else f" No. {batch}"
        for size_no, (brand, brand_zh), product in itertools.product(range(3), BRANDS, PRODUCTS):
            number += 1
            yield _packed_item(number, product, size_no, (brand, brand_zh, mark), rng.bytes(1)[0])


def _packed_item(number: int, product: Product, size_no: int, brand: tuple[str, str, str], chance: int) -> DemoItem:
    brand_en, brand_zh, mark = brand
    size = product.sizes[size_no]
    style_id = f"{brand_en[:3]}-{product.name}{mark}".upper().replace(" ", "-").replace(",", "").replace("No.", "")
    style = StyleRow(
        style_id=style_id[:40], name=f"{brand_en} {product.name}{mark}", name_zh=f"{brand_zh}{product.name_zh}{mark}",
        brand=brand_en, category=product.category,
    )  # fmt: skip
    content_quantity, content_unit = _content(size)
    item = ItemRow(
        item_id=f"A{number:06d}", style_id=style.style_id, name=f"{style.name} {size}", name_zh=f"{style.name_zh} {size}",
        size=size, tax_class=product.tax_class, content_quantity=content_quantity, content_unit=content_unit,
    )  # fmt: skip
    barcodes = [BarcodeRow(gtin=gtin14(DEMO_PREFIX, number), item_id=item.item_id)]
    if number % 10 == 0:
        barcodes.append(
            BarcodeRow(gtin=gtin14(CASE_PREFIX, number), item_id=item.item_id, pack_quantity=6 if number % 20 else 12)
        )
    whole = product.base_minor * (100, 180, 310)[size_no] * (90 + chance % 41) // 10_000
    price_minor = max(9, whole // 10 * 10 + 9)
    return DemoItem(style, item, tuple(barcodes), price_minor)


def _content(size: str) -> tuple[int, ContentUnit]:
    """`0.5 l` -> 500 ml: a size of the table above as what one piece holds."""
    number, unit = size.split()
    scale, content_unit = CONTENT_UNITS[unit]
    return int(Decimal(number) * scale), content_unit


@dataclass(frozen=True)
class DemoStaff:
    """Someone at the demo's store. The PIN is printed by the demo; a real one never leaves a person's head."""

    staff_id: str
    name: str
    pin: str
    rights: tuple[str, ...]
    language: str = "en"


@dataclass(frozen=True)
class DemoStore:
    """One store of the demo's chain."""

    store_id: str
    name: str
    zone: str


DEMO_CHAIN = (
    DemoStore("S001", "Main Street", "north"),
    DemoStore("S002", "Harbour Market", "north"),
    DemoStore("S003", "Station Hall", "north"),
    DemoStore("S004", "Mill Lane", "north"),
    DemoStore("S005", "University Gate", "north"),
    DemoStore("S006", "Old Town", "south"),
    DemoStore("S007", "Lake View", "south"),
    DemoStore("S008", "Vineyard Road", "south"),
    DemoStore("S009", "Airport Terminal 2", "south"),
    DemoStore("S010", "Cathedral Square", "south"),
)
"""Five stores in each zone."""


DEMO_STAFF = (
    DemoStaff("01", "Ada Brandt", "2580", tuple(sorted(RIGHTS))),
    DemoStaff("02", "Jonas Weber", "1470", ("till",)),
    DemoStaff("03", "林梅", "3690", ("till", "void", "drawer", "refund", "cash"), "zh"),
)


@dataclass(frozen=True)
class Seeded:
    """What the database holds after `seed`. Versions are None when it held goods before and nothing was loaded."""

    items: int
    catalogue_version: int | None
    price_version: int | None


async def seed(tx: Connection, *, now_ms: int, items: int = DEMO_ITEMS, chance: int = 1) -> Seeded:
    """Load tax classes, zone `north`, `items` goods and their prices: one catalogue version, one price version.

    For `Scope.everything()`. Nothing happens when there are goods already, so a demo may be started again and again.
    """
    if present := await catalogue_store.count_items(tx):
        return Seeded(present, None, None)
    goods = list(demo_items(items, chance))
    styles = list({row.style.style_id: row.style for row in goods}.values())
    barcodes = [code for row in goods for code in row.barcodes]
    rows = [row.item for row in goods]
    catalogue_version = await catalogue.load(tx, TAX_CLASSES, styles, rows, barcodes, now_ms=now_ms)
    await pricing.put_zone(tx, DEMO_ZONE, now_ms=now_ms)
    prices = [(row.item.item_id, row.price_minor) for row in goods]
    price_version = await pricing.load_first_prices(tx, DEMO_ZONE.zone, prices, Author(DEMO_AUTHOR, now_ms))
    return Seeded(len(goods), catalogue_version, price_version)


async def seed_second_zone(tx: Connection, *, now_ms: int, items: int = DEMO_ITEMS, chance: int = 1) -> bool:
    """Prices of the same goods in zone `south`; False when that zone is there already. For `Scope.everything()`."""
    if any(row.zone == SECOND_ZONE.zone for row in await pricing_store.list_zones(tx)):
        return False
    await pricing.put_zone(tx, SECOND_ZONE, now_ms=now_ms)
    prices = [
        (row.item.item_id, row.price_minor * (100 + SECOND_ZONE_PERCENT) // 100 // 10 * 10 + 9)
        for row in demo_items(items, chance)
    ]
    await pricing.load_first_prices(tx, SECOND_ZONE.zone, prices, Author(DEMO_AUTHOR, now_ms))
    return True


async def seed_staff(tx: Connection, store_id: str, *, now_ms: int) -> tuple[DemoStaff, ...]:
    """Give a store the demo's staff; whoever is there already stays as they are. Raises `Missing` without the store."""
    for person in DEMO_STAFF:
        if await staff_store.get_staff(tx, store_id, person.staff_id) is None:
            member = StaffMember(store_id, person.staff_id, person.name, person.rights, person.language, pin=person.pin)
            await staff.put_staff(tx, member, now_ms=now_ms)
    return DEMO_STAFF
