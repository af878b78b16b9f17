"""Open baskets and the answers to the commands that changed them: rows of the basket database, never synced per command."""

from __future__ import annotations

import msgspec

from edge.checkout.basket import Basket
from edge.checkout.session import StoredAnswer
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load

queries = load("edge.checkout", "basket.sql")
Source = Connection | Tx

_baskets = msgspec.json.Decoder(Basket)
_answers = msgspec.json.Decoder(StoredAnswer)


def read_basket(source: Source, till_id: str) -> Basket | None:
    """The open basket of a till. One written by other software that no longer fits is dropped: nothing in it is sold."""
    row = source.execute(queries["basket"], (till_id,)).fetchone()
    if row is None:
        return None
    try:
        return _baskets.decode(row[0])
    except msgspec.MsgspecError:
        return None


def put_basket(tx: Tx, till_id: str, basket: Basket) -> None:
    """Keep the open basket."""
    tx.execute(queries["put_basket"], (till_id, basket.sale_id, msgspec.json.encode(basket)))


def drop_basket(tx: Tx, till_id: str) -> None:
    """Forget the basket of a till: its sale has ended."""
    tx.execute(queries["drop_basket"], (till_id,))


def find_answer(source: Source, command_id: str) -> StoredAnswer | None:
    """The answer given to a basket command or a refused one."""
    row = source.execute(queries["find_answer"], (command_id,)).fetchone()
    return None if row is None else _answers.decode(row[0])


def keep_answer(tx: Tx, command_id: str, till_id: str, at_ms: int, answer: StoredAnswer) -> None:
    """Keep the answer."""
    tx.execute(queries["keep_answer"], (command_id, till_id, at_ms, msgspec.json.encode(answer)))


def prune(tx: Tx, before_ms: int) -> None:
    """Delete old answers."""
    tx.execute(queries["prune_answers"], (before_ms,))
