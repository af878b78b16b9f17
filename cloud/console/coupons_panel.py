"""Coupons: what was issued and how much of it is gone; a new batch, whose codes are shown once."""

from __future__ import annotations

import csv
import io

from nicegui import ui

from cloud.console.formats import instant, read_local
from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.parts import Column, Drawn, Table, box, card, empty, field_error, new_dialog, text
from cloud.console.value_answers import BatchPage, Coupons, CouponsBody


class CouponsPanel:
    """The batches, and a form."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._drawn = Drawn()
        say = self._visitor.words.say
        with card(say("Coupons")):
            if self._visitor.may("value.write"):
                with box("actions end"):
                    add = ui.button(say("Issue coupons"), icon="add", on_click=self._new)
                    add.props("unelevated no-caps").classes("primary")
            self._rows = box("")
        frame.load(self._fill)

    async def _fill(self) -> None:
        words = self._visitor.words
        say = words.say
        found = await self._visitor.get("/stored-value/coupon-batches", BatchPage)
        if self._drawn.already(found):
            return
        self._rows.clear()
        with self._rows:
            if not found.rows:
                empty(say("No coupons yet"), say("Issue a batch for a promotion of the kind coupon."), "local_activity")
                return
            titles = (say("Issued"), say("Promotion"), say("Until"), say("Coupons"), say("In open sales"), say("Gone"))
            table = Table([Column(title, place > 2) for place, title in enumerate(titles)])
            for batch in found.rows:
                row = table.row()
                row.cell(instant(batch.issued_at_ms, self._visitor.zone, words))
                row.cell(batch.promotion_id, "name-cell")
                row.cell(instant(batch.valid_to_ms, self._visitor.zone, words))
                row.cell(str(batch.issued))
                row.cell(str(batch.set_aside))
                row.cell(str(batch.gone))

    def _new(self) -> None:
        _IssueDialog(self._frame, self).open()

    async def refresh(self) -> None:
        """Show the batches as they are now."""
        await self._frame.attempt(self._fill())


class _IssueDialog:
    def __init__(self, frame: Frame, panel: CouponsPanel) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._panel = panel

    def open(self) -> None:
        """Show the form."""
        say = self._visitor.words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Issue coupons"), "h2")
            with box("fields"):
                self._promotion = ui.input(say("Promotion")).props("outlined dense autofocus maxlength=64")
                self._count = ui.number(say("How many"), value=100, min=1, max=5000, format="%d").props("outlined dense")
            self._members = ui.input(say("Or one for each of these members, with commas")).props("outlined dense")
            self._until = ui.input(say("Until")).props('outlined dense type="datetime-local" stack-label')
            self._reason = ui.input(say("Why")).props("outlined dense maxlength=200")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Issue"), on_click=self._issue).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _issue(self) -> None:
        self._error.set_text("")
        members = tuple(part.strip() for part in (self._members.value or "").split(",") if part.strip())
        try:
            until_ms = read_local(self._until.value or "", self._visitor.zone)
        except ValueError:
            self._error.set_text(self._visitor.words.say("That is no date."))
            return
        body = CouponsBody(
            promotion_id=(self._promotion.value or "").strip(),
            count=0 if members else int(self._count.value or 0),
            member_ids=members,
            valid_to_ms=until_ms,
            reason=(self._reason.value or "").strip(),
        )
        sending = self._visitor.send_slow("POST", "/stored-value/coupons", Coupons, body)
        made = await self._frame.attempt(sending, on_refused=self._refused)
        if made is None:
            return
        self._dialog.close()
        with self._frame.client:
            _show_once(self._frame, made)
        await self._panel.refresh()

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


def _show_once(frame: Frame, made: Coupons) -> None:
    """The codes, which nobody can ask for again."""
    say = frame.visitor.words.say
    with new_dialog().props("persistent") as dialog, box("dialog small card form"):
        text(say("These codes are shown only now"), "h2")
        text(say("Take the file: headquarters keeps no code, only what it needs to know one again."), "p", "hint")
        text("\n".join(coupon.code for coupon in made.coupons[:12]) + ("\n…" if len(made.coupons) > 12 else ""), "pre")
        with box("actions end"):
            ui.button(say("CSV file"), icon="download", on_click=lambda: _download(made)).props("flat no-caps")
            ui.button(say("Done"), on_click=dialog.close).props("unelevated no-caps").classes("primary")
    dialog.on("hide", dialog.delete)
    dialog.open()


def _download(made: Coupons) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["code", "member", "coupon"])
    writer.writerows([coupon.code, coupon.member_id, coupon.coupon_id] for coupon in made.coupons)
    ui.download.content(out.getvalue().encode("utf-8-sig"), f"coupons-{made.batch_id}.csv")
