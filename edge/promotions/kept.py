"""Bundles by hash, for as long as a sale priced with one may come back (rule R9: a return is priced with the pinned bundle).

A bundle is kept in the transaction that makes it the one in use, so no sale can pin one that is not kept. That may keep some
no sale was priced with; each is a few kilobytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import zstandard

from edge.promotions.bundles import QUERIES, Source, read_in_use
from edge.store_db.database import Tx
from protocols.promotions.bundle import Bundle

GRACE_DAYS = 7
"""Beyond the days of return: somebody came on the last one, and the till was asked the week after."""
BUNDLES_KEPT_MAX = 3_000
"""Policy when reached: those out of use the longest go; a return of such a sale is paid by its stored shares alone."""
CANONICAL_BYTES_MAX = 16_000_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class KeptBundle:
    """What is known of a kept bundle without reading it. `until_ms` None: in use."""

    hash: str
    promotions: int
    since_ms: int
    until_ms: int | None


def keep_in_use(tx: Tx, store_id: str, now_ms: int) -> None:
    """Keep the bundle the store's rows make now, and note that the former one is out of use."""
    bundle = read_in_use(tx, store_id).bundle
    tx.execute(QUERIES["end_others"], (bundle.hash, now_ms))
    if not bundle.hash:
        return
    if tx.execute(QUERIES["kept"], (bundle.hash,)).fetchone() is not None:
        tx.execute(QUERIES["begin_again"], (bundle.hash,))
        return
    packed = zstandard.ZstdCompressor().compress(bundle.canonical)
    tx.execute(QUERIES["begin"], (bundle.hash, len(bundle.promotions), packed, now_ms))


def find(source: Source, bundle_hash: str) -> Bundle | None:
    """A kept bundle; None when it was never in use here, or is kept no longer."""
    if not bundle_hash:
        return Bundle()
    row = source.execute(QUERIES["kept"], (bundle_hash,)).fetchone()
    if row is None:
        return None
    canonical = zstandard.ZstdDecompressor().decompress(bytes(row[0]), max_output_size=CANONICAL_BYTES_MAX)
    bundle = Bundle.from_canonical(canonical)
    return bundle if bundle.hash == bundle_hash else None


def held(source: Source) -> list[KeptBundle]:
    """What is kept, the latest in use first."""
    return [KeptBundle(*row) for row in source.execute(QUERIES["held"])]


def prune(tx: Tx, *, now_ms: int, return_days: int) -> None:
    """Forget what has been out of use for longer than goods may come back."""
    tx.execute(QUERIES["forget"], (now_ms - (return_days + GRACE_DAYS) * DAY_MS,))
    tx.execute(QUERIES["forget_beyond"], (BUNDLES_KEPT_MAX,))
