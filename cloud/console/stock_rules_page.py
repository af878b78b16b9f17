"""Rules and minima of the chain, its regions and stores: the nearest to a store wins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.chain_tabs import region_title, regions_of, stores_of
from cloud.console.frame import Frame, page, refusal
from cloud.console.hq import Nothing, Problem
from cloud.console.parts import Column, Table, box, card, empty, field_error, new_dialog, text
from cloud.console.stock_answers import LevelRules, Minimum, MinimumBody, MinimumPage, Rules, Step
from cloud.console.stock_tabs import tabs
from cloud.console.visitor import Console, Visitor, to_login

SHOWN = 200
CHAIN = "chain/all"
POLICIES = ("allow", "warn", "refuse")


def install(console: Console) -> None:
    """Add the page `/stock/rules`."""

    @ui.page("/stock/rules")
    def rules() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "stock", visitor.words.say("Rules and minima")) as frame:
            tabs(visitor, "rules")
            _RulesPage(frame)
        return None


class _RulesPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        self._levels: dict[str, str] = {}
        person = self._visitor.person
        self._may = self._visitor.may("stock.write") and person is not None and person.all_stores
        say = self._visitor.words.say
        with card(say("How stores keep their stock")):
            if self._may:
                with box("actions end"):
                    ui.button(say("Set rules"), icon="tune", on_click=self._set_rules).props("unelevated no-caps").classes(
                        "primary"
                    )
            self._rules = box("")
        with card(say("Minima")):
            if self._may:
                with box("fields form"):
                    self._level = ui.select({}, label=say("For"), with_input=True).props("outlined dense").classes("select")
                    self._item = ui.input(say("Item number")).props("outlined dense")
                    self._least = ui.input(say("Minimum")).props("outlined dense inputmode=decimal")
                    ui.button(say("Set"), on_click=self._set_minimum).props("flat no-caps").classes("second")
                self._error = field_error()
            self._minima = box("")
        frame.load(self._fill)

    async def _fill(self) -> None:
        say = self._visitor.words.say
        stores = await stores_of(self._visitor)
        regions = await regions_of(self._visitor)
        self._levels = {CHAIN: say("The whole chain")}
        self._levels |= {
            f"region/{each.region_id}": f"{say('Region')}: {region_title(each, self._visitor)}" for each in regions
        }
        self._levels |= {
            f"store/{key}": f"{say('Store')}: {name}" for key, name in ((each.store_id, each.name) for each in stores)
        }
        if self._may:
            self._level.set_options(self._levels, value=self._level.value or CHAIN)
        await self._show()

    async def _show(self) -> None:
        rules = await self._visitor.get("/stock-rules", list[LevelRules])
        minima = (await self._visitor.get("/stock-minima", MinimumPage, limit=SHOWN)).rows
        self._rules.clear()
        with self._rules:
            self._draw_rules(rules)
        self._minima.clear()
        with self._minima:
            self._draw_minima(minima)

    def _title(self, level: str, level_id: str) -> str:
        return self._levels.get(f"{level}/{level_id}", level_id)

    def _draw_rules(self, rows: list[LevelRules]) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        if not rows:
            empty(say("Every store lives by the defaults"), say("Set rules for the chain, a region or a store."), "tune")
            return
        titles = (say("For"), say("Nothing left"), say("Second person from"), say("Counts"), say("Markdowns"), "")
        table = Table([Column(title) for title in titles])
        for each in rows:
            row = table.row()
            row.cell(self._title(each.level, each.level_id))
            row.cell(words.name("negative_stock", each.rules.negative_stock))
            row.cell(words.say_many("{n} piece", "{n} pieces", each.rules.variance_pieces_max))
            row.cell(say("blind") if each.rules.blind_counts else say("with the book"))
            steps = "; ".join(
                say("{days} d: −{share}", days=step.days_left, share=formats.share(step.off_bp, words))
                for step in each.rules.markdown_steps
            )
            row.cell(steps or formats.DASH)
            with row.cell():
                if self._may:
                    key = f"{each.level}/{each.level_id}"
                    ui.button(say("Change"), on_click=lambda key=key, each=each: self._edit(key, each.rules)).props(
                        "flat dense no-caps"
                    )
                    ui.button(say("Remove"), on_click=lambda key=key: self._remove(f"/stock-rules/{_path(key)}")).props(
                        "flat dense no-caps"
                    )

    def _draw_minima(self, rows: list[Minimum]) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        if not rows:
            empty(
                say("No minima"),
                say("Stores warn of low stock where somebody has set a minimum."),
                "production_quantity_limits",
            )
            return
        table = Table([Column(say("Item")), Column(say("For")), Column(say("Minimum"), number=True), Column("")])
        for each in rows:
            row = table.row()
            with row.cell(classes="name-cell"):
                text(each.name or each.item_id)
                text(each.item_id, "div", "hint")
            row.cell(self._title(each.level, each.level_id))
            row.cell(formats.amount(each.minimum_thousandths, words))
            with row.cell():
                if self._may:
                    path = f"/stock-minima/{_path(f'{each.level}/{each.level_id}')}/{quote(each.item_id, safe='')}"
                    ui.button(say("Remove"), on_click=lambda path=path: self._remove(path)).props("flat dense no-caps")

    async def _remove(self, path: str) -> None:
        if await self._frame.attempt(self._visitor.send("DELETE", path, Nothing)) is not None:
            await self._frame.attempt(self._show())

    async def _set_minimum(self) -> None:
        say = self._visitor.words.say
        self._error.set_text("")
        try:
            thousandths = int(Decimal((self._least.value or "").replace(",", ".")).scaleb(3))
        except (InvalidOperation, ValueError, OverflowError):
            self._error.set_text(say("Give the minimum in pieces or kilograms."))
            return
        item = quote((self._item.value or "").strip() or "-", safe="")
        path = f"/stock-minima/{_path(str(self._level.value))}/{item}"
        sent = self._visitor.send("PUT", path, Nothing, MinimumBody(minimum_thousandths=thousandths))
        if await self._frame.attempt(sent, on_refused=self._refused) is not None:
            self._frame.notice(say("Saved. Stores learn of it within seconds."))
            await self._frame.attempt(self._show())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))

    def _set_rules(self) -> None:
        defaults = Rules(markdown_steps=[Step(days_left=2, off_bp=2_000), Step(days_left=1, off_bp=5_000)])
        self._edit(CHAIN, defaults)

    def _edit(self, key: str, rules: Rules) -> None:
        RulesDialog(self._frame, self._levels, (key, rules), self._show).open()


def _path(key: str) -> str:
    level, _, level_id = key.partition("/")
    return f"{level}/{quote(level_id, safe='')}"


class RulesDialog:
    """The rules of one level."""

    def __init__(
        self, frame: Frame, levels: dict[str, str], standing: tuple[str, Rules], after: Callable[[], Awaitable[None]]
    ) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        self._levels = levels
        self._key, self._before = standing
        self._after = after

    def open(self) -> None:
        """Show the form."""
        say, words, rules = self._visitor.words.say, self._visitor.words, self._before
        with new_dialog() as self._dialog, box("dialog card form"):
            text(say("How stores keep their stock"), "h2")
            with box("fields"):
                self._level = ui.select(self._levels, value=self._key, label=say("For"), with_input=True)
                policies = {name: words.name("negative_stock", name) for name in POLICIES}
                self._policy = ui.select(
                    policies, value=rules.negative_stock, label=say("When the book says nothing is left")
                )
                self._days = ui.number(say("Warn of dates, days before"), value=rules.expiry_warn_days, min=0, max=60)
            with box("fields"):
                self._pieces = ui.number(
                    say("Second person from a difference of pieces"), value=rules.variance_pieces_max, min=0
                )
                self._value = ui.number(say("… or of value (cents)"), value=rules.variance_minor_max, min=0)
                self._off = ui.number(say("… or a write-off of (cents)"), value=rules.write_off_minor_max, min=0)
            steps = ", ".join(f"{step.days_left}:{step.off_bp // 100}" for step in rules.markdown_steps)
            with box("fields"):
                self._steps = ui.input(say("Markdowns, as days:percent with commas"), value=steps)
                self._sizes = ui.input(say("Sizes that must be there, with commas"), value=", ".join(rules.size_gap_keys))
            self._blind = ui.checkbox(say("People who count do not see the book"), value=rules.blind_counts)
            fields = (self._level, self._policy, self._days, self._pieces, self._value, self._off, self._steps, self._sizes)
            for field in fields:
                field.props("outlined dense")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _save(self) -> None:
        say = self._visitor.words.say
        self._error.set_text("")
        try:
            steps = read_steps(self._steps.value or "")
        except ValueError:
            self._error.set_text(say("Write markdowns as days:percent, for example 2:20, 1:50."))
            return
        rules = Rules(
            negative_stock=str(self._policy.value),
            variance_pieces_max=int(self._pieces.value or 0),
            variance_minor_max=int(self._value.value or 0),
            write_off_minor_max=int(self._off.value or 0),
            blind_counts=bool(self._blind.value),
            expiry_warn_days=int(self._days.value or 0),
            markdown_steps=steps,
            size_gap_keys=[part.strip() for part in (self._sizes.value or "").split(",") if part.strip()],
        )
        sent = self._visitor.send("PUT", f"/stock-rules/{_path(str(self._level.value))}", Nothing, rules)
        if await self._frame.attempt(sent, on_refused=self._refused) is None:
            return
        self._dialog.close()
        self._frame.notice(say("Saved. Stores learn of it within seconds."))
        await self._frame.attempt(self._after())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


def read_steps(typed: str) -> list[Step]:
    """`2:20, 1:50` as steps. Raises `ValueError`."""
    steps = []
    for part in filter(None, (each.strip() for each in typed.split(","))):
        days, _, percent = part.partition(":")
        steps.append(Step(days_left=int(days), off_bp=int(percent) * 100))
    return steps
