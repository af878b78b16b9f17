"""The chain's pages beside each other (regions, people, the audit trail), and the regions and stores they name."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from cloud.console.chain_answers import Region, RegionList, StoreInRegion, StoresInRegions
from cloud.console.parts import box
from cloud.console.visitor import Visitor

STORES_A_PAGE = 500
STORE_PAGES_MAX = 20
ALL_REGIONS = ""


def tabs(visitor: Visitor, here: str) -> None:
    """Links to the pages this person may open."""
    say = visitor.words.say
    entries = [("regions", "/regions", say("Regions"))]
    if visitor.may("people.write"):
        entries.append(("people", "/people", say("People")))
    if visitor.may("audit.read"):
        entries.append(("audit", "/audit", say("Audit")))
    with box("tabs", "nav"):
        for name, address, title in entries:
            entry = ui.link(title, address).classes("tab" + (" here" if name == here else ""))
            if name == here:
                entry.props["aria-current"] = "page"


async def regions_of(visitor: Visitor) -> tuple[Region, ...]:
    """The regions this person sees."""
    return (await visitor.get("/regions", RegionList)).rows


async def stores_of(visitor: Visitor) -> list[StoreInRegion]:
    """The stores this person sees, by id."""
    found: list[StoreInRegion] = []
    after: str | None = None
    for _ in range(STORE_PAGES_MAX):
        page = await visitor.get("/store-names", StoresInRegions, limit=STORES_A_PAGE, after=after)
        found += page.rows
        after = page.next
        if after is None:
            break
    return found


class RegionFilter:
    """A drop-down of the regions this person sees; `allows` says whether a store's region is the one chosen."""

    def __init__(self, visitor: Visitor, on_change: Callable[[], object]) -> None:
        self._visitor = visitor
        say = visitor.words.say
        self._select = ui.select({ALL_REGIONS: say("All regions")}, value=ALL_REGIONS, label=say("Region"))
        self._select.props("outlined dense").classes("store-select").on_value_change(on_change)
        self._select.set_visibility(False)

    async def fill(self) -> None:
        """Ask for the regions; with a single one there is nothing to choose."""
        regions = await regions_of(self._visitor)
        options = {ALL_REGIONS: self._visitor.words.say("All regions")}
        options |= {region.region_id: region_title(region, self._visitor) for region in regions}
        if options != self._select.options:
            self._select.set_options(options, value=self._select.value if self._select.value in options else ALL_REGIONS)
            self._select.set_visibility(len(regions) > 1)

    @property
    def chosen(self) -> str | None:
        """The region's id; None: all of them."""
        return self._select.value or None

    def allows(self, region_id: str) -> bool:
        """Whether a store of this region is to be shown."""
        return self._select.value in {ALL_REGIONS, region_id}


def region_title(region: Region, visitor: Visitor) -> str:
    """Its name; the one nobody has named yet in the reader's language."""
    unnamed = region.region_id == "default" and region.name == "No region yet"
    return visitor.words.say("No region yet") if unnamed else region.name
