"""Several feeds that change together: one manifest on the delta of each, so that stores take up all of them or none.

    async with releasing(tx, "new product A1", author, now_ms=now_ms) as release:
        await catalogue.put_item(tx, row, now_ms=now_ms, commit=release.commit)
        await pricing.change_prices(tx, zone, wanted, author, commit=release.commit)

Use cases take `commit` in place of `commit_feed`; versions are made when the block ends, in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from cloud.db.feed_changes import Prepared, prepare_feed, publish_prepared, version_to_be
from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.refusals import Invalid
from protocols.sync.messages import MessageError
from protocols.sync.release import RELEASE_FEEDS_MAX, Release

Q = load_queries(__file__, "releases.sql")

AHEAD_MAX_MS = 3_600_000
"""How long a release may wait for its instant: every later version of its feeds waits behind it."""


@dataclass
class OpenRelease:
    """What was changed so far. After the block `versions` says which feed reached which version; empty: nothing changed."""

    effective_at_ms: int | None
    standing: Mapping[str, int] = field(default_factory=dict)
    """Versions of other feeds that must stand before any of this release: named in the manifest, not part of it."""
    release_id: str = ""
    """Named after the first of its feeds: `global.catalogue.6`. No version of a feed is ever in two releases."""
    feed_ids: dict[str, None] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    async def commit(self, tx: Connection, feed_id: str, now_ms: int) -> int:  # noqa: ARG002 - the shape of `commit_feed`
        """In place of `commit_feed`: the feed is part of the release. Returns the version it will reach."""
        self.feed_ids[feed_id] = None
        return await version_to_be(tx, feed_id)


@asynccontextmanager
async def releasing(
    tx: Connection,
    what: str,
    person: str,
    *,
    now_ms: int,
    effective_at_ms: int | None = None,
    standing: Mapping[str, int] | None = None,
) -> AsyncIterator[OpenRelease]:
    """Publish what is committed inside as one release; a single feed that changed is published as ever.

    `standing`: versions other feeds have reached already, without which a store takes up nothing of this release.
    Raises `Invalid` for an instant too far ahead or too many feeds.
    """
    if effective_at_ms is not None and effective_at_ms > now_ms + AHEAD_MAX_MS:
        raise Invalid.field(
            "effective_at_ms",
            "more than an hour ahead",
            "Give the prices themselves a start; a release only waits for a moment, and everything behind it with it.",
        )
    release = OpenRelease(effective_at_ms, standing or {})
    yield release
    await _publish(tx, release, what, person, now_ms)


async def _publish(tx: Connection, release: OpenRelease, what: str, person: str, now_ms: int) -> None:
    found = [await prepare_feed(tx, feed_id) for feed_id in release.feed_ids]
    changed = [each for each in found if each is not None]
    release.versions = {each.feed_id: each.version for each in changed}
    together = len(changed) > 1 or (changed and release.standing)
    manifest = await _manifest(tx, release, what, person, now_ms) if together else None
    for each in changed:
        await _publish_one(tx, each, manifest, now_ms)


async def _manifest(tx: Connection, release: OpenRelease, what: str, person: str, now_ms: int) -> Release:
    named = {**release.standing, **release.versions}
    if len(named) > RELEASE_FEEDS_MAX:
        raise _too_many(len(named))
    first = min(release.versions)
    release.release_id = f"{first.replace('/', '.')}.{release.versions[first]}"
    who = {"release_id": release.release_id, "what": what, "person": person, "now_ms": now_ms}
    await tx.execute(Q["add_release"], {**who, "effective_at_ms": release.effective_at_ms})
    for feed_id, version in named.items():
        row = {"release_id": release.release_id, "feed_id": feed_id, "version": version}
        await tx.execute(Q["add_feed"], {**row, "member": feed_id in release.versions})
    return Release(release_id=release.release_id, feeds=named, effective_at_ms=release.effective_at_ms)


async def _publish_one(tx: Connection, each: Prepared, manifest: Release | None, now_ms: int) -> None:
    try:
        await publish_prepared(tx, each, now_ms, release=manifest)
    except MessageError as error:
        if error.field == "release" and manifest is not None:
            raise _too_many(len(manifest.feeds)) from error
        raise


def _too_many(count: int) -> Invalid:
    return Invalid.field("zones", f"{count} feeds in one release", f"At most {RELEASE_FEEDS_MAX}: name fewer zones at once.")
