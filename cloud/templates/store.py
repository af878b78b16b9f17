"""SQL of label templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.templates.domain import Placement

Q = load_queries(__file__, "templates.sql")


@dataclass(frozen=True)
class Author:
    """Who does it, and when."""

    login: str
    now_ms: int


@dataclass(frozen=True)
class TemplateRow:
    """A template and its newest version."""

    template_id: str
    purpose: str
    version: int
    name: str
    saved_at_ms: int
    saved_by: str


@dataclass(frozen=True)
class VersionRow:
    """One version; `body` is the template's JSON."""

    template_id: str
    version: int
    name: str
    body: bytes
    note: str
    saved_at_ms: int
    saved_by: str


@dataclass(frozen=True)
class VersionHead:
    """One version without what it looks like."""

    version: int
    name: str
    note: str
    saved_at_ms: int
    saved_by: str


@dataclass(frozen=True)
class Publication:
    """One publication. `template_id` None: a rollback of `rollback_of`. `stores` empty: all."""

    publication: int
    purpose: str
    template_id: str | None
    version: int | None
    stores: tuple[str, ...]
    published_ms: int
    published_by: str
    reason: str
    rollback_of: int | None
    feed_version: int


@dataclass(frozen=True)
class PublicationRow:
    """A publication as one who looks after `stores_seen` of its stores sees it, and how far it has come in those."""

    publication: int
    purpose: str
    template_id: str | None
    version: int | None
    stores: list[str]
    """Those of its stores within scope; empty when it is for all."""
    store_count: int
    """Named by it; 0: all."""
    published_ms: int
    published_by: str
    reason: str
    rollback_of: int | None
    rolled_back: bool
    feed_version: int
    concerned_count: int
    """Stores within scope it is for."""
    applied_count: int


@dataclass(frozen=True)
class PlacedRow:
    """A placement, its stores cut down to those within scope. `store_count` 0: all stores."""

    purpose: str
    template_id: str
    version: int
    published_ms: int
    stores: list[str]
    store_count: int


async def list_templates(tx: Connection) -> list[TemplateRow]:
    """All, by purpose and id."""
    async with tx.cursor(row_factory=class_row(TemplateRow)) as cursor:
        await cursor.execute(Q["list_templates"])
        return await cursor.fetchall()


async def get_template(tx: Connection, template_id: str) -> TemplateRow | None:
    """One."""
    async with tx.cursor(row_factory=class_row(TemplateRow)) as cursor:
        await cursor.execute(Q["get_template"], {"template_id": template_id})
        return await cursor.fetchone()


async def lock_template(tx: Connection, template_id: str) -> str | None:
    """The purpose of a template, locked until the transaction ends; None: there is none yet."""
    row = await (await tx.execute(Q["lock_template"], {"template_id": template_id})).fetchone()
    return None if row is None else str(row[0])


async def count_templates(tx: Connection) -> int:
    """How many there are."""
    row = await (await tx.execute(Q["count_templates"])).fetchone()
    return 0 if row is None else int(row[0])


async def add_template(tx: Connection, template_id: str, purpose: str, now_ms: int) -> None:
    """A template without versions yet."""
    await tx.execute(Q["add_template"], {"template_id": template_id, "purpose": purpose, "now_ms": now_ms})


async def remove_template(tx: Connection, template_id: str) -> None:
    """Take it away with its versions."""
    await tx.execute(Q["remove_template"], {"template_id": template_id})


async def was_published(tx: Connection, template_id: str) -> bool:
    """Whether any version of it ever went to stores."""
    return await (await tx.execute(Q["was_published"], {"template_id": template_id})).fetchone() is not None


async def list_versions(tx: Connection, template_id: str, before: int, limit: int) -> list[VersionHead]:
    """Versions lower than `before` (0: all), the newest first."""
    async with tx.cursor(row_factory=class_row(VersionHead)) as cursor:
        await cursor.execute(Q["list_versions"], {"template_id": template_id, "before": before, "limit": limit})
        return await cursor.fetchall()


