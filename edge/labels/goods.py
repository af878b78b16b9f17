"""What stands on a label: the item it is bound to, or several on one label, as the catalogue has them now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edge.labels.content import Shelf, ShelfItem, wanted_on
from edge.labels.ledger import LabelBook
from edge.labels.plan import Wanted
from edge.labels.templates import Looks

MORE_ITEMS_MAX = 5
"""Beside the first. A small panel has room for fewer; its label then says that it cannot be drawn."""
MultiLooks = Callable[[], Looks | None]
"""The template for several items; None: the built-in one."""
PositionOf = Callable[[str], str]
"""Where a label hangs, as a template may print it; empty: nobody said."""


def built_in_multi() -> None:
    """No template of headquarters."""
    return


def nowhere(_label_id: str) -> str:
    """Nobody says where labels hang."""
    return ""


class LabelGoods:
    """See the module. Asked anew for every plan and every picture."""

    def __init__(self, shelf: Shelf, multi_looks: MultiLooks, position_of: PositionOf) -> None:
        self._shelf = shelf
        self._multi_looks = multi_looks
        self._position_of = position_of

    def on(self, book: LabelBook) -> ShelfItem | None:
        """What is drawn; None: nothing, or the first item cannot be shown (the label stays as it is).

        Of further items those that cannot be shown are left out.
        """
        found = None if book.item_id is None else self._shelf.shelf_item(book.item_id)
        position = "" if found is None else self._position_of(book.label_id)
        first = replace(found, position=position) if found is not None and position else found
        if first is None or not book.more_items:
            return first
        others = (self._shelf.shelf_item(item_id) for item_id in book.more_items)
        products = (first, *(each for each in others if each is not None))
        if len(products) == 1:
            return first
        alone = tuple(replace(each, looks=None) for each in products)
        return replace(first, products=alone, looks=self._multi_looks())

    def wanted(self, book: LabelBook) -> Wanted | None:
        """What a label should show now; None: its item cannot be shown, the label stays as it is."""
        if book.item_id is None:
            return wanted_on(book, None)
        item = self.on(book)
        return None if item is None else wanted_on(book, item)
