"""Drawing templates at headquarters, with the renderer and the fonts the boxes use."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cloud.refusals import TooMany
from protocols.labels.content import CannotDraw, LabelContent
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.lint import Finding, Sample, lint
from protocols.labels.renderer import LabelRenderer
from protocols.labels.rules import faults
from protocols.labels.template import Template

Answer = TypeVar("Answer")
WAITING_MAX = 16
"""People whose pictures wait at once; the next one is told to come again."""


@dataclass(frozen=True)
class Trouble:
    """Why something cannot be drawn, and which element is at fault (empty: none in particular)."""

    problem: str
    element: str


@dataclass(frozen=True)
class Picture:
    """JPEG bytes, and the elements that are not on it, or not whole, as the template allows."""

    jpeg: bytes
    left_out: tuple[str, ...]
    shortened: tuple[str, ...]


class Drawer:
    """One renderer. Its glyphs and pictures are kept between uses; safe from any thread, one at a time."""

    def __init__(self, fonts: tuple[Path, ...]) -> None:
        self._renderer = LabelRenderer(fonts)
        self._one_at_a_time = threading.Lock()

    def strange(self, characters: str) -> str:
        """Those no font has."""
        with self._one_at_a_time:
            return self._renderer.fonts.missing(characters)

    def draw(self, template: Template, content: LabelContent, hardware_type: int) -> Picture | Trouble:
        """A label as the box would draw it, or why it cannot."""
        if broken := faults(template):
            return Trouble(f"{broken[0].place}: {broken[0].text}".removeprefix(": "), broken[0].place.rpartition("/")[2])
        try:
            with self._one_at_a_time:
                drawn = self._renderer.render(content, hardware_type, template)
        except CannotDraw as error:
            return Trouble(str(error), error.element)
        return Picture(drawn.picture, drawn.left_out, drawn.shortened)

    def lint(self, template: Template, samples: Sequence[Sample], hardware_types: Sequence[int]) -> tuple[Finding, ...]:
        """See `protocols.labels.lint`."""
        with self._one_at_a_time:
            return lint(self._renderer, template, samples, hardware_types)


class DrawingRoom:
    """Draws in threads beside the requests of the people API: previews on one drawer, checks (they take longer) on another.

    Fonts are opened when the first picture is wanted.
    """

    def __init__(self, fonts: tuple[Path, ...] = SYSTEM_FONTS) -> None:
        self._fonts = fonts
        self._drawers: dict[str, Drawer] = {}
        self._turns = {"preview": asyncio.Semaphore(1), "check": asyncio.Semaphore(1)}
        self._waiting = 0

    async def preview(self, work: Callable[[Drawer], Answer]) -> Answer:
        """Something of milliseconds. Raises `TooMany`."""
        return await self._do("preview", work)

    async def check(self, work: Callable[[Drawer], Answer]) -> Answer:
        """Something of seconds. Raises `TooMany`."""
        return await self._do("check", work)

    async def _do(self, room: str, work: Callable[[Drawer], Answer]) -> Answer:
        if self._waiting >= WAITING_MAX:
            raise TooMany("drawing_busy", "Too many label pictures are being drawn.", 2)
        self._waiting += 1
        try:
            async with self._turns[room]:
                return await asyncio.to_thread(self._work, room, work)
        finally:
            self._waiting -= 1

    def _work(self, room: str, work: Callable[[Drawer], Answer]) -> Answer:
        drawer = self._drawers.get(room)
        if drawer is None:
            drawer = self._drawers[room] = Drawer(tuple(path for path in self._fonts if path.is_file()))
        return work(drawer)
