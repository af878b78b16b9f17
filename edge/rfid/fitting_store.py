"""Rows of pieces taken into fitting rooms."""

from __future__ import annotations

from dataclasses import dataclass

from edge.rfid.fitting import TRY_ON_MS, RoomChange
from edge.rfid.presence import TagKey
from edge.store_db.connection import Connection, SqlValue
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.rfid_facts import FittedLine, FittingEnded
from protocols.gs1.epc import TagIdentity

queries = load("edge.rfid", "fitting.sql")
Source = Connection | Tx

VISITS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class FittedPiece:
    """A piece in a room, or that was in one. `left_ms` 0: still there. Times in milliseconds since 1970 UTC."""

    session_id: str
    epc: str
    entered_ms: int
    key: TagKey
    gtin: str
    item_id: str
    room: str
    left_ms: int
    outcome: str

    def tried_on(self, now_ms: int) -> bool:
        """Whether it was there long enough."""
        return (self.left_ms or now_ms) - self.entered_ms >= TRY_ON_MS


def in_rooms(source: Source) -> list[FittedPiece]:
    """What is in the rooms, by room."""
    return _pieces(source, "in_rooms", ())


def entered(
    tx: Tx, change: RoomChange, identity: TagIdentity, item_id: str, at_ms: int, *, joins_ms: int, new_id: str
) -> None:
    """A piece came into a room: into the visit that is going on there, or was until `joins_ms`; else into a new one."""
    row = tx.execute(queries["open_visit"], (change.room, joins_ms)).fetchone()
    session_id = new_id if row is None else str(row[0])
    values = (session_id, identity.uri, at_ms, change.epc, change.epc_bits, identity.gtin, item_id, change.room)
    tx.execute(queries["put"], values)


def left(tx: Tx, epc: str, room: str, at_ms: int) -> None:
    """It left its room."""
    tx.execute(queries["left"], (epc, room, at_ms))


def undecided(source: Source, limit: int) -> list[FittedPiece]:
    """Pieces that left and of which nobody knows yet what became."""
    return _pieces(source, "undecided", (limit,))


def decide(tx: Tx, piece: FittedPiece, outcome: str) -> None:
    """What became of it."""
    tx.execute(queries["decide"], (piece.session_id, piece.epc, piece.entered_ms, outcome))


def ended(tx: Tx, device_of: dict[str, str], now_ms: int) -> list[FittingEnded]:
    """The facts of visits whose pieces are all decided; they are told now."""
    facts = []
    for (session_id,) in tx.execute(queries["complete"], (VISITS_AT_ONCE,)).fetchall():
        pieces = _pieces(tx, "of_visit", (session_id,))
        tx.execute(queries["told"], (session_id,))
        room = pieces[0].room
        facts.append(
            FittingEnded(
                session_id=session_id,
                device_id=device_of.get(room, ""),
                room=room,
                entered_ms=min(piece.entered_ms for piece in pieces),
                left_ms=max(piece.left_ms or now_ms for piece in pieces),
                lines=tuple(_line(piece, now_ms) for piece in pieces),
            )
        )
    return facts


def since(source: Source, from_ms: int, limit: int) -> list[FittedPiece]:
    """Pieces that have left, newest first."""
    return _pieces(source, "since", (from_ms, limit))


def prune(tx: Tx, before_ms: int) -> None:
    """Forget old ones."""
    tx.execute(queries["prune"], (before_ms,))


def _line(piece: FittedPiece, now_ms: int) -> FittedLine:
    return FittedLine(
        epc=piece.epc,
        gtin=piece.gtin,
        item_id=piece.item_id,
        entered_ms=piece.entered_ms,
        left_ms=piece.left_ms or now_ms,
        tried_on=piece.tried_on(now_ms),
        outcome=piece.outcome,
    )


def _pieces(source: Source, query: str, values: tuple[SqlValue, ...]) -> list[FittedPiece]:
    return [
        FittedPiece(session_id, epc, entered_ms, (bytes(raw), bits), gtin, item_id, room, left_ms, outcome)
        for session_id, epc, entered_ms, raw, bits, gtin, item_id, room, left_ms, outcome in source.execute(
            queries[query], values
        ).fetchall()
    ]
