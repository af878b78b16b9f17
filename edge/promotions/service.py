"""The store's offers as the till asks for them: the bundle in use now, and a former one by its hash."""

from __future__ import annotations

from edge.promotions import kept
from edge.promotions.bundles import NOTHING, QUERIES, InUse, feed_of, read_in_use
from edge.store_db.database import StoreFile
from protocols.promotions.bundle import Bundle, Refused

TOLD_MAX = 5
"""Refused promotions named in one alarm; further ones are counted."""
REASON_LENGTH_MAX = 120
FORMER_DECODED = 8
"""Policy when reached: the one decoded first goes; it is read again when it is asked for."""


class StoreOffers:
    """One per store; on the event loop. Reads anew whenever the feed has changed."""

    def __init__(self, store: StoreFile, store_id: str) -> None:
        self._store = store
        self._store_id = store_id
        self._at: object = None
        self._in_use: InUse = NOTHING
        self._former: dict[str, Bundle] = {}

    def current(self) -> Bundle:
        """What a basket is priced with now; empty when there are no promotions."""
        return self._now().bundle

    def by_hash(self, bundle_hash: str) -> Bundle | None:
        """The bundle a sale was priced with; None when it is kept no longer."""
        current = self._now().bundle
        if bundle_hash == current.hash:
            return current
        found = self._former.get(bundle_hash) or kept.find(self._store.reader(), bundle_hash)
        if found is not None:
            self._former[bundle_hash] = found
            if len(self._former) > FORMER_DECODED:
                del self._former[next(iter(self._former))]
        return found

    def refused(self) -> tuple[Refused, ...]:
        """Promotions of headquarters this store cannot use."""
        return self._now().refused

    def told(self) -> str:
        """The refused ones in words, for an alarm; empty: there are none."""
        refused = self.refused()
        words = [f"{each.promotion_id or '?'}: {each.reason[:REASON_LENGTH_MAX]}" for each in refused[:TOLD_MAX]]
        if len(refused) > TOLD_MAX:
            words.append(f"and {len(refused) - TOLD_MAX} more")
        return "; ".join(words)

    def _now(self) -> InUse:
        reader = self._store.reader()
        feed_id = feed_of(reader)
        at = (feed_id, reader.execute(QUERIES["rows_at"], (feed_id,)).fetchone())
        if at != self._at:
            self._in_use = read_in_use(reader, self._store_id)
            self._at = at
        return self._in_use
