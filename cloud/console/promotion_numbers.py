"""The numbers of a promotion: each kind's own, tiers, the slots of a bundle, the goods of a gift."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import structs
from nicegui import ui

from cloud.console import formats
from cloud.console.frame import Frame
from cloud.console.parts import box, text
from cloud.console.promotion_answers import ScopeWord
from cloud.console.promotion_kinds import BY_NAME, COUNT, FLAG, MONEY
from cloud.console.promotion_scope import ItemList, ScopeFields
from cloud.console.promotion_words import Money
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.gift import Gift
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Promotion, Slot, Tier

TIERS_MAX, SLOTS_MAX = 6, 8
PERCENT_DIGITS = 2
"""A typed percentage has two: 33.33 is 3,333 basis points."""


class NotANumber(ValueError):
    """A field of the form holds no number; the text is its label."""


class NumberFields:
    """Draws the numbers of a promotion where we are; `read` gives them back."""

    def __init__(
        self, frame: Frame, promotion: Promotion, money: Money, words: Sequence[ScopeWord], names: dict[str, str]
    ) -> None:
        self._frame = frame
        self._promotion = promotion
        self._money = money
        self._words = words
        self._names = names
        self._fields: dict[str, tuple[str, ui.input | ui.number | ui.checkbox]] = {}
        self._tiers: list[tuple[ui.input, ui.input]] = []
        self._slots: list[tuple[ScopeFields, ui.number, ui.input]] = []
        self._gifts: ItemList | None = None
        self._changed: Callable[[], None] = lambda: None
        with box("fields"):
            for name, shape in BY_NAME[str(type(promotion).__struct_config__.tag)].numbers:
                self._fields[name] = (shape, self._field(name, shape, getattr(promotion, name)))
        if isinstance(promotion, Threshold):
            self._draw_tiers(promotion)
        if isinstance(promotion, BundlePrice):
            self._draw_slots(promotion)
        if isinstance(promotion, Gift):
            label = frame.visitor.words.say("What may be the gift")
            self._gifts = ItemList(frame, label, promotion.gift_items, names)
            self._gifts.on_change(self._tell)

    def on_change(self, changed: Callable[[], None]) -> None:
        """Tell of every change."""
        self._changed = changed

    def _tell(self) -> None:
        self._changed()

    def _label(self, name: str) -> str:
        return self._frame.visitor.words.name("promotion_field", name)

    def _field(self, name: str, shape: str, value: int) -> ui.input | ui.number | ui.checkbox:
        label = self._label(name)
        if shape == FLAG:
            return ui.checkbox(label, value=bool(value), on_change=self._tell)
        if shape == COUNT:
            made = ui.number(label, value=value, min=0, max=999, precision=0, on_change=self._tell)
            made.props("outlined dense")
            return made
        return self._typed(label, value, shape)

    def _typed(self, label: str, value: int, shape: str) -> ui.input:
        digits = self._money.digits if shape == MONEY else PERCENT_DIGITS
        field = ui.input(label, value=formats.plain_price(value, digits), on_change=self._tell).props("outlined dense")
        field.props(f'inputmode="decimal" suffix="{self._money.currency if shape == MONEY else "%"}"')
        return field

    def _draw_tiers(self, promotion: Threshold) -> None:
        with box("stack tiers") as self._tier_box:
            for tier in promotion.tiers:
                self._tier(tier)
        say = self._frame.visitor.words.say
        more = ui.button(say("One more step"), icon="add", on_click=self._more_tier).props("flat no-caps")
        more.classes("second")

    def _tier(self, tier: Tier) -> None:
        with box("fields"):
            reach = self._typed(self._label("reach_minor"), tier.reach_minor, MONEY)
            off = self._typed(self._label("tier_off_minor"), tier.off_minor, MONEY)
        self._tiers.append((reach, off))

    def _more_tier(self) -> None:
        if len(self._tiers) < TIERS_MAX:
            with self._tier_box:
                self._tier(Tier(reach_minor=0, off_minor=0))

    def _draw_slots(self, promotion: BundlePrice) -> None:
        say = self._frame.visitor.words.say
        with box("stack") as self._slot_box:
            for slot in promotion.slots:
                self._slot(slot)
        more = ui.button(say("One more place"), icon="add", on_click=self._more_slot).props("flat no-caps")
        more.classes("second")
        text(say("Each piece is paid with its part of the bundle's price."), "p", "hint")

    def _slot(self, slot: Slot) -> None:
        say = self._frame.visitor.words.say
        with box("ring-box"):
            text(say("Place {n}", n=len(self._slots) + 1), "strong")
            scope = ScopeFields(self._frame, slot.scope, self._words, self._names, exceptions=False)
            with box("fields"):
                pieces = ui.number(say("Pieces"), value=slot.quantity, min=1, max=24, precision=0, on_change=self._tell)
                pieces.props("outlined dense")
                share = self._typed(self._label("share_minor"), slot.share_minor, MONEY)
        scope.on_change(self._tell)
        self._slots.append((scope, pieces, share))

    def _more_slot(self) -> None:
        if len(self._slots) < SLOTS_MAX:
            with self._slot_box:
                self._slot(Slot(scope=self._promotion.scope, share_minor=0))

    def read(self) -> Promotion:
        """The promotion with the numbers as they stand. Raises `NotANumber`. Empty tiers are left out."""
        changes: dict[str, object] = {name: self._read(*field) for name, field in self._fields.items()}
        if self._tiers:
            tiers = [(self._minor(reach), self._minor(off)) for reach, off in self._tiers]
            changes["tiers"] = tuple(Tier(reach_minor=reach, off_minor=off) for reach, off in sorted(tiers) if reach or off)
        if self._slots:
            changes["slots"] = tuple(
                Slot(scope=scope.scope(), quantity=int(pieces.value or 1), share_minor=self._minor(share))
                for scope, pieces, share in self._slots
            )
        if self._gifts is not None:
            changes["gift_items"] = self._gifts.value
        return structs.replace(self._promotion, **changes)

    def _read(self, shape: str, field: ui.input | ui.number | ui.checkbox) -> int | bool:
        if shape == FLAG:
            return bool(field.value)
        if shape == COUNT:
            return int(field.value or 0)
        return self._minor(field, self._money.digits if shape == MONEY else PERCENT_DIGITS)

    def _minor(self, field: ui.input | ui.number | ui.checkbox, digits: int | None = None) -> int:
        try:
            return formats.read_price(str(field.value or "0"), self._money.digits if digits is None else digits)
        except formats.NotAPrice:
            raise NotANumber(str(field.props.get("label", ""))) from None
