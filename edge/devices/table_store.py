"""The device table of headquarters in the store database: the one in force, and how far the newest one came."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import cast

import msgspec

from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.contract.device_table import ROW_KEY, DeviceTableRow, DeviceTableTold, Outcome
from protocols.contract.feed_rows import UnknownFeedRow, decode_row, setup_feed

QUERIES = load("edge.devices", "device_table.sql")


@dataclass(frozen=True, slots=True)
class TableState:
    """See migration 0590."""

    in_force: int
    text: str
    tried: int
    outcome: Outcome
    reason: str
    trying: int
    begun: int
    told: str


def state(source: Connection | Tx) -> TableState:
    """As it is now."""
    [(in_force, text, tried, outcome, reason, trying, begun, told)] = source.execute(QUERIES["state"]).fetchall()
    return TableState(
        int(in_force), str(text), int(tried), cast("Outcome", outcome), str(reason), int(trying), int(begun), str(told)
    )


def wanted(source: Connection, store_id: str) -> DeviceTableRow | None:
    """What headquarters wants; None: it never said."""
    row = source.execute(QUERIES["wanted"], (setup_feed(store_id), ROW_KEY)).fetchone()
    if row is None:
        return None
    try:
        decoded = decode_row(bytes(row[0]))
    except UnknownFeedRow:
        return None
    return decoded if isinstance(decoded, DeviceTableRow) else None


def begin(tx: Tx, revision: int) -> int:
    """Trying it begins; returns the how manieth time. Must be on the disk before any device is touched."""
    tx.execute(QUERIES["begin"], (revision, revision))
    return state(tx).begun


def adopt(tx: Tx, row: DeviceTableRow) -> None:
    """It works: from this transaction on it is in force."""
    tx.execute(
        QUERIES["adopt"],
        (row.revision if row.text else 0, row.text, row.revision),
    )


def decline(tx: Tx, revision: int, outcome: Outcome, reason: str) -> None:
    """It is not taken; what was in force stays."""
    tx.execute(QUERIES["decline"], (revision, outcome, reason))


def drop(tx: Tx, reason: str) -> None:
    """The table in force does not go with the settings file any more: the file's own devices are in force."""
    tx.execute(QUERIES["drop"], (reason,))


def word(now: TableState, text_in_force: str) -> tuple[DeviceTableTold, str]:
    """What headquarters is told, and its mark."""
    fact = DeviceTableTold(
        in_force=now.in_force, text=text_in_force, revision=now.tried, outcome=now.outcome, reason=now.reason
    )
    return fact, hashlib.sha256(msgspec.json.encode(fact)).hexdigest()


def tell(tx: Tx, journal: Journal, text_in_force: str) -> None:
    """Journal how it stands."""
    fact, mark = word(state(tx), text_in_force)
    journal.append(tx, fact)
    tx.execute(QUERIES["told"], (mark,))
