"""Lists in progress of one kind, and the start of a new one."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import Draft, DraftList, OpenDraft
from edge.staff_screens.draft_words import KINDS, PLACES, REASONS, target_of, words_for
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, card, chip, text
from edge.staff_screens.stock_answers import DueList, Notice, NoticeList
from edge.staff_screens.visitor import Screens, Visitor, to_login

DUE_SHOWN = 5


def install(screens: Screens) -> None:
    """Add the pages `/receipt`, `/count`, `/move`, `/transfer` and `/write_off`."""
    for kind in KINDS:
        _install(screens, kind)


def _install(screens: Screens, kind: str) -> None:
    @ui.page(f"/{kind}")
    def drafts() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, words_for(kind, visitor.words).title) as frame:
            _Drafts(frame, kind)
        return None


class _Drafts:
    def __init__(self, frame: Frame, kind: str) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._kind = kind
        self._words = words_for(kind, self._visitor.words)
        self._new_id = self._visitor.screens.ids.new()
        say = self._visitor.words.say
        self._notices = box("cards")
        with card(say("New")):
            self._place = self._choose_place(say("From where?") if kind in {"move", "transfer"} else say("Where?"))
            self._target: ui.select | ui.input | None = None
            self._note: ui.input | None = None
            self._whole: ui.checkbox | None = None
            self._ask_more()
            big_button(self._words.begin, self._begin, "add")
        self._open = box("cards")
        self._due = box("cards")
        frame.load(self._fill)

    def _choose_place(self, hint: str, first: str = "") -> ui.select:
        names = {place: self._visitor.words.name("place", place) for place in PLACES}
        chosen = ui.select(names, label=hint, value=first or self._words.first_place)
        return chosen.props("outlined").classes("wide")

    def _ask_more(self) -> None:
        words, say = self._visitor.words, self._visitor.words.say
        match self._kind:
            case "receipt":
                self._note = ui.input(say("Delivery note (if there is one)")).props('outlined autocomplete="off"')
            case "count":
                self._whole = ui.checkbox(say("Everything at this place: what is not found counts as 0")).classes("tall")
            case "move":
                self._target = self._choose_place(say("To where?"), "sales_floor")
            case "transfer":
                self._target = ui.input(say("Number of the other store")).props('outlined autocomplete="off"')
                self._note = ui.input(say("Who asked for it (if you know)")).props('outlined autocomplete="off"')
            case _:
                reasons = {reason: words.name("write_off", reason) for reason in REASONS}
                self._target = ui.select(reasons, label=say("Why?"), value=REASONS[0]).props("outlined").classes("wide")
                self._note = ui.input(say("What happened (if you like)")).props('outlined autocomplete="off"')

    async def _begin(self) -> None:
        said = "" if self._note is None else str(self._note.value or "")
        body = OpenDraft(
            kind=self._kind,
            place=str(self._place.value),
            reference="" if self._kind == "write_off" else said,
            target="" if self._target is None else str(self._target.value or "").strip(),
            note=said if self._kind == "write_off" else "",
            whole=self._whole is not None and bool(self._whole.value),
        )
        await self._open_list(body)

    async def _begin_notice(self, notice: Notice) -> None:
        body = OpenDraft(kind="receipt", place=notice.place, reference=notice.reference, asn_id=notice.asn_id)
        await self._open_list(body)

    async def _open_list(self, body: OpenDraft) -> None:
        opened = await self._frame.attempt(self._visitor.send("PUT", f"/v1/drafts/{self._new_id}", Draft, body))
        if opened is not None:
            ui.navigate.to(f"/{self._kind}/{opened.draft_id}")

    async def _fill(self) -> None:
        words = self._visitor.words
        found = await self._visitor.get("/v1/drafts", DraftList, {"kind": self._kind})
        if self._kind == "receipt":
            self._show_notices(await self._visitor.get("/v1/notices", NoticeList), found)
        if self._kind == "count":
            self._show_due(await self._visitor.get("/v1/due-counts", DueList, {"place": str(self._place.value)}))
        self._open.clear()
        with self._open:
            if found.drafts:
                text(words.say("In progress"), "h2", "section")
            for draft in found.drafts:
                self._card(draft)

    def _card(self, draft: Draft) -> None:
        words = self._visitor.words
        with ui.link("", f"/{draft.kind}/{draft.draft_id}").classes("card draft"):
            text(draft.reference or formats.instant(draft.opened_at_ms, self._visitor.zone, words), "strong")
            with box("chips"):
                chip(words.name("place", draft.place))
                if said := target_of(draft, words):
                    chip(said, "info")
                chip(words.say_many("{n} item", "{n} items", draft.line_count), "info")
                waiting = len(self._visitor.kept.get("waiting", {}).get(draft.draft_id, ()))
                if waiting:
                    said = words.say_many("{n} input waits for the box …", "{n} inputs wait for the box …", waiting)
                    chip(said, "warn")
                text(words.say("begun by {who}", who=draft.opened_by), "span", "hint")

    def _show_notices(self, found: NoticeList, drafts: DraftList) -> None:
        words = self._visitor.words
        begun = {draft.asn_id: draft.draft_id for draft in drafts.drafts if draft.asn_id}
        self._notices.clear()
        with self._notices:
            if found.notices:
                text(words.say("On their way"), "h2", "section")
            for notice in found.notices:
                with box("card notice", "section") as element:
                    element.props["data-notice"] = notice.asn_id
                    with box("alert-head"):
                        ui.icon("swap_horiz" if notice.transfer else "local_shipping")
                        with box("grow"):
                            text(notice.sender, "strong")
                            text(notice.reference, "p", "hint")
                    with box("chips"):
                        chip(formats.instant(notice.expected_ms, self._visitor.zone, words))
                        chip(words.say_many("{n} item", "{n} items", len(notice.lines)), "info")
                        if notice.came:
                            chip(words.say("a part is here"), "warn")
                    self._notice_button(notice, begun.get(notice.asn_id, ""))

    def _notice_button(self, notice: Notice, draft_id: str) -> None:
        say = self._visitor.words.say
        if draft_id:
            ui.link(say("Go on"), f"/receipt/{draft_id}").classes("button second")
            return
        big_button(say("Receive this"), lambda: self._begin_notice(notice), "inventory", "second")

    def _show_due(self, found: DueList) -> None:
        words = self._visitor.words
        self._due.clear()
        with self._due:
            if found.items:
                text(words.say("Count these next"), "h2", "section")
            for item in found.items[:DUE_SHOWN]:
                with ui.link("", f"/lots?item={item.item_id}").classes("card draft"):
                    text(words.either(item.name, item.name_zh), "strong")
                    with box("chips"):
                        chip(words.name("due", item.why), "bad" if item.why == "negative" else "plain")
                        if item.counted_at_ms is not None:
                            last = formats.instant(item.counted_at_ms, self._visitor.zone, words)
                            text(words.say("Counted last: {time}", time=last), "span", "hint")