async def get_version(tx: Connection, template_id: str, version: int) -> VersionRow | None:
    """One version."""
    async with tx.cursor(row_factory=class_row(VersionRow)) as cursor:
        await cursor.execute(Q["get_version"], {"template_id": template_id, "version": version})
        return await cursor.fetchone()


async def newest_version(tx: Connection, template_id: str) -> VersionRow | None:
    """The version saved last."""
    async with tx.cursor(row_factory=class_row(VersionRow)) as cursor:
        await cursor.execute(Q["newest_version"], {"template_id": template_id})
        return await cursor.fetchone()


async def add_version(tx: Connection, row: VersionRow) -> None:
    """Save a version."""
    await tx.execute(Q["add_version"], vars(row))


async def lock_placements(tx: Connection, purpose: str) -> list[Placement]:
    """What stores hold of a purpose; no other publication happens until the transaction ends."""
    await tx.execute(Q["lock_placements"])
    rows = await (await tx.execute(Q["placements"], {"purpose": purpose})).fetchall()
    return [Placement(str(row[0]), int(row[1]), int(row[2]), tuple(row[3])) for row in rows]


async def replace_placements(tx: Connection, purpose: str, placements: Sequence[Placement]) -> None:
    """Make these what stores hold of a purpose."""
    await tx.execute(Q["clear_placements"], {"purpose": purpose})
    for each in placements:
        await tx.execute(Q["add_placement"], {**vars(each), "stores": list(each.stores), "purpose": purpose})


async def list_placed(tx: Connection) -> list[PlacedRow]:
    """What stores hold of every purpose, the latest first."""
    async with tx.cursor(row_factory=class_row(PlacedRow)) as cursor:
        await cursor.execute(Q["list_placed"])
        return await cursor.fetchall()


async def unknown_stores(tx: Connection, stores: Sequence[str]) -> list[str]:
    """Those that are no stores."""
    return [str(row[0]) for row in await (await tx.execute(Q["unknown_stores"], {"stores": list(stores)})).fetchall()]


async def last_publication(tx: Connection, purpose: str | None = None) -> Publication | None:
    """The latest publication, of any or of one purpose."""
    async with tx.cursor(row_factory=class_row(Publication)) as cursor:
        await cursor.execute(Q["last_publication"], {"purpose": purpose})
        return await cursor.fetchone()


async def get_publication(tx: Connection, publication: int) -> Publication | None:
    """One publication."""
    async with tx.cursor(row_factory=class_row(Publication)) as cursor:
        await cursor.execute(Q["get_publication"], {"publication": publication})
        return await cursor.fetchone()


async def held_before(tx: Connection, publication: int) -> tuple[Placement, ...]:
    """What stores held of the purpose before a publication."""
    row = await (await tx.execute(Q["held_before"], {"publication": publication})).fetchone()
    return () if row is None else tuple(msgspec.convert(row[0], list[Placement]))


async def add_publication(tx: Connection, row: Publication, before: Sequence[Placement]) -> None:
    """Note a publication with what was held before it."""
    held = msgspec.json.encode(before).decode()
    await tx.execute(Q["add_publication"], {**vars(row), "stores": list(row.stores), "before": held})


async def list_publications(tx: Connection, before: int, limit: int) -> list[PublicationRow]:
    """Publications lower than `before` (0: all), the newest first."""
    async with tx.cursor(row_factory=class_row(PublicationRow)) as cursor:
        await cursor.execute(Q["list_publications"], {"before": before, "limit": limit})
        return await cursor.fetchall()


async def panels(tx: Connection) -> list[int]:
    """Hardware types said to be in use; empty: nobody said."""
    return [int(row[0]) for row in await (await tx.execute(Q["panels"])).fetchall()]


async def replace_panels(tx: Connection, hardware_types: Sequence[int]) -> None:
    """Say which are in use."""
    await tx.execute(Q["clear_panels"])
    await tx.execute(Q["add_panels"], {"hardware_types": list(hardware_types)})
