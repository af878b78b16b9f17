"""What the store's former box knew comes from headquarters, once, before the first price does.

A new database that is not the store's first lacks two things: the shelf stock, and the prices that labels may still be
showing (invariant 2). Feeds wait for them. After an old card was imported they are asked for again: headquarters knows
more then.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

import structlog

from edge.labels import places
from edge.stock import service as stock
from edge.stock import taking_over
from edge.store_db import journal
from edge.store_db.connection import Connection
from edge.store_db.database import Database, Tx
from edge.store_db.errors import StoreDbError
from edge.store_db.queries import load
from edge.sync.errors import FetchFailed
from edge.sync.https_line import HqHttps
from protocols.clock import Clock
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.handover import Handover, HeldLabel
from protocols.contract.values import Place, Stream

log = structlog.get_logger("tallystick.edge.sync")

QUERIES = load("edge.sync", "handover.sql")
LOOK_SECONDS = 5.0
"""How often it is looked whether a handover is owed: another process may have imported a card."""
ROWS_AT_ONCE = 256


class LabelHeirs(Protocol):
    """The labels, as far as a handover goes."""

    async def inherit(self, labels: Sequence[HeldLabel]) -> int:
        """Enter labels that are not known yet, with every price they may show. Returns how many. Raises `StoreDbError`."""


def owe(tx: Tx, incarnation: int) -> None:
    """This incarnation began with an empty database after another box had held the store."""
    tx.execute(QUERIES["owe"], (incarnation,))


def owe_again(tx: Tx) -> None:
    """Headquarters has learnt more of the former box: ask again, if there was one."""
    tx.execute(QUERIES["owe_again"])


def owed(source: Connection | Tx) -> int | None:
    """The present incarnation while its handover is owed."""
    row = source.execute(QUERIES["owed"]).fetchone()
    return None if row is None else int(row[0])


class HandoverTaker:
    """Asks for what is owed until it has come. Whoever applies feeds waits for `settled` first."""

    def __init__(self, store: Database, https: HqHttps, clock: Clock) -> None:
        self._store = store
        self._https = https
        self._clock = clock
        self._settled = asyncio.Event()
        self._wanted = asyncio.Event()
        self.labels: LabelHeirs | None = None
        """Set when the store has labels."""

    async def settled(self) -> None:
        """Return at once when nothing is owed, else when it has come."""
        while owed(self._store.reader()) is not None:
            self._settled.clear()
            self._wanted.set()
            await self._settled.wait()

    async def run(self) -> None:
        """For ever."""
        while True:
            incarnation = owed(self._store.reader())
            if incarnation is not None and not await self._take(incarnation):
                await asyncio.sleep(LOOK_SECONDS)
                continue
            self._wanted.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), LOOK_SECONDS)

    async def _take(self, incarnation: int) -> bool:
        """False when it has to be tried again."""
        try:
            found = await self._https.handover(incarnation)
            labels = 0 if self.labels is None or found is None else await self.labels.inherit(found.labels)
            moves = await self._store.write(lambda tx: self._apply(tx, incarnation, found))
        except (FetchFailed, StoreDbError) as error:
            log.warning("the handover of the former box has not come yet", error=str(error))
            return False
        self._settled.set()
        log.info("took over from the former box", incarnation=incarnation, labels=labels, stock_moves=moves)
        return True

    def _apply(self, tx: Tx, incarnation: int, found: Handover | None) -> int:
        """None: this headquarters knows of no handovers. Facts it did not hold yet when it answered are added here."""
        now_ms = self._clock.now_ms()
        moves = 0
        if found is not None:
            right: dict[tuple[str, Place], int] = defaultdict(int)
            for held in found.stock:
                right[held.item_id, held.place] += held.on_hand_thousandths
            for item_id, place, quantity in _own_moves_after(tx, incarnation, found.txn_upto):
                right[item_id, place] += quantity
            places.take_over(tx, found.labels, now_ms)
            moves = taking_over.take_over(tx, f"handover/{incarnation}/{now_ms}", right, found.lots, now_ms)
        tx.execute(QUERIES["done"], (now_ms, incarnation))
        return moves


def _own_moves_after(tx: Tx, incarnation: int, seq: int) -> list[tuple[str, Place, int]]:
    found: list[tuple[str, Place, int]] = []
    while rows := journal.read_after(tx, incarnation, Stream.TXN, seq, limit_rows=ROWS_AT_ONCE):
        for row in rows:
            found.extend(stock.moves_of(decode_body(decode_envelope(row.fact))))
        seq = rows[-1].seq
    return found
