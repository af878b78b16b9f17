"""One campaign from its first price to its last label: what is wanted, what it would do, who approved it, how it lands."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.console.campaign_answers import Campaign
from cloud.console.campaign_check import CheckPart
from cloud.console.campaign_landing import LandingPart
from cloud.console.campaign_lines import LinesPart
from cloud.console.campaign_rings import RingsPart
from cloud.console.campaigns_page import state_chip
from cloud.console.frame import Frame, page
from cloud.console.parts import box, card, text
from cloud.console.visitor import Console, Visitor, to_login

EVERY_SECONDS = 1.0
EDITABLE = {"draft", "checked", "awaiting_approval", "approved"}
STEPS = ("draft", "checked", "approved", "running", "complete")
STEP_OF = {"awaiting_approval": "checked", "scheduled": "approved", "recalled": "complete"}


def install(console: Console) -> None:
    """Add the page `/campaigns/{campaign_id}`."""

    @ui.page("/campaigns/{campaign_id}")
    def campaign(campaign_id: str) -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "campaigns", say("Campaign"), back=(say("Campaigns"), "/campaigns")) as frame:
            _CampaignPage(frame, campaign_id)
        return None


class _CampaignPage:
    """Looks once a second; what has not changed is left alone, so that nobody loses what they type."""

    def __init__(self, frame: Frame, campaign_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = f"/campaigns/{campaign_id}"
        self._seen: Campaign | None = None
        self._head = box("stack")
        self._landing = LandingPart(frame, self._path, self._fill)
        self._body = box("stack")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get(self._path, Campaign)
        if found != self._seen:
            zones = {zone.zone: zone for zone in await self._visitor.get("/zones", list[Zone])}
            self._show(found, zones)
        if found.state not in EDITABLE:
            await self._landing.fill(found)

    def _show(self, found: Campaign, zones: dict[str, Zone]) -> None:
        self._seen = found
        self._frame.heading.set_text(found.name)
        self._head.clear()
        with self._head:
            self._top(found)
        self._body.clear()
        with self._body:
            if found.state in EDITABLE:
                mine = self._visitor.may("prices.write")
                LinesPart(self._frame, self._path, found, zones, self._fill, editable=mine).build()
                RingsPart(self._frame, self._path, found, self._fill, editable=mine).build()
                CheckPart(self._frame, self._path, found, zones, self._fill, editable=mine).build()
            else:
                with ui.expansion(self._visitor.words.say("Its prices")).classes("expansion"):
                    LinesPart(self._frame, self._path, found, zones, self._fill, editable=False).build()

    def _top(self, found: Campaign) -> None:
        words = self._visitor.words
        say = words.say
        here = STEPS.index(STEP_OF.get(found.state, found.state))
        with card():
            with box("chips"):
                state_chip(found.state, words)
                text(found.reason, "span", "hint")
            with box("steps"):
                for number, step in enumerate(STEPS):
                    classes = "step" + (" done" if number < here else " now" if number == here else "")
                    over = found.state == "recalled" and step == "complete"
                    text(words.name("campaign step", "recalled" if over else step), "span", classes)
            text(self._told(found), "p", "hint")
            if found.state == "recalled":
                who = say(
                    "Recalled by {person}, {time}: {reason}",
                    person=found.recalled_by,
                    time=formats.instant(found.recalled_at_ms, self._visitor.zone, words),
                    reason=found.recall_reason or formats.DASH,
                )
                text(who, "p", "bad-text")

    def _told(self, found: Campaign) -> str:
        words, zone = self._visitor.words, self._visitor.zone
        say = words.say
        told = [say("Made by {person}.", person=", ".join(found.authors))]
        if found.starts_at_ms is not None:
            told.append(say("Starts {time}.", time=formats.instant(found.starts_at_ms, zone, words)))
        if found.decided_at_ms is not None:
            when = formats.instant(found.decided_at_ms, zone, words)
            if found.state == "draft":
                told.append(say("Sent back by {person}, {time}: {note}", person=found.decided_by, time=when,
                                note=found.decision_note or formats.DASH))  # fmt: skip
            else:
                told.append(say("Approved by {person}, {time}.", person=found.decided_by, time=when))
        if found.published_at_ms is not None:
            when = formats.instant(found.published_at_ms, zone, words, seconds=True)
            told.append(say("Published by {person}, {time}.", person=found.published_by, time=when))
        return " ".join(told)
