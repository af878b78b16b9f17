"""The stock pages beside each other, and what they share: the store to look at, amounts by place, plots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nicegui import ui

from cloud.console import formats
from cloud.console.chain_tabs import stores_of
from cloud.console.frame import Frame
from cloud.console.parts import Row, box
from cloud.console.plots import INK, SOFT
from cloud.console.visitor import Visitor

PLACES = ("sales_floor", "back_room", "fitting_room", "transit", "quarantine")
ALL = ""
COLOURS = {
    "sales_floor": INK,
    "back_room": "#7fb8b1",
    "fitting_room": "#b58bd0",
    "transit": "#e0a030",
    "quarantine": "#c0392b",
}


def tabs(visitor: Visitor, here: str) -> None:
    """Links to the pages of stock."""
    say = visitor.words.say
    entries = [
        ("stock", "/stock", say("On hand")),
        ("deliveries", "/stock/deliveries", say("Deliveries and transfers")),
        ("reservations", "/stock/reservations", say("Reservations")),
        ("recalls", "/stock/recalls", say("Recalls")),
        ("markdowns", "/stock/markdowns", say("Markdowns")),
        ("accuracy", "/stock/accuracy", say("Accuracy and shrink")),
        ("rules", "/stock/rules", say("Rules and minima")),
    ]
    with box("tabs", "nav"):
        for name, address, title in entries:
            entry = ui.link(title, address).classes("tab" + (" here" if name == here else ""))
            if name == here:
                entry.props["aria-current"] = "page"


class StoreChoice:
    """A drop-down of the stores this person sees."""

    def __init__(self, frame: Frame, on_change: Callable[[], object], *, everywhere: bool = True) -> None:
        self._visitor = frame.visitor
        say = self._visitor.words.say
        self._first = {ALL: say("All stores")} if everywhere else {}
        self._select = ui.select(dict(self._first), value=ALL if everywhere else None, label=say("Store"), with_input=True)
        self._select.props("outlined dense").classes("store-select")
        self._on_change = on_change
        self.names: dict[str, str] = {}

    async def fill(self) -> None:
        """Ask for the stores; the first one is chosen where there is no 'all'."""
        stores = await stores_of(self._visitor)
        again = bool(self.names)
        self.names = {each.store_id: each.name for each in stores}
        options = self._first | {each.store_id: f"{each.name} ({each.store_id})" for each in stores}
        value = self._select.value if self._select.value in options else next(iter(options), None)
        self._select.set_options(options, value=value)
        if not again:  # only now: the first choice is shown by the page that asked for it
            self._select.on_value_change(self._on_change)

    @property
    def chosen(self) -> str | None:
        """The store's id; None: all of them."""
        return self._select.value or None

    def title(self, store_id: str) -> str:
        """A store's name."""
        return self.names.get(store_id, store_id)


def place_cells(row: Row, places: Mapping[str, int], visitor: Visitor) -> None:
    """A cell a place; what is below zero stands out."""
    for place in PLACES:
        amount = places.get(place, 0)
        row.cell(formats.amount(amount, visitor.words) if amount else formats.DASH, "bad" if amount < 0 else "")


def stacked(names: Sequence[str], by_place: Sequence[Mapping[str, int]], titles: Mapping[str, str]) -> dict[str, object]:
    """Bars of what stands where, a bar a region or store; thousandths in, pieces drawn."""
    series = [
        {
            "type": "bar",
            "stack": "all",
            "name": titles[place],
            "data": [max(0, each.get(place, 0)) / 1000 for each in by_place],
            "itemStyle": {"color": COLOURS[place]},
            "barMaxWidth": 26,
        }
        for place in PLACES
        if any(each.get(place) for each in by_place)
    ]
    return {
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 8, "bottom": 32, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True},
        "legend": {"bottom": 0, "left": 0, "itemWidth": 10, "itemHeight": 10, "textStyle": {"color": SOFT}},
        "xAxis": {"type": "value", "axisLabel": {"color": SOFT}, "splitLine": {"lineStyle": {"color": "#edf1f3"}}},
        "yAxis": {"type": "category", "data": list(names), "inverse": True, "axisLabel": {"color": SOFT}},
        "series": series,
    }
