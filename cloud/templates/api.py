"""Routes of label templates: versions, checks and previews, publication and rollback, kinds of labels in use."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.refusals import Missing
from cloud.templates import service, store
from cloud.templates.domain import TEMPLATE_ID_PATTERN
from cloud.templates.schemas import (
    NewVersion,
    PlacedView,
    PublicationPage,
    PublicationView,
    Published,
    PurposeList,
    PurposeView,
    RollbackBody,
    TemplateBody,
    TemplateDetail,
    TemplateRemoved,
    TemplateView,
    VersionSaved,
    VersionView,
)
from cloud.templates.shapes import json_of, template_of
from cloud.templates.store import Author
from cloud.web.access import PricesWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, number_cursor
from cloud.web.once import Repeat, repeat_of, write
from protocols.labels.template import Purpose, decode_template

router = APIRouter(prefix="/api/v1", tags=["label templates"])
Once = Annotated[Repeat, Depends(repeat_of)]
TemplateId = Annotated[str, Path(pattern=TEMPLATE_ID_PATTERN)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]


@router.get("/templates")
async def list_templates(asking: Reader) -> PurposeList:
    """Templates by purpose, and which versions stores hold."""
    async with asking.read() as tx:
        rows = await store.list_templates(tx)
        placed = await store.list_placed(tx)
    of_purpose = {purpose: list(found) for purpose, found in groupby(placed, key=lambda row: row.purpose)}
    return PurposeList(
        rows=[
            PurposeView(
                purpose=purpose,
                placed=[PlacedView(**asdict(row)) for row in of_purpose.get(purpose, [])],
                templates=[TemplateView(**asdict(row)) for row in rows if row.purpose == purpose],
            )
            for purpose in Purpose
        ]
    )


@router.get("/templates/{template_id}")
async def get_template(
    template_id: TemplateId, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> TemplateDetail:
    """One template with its versions, page by page."""
    async with asking.read() as tx:
        found = await store.get_template(tx, template_id)
        versions = await store.list_versions(tx, template_id, number_cursor(after), limit)
    if found is None:
        raise Missing("no_template", f"There is no template '{template_id}'.", "See GET /api/v1/templates.")
    more = encode_cursor(versions[-1].version) if len(versions) == limit else None
    return TemplateDetail(**asdict(found), versions=[VersionView(**asdict(row)) for row in versions], next=more)


@router.get("/templates/{template_id}/versions/{version}")
async def get_version(template_id: TemplateId, version: int, asking: Reader) -> TemplateBody:
    """What a version looks like."""
    async with asking.read() as tx:
        template = await service.version_of(tx, template_id, version)
    return TemplateBody(template_id=template_id, version=version, template=json_of(template))


@router.post("/templates/{template_id}/versions", response_model=VersionSaved)
async def save_version(template_id: TemplateId, body: NewVersion, asking: PricesWriter, once: Once) -> Response:
    """Save a version; the first one makes the template. Nothing goes to stores."""
    template = template_of(body.template, template_id=template_id)

    async def use_case(tx: Connection) -> Done[VersionSaved]:
        author = Author(asking.person.login, asking.now_ms)
        row, new = await service.save_version(tx, template, author, after_version=body.after_version, note=body.note)
        answer = VersionSaved(template_id=template_id, version=row.version, unchanged=not new)
        noted = Entry("template.saved", template_id, after=decode_template(row.body), reason=body.note)
        return Done(answer, noted if new else None)

    return await write(asking, once, use_case)


@router.delete("/templates/{template_id}", response_model=TemplateRemoved)
async def remove_template(template_id: TemplateId, asking: PricesWriter, once: Once) -> Response:
    """Take away a template that no store was ever given."""

    async def use_case(tx: Connection) -> Done[TemplateRemoved]:
        before = await service.remove_template(tx, template_id)
        return Done(TemplateRemoved(template_id=template_id), Entry("template.removed", template_id, before=before))

    return await write(asking, once, use_case)


@router.get("/template-publications")
async def list_publications(asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT) -> PublicationPage:
    """What was published and rolled back, newest first, with how far each has come."""
    async with asking.read() as tx:
        rows = await store.list_publications(tx, number_cursor(after), limit)
    more = encode_cursor(rows[-1].publication) if len(rows) == limit else None
    return PublicationPage(rows=[PublicationView(**asdict(row)) for row in rows], next=more)


@router.post("/template-publications/{publication}/rollback", response_model=Published)
async def roll_back(publication: int, body: RollbackBody, asking: PricesWriter, once: Once) -> Response:
    """Put back what stores held before the latest publication of a purpose."""

    async def use_case(tx: Connection) -> Done[Published]:
        author = Author(asking.person.login, asking.now_ms)
        done = await service.roll_back(tx, publication, author, reason=body.reason)
        answer = Published(publication=done.publication, feed_version=done.feed_version)
        return Done(answer, Entry("template.rolled_back", done.purpose, after=answer.model_dump(), reason=body.reason))

    return await write(asking, once, use_case)
