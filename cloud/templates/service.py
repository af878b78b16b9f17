"""Use cases of label templates, each inside the caller's transaction over the whole chain."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from cloud.db.feed_changes import CommitFeed, change_rows, commit_feed
from cloud.db.pool import Connection
from cloud.refusals import Conflict, FieldProblem, Invalid, Missing
from cloud.templates import store
from cloud.templates.domain import (
    NAME_LENGTH_MAX,
    NOTE_LENGTH_MAX,
    PROBLEMS_MAX,
    TEMPLATES_MAX,
    VERSIONS_MAX,
    Placement,
    after_publishing,
    check_template_id,
    checked_stores,
)
from cloud.templates.store import Author, Publication, VersionRow
from protocols.contract.feed_rows import TEMPLATES_FEED, LabelTemplateRow, encode_row
from protocols.labels.rules import may_be_published
from protocols.labels.template import Template, decode_template, encode_template


async def save_version(
    tx: Connection, template: Template, author: Author, *, after_version: int, note: str = ""
) -> tuple[VersionRow, bool]:
    """Save what somebody drew as the next version; (the version, whether it is new).

    `after_version` is the version they began with (0: a new template), so nobody overwrites another's work unseen. What
    equals the newest version is not saved again. Raises `Invalid` or `Conflict`.
    """
    _check(template, note)
    purpose = await store.lock_template(tx, template.template_id)
    newest = await store.newest_version(tx, template.template_id)
    if purpose is None:
        await _add_template(tx, template, author)
    elif purpose != template.purpose:
        raise Conflict("other_purpose", f"Template '{template.template_id}' is for '{purpose}'.", "Give it another id.")
    at = 0 if newest is None else newest.version
    if after_version != at:
        raise Conflict(
            "newer_version", f"Version {at} was saved meanwhile.", f"Look at version {at}, then save yours on top of it."
        )
    if at >= VERSIONS_MAX:
        raise Conflict("too_many_versions", f"There are {VERSIONS_MAX} versions.", "Go on under another id.")
    if newest is not None and _same_looks(decode_template(newest.body), template):
        return newest, False
    made = structs.replace(template, version=at + 1)
    row = VersionRow(made.template_id, made.version, made.name, encode_template(made), note, author.now_ms, author.login)
    await store.add_version(tx, row)
    return row, True


def _same_looks(one: Template, other: Template) -> bool:
    return structs.replace(one, version=0) == structs.replace(other, version=0)


def _check(template: Template, note: str) -> None:
    problems = check_template_id(template.template_id)
    if not template.name.strip() or len(template.name) > NAME_LENGTH_MAX:
        remedy = f"Give a name of 1 to {NAME_LENGTH_MAX} characters."
        problems.append(FieldProblem("name", "empty or too long", remedy))
    if len(note) > NOTE_LENGTH_MAX:
        problems.append(FieldProblem("note", "too long", f"At most {NOTE_LENGTH_MAX} characters."))
    # What could never be drawn, or never travel, is not saved. The version is given later.
    for fault in may_be_published(structs.replace(template, version=1)):
        problems.append(FieldProblem(f"template/{fault.place}".rstrip("/"), fault.text, "Change it there."))
    if problems:
        raise Invalid.fields(problems[:PROBLEMS_MAX])


async def _add_template(tx: Connection, template: Template, author: Author) -> None:
    if await store.count_templates(tx) >= TEMPLATES_MAX:
        raise Conflict("too_many_templates", f"There are {TEMPLATES_MAX} templates.", "Remove one nobody ever published.")
    await store.add_template(tx, template.template_id, template.purpose, author.now_ms)


async def version_of(tx: Connection, template_id: str, version: int) -> Template:
    """One version as it was saved. Raises `Missing`."""
    row = await store.get_version(tx, template_id, version)
    if row is None:
        raise Missing("no_version", f"There is no version {version} of template '{template_id}'.", "See its versions.")
    return decode_template(row.body)


async def remove_template(tx: Connection, template_id: str) -> store.TemplateRow:
    """Take away a template no store was ever given. Raises `Missing` or `Conflict`."""
    found = await store.get_template(tx, template_id)
    if found is None:
        raise Missing("no_template", f"There is no template '{template_id}'.", "See GET /api/v1/templates.")
    if await store.was_published(tx, template_id):
        raise Conflict("was_published", f"Template '{template_id}' was published.", "It stays, so that it can come back.")
    await store.remove_template(tx, template_id)
    return found


async def publish(
    tx: Connection,
    template: Template,
    stores: Sequence[str],
    author: Author,
    *,
    reason: str = "",
    commit: CommitFeed = commit_feed,
) -> Publication:
    """Give a saved version to some stores, or to all (`stores` empty): they draw with it from now on.

    The caller has checked what it looks like (`cloud/templates/lint.py`). Raises `Invalid` or `Conflict`.
    """
    wanted = checked_stores(stores)
    if unknown := await store.unknown_stores(tx, wanted):
        raise Invalid.field("stores", f"there is no store '{unknown[0]}'", "See GET /api/v1/store-names.")
    held = await store.lock_placements(tx, template.purpose)
    published_ms = await _next_instant(tx, author.now_ms)
    new = Placement(template.template_id, template.version, published_ms, wanted)
    after = after_publishing(held, new)
    version = await _place(tx, template.purpose, held, after, author.now_ms, commit)
    row = Publication(
        publication=await _next_number(tx),
        purpose=template.purpose,
        template_id=template.template_id,
        version=template.version,
        stores=wanted,
        published_ms=published_ms,
        published_by=author.login,
        reason=reason,
        rollback_of=None,
        feed_version=version,
    )
    await store.add_publication(tx, row, held)
    return row


async def roll_back(
    tx: Connection, publication: int, author: Author, *, reason: str = "", commit: CommitFeed = commit_feed
) -> Publication:
    """Put back what stores held before the latest publication of its purpose; a rollback can be rolled back too.

    Raises `Missing` or `Conflict`.
    """
    undone = await store.get_publication(tx, publication)
    if undone is None:
        raise Missing("no_publication", f"There is no publication {publication}.", "See GET /api/v1/template-publications.")
    held = await store.lock_placements(tx, undone.purpose)
    last = await store.last_publication(tx, undone.purpose)
    if last is None or last.publication != publication:
        raise Conflict(
            "not_the_latest", "Something was published for this purpose since.", "Roll back the latest publication first."
        )
    after = await store.held_before(tx, publication)
    version = await _place(tx, undone.purpose, held, after, author.now_ms, commit)
    row = Publication(
        publication=await _next_number(tx),
        purpose=undone.purpose,
        template_id=None,
        version=None,
        stores=undone.stores,
        published_ms=await _next_instant(tx, author.now_ms),
        published_by=author.login,
        reason=reason,
        rollback_of=publication,
        feed_version=version,
    )
    await store.add_publication(tx, row, held)
    return row


async def _next_number(tx: Connection) -> int:
    last = await store.last_publication(tx)
    return 1 if last is None else last.publication + 1


async def _next_instant(tx: Connection, now_ms: int) -> int:
    """Now, but later than every publication before: a clock set back would let an old template win."""
    last = await store.last_publication(tx)
    return now_ms if last is None else max(now_ms, last.published_ms + 1)


async def _place(
    tx: Connection,
    purpose: str,
    before: Sequence[Placement],
    after: Sequence[Placement],
    now_ms: int,
    commit: CommitFeed,
) -> int:
    """Make `after` what stores hold, as one feed version."""
    gone = [await _row(tx, each) for each in before if each not in after]
    come = [await _row(tx, each) for each in after if each not in before]
    rows: list[tuple[str, bytes | None]] = [(row.key(), None) for row in gone]
    rows += [(row.key(), encode_row(row)) for row in come]
    await change_rows(tx, TEMPLATES_FEED, rows)
    await store.replace_placements(tx, purpose, after)
    return await commit(tx, TEMPLATES_FEED, now_ms)


async def _row(tx: Connection, placement: Placement) -> LabelTemplateRow:
    template = await version_of(tx, placement.template_id, placement.version)
    return LabelTemplateRow(template=template, stores=placement.stores, published_ms=placement.published_ms)


async def choose_panels(tx: Connection, hardware_types: Sequence[int], known: Sequence[int]) -> tuple[list[int], list[int]]:
    """Say which kinds of labels the chain has (none: every kind known); returns them before and after. Raises `Invalid`."""
    strange = sorted(set(hardware_types) - set(known))
    if strange:
        raise Invalid.field("hardware_types", f"{strange[0]} is no known kind", "See GET /api/v1/label-panels.")
    before = await store.panels(tx)
    await store.replace_panels(tx, hardware_types)
    return before, sorted(set(hardware_types))
