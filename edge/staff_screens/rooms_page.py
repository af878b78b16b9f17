"""The fitting rooms: what hangs in each now, and what became of what was tried on."""

from __future__ import annotations

from collections import Counter

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.goods_tile import add_look, goods_tile
from edge.staff_screens.parts import box, card, chip, empty, text
from edge.staff_screens.tag_answers import RoomPiece, Rooms
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 2.0
SHOWN_MAX = 30
TONES = {"bought": "good", "back": "info", "abandoned": "warn"}
LONG_MS = 45 * 60_000
"""A piece in a room for longer is perhaps forgotten there."""


def install(screens: Screens) -> None:
    """Add the page `/rooms`."""

    @ui.page("/rooms")
    def rooms() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Fitting rooms")) as frame:
            add_look()
            _Board(frame)
        return None


class _Board:
    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._shown: tuple[Rooms, int] | None = None
        self._list = box("cards")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get("/v1/fitting-rooms", Rooms)
        shown = (found, self._visitor.now_ms // 60_000)
        if shown == self._shown:
            return
        self._shown = shown
        self._list.clear()
        with self._list:
            self._draw(found)

    def _draw(self, found: Rooms) -> None:
        say = self._visitor.words.say
        if not found.rooms:
            empty(say("This store has no fitting rooms with antennas"), "", "checkroom")
            return
        with box("cards two"):
            for room in found.rooms:
                self._room(room, [piece for piece in found.inside if piece.room == room])
        if found.earlier:
            text(say("Since yesterday"), "h2", "section")
            self._sums(found.earlier)
            with card(classes="tight"):
                for piece in found.earlier[:SHOWN_MAX]:
                    self._piece(piece)

    def _room(self, room: str, pieces: list[RoomPiece]) -> None:
        words = self._visitor.words
        with box("card room") as made:
            made.props["data-room"] = room
            with box("alert-head"):
                ui.icon("checkroom")
                text(words.say("Room {name}", name=room), "h2", "grow")
                count = words.say_many("{n} piece", "{n} pieces", len(pieces)) if pieces else words.say("free")
                chip(count, "info" if pieces else "good")
            for piece in pieces:
                self._piece(piece)

    def _piece(self, piece: RoomPiece) -> None:
        words, now_ms = self._visitor.words, self._visitor.now_ms
        stayed = formats.age((piece.left_ms or now_ms) - piece.entered_ms, words)
        with box("goods-row"):
            goods_tile(piece.goods, words, stayed)
            if piece.outcome:
                chip(words.name("fitting_outcome", piece.outcome), TONES.get(piece.outcome, "plain"))
            elif not piece.left_ms and now_ms - piece.entered_ms > LONG_MS:
                chip(words.say("for long"), "warn")
            elif piece.tried_on:
                chip(words.say("tried on"), "plain")

    def _sums(self, earlier: tuple[RoomPiece, ...]) -> None:
        say = self._visitor.words.say
        tried = [piece for piece in earlier if piece.tried_on]
        outcomes = Counter(piece.outcome for piece in tried)
        with box("figures"):
            for value, name in (
                (len(tried), say("tried on")),
                (outcomes["bought"], say("bought")),
                (outcomes["back"], say("put back")),
            ):
                with box("figure"):
                    text(name)
                    text(str(value), "strong")
