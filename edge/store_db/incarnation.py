"""Moving into a new incarnation that HQ granted: facts HQ lacks get new places in new chains; their bytes stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.store_db import journal
from edge.store_db.database import Tx
from edge.store_db.journal import SEQ_MAX, Tail, position, queries
from protocols.contract.values import Stream


@dataclass(frozen=True, slots=True)
class Move:
    """Facts of a stream after (incarnation, after_seq), of that and all later incarnations, move."""

    stream: Stream
    incarnation: int
    after_seq: int


def adopt(tx: Tx, *, incarnation: int, fence: str, moves: Sequence[Move]) -> None:
    """Set incarnation and fence and move the facts, in the caller's (durable) transaction.

    Moved facts get sequences 1, 2, ... chained from the new genesis, in the order they were decided. Facts up to a move's
    position stay where they are. Receipt numbers begin anew by themselves: they are counted per incarnation.
    """
    store_id = journal.identity(tx).store_id
    known = {(row[0], Stream(row[1])) for row in tx.execute(queries["all_streams"]).fetchall()}
    for stream in Stream:
        if (incarnation, stream) not in known:
            journal.create_stream(tx, store_id, incarnation, stream)
    for move in moves:
        tail = Tail(tx, incarnation, move.stream)
        for old in sorted(
            each for each, stream in known if stream is move.stream and move.incarnation <= each < incarnation
        ):
            after_seq = move.after_seq if old == move.incarnation else 0
            _move(tx, tail, store_id, Move(move.stream, old, after_seq))
        tail.store(tx)
    tx.execute(queries["set_incarnation"], (incarnation, fence))


def _move(tx: Tx, tail: Tail, store_id: str, move: Move) -> None:
    """Take one old incarnation's facts after a sequence into the new tail, and wind the old stream back to there."""
    span = (position(move.incarnation, move.stream, move.after_seq), position(move.incarnation, move.stream, SEQ_MAX))
    for _position, event_id, kind, at_ms, fact in tx.execute(queries["read_from"], span).fetchall():
        tail.add(event_id, kind, at_ms, fact)
    digest = journal.hash_at(tx, store_id, move.incarnation, move.stream, move.after_seq)
    tx.execute(queries["delete_between"], span)
    if digest is not None:
        tx.execute(queries["advance_stream"], (move.after_seq, digest, move.incarnation, move.stream.value))
