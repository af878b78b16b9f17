"""Small windows of the template editor: saving a version, and the whole template as text."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import structs
from nicegui import ui

from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.parts import box, field_error, new_dialog, text
from cloud.console.template_answers import NewVersion, VersionSaved
from cloud.locale.catalogue import Words
from protocols.labels.built_in import PREFIX
from protocols.labels.template import Template, TemplateRefused, decode_template

TEMPLATE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
NOTE_LENGTH_MAX = 200


class SaveDialog:
    """Save the draft as the next version; a new template is given its short name here."""

    def __init__(self, frame: Frame, draft: Template, newest: int, saved: Callable[[VersionSaved], Awaitable[None]]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._draft = draft
        self._newest = newest
        self._saved = saved
        self._is_new = newest == 0

    def open(self) -> None:
        """Show the form."""
        say = self._visitor.words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Save as version {n}", n=self._newest + 1), "h2")
            text(say("Saving changes nothing in stores. Publish it when it is ready."), "p", "hint")
            with box("fields"):
                if self._is_new:
                    hint = say("Small letters, digits and -; it stays")
                    self._id = ui.input(say("Short name"), value=_suggested(self._draft))
                    self._id.props(f'outlined dense maxlength=40 hint="{hint}" autofocus')
                self._note = ui.input(say("What is new (kept with the version)"))
                self._note.props(f"outlined dense maxlength={NOTE_LENGTH_MAX}").on("keydown.enter", self._save)
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _save(self) -> None:
        template_id = (self._id.value or "").strip() if self._is_new else self._draft.template_id
        if not TEMPLATE_ID.fullmatch(template_id):
            self._error.set_text(self._visitor.words.say("Give a short name of small letters, digits and -."))
            return
        draft = structs.replace(self._draft, template_id=template_id)
        body = NewVersion(template=draft, after_version=self._newest, note=(self._note.value or "").strip())
        sending = self._visitor.send("POST", f"/templates/{template_id}/versions", VersionSaved, body)
        saved = await self._frame.attempt(sending, on_refused=self._refused)
        if saved is not None:
            self._dialog.close()
            await self._saved(saved)

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


def _suggested(draft: Template) -> str:
    return draft.template_id.removeprefix(PREFIX) or draft.purpose.value.replace("_", "-")


class TextDialog:
    """The template as JSON, to look at, copy, or write."""

    def __init__(self, words: Words, draft: Template, typed: Callable[[Template], None], *, may_change: bool) -> None:
        self._words = words
        self._draft = draft
        self._typed = typed
        self._may_change = may_change

    def open(self) -> None:
        """Show it."""
        say = self._words.say
        shown = msgspec.json.format(msgspec.json.encode(self._draft), indent=2).decode()
        with new_dialog() as self._dialog, box("dialog card form"):
            text(say("The template as text"), "h2")
            self._text = ui.textarea(value=shown).props("outlined input-class=template-text")
            self._text.props["aria-label"] = say("The template as text")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                if self._may_change:
                    ui.button(say("Take over"), on_click=self._take).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    def _take(self) -> None:
        try:
            template = decode_template((self._text.value or "").encode())
        except TemplateRefused as error:
            self._error.set_text(self._words.say("This is no template: {why}", why=error))
            return
        if template.purpose != self._draft.purpose or not template.layouts:
            self._error.set_text(self._words.say("The purpose stays, and there is at least one layout."))
            return
        self._dialog.close()
        self._typed(template)
