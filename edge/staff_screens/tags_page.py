"""Tags in hand at a reader: a print run checked, a tag written anew, locked or silenced."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.draft_dialogs import confirm
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, chip, empty, new_dialog, text
from edge.staff_screens.stock_answers import NoticeList
from edge.staff_screens.tag_answers import CheckedTag, OrderTag, TableOfTags, TagOrder, TagWork
from edge.staff_screens.visitor import Screens, Visitor, to_login
from edge.staff_screens.words import Words

EVERY_SECONDS = 1.0
TAGS_SHOWN, ORDERS_SHOWN = 60, 10
TONES = {"good": "good", "not_of_run": "warn", "here": "bad", "no_item": "warn", "foreign": "warn"}
OUTCOME_TONES = {"done": "good", "failed": "bad", "unknown": "warn"}


def install(screens: Screens) -> None:
    """Add the page `/tags`."""

    @ui.page("/tags")
    def tags() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Tags")) as frame:
            _Tags(frame)
        return None


def verdict_words(words: Words, verdict: str) -> str:
    """What a tag on the table is worth, for people."""
    say = words.say
    return {
        "good": say("right"),
        "not_of_run": say("not of this delivery"),
        "here": say("number used before"),
        "no_item": say("not in the catalogue"),
        "foreign": say("not encoded"),
    }.get(verdict, verdict)


def what_words(words: Words, what: str) -> str:
    """What was done to a tag, for people."""
    say = words.say
    return {
        "read": say("Number read"),
        "encode": say("Written anew"),
        "lock": say("Locked"),
        "kill": say("Silenced for ever"),
    }.get(what, what)


class _Tags:
    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._work: TagWork | None = None
        self._reader = self._asn = ""
        self._shown: object = None
        self._choices = box("actions")
        self._sums = box("chips")
        self._sums.props["aria-live"] = "polite"
        self._list = box("cards two")
        self._orders = box("cards")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        work = await self._visitor.get("/v1/tag-work", TagWork)
        if self._work is None:
            self._reader = work.readers[0].device_id if work.readers else ""
            notices = await self._visitor.get("/v1/notices", NoticeList)
            self._draw_choices(work, {each.asn_id: each.reference or each.asn_id for each in notices.notices})
        self._work = work
        if not self._reader:
            return
        query = {"asn": self._asn} if self._asn else None
        table = await self._visitor.get(f"/v1/tag-work/{quote(self._reader, safe='')}/table", TableOfTags, query)
        if (shown := (table, work)) != self._shown:
            self._shown = shown
            self._draw(table, work)

    def _draw_choices(self, work: TagWork, notices: dict[str, str]) -> None:
        say = self._visitor.words.say
        with self._choices:
            readers = {each.device_id: each.device_id for each in work.readers}
            reader = ui.select(readers, value=self._reader or None, label=say("Reader"), on_change=self._choose_reader)
            reader.props("outlined").classes("grow")
            runs = {"": say("no delivery: any goods"), **notices}
            ui.select(runs, value="", label=say("Printed for"), on_change=self._choose_run).props("outlined").classes("grow")

    def _choose_reader(self, event: ui.events.ValueChangeEventArguments) -> None:  # type: ignore[name-defined]
        self._reader, self._shown = str(event.value or ""), None

    def _choose_run(self, event: ui.events.ValueChangeEventArguments) -> None:  # type: ignore[name-defined]
        self._asn, self._shown = str(event.value or ""), None

    def _draw(self, table: TableOfTags, work: TagWork) -> None:
        words = self._visitor.words
        say = words.say
        self._sums.clear()
        with self._sums:
            good = sum(tag.verdict == "good" for tag in table.tags)
            chip(words.say_many("{n} tag right", "{n} tags right", good), "good" if good else "plain")
            if bad := len(table.tags) - good:
                chip(words.say_many("{n} tag to look at", "{n} tags to look at", bad), "warn")
            if table.expected:
                missing = words.say_many("{n} of the delivery missing", "{n} of the delivery missing", table.missing)
                chip(missing, "bad" if table.missing else "good")
        self._list.clear()
        with self._list:
            if not table.tags:
                empty(say("No tag in front of the reader"), say("Lay tags before it: they show at once."), "contactless")
            for tag in sorted(table.tags, key=lambda each: each.verdict == "good")[:TAGS_SHOWN]:
                self._card(tag, work)
        self._orders.clear()
        with self._orders:
            if work.orders:
                text(say("Done lately"), "h2", "section")
            for order in work.orders[:ORDERS_SHOWN]:
                self._order(order)

    def _card(self, tag: CheckedTag, work: TagWork) -> None:
        words, visitor = self._visitor.words, self._visitor
        with box("card") as made:
            made.props["data-epc"] = tag.epc
            with box("alert-head"):
                ui.icon("sell")
                with box("grow"):
                    text(words.either(tag.name, tag.name_zh) or words.say("unknown goods"), "h2")
                    text(tag.serial or tag.raw, "p", "code")
                chip(verdict_words(words, tag.verdict), TONES.get(tag.verdict, "plain"))
            with box("actions"):
                big_button(words.say("Write anew"), lambda: self._encode(tag), "edit", "second")
                big_button(words.say("Read its number"), self._send(tag, "read"), "tag", "second")
                if visitor.may("write_off") and "lock" in work.can:
                    big_button(words.say("Lock"), self._sure(tag, "lock"), "lock", "second")
                if visitor.may("write_off") and "kill" in work.can:
                    big_button(words.say("Silence"), self._sure(tag, "kill"), "block", "second")

    def _order(self, order: TagOrder) -> None:
        words = self._visitor.words
        with box("card"), box("alert-head"):
            ui.icon("history")
            with box("grow"):
                text(what_words(words, order.what), "p")
                text(order.words or order.new_epc or order.epc, "p", "code")
                if order.fault:
                    text(order.fault, "p", "hint")
                text(formats.instant(order.at_ms, self._visitor.zone, words), "p", "hint")
            outcome = {"done": words.say("done"), "failed": words.say("not done"), "unknown": words.say("not known")}
            chip(outcome.get(order.outcome, words.say("on its way")), OUTCOME_TONES.get(order.outcome, "plain"))

    def _encode(self, tag: CheckedTag) -> None:
        say = self._visitor.words.say
        with new_dialog() as dialog, ui.card().classes("dialog"):
            text(say("Write anew"), "h2")
            text(say("Scan the 2D code of the label: product and serial number."), "p", "hint")
            field = ui.input(say("Code")).props('outlined autofocus autocomplete="off"').classes("wide")

            async def write() -> None:
                code = str(field.value or "").strip()
                if code:
                    dialog.close()
                    await self._give(tag, "encode", code)

            field.on("keydown.enter", write)
            with box("actions"):
                big_button(say("Cancel"), dialog.close, kind="second")
                big_button(say("Write"), write, "edit")
        dialog.open()

    def _sure(self, tag: CheckedTag, what: str) -> Callable[[], None]:
        say = self._visitor.words.say
        title, said = (
            (say("Silence this tag for ever?"), say("No reader will ever hear it again. This cannot be undone."))
            if what == "kill"
            else (say("Lock this tag?"), say("It can then be written with the store's password only."))
        )
        return lambda: confirm(self._frame, title, said, self._send(tag, what), danger=what == "kill")

    def _send(self, tag: CheckedTag, what: str) -> Callable[[], object]:
        async def send() -> None:
            await self._give(tag, what)

        return send

    async def _give(self, tag: CheckedTag, what: str, code: str = "") -> None:
        order = OrderTag(device_id=self._reader, what=what, raw=tag.raw, bits=tag.bits, code=code)
        done = await self._frame.attempt(
            self._visitor.send("PUT", f"/v1/tag-orders/{self._visitor.screens.ids.new()}", TagOrder, order)
        )
        if done is not None and done.outcome != "done":
            self._frame.notice(done.fault or self._visitor.words.say("not known"), "negative")
        await self._frame.attempt(self._fill())
