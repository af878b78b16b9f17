"""When a campaign starts and where it goes first: one store, some regions, then everywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from msgspec import structs
from nicegui import ui

from cloud.console import formats
from cloud.console.answers import StorePage
from cloud.console.campaign_answers import BookName, Campaign, CampaignBody, Ring, RingBody
from cloud.console.chain_answers import RegionList
from cloud.console.frame import Frame
from cloud.console.hq import Problem
from cloud.console.parts import box, card, chip, field_error, new_dialog, text

STORES_MAX = 500
PERCENT, MINUTES = 95, 10


@dataclass
class _Fields:
    """The fields of one ring before the last."""

    reach: ui.toggle
    stores: ui.select
    regions: ui.select
    rule: _Rule | None


@dataclass
class _Rule:
    """When a ring opens."""

    opens: ui.toggle
    percent: ui.number
    minutes: ui.number


class RingsPart:
    """The card of start and rings. `again`: what fills the page anew after a change."""

    def __init__(
        self, frame: Frame, path: str, campaign: Campaign, again: Callable[[], Awaitable[None]], *, editable: bool
    ) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = path
        self._campaign = campaign
        self._again = again
        self._editable = editable
        self._fields: list[_Fields] = []
        self._last: _Rule | None = None

    def build(self) -> None:
        """Make the card: what holds, and the way to change it."""
        say = self._visitor.words.say
        with card(say("Start and rings")):
            self._told()
            if self._editable:
                with box("actions"):
                    button = ui.button(say("Change start and rings"), icon="tune", on_click=self._open)
                    button.props("outline no-caps").classes("second")

    def _told(self) -> None:
        words = self._visitor.words
        say = words.say
        start = self._campaign.starts_at_ms
        when = formats.instant(start, self._visitor.zone, words) if start else say("as soon as it is published")
        with box("chips"):
            chip(say("Starts {time}", time=when), "info")
            if self._campaign.book_id:
                chip(say("Price book {book}", book=self._campaign.book_id), "info")
            for ring in self._campaign.rings:
                ui.icon("arrow_forward").classes("ring-arrow")
                chip(ring_title(ring, self._visitor.words.language, say), "plain")
                if ring.ring_no > 1:
                    text(rule_words(ring, say), "span", "hint")

    async def _open(self) -> None:
        say = self._visitor.words.say
        stores = await self._frame.attempt(self._visitor.get("/stores", StorePage, limit=STORES_MAX))
        regions = await self._frame.attempt(self._visitor.get("/regions", RegionList))
        books = await self._frame.attempt(self._visitor.get("/price-books", list[BookName]))
        if stores is None or regions is None or books is None:
            return
        named = {book.book_id: f"{book.name} ({book.zone})" for book in books if book.zone is not None and not book.own}
        self._book_names = {"": say("Usual prices of the zones")} | named
        self._store_names = {store.store_id: f"{store.name} ({store.store_id})" for store in stores.rows}
        self._region_names = {region.region_id: region.name for region in regions.rows}
        self._fields = []
        with new_dialog() as self._dialog, box("dialog card"):
            text(say("Start and rings"), "h2")
            self._words_and_start()
            rings_box = box("stack")
            with rings_box:
                for ring in self._campaign.rings[:-1]:
                    self._ring(ring)
            with box("actions"):
                more = ui.button(say("One more ring before all"), icon="add").props("flat no-caps").classes("second")
            with box("ring-box"):
                text(say("Last: all stores"), "strong")
                with box("rule actions") as rule_box:
                    self._last = self._rule(self._campaign.rings[-1])
            rule_box.bind_visibility_from(self, "has_rings")
            self._error = field_error()

            def add() -> None:
                with rings_box:
                    self._ring(None)

            more.on_click(add)
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    def _words_and_start(self) -> None:
        say, campaign = self._visitor.words.say, self._campaign
        with box("fields"):
            self._name = ui.input(say("Name"), value=campaign.name).props("outlined dense maxlength=120")
            self._reason = ui.input(say("Reason (kept in the history)"), value=campaign.reason)
            self._reason.props("outlined dense maxlength=200")
        self._book: ui.select | None = None
        if len(self._book_names) > 1:
            chosen = campaign.book_id if campaign.book_id in self._book_names else ""
            self._book = ui.select(self._book_names, value=chosen, label=say("Price book")).props("outlined dense")
        with box("fields"):
            options = {"now": say("As soon as it is published"), "later": say("At a time")}
            self._when = ui.toggle(options, value="later" if campaign.starts_at_ms else "now")
            self._when.props("unelevated no-caps").classes("toggle")
            self._start = ui.input(say("From"), value=_local(campaign.starts_at_ms, self._frame))
            self._start.props("outlined dense type=datetime-local stack-label")
            self._start.bind_visibility_from(self._when, "value", value="later")

    async def _save(self) -> None:
        say = self._visitor.words.say
        later = self._when.value == "later"
        if later and not self._start.value:
            self._error.set_text(say("Choose the day and time it starts."))
            return
        starts = formats.read_local(self._start.value or "", self._visitor.zone) if later else None
        name, reason = self._name.value or "", self._reason.value or ""
        rings, book_id = tuple(self._rings()), "" if self._book is None else str(self._book.value or "")
        body = CampaignBody(name=name, reason=reason, book_id=book_id, starts_at_ms=starts, rings=rings)
        sending = self._visitor.send("PUT", self._path, Campaign, body)
        if await self._frame.attempt(sending, on_refused=self._refused) is not None:
            self._dialog.close()
            await self._frame.attempt(self._again())

    def _refused(self, problem: Problem) -> None:
        api = self._visitor.words.api
        fields = " ".join(f"{api(row.detail)}. {api(row.remedy)}" for row in problem.errors)
        self._error.set_text(fields or api(problem.detail))

    @property
    def has_rings(self) -> bool:
        """Whether anything comes before the last ring."""
        return bool(self._fields)

    def _ring(self, ring: Ring | None) -> None:
        stores, regions = self._store_names, self._region_names
        say = self._visitor.words.say
        number = len(self._fields) + 1
        with box("ring-box") as whole:
            with box("actions"):
                text(say("Ring {n}", n=number), "strong")
                away = ui.button(icon="close").props("flat round dense")
                away.props["aria-label"] = say("Remove this ring")
            with box("fields"):
                options = {"stores": say("Some stores"), "regions": say("Some regions")}
                reach = ui.toggle(options, value=ring.reach if ring else "stores")
                reach.props("unelevated no-caps").classes("toggle")
                chosen = [each for each in (ring.stores if ring else ()) if each in stores]
                of_stores = ui.select(stores, value=chosen, label=say("Stores"), multiple=True, with_input=True)
                of_stores.props("outlined dense use-chips").bind_visibility_from(reach, "value", value="stores")
                named = [each for each in (ring.regions if ring else ()) if each in regions]
                of_regions = ui.select(regions, value=named, label=say("Regions"), multiple=True)
                of_regions.props("outlined dense use-chips").bind_visibility_from(reach, "value", value="regions")
            rule = None
            if number > 1:
                with box("rule actions"):
                    rule = self._rule(ring)
        fields = _Fields(reach, of_stores, of_regions, rule)
        self._fields.append(fields)

        def remove() -> None:
            self._fields.remove(fields)
            whole.delete()

        away.on_click(remove)

    def _rule(self, ring: Ring | None) -> _Rule:
        say = self._visitor.words.say
        options = {"hand": say("Opened by hand"), "itself": say("Opens by itself")}
        opens = ui.toggle(options, value=ring.opens if ring else "hand").props("unelevated no-caps").classes("toggle")
        percent = ui.number(say("when landed, %"), value=ring.percent if ring else PERCENT, min=1, max=100)
        minutes = ui.number(say("for minutes"), value=ring.minutes if ring else MINUTES, min=0, max=10_080)
        for field in (percent, minutes):
            field.props("outlined dense").classes("narrow").bind_visibility_from(opens, "value", value="itself")
        return _Rule(opens, percent, minutes)

    def _rings(self) -> list[RingBody]:
        rings = []
        for number, field in enumerate(self._fields, 1):
            by_store = field.reach.value == "stores"
            members = tuple(field.stores.value if by_store else field.regions.value)
            plan = RingBody(
                name=str(number),
                reach=str(field.reach.value),
                stores=members if by_store else (),
                regions=() if by_store else members,
            )
            rings.append(_ruled(plan, field.rule))
        rings.append(_ruled(RingBody(name="", reach="all"), self._last if rings else None))
        return rings


def _ruled(ring: RingBody, rule: _Rule | None) -> RingBody:
    """The ring with the rule its fields say."""
    if rule is None or rule.opens.value != "itself":
        return ring
    percent, minutes = int(rule.percent.value or PERCENT), int(rule.minutes.value or 0)
    return structs.replace(ring, opens="itself", percent=percent, minutes=minutes)


def ring_title(ring: Ring, language: str, say: Callable[..., str]) -> str:
    """Whom a ring is for, in a few words."""
    if ring.reach == "all":
        return say("all stores")
    members = ring.stores if ring.reach == "stores" else ring.regions
    shown = ("、" if language == "zh" else ", ").join(members[:3]) + (" …" if len(members) > 3 else "")
    return shown or say("some stores")


def rule_words(ring: Ring, say: Callable[..., str]) -> str:
    """When a ring opens."""
    if ring.opens == "hand":
        return say("by hand")
    return say("at {percent} % for {minutes} min", percent=ring.percent, minutes=ring.minutes)


def _local(at_ms: int | None, frame: Frame) -> str:
    """An instant as a date-and-time field has it."""
    return "" if at_ms is None else formats.local_text(at_ms, frame.visitor.zone)
