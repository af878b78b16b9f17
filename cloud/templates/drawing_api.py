"""Routes that draw: previews, checks, and publication, which no template reaches unchecked."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.refusals import Invalid
from cloud.templates import lint, samples, service, store
from cloud.templates.api import Once, TemplateId
from cloud.templates.drawing import Drawer, DrawingRoom, Trouble
from cloud.templates.samples import Good
from cloud.templates.schemas import (
    CheckBody,
    Checked,
    FindingView,
    PanelList,
    PanelsBody,
    PanelsWritten,
    PanelView,
    PictureView,
    Preview,
    PreviewBody,
    PublishBody,
    Published,
    TemplateBody,
)
from cloud.templates.shapes import drawable, json_of, template_of
from cloud.templates.store import Author
from cloud.web.access import Asking, PricesWriter, Reader
from cloud.web.once import write
from protocols.esl.tag_types import TAG_TYPES, TagType
from protocols.labels.built_in import LANGUAGES, all_built_in
from protocols.labels.content import LabelContent
from protocols.labels.template import Template

router = APIRouter(prefix="/api/v1", tags=["label templates"])


def room_of(request: Request) -> DrawingRoom:
    """Where the running API draws."""
    return cast("DrawingRoom", request.app.state.drawing_room)


Room = Annotated[DrawingRoom, Depends(room_of)]


@router.get("/built-in-templates")
async def list_built_in(asking: Reader, language: str = "en") -> list[TemplateBody]:
    """What stores use where nothing was published, and what one begins from. Languages: `en`, `zh_CN`."""
    del asking
    if language not in LANGUAGES:
        raise Invalid.field("language", "not built in", f"One of {', '.join(LANGUAGES)}.")
    return [
        TemplateBody(template_id=each.template_id, version=each.version, template=json_of(each))
        for each in all_built_in(language)
    ]


@router.get("/label-panels")
async def list_panels(asking: Reader) -> PanelList:
    """Kinds of labels, and which of them the chain has."""
    async with asking.read() as tx:
        used = await store.panels(tx)
    return PanelList(rows=[_panel(kind, used) for kind in TAG_TYPES.values()])


@router.put("/label-panels", response_model=PanelsWritten)
async def choose_panels(body: PanelsBody, asking: PricesWriter, once: Once) -> Response:
    """Say which kinds of labels the chain has: templates must be fit for them."""

    async def use_case(tx: Connection) -> Done[PanelsWritten]:
        before, after = await service.choose_panels(tx, body.hardware_types, tuple(TAG_TYPES))
        noted = Entry("template.panels_chosen", "panels", before={"kinds": before}, after={"kinds": after})
        return Done(PanelsWritten(hardware_types=after), noted)

    return await write(asking, once, use_case)


@router.post("/template-previews")
async def preview(body: PreviewBody, asking: Reader, room: Room) -> Preview:
    """Draw a template, saved or not, on every kind of label in use."""
    template = drawable(template_of(body.template))
    async with asking.read() as tx:
        used = body.hardware_types or await store.panels(tx)
        goods = await samples.goods_from(tx, body.item_id, body.zone, samples.PRODUCTS_ON_ONE)
    good = goods[0] if goods else None
    if body.item_id and (good is None or good.item_id != body.item_id):
        raise Invalid.field("item_id", f"item '{body.item_id}' has no price there", "Choose an item with a price.")
    content = samples.preview_content(goods, template.purpose, _today(asking))
    panels = panels_of(used)

    def work(drawer: Drawer) -> list[PictureView]:
        return [_picture(drawer, template, panel, content) for panel in panels]

    name = content.name if good is None else good.name
    return Preview(item_id=content.item_id, item_name=name, pictures=await room.preview(work))


@router.post("/template-checks")
async def check(body: CheckBody, asking: Reader, room: Room) -> Checked:
    """Say what stands in the way of publishing a template, saved or not."""
    report = await _report(asking, room, drawable(template_of(body.template)))
    findings = [FindingView(**asdict(each)) for each in report.findings]
    return Checked(findings=findings, drawn_count=report.drawn_count)


@router.post("/templates/{template_id}/versions/{version}/publications", response_model=Published)
async def publish(
    template_id: TemplateId, version: int, body: PublishBody, asking: PricesWriter, once: Once, room: Room
) -> Response:
    """Give a version to some stores, or to all, once it is fit for every kind of label in use."""
    async with asking.read() as tx:
        template = await service.version_of(tx, template_id, version)
    lint.refuse(await _report(asking, room, template))

    async def use_case(tx: Connection) -> Done[Published]:
        author = Author(asking.person.login, asking.now_ms)
        done = await service.publish(tx, template, body.stores, author, reason=body.reason)
        answer = Published(publication=done.publication, feed_version=done.feed_version)
        what = {"version": version, "stores": done.stores or "all", **answer.model_dump()}
        return Done(answer, Entry("template.published", template_id, after=what, reason=body.reason))

    return await write(asking, once, use_case)


async def _report(asking: Asking, room: DrawingRoom, template: Template) -> lint.Report:
    goods, used = await _hard_goods(asking, room)
    found = samples.samples_of(goods, template.purpose, _today(asking))
    panels = panels_of(used)
    return await room.check(lambda drawer: lint.check(template, panels, found, drawer))


async def _hard_goods(asking: Asking, room: DrawingRoom) -> tuple[list[Good], list[int]]:
    async with asking.read() as tx:
        characters = await samples.characters(tx)
        used = await store.panels(tx)
    missing = await room.preview(lambda drawer: drawer.strange(characters))
    async with asking.read() as tx:
        return await samples.hard_goods(tx, missing), used


def panels_of(hardware_types: Sequence[int]) -> list[TagType]:
    """These kinds of labels; none named: every kind known."""
    return [kind for number, kind in TAG_TYPES.items() if not hardware_types or number in hardware_types]


def _today(asking: Asking) -> datetime.date:
    return datetime.datetime.fromtimestamp(asking.now_ms / 1000, datetime.UTC).date()


def _panel(kind: TagType, used: Sequence[int]) -> PanelView:
    colours = ["#{:02x}{:02x}{:02x}".format(*colour) for colour in kind.colours]
    in_use = not used or kind.hardware_type in used
    return PanelView(
        hardware_type=kind.hardware_type,
        name=kind.name,
        width=kind.width,
        height=kind.height,
        colours=colours,
        in_use=in_use,
    )


def _picture(drawer: Drawer, template: Template, panel: TagType, content: LabelContent) -> PictureView:
    drawn = drawer.draw(template, content, panel.hardware_type)
    seen = PictureView(hardware_type=panel.hardware_type, name=panel.name, width=panel.width, height=panel.height)
    if isinstance(drawn, Trouble):
        return seen.model_copy(update={"problem": drawn.problem, "element": drawn.element})
    picture = base64.b64encode(drawn.jpeg).decode()
    return seen.model_copy(update={"picture": picture, "left_out": list(drawn.left_out), "shortened": list(drawn.shortened)})
