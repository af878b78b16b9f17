"""Rows of payment attempts and of the basket they are about. Runs inside the caller's transaction."""

from __future__ import annotations

import msgspec

from edge.checkout.attempts import Attempt, End
from edge.checkout.basket import Basket
from edge.store_db.connection import Connection, Row
from edge.store_db.database import Tx
from edge.store_db.queries import load

queries = load("edge.checkout", "payments.sql")
Source = Connection | Tx

_baskets = msgspec.json.Decoder(Basket)


def put(tx: Tx, attempt: Attempt) -> None:
    """A new attempt, the next of its sale."""
    money = (attempt.method, attempt.amount_minor, attempt.terminal_id, attempt.reverses_id)
    code = (attempt.code_key, attempt.code_tail, attempt.member_id)
    row = (attempt.attempt_id, attempt.sale_id, attempt.till_id, *money, *code, attempt.state, attempt.asked_at_ms)
    tx.execute(queries["put"], row)


def end(tx: Tx, attempt: Attempt, ended: End, at_ms: int) -> None:
    """How it ended. One that moved no money, or gave a tender back, needs nothing more."""
    closed = ended.state != "approved" or bool(attempt.reverses_id)
    told = (ended.approved_minor, ended.units, ended.reference, ended.card_tail, ended.why, ended.slip)
    tx.execute(queries["end"], (ended.state, at_ms, *told, int(closed), attempt.attempt_id))


def reverse(tx: Tx, attempt_id: str) -> None:
    """Its money was given back."""
    tx.execute(queries["reverse"], (attempt_id,))


def doubt(tx: Tx, attempt_id: str, why: str) -> None:
    """Nobody can say what became of it."""
    tx.execute(queries["doubt"], (why, attempt_id))


def doubt_all(tx: Tx, till_id: str) -> None:
    """The box was started: whoever was being asked may have been charged."""
    tx.execute(queries["doubt_all"], (till_id,))


def close_sale(tx: Tx, till_id: str, sale_id: str) -> None:
    """The sale has ended: its attempts are history, its basket is not needed."""
    tx.execute(queries["close_sale"], (sale_id,))
    tx.execute(queries["drop_basket"], (till_id,))


def of_sale(source: Source, sale_id: str) -> tuple[Attempt, ...]:
    """Every attempt of a sale, in order."""
    return tuple(_attempt(row) for row in source.execute(queries["of_sale"], (sale_id,)).fetchall())


def find(source: Source, attempt_id: str) -> Attempt | None:
    """An attempt by id."""
    row = source.execute(queries["attempt"], (attempt_id,)).fetchone()
    return None if row is None else _attempt(row)


def in_doubt(source: Source) -> tuple[Attempt, ...]:
    """Every attempt of the store whose outcome is not known, oldest first."""
    return tuple(_attempt(row) for row in source.execute(queries["in_doubt"]).fetchall())


def open_sale(source: Source, till_id: str) -> str | None:
    """The sale of this till that money was taken for, or may have been, and that has not ended."""
    row = source.execute(queries["open_sale"], (till_id,)).fetchone()
    return None if row is None else str(row[0])


def given_back_minor(source: Source, attempt_id: str) -> int:
    """What of an attempt's money was paid back by returns."""
    row = source.execute(queries["given_back"], (attempt_id,)).fetchone()
    return 0 if row is None else int(row[0])


def slips(source: Source, sale_id: str) -> tuple[str, ...]:
    """Lines of the terminals' slips of a sale, for its receipt."""
    rows = source.execute(queries["slips"], (sale_id,)).fetchall()
    return tuple(line for row in rows for line in str(row[0]).split("\n"))


def put_basket(tx: Tx, till_id: str, basket: Basket) -> None:
    """Keep the basket people are paying for."""
    tx.execute(queries["put_basket"], (till_id, basket.sale_id, msgspec.json.encode(basket)))


def read_basket(source: Source, till_id: str, sale_id: str) -> Basket | None:
    """The basket of a sale that was being paid; None when other software wrote it and it cannot be read any more."""
    row = source.execute(queries["basket"], (till_id, sale_id)).fetchone()
    if row is None:
        return None
    try:
        return _baskets.decode(row[0])
    except msgspec.MsgspecError:
        return None


def prune(tx: Tx, before_ms: int) -> None:
    """Delete old attempts about which nothing is left to do."""
    tx.execute(queries["prune"], (before_ms,))


def _attempt(row: Row) -> Attempt:
    return Attempt(*row)
