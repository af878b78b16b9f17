"""Members of the store's feed: found by code, card or phone tail; believed only while headquarters was heard lately."""

from __future__ import annotations

from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.feed_members import MemberPolicyRow, MemberRow, member_key
from protocols.contract.feed_rows import UnknownFeedRow, decode_row, member_feed

Source = Connection | Tx
Q = load("edge.members", "members.sql")

_TAIL = "tail/"
_NOBODYS = MemberPolicyRow(salt="", believe_seconds=0, points_per_unit=0)
"""Until headquarters has sent a policy: nothing is believed, nothing is taken."""


def project(tx: Tx, row: MemberRow) -> None:
    """A member's row came, or changed: let it be found."""
    unproject(tx, row)
    if not row.active:
        return
    looks = set(row.keys)
    if row.phone_tail:
        looks.add(_TAIL + row.phone_tail)
    for look in sorted(looks):
        tx.execute(Q["look_add"], (look, row.member_id))


def unproject(tx: Tx, row: MemberRow) -> None:
    """The row goes."""
    tx.execute(Q["look_drop"], (row.member_id,))


def policy(source: Source, store_id: str) -> MemberPolicyRow:
    """How far the store may go with what it knows."""
    row = _row(source, store_id, "member_policy")
    return row if isinstance(row, MemberPolicyRow) else _NOBODYS


def member(source: Source, store_id: str, member_id: str) -> MemberRow | None:
    """One member."""
    row = _row(source, store_id, f"member/{member_id}")
    return row if isinstance(row, MemberRow) and row.active else None


def find(source: Source, store_id: str, salt: str, code: str, limit: int) -> list[MemberRow]:
    """Members by a code, card UID, whole phone number or its last digits."""
    looks = [member_key(salt, code)]
    if code.isdigit():
        looks.append(_TAIL + code)
    found: dict[str, MemberRow] = {}
    for look in looks:
        for (body,) in source.execute(Q["found"], (member_feed(store_id), look, limit)).fetchall():
            row = _decoded(bytes(body))
            if isinstance(row, MemberRow):
                found[row.member_id] = row
    return list(found.values())[:limit]


def heard_at_ms(source: Source) -> int | None:
    """When headquarters was heard last; at most a minute behind."""
    row = source.execute(Q["heard"]).fetchone()
    return None if row is None else int(row[0])


def hear(tx: Tx, now_ms: int) -> None:
    """Headquarters was heard."""
    tx.execute(Q["hear"], (now_ms,))


def believed(source: Source, rules: MemberPolicyRow, now_ms: int) -> bool:
    """Whether what the box knows of members is young enough for prices and points."""
    heard = heard_at_ms(source)
    return heard is not None and now_ms - heard <= rules.believe_seconds * 1000


def _row(source: Source, store_id: str, key: str) -> object:
    found = source.execute(Q["row"], (member_feed(store_id), key)).fetchone()
    return None if found is None else _decoded(bytes(found[0]))


def _decoded(body: bytes) -> object:
    try:
        return decode_row(body)
    except UnknownFeedRow:
        return None
