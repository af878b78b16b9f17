"""Where one starts: big tiles, and how many alerts ask for attention."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens.frame import page
from edge.staff_screens.parts import box, text
from edge.staff_screens.visitor import Screens, Visitor, to_login
from edge.staff_screens.words import Words


def _tiles(words: Words) -> tuple[tuple[str, str, str, str, str], ...]:
    """Address, icon, title, what it is for, the right it needs."""
    say = words.say
    return (
        ("/item", "search", say("Look up"), say("Price, stock and labels of an item"), ""),
        ("/receipt", "local_shipping", say("Receive"), say("Scan goods that came in"), "stock"),
        ("/count", "checklist", say("Count"), say("Count what stands there"), "stock"),
        ("/orders", "shopping_bag", say("Orders"), say("Pick what customers ordered"), "stock"),
        ("/move", "move_down", say("Move"), say("From the back room to the shelf, and back"), "stock"),
        ("/expiring", "event", say("Dates"), say("What to sell first, what to take away"), "stock"),
        ("/shortages", "production_quantity_limits", say("Running out"), say("Broken sizes and low stock"), "stock"),
        ("/lots", "pallet", say("Batches"), say("Where each batch of an item stands"), "stock"),
        ("/transfer", "outbound", say("Send"), say("Goods for another store"), "write_off"),
        ("/write_off", "delete", say("Write off"), say("Damaged, expired or lost goods"), "stock"),
        ("/recalls", "report", say("Recalls"), say("What must leave the shelves"), "stock"),
        ("/labels", "sell", say("Labels"), say("Bind labels, see their state"), ""),
        ("/shelf", "shelves", say("Shelf map"), say("Where labels hang, which ones need you"), ""),
        ("/audits", "price_check", say("Price check"), say("Compare the shelf with the till"), "labels"),
        ("/doors", "sensor_door", say("Doors"), say("Tagged goods that came and went"), ""),
        ("/exits", "campaign", say("Exit"), say("What went out unpaid"), ""),
        ("/rooms", "checkroom", say("Fitting rooms"), say("What is tried on, and what is bought"), ""),
        ("/smart-shelves", "grid_view", say("Smart shelves"), say("What is missing or lies wrong"), ""),
        ("/find", "radar", say("Where is it?"), say("Find a piece by its tag"), ""),
        ("/tags", "contactless", say("Tags"), say("Check a print run, write a tag anew"), "stock"),
        ("/sensors", "thermostat", say("Sensors"), say("Cold, doors and energy"), ""),
        ("/devices", "devices", say("Devices"), say("What works, and what does not"), ""),
        ("/alerts", "notifications", say("Alerts"), say("What needs a look"), ""),
    )


def install(screens: Screens) -> None:
    """Add the page `/`."""

    @ui.page("/")
    def home() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        words = visitor.words
        with page(visitor, words.say("Store"), back=None) as frame:
            text(words.say("Hello, {name}", name=visitor.person.name), "p", "hello")
            with box("tiles"):
                for address, icon, title, hint, right in _tiles(words):
                    _tile(visitor, address, icon, title, hint, right)
            summary = text("", "p", "hint")

            def show() -> None:
                count = screens.news.unseen
                summary.set_text(
                    words.say_many("{n} alert needs a look.", "{n} alerts need a look.", count)
                    if count
                    else words.say("Nothing needs a look.")
                )

            async def again() -> None:
                show()

            show()
            frame.on_news(again)
        return None


def _tile(visitor: Visitor, address: str, icon: str, title: str, hint: str, right: str) -> None:
    allowed = not right or visitor.may(right)
    with ui.link("", address if allowed else "").classes("tile" + ("" if allowed else " off")) as tile:
        if not allowed:
            tile.props["aria-disabled"] = "true"
        ui.icon(icon)
        text(title, "strong")
        text(hint if allowed else visitor.words.say("You may not do this here."), "span", "hint")
