"""Campaigns: what is wanted, what waits for a second person, what is landing; and the way to begin one."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.campaign_answers import Campaign, CampaignBody, CampaignPage, ListedCampaign
from cloud.console.frame import Frame, page
from cloud.console.hq import Problem
from cloud.console.parts import Column, Table, box, card, chip, empty, field_error, link, new_dialog, text
from cloud.console.visitor import Console, Visitor, to_login
from cloud.locale.catalogue import Words

LISTED = 100
EVERY_SECONDS = 5.0
TONES = {
    "checked": "info",
    "awaiting_approval": "warn",
    "approved": "good",
    "scheduled": "info",
    "running": "warn",
    "complete": "good",
    "recalled": "bad",
}


def install(console: Console) -> None:
    """Add the page `/campaigns`."""

    @ui.page("/campaigns")
    def campaigns() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "campaigns", visitor.words.say("Campaigns")) as frame:
            _CampaignsPage(frame)
        return None


def state_chip(state: str, words: Words) -> None:
    """How far a campaign has come."""
    chip(words.name("campaign state", state), TONES.get(state, "plain"))


class _CampaignsPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        say = self._visitor.words.say
        if self._visitor.may("prices.write"):
            with box("actions"):
                button = ui.button(say("New campaign"), icon="add", on_click=self._new).props("unelevated no-caps")
                button.classes("primary")
        self._list = box("stack")
        self._seen: CampaignPage | None = None
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get("/campaigns", CampaignPage, limit=LISTED)
        if found == self._seen:
            return
        self._seen = found
        say = self._visitor.words.say
        self._list.clear()
        with self._list, card():
            if not found.rows:
                hint = say(
                    "A campaign changes prices together: checked first, published store by store, recalled in a second."
                )
                empty(say("No campaign yet"), hint, "campaign")
                return
            columns = [
                Column(say("Campaign")),
                Column(say("State")),
                Column(say("Prices"), True),
                Column(say("Starts")),
                Column(say("Made by")),
                Column(say("When")),
            ]
            table = Table(columns, "roomy")
            for row in found.rows:
                _row(table, row, self._visitor)

    def _new(self) -> None:
        say = self._visitor.words.say
        with new_dialog() as dialog, box("dialog small card"):
            text(say("New campaign"), "h2")
            name = ui.input(say("Name")).props("outlined dense autofocus maxlength=120")
            reason = ui.input(say("Reason (kept in the history)")).props("outlined dense maxlength=200")
            error = field_error()
            key = self._visitor.new_key()

            def refused(problem: Problem) -> None:
                error.set_text(" ".join(self._visitor.words.api(row.detail) for row in problem.errors) or problem.detail)

            async def make() -> None:
                body = CampaignBody(name=(name.value or "").strip(), reason=(reason.value or "").strip())
                if not body.name:
                    error.set_text(say("Give it a name."))
                    return
                sending = self._visitor.send("POST", "/campaigns", Campaign, body, key=key)
                made = await self._frame.attempt(sending, on_refused=refused)
                if made is not None:
                    ui.navigate.to(f"/campaigns/{made.campaign_id}")

            name.on("keydown.enter", make)
            with box("actions end"):
                ui.button(say("Back"), on_click=dialog.close).props("flat no-caps")
                ui.button(say("Begin"), on_click=make).props("unelevated no-caps").classes("primary")
        dialog.on("hide", dialog.delete)
        dialog.open()


def _row(table: Table, found: ListedCampaign, visitor: Visitor) -> None:
    words = visitor.words
    row = table.row()
    with row.cell(classes="name-cell"):
        link(found.name, f"/campaigns/{found.campaign_id}")
        if found.reason:
            text(found.reason, "div", "hint")
    with row.cell():
        state_chip(found.state, words)
        if found.finding_count and found.state in {"checked", "awaiting_approval"}:
            chip(words.say_many("{n} finding", "{n} findings", found.finding_count), "warn")
    row.cell(str(found.line_count))
    row.cell(formats.instant(found.starts_at_ms, visitor.zone, words) if found.starts_at_ms else words.say("when published"))
    row.cell(found.made_by)
    row.cell(formats.instant(found.made_at_ms, visitor.zone, words))
