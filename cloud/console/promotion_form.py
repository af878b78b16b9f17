"""The editor of one promotion: name, numbers, goods, when, for whom, and what it is combined with."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable, Sequence

from msgspec import structs
from nicegui import ui

from cloud.console import formats
from cloud.console.frame import Frame
from cloud.console.parts import box, card, field_error, text
from cloud.console.promotion_answers import ChangedPromotion, ScopeWord, Whole, raw
from cloud.console.promotion_numbers import NotANumber, NumberFields
from cloud.console.promotion_scope import ScopeFields
from cloud.console.promotion_words import Money, scope_words, sentence
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.rules import Base, Hours, Promotion

WEEKDAYS = (1, 2, 3, 4, 5, 6, 7)
MINUTES_A_DAY = 1440


class PromotionForm:
    """The card with the form. `again`: what fills the page anew after it was saved."""

    def __init__(
        self,
        frame: Frame,
        whole: Whole,
        words: Sequence[ScopeWord],
        names: dict[str, str],
        others: Sequence[tuple[str, str]],
        again: Callable[[], Awaitable[None]],
    ) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._whole = whole
        self._promotion = whole.promotion
        self._words = words
        self._names = names
        self._others = dict(others)
        self._again = again
        self._money = Money(whole.currency, whole.minor_digits, self._visitor.words)
        self._key = self._visitor.new_key()

    def build(self) -> None:
        """Make the card."""
        words, promotion = self._visitor.words, self._promotion
        say = words.say
        with card("", "form promotion-form"):
            self._told = text("", "p", "promotion-sentence")
            with box("fields"):
                self._name = ui.input(say("Name in English"), value=promotion.name, on_change=self._tell)
                self._name_zh = ui.input(say("Name in Chinese"), value=promotion.name_zh, on_change=self._tell)
                for field in (self._name, self._name_zh):
                    field.props("outlined dense maxlength=80")
            text(words.name("promotion_kind_help", self._whole.kind), "p", "hint")
            self._numbers = NumberFields(self._frame, promotion, self._money, self._words, self._names)
            self._numbers.on_change(self._tell)
            self._scope: ScopeFields | None = None
            if not isinstance(promotion, BundlePrice):
                text(say("Which goods (none chosen: all)"), "h3")
                self._scope = ScopeFields(self._frame, promotion.scope, self._words, self._names)
                self._scope.on_change(self._tell)
            text(say("When"), "h3")
            self._when(promotion)
            with ui.expansion(say("For whom, how often, with what"), value=self._has_more(promotion)).classes("expansion"):
                self._more(promotion)
            self._reason = ui.input(say("Reason (kept in the history)"), value=self._whole.reason)
            self._reason.props("outlined dense maxlength=200")
            self._error = field_error()
            with box("actions end"):
                save = ui.button(say("Save"), icon="save", on_click=self._save).props("unelevated no-caps")
                save.classes("primary")
        self._tell()

    @staticmethod
    def _has_more(promotion: Promotion) -> bool:
        limits = promotion.limit_per_sale or promotion.limit_per_member
        return bool(promotion.customer_groups or limits or promotion.exclusive or promotion.exclusive_with)

    def _when(self, promotion: Promotion) -> None:
        say, zone = self._visitor.words.say, self._visitor.zone
        with box("fields"):
            self._from = ui.input(say("From"), value=_local(promotion.starts_ms, zone))
            self._until = ui.input(say("Until (empty: until recalled)"), value=_local(promotion.ends_ms, zone))
            for field in (self._from, self._until):
                field.props("outlined dense type=datetime-local step=1 stack-label")
        with box("fields"):
            days = {day: self._visitor.words.name("weekday", str(day)) for day in WEEKDAYS}
            self._days = ui.select(
                days, value=list(promotion.weekdays), label=say("Weekdays (none: every day)"), multiple=True
            )
            self._days.props("outlined dense use-chips clearable")
            first = promotion.hours[0] if promotion.hours else None
            self._hour_from = ui.input(say("From hour"), value=_clock(first.from_minute) if first else "")
            self._hour_to = ui.input(say("To hour"), value=_clock(first.to_minute) if first else "")
            for field in (self._hour_from, self._hour_to):
                field.props("outlined dense type=time stack-label")
        if len(promotion.hours) > 1:
            text(say("It has more spans of hours than this form shows; they stay unless you change the first."), "p", "hint")

    def _more(self, promotion: Promotion) -> None:
        say = self._visitor.words.say
        groups = {each.id: each.id for each in self._words if each.what == "group"}
        groups |= {each: each for each in promotion.customer_groups}
        with box("fields"):
            label, chosen = say("Customer groups (none: everybody)"), list(promotion.customer_groups)
            self._groups = ui.select(groups, value=chosen, label=label, multiple=True, with_input=True)
            self._groups.props("outlined dense use-chips clearable")
            label = say("Times a sale (0: no limit)")
            self._per_sale = ui.number(label, value=promotion.limit_per_sale, min=0, precision=0)
            label = say("Times a member (0: no limit)")
            self._per_member = ui.number(label, value=promotion.limit_per_member, min=0, precision=0)
            for field in (self._per_sale, self._per_member):
                field.props("outlined dense")
        with box("fields"):
            bases = {Base.OWN.value: say("on what the goods cost this customer"), Base.LIST.value: say("on the list price")}
            self._base = ui.select(bases, value=promotion.base.value, label=say("Reckoned"))
            self._base.props("outlined dense")
            others = self._others | {each: self._others.get(each, each) for each in promotion.exclusive_with}
            label = say("Never together with")
            self._not_with = ui.select(
                others, value=list(promotion.exclusive_with), label=label, multiple=True, with_input=True
            )
            self._not_with.props("outlined dense use-chips clearable")
        self._alone = ui.checkbox(say("Never together with any other promotion"), value=promotion.exclusive)

    def _tell(self) -> None:
        """Say what the form says, as a shopper would."""
        try:
            shown = self._numbers.read()
        except NotANumber as error:
            self._told.set_text(self._visitor.words.say("{field}: this is no number.", field=str(error)))
            return
        goods = "" if self._scope is None else scope_words(self._scope.scope(), self._visitor.words, self._names)
        told = sentence(shown, self._money)
        self._told.set_text(f"{told} · {goods}" if goods else told)

    def _read(self) -> Promotion:
        """The promotion as the form says it. Raises `NotANumber`, and ValueError for a time that is none."""
        starts_ms = self._instant(self._from, self._promotion.starts_ms)
        return structs.replace(
            self._numbers.read(),
            name=str(self._name.value or "").strip(),
            name_zh=str(self._name_zh.value or "").strip(),
            scope=self._scope.scope() if self._scope is not None else self._promotion.scope,
            starts_ms=self._promotion.starts_ms if starts_ms is None else starts_ms,
            ends_ms=self._instant(self._until, self._promotion.ends_ms),
            weekdays=tuple(sorted(self._days.value or ())),
            hours=self._hours(),
            customer_groups=tuple(self._groups.value or ()),
            limit_per_sale=int(self._per_sale.value or 0),
            limit_per_member=int(self._per_member.value or 0),
            base=Base(str(self._base.value)),
            exclusive=bool(self._alone.value),
            exclusive_with=tuple(self._not_with.value or ()),
        )

    def _instant(self, field: ui.input, before_ms: int | None) -> int | None:
        """What the field says; what was there when nobody touched it, to the millisecond."""
        typed = str(field.value or "")
        return before_ms if typed == _local(before_ms, self._visitor.zone) else formats.read_local(typed, self._visitor.zone)

    def _hours(self) -> tuple[Hours, ...]:
        start, end = str(self._hour_from.value or ""), str(self._hour_to.value or "")
        if not start and not end:
            return ()
        first = Hours(from_minute=_minute(start), to_minute=_minute(end) or MINUTES_A_DAY)
        before = self._promotion.hours
        return before if before and first == before[0] else (first,)

    async def _save(self) -> None:
        self._error.set_text("")
        say = self._visitor.words.say
        try:
            promotion = self._read()
        except NotANumber as error:
            self._error.set_text(say("{field}: this is no number.", field=str(error)))
            return
        except ValueError:
            self._error.set_text(say("A date cannot be read. Choose it again."))
            return
        reason = str(self._reason.value or "").strip()
        body = ChangedPromotion(rule=raw(promotion), after_revision=self._whole.revision, reason=reason)
        path = f"/promotions/{self._whole.promotion_id}"
        saved = await self._frame.attempt(self._visitor.send("PUT", path, Whole, body, key=self._key))
        self._key = self._visitor.new_key()
        if saved is not None:
            await self._again()  # first: what is drawn anew must not swallow the next press
            self._frame.notice(say("Saved."))


def _local(at_ms: int | None, zone: datetime.tzinfo) -> str:
    """An instant as a date-and-time field wants it, to the second."""
    return "" if at_ms is None else datetime.datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%dT%H:%M:%S")


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour or 0) * 60 + int(minute or 0)
