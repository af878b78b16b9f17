"""Use cases of products: each changes rows and the feed `global/catalogue` in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloud.catalogue import domain, store
from cloud.db.feed_changes import CommitFeed, commit_feed, delete_row, put_row, put_rows
from cloud.db.pool import Connection
from cloud.refusals import Conflict, Invalid, Missing
from protocols.contract.feed_rows import CATALOGUE_FEED, BarcodeRow, FeedRow, ItemRow, StyleRow, TaxClassRow, encode_row
from protocols.contract.values import ContentUnit


async def _publish(tx: Connection, row: FeedRow, now_ms: int, commit: CommitFeed = commit_feed) -> int:
    await put_row(tx, CATALOGUE_FEED, row.key(), encode_row(row))
    return await commit(tx, CATALOGUE_FEED, now_ms)


async def put_tax_class(tx: Connection, row: TaxClassRow, *, now_ms: int) -> int:
    """Add or change a tax class; returns the feed version. Raises `Invalid`."""
    domain.check_tax_class(row)
    await store.put_tax_class(tx, row)
    return await _publish(tx, row, now_ms)


async def put_style(tx: Connection, row: StyleRow, *, now_ms: int, commit: CommitFeed = commit_feed) -> int:
    """Add or change a style; returns the feed version. Raises `Invalid`."""
    domain.check_style(row)
    await store.put_style(tx, row)
    return await _publish(tx, row, now_ms, commit)


async def put_item(tx: Connection, row: ItemRow, *, now_ms: int, commit: CommitFeed = commit_feed) -> int:
    """Add or change an item; returns the feed version. Raises `Invalid`.

    Whether an item is weighed never changes: its price and its stock would change their unit under the store's feet.
    """
    domain.check_item(row)
    if not await store.style_exists(tx, row.style_id):
        raise Invalid.field("style_id", f"there is no style '{row.style_id}'", "Add the style first.")
    if not await store.tax_class_exists(tx, row.tax_class):
        raise Invalid.field("tax_class", f"there is no tax class '{row.tax_class}'", "See GET /api/v1/tax-classes.")
    container = await store.get_item(tx, row.deposit_item_id) if row.deposit_item_id else None
    if row.deposit_item_id and (container is None or container.weighed or container.deposit_item_id):
        remedy = "Add the container first: a piece with a price and no container of its own."
        raise Invalid.field("deposit_item_id", f"'{row.deposit_item_id}' is no item that can be a container", remedy)
    known = await store.get_item(tx, row.item_id)
    if known is not None and known.weighed != row.weighed:
        raise Invalid.field("weighed", "cannot change for an existing item", "Add a new item and end this one.")
    await store.put_item(tx, row)
    return await _publish(tx, row, now_ms, commit)


async def contents_of(tx: Connection, item_ids: Sequence[str]) -> dict[str, tuple[int, ContentUnit]]:
    """What one piece of each item holds."""
    return await store.contents_of(tx, item_ids)


async def set_contents(tx: Connection, rows: Sequence[tuple[str, int, ContentUnit]], *, now_ms: int) -> int:
    """Change what one piece of many (item, quantity, unit) holds, as one version. Raises `Invalid` for the first bad one."""
    changed = await store.set_contents(tx, rows)
    for row in changed:
        domain.check_item(row)
    await put_rows(tx, CATALOGUE_FEED, ((row.key(), encode_row(row)) for row in changed))
    return await commit_feed(tx, CATALOGUE_FEED, now_ms)


async def put_barcode(tx: Connection, row: BarcodeRow, *, now_ms: int, commit: CommitFeed = commit_feed) -> int:
    """Give an item a code; returns the feed version. Raises `Invalid`, or `Conflict` when another item has it."""
    row = domain.check_barcode(row)
    if await store.get_item(tx, row.item_id) is None:
        raise Invalid.field("item_id", f"there is no item '{row.item_id}'", "Add the item first.")
    if not await store.put_barcode(tx, row):
        owner = await store.barcode_owner(tx, row.gtin)
        raise Conflict("barcode_taken", f"{row.gtin} belongs to item '{owner}'.", "Remove it there first.")
    return await _publish(tx, row, now_ms, commit)


async def remove_barcode(tx: Connection, scanned: str, *, now_ms: int) -> int:
    """Take a code away; returns the feed version. Raises `Missing`."""
    gtin = domain.normalise_barcode(scanned)
    owner = await store.remove_barcode(tx, gtin)
    if owner is None:
        raise Missing("no_barcode", f"There is no barcode {gtin}.")
    await delete_row(tx, CATALOGUE_FEED, BarcodeRow(gtin=gtin, item_id=owner).key())
    return await commit_feed(tx, CATALOGUE_FEED, now_ms)


async def find_items(tx: Connection, query: str, *, after: str = "", limit: int = 50) -> list[ItemRow]:
    """Items by barcode, item number or words of either name. A full barcode finds at most one item."""
    text = query.strip()
    if not after and text.isascii() and text.isdigit():
        try:
            found = await store.item_for_code(tx, domain.normalise_barcode(text))
        except Invalid:
            found = None
        if found is not None:
            return [found]
    return await store.search_items(tx, text.split(), after, limit)


async def items_for_codes(tx: Connection, codes: Sequence[str]) -> list[store.NamedItem]:
    """The items meant by typed item numbers or barcodes; unknown codes are left out."""
    return await store.items_for_codes(tx, codes, [_gtin_or_nothing(code) for code in codes])


def _gtin_or_nothing(code: str) -> str:
    try:
        return domain.normalise_barcode(code)
    except Invalid:
        return ""


async def load(
    tx: Connection,
    tax_classes: Iterable[TaxClassRow],
    styles: list[StyleRow],
    items: list[ItemRow],
    barcodes: list[BarcodeRow],
    *,
    now_ms: int,
) -> int:
    """Load a whole new range with COPY, as one feed version. For an empty catalogue; rows must be valid and new."""
    classes = list(tax_classes)
    for row in classes:
        await store.put_tax_class(tx, row)
    await store.copy_rows(tx, styles, items, barcodes)
    rows: list[FeedRow] = [*classes, *styles, *items, *barcodes]
    await put_rows(tx, CATALOGUE_FEED, ((row.key(), encode_row(row)) for row in rows))
    return await commit_feed(tx, CATALOGUE_FEED, now_ms)
