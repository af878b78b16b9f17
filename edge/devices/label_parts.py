"""What the label service needs of a store's hardware: access points as gateways, and the renderer with the box's fonts."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from edge.checkout.alarms import AlarmBoard
from edge.checkout.reasons import reason
from edge.labels.content import LabelUnrenderable, RenderedLabel, ShelfItem, label_content, purpose_of
from edge.labels.lane import Delivery, LabelOrder
from edge.labels.templates import TemplateShelf
from firmware_bridges.oepl_ap import OeplAccessPoint
from protocols.contract.facts import FactBody, StockMoved
from protocols.contract.till_facts import SaleClosed
from protocols.esl.tag_types import TAG_TYPES
from protocols.labels.built_in import built_in, is_built_in
from protocols.labels.content import CannotDraw, LabelContent
from protocols.labels.renderer import LabelRenderer, Rendered
from protocols.labels.template import Purpose, Template

TEMPLATES_TOLD_MAX = 16
"""Templates whose troubles are remembered."""

_DELIVERIES = {
    "queued": Delivery.QUEUED,
    "refused": Delivery.REFUSED,
    "unknown_label": Delivery.UNKNOWN_LABEL,
}


class AccessPointGateway:
    """See `edge.labels.lane.LabelGateway` and `edge.labels.lights.LabelLights`."""

    keeps_files = True

    def __init__(self, access_point: OeplAccessPoint) -> None:
        self._access_point = access_point

    async def ready(self) -> None:
        """Wait until the access point answers."""
        await self._access_point.ready()

    async def deliver(self, order: LabelOrder) -> Delivery:
        """Upload one image."""
        outcome = await self._access_point.upload(order.label_id, order.picture, order.image_hash, order.clear_first)
        return _DELIVERIES[outcome]

    async def withdraw(self, label_id: str) -> Delivery:
        """Empty the label's queue."""
        return _DELIVERIES[await self._access_point.clear(label_id)]

    async def flash(self, label_id: str, colour: str, seconds: int) -> Delivery:
        """See `edge.labels.lights.LabelLights`."""
        return _DELIVERIES[await self._access_point.flash(label_id, colour, seconds)]

    async def wipe(self, label_id: str) -> Delivery:
        """See `edge.labels.lights.LabelLights`."""
        return _DELIVERIES[await self._access_point.wipe(label_id)]


class ShelfRenderer:
    """See `edge.labels.content.Renderer`. What a template of headquarters cannot draw is drawn with the built-in one."""

    def __init__(self, renderer: LabelRenderer, language: str = "en") -> None:
        self._renderer = renderer
        self._language = language
        self._one_at_a_time = threading.Lock()
        self._fallen_back: dict[str, str] = {}

    def render(self, item: ShelfItem | None, _label_id: str, hardware_type: int) -> RenderedLabel:
        """Draw the item for this kind of label. Raises `LabelUnrenderable`."""
        try:
            with self._one_at_a_time:
                drawn = self._draw(item, hardware_type)
        except CannotDraw as error:
            raise LabelUnrenderable(str(error)) from error
        return RenderedLabel(picture=drawn.picture, image_hash=drawn.image_hash)

    def fallen_back(self) -> Mapping[str, str]:
        """Templates that could not draw something since the box began, by their marks: what was in the way first."""
        return dict(self._fallen_back)

    def _draw(self, item: ShelfItem | None, hardware_type: int) -> Rendered:
        if item is None:
            return self._renderer.render(None, hardware_type)
        content = label_content(item)
        template = None if item.looks is None else item.looks.template
        if template is None or is_built_in(template):
            return self._built_in(content, hardware_type, purpose_of(item) if template is None else template.purpose)
        if not _serves(template, hardware_type):
            return self._built_in(content, hardware_type, template.purpose)
        try:
            return self._renderer.render(content, hardware_type, template)
        except CannotDraw as error:
            drawn = self._built_in(content, hardware_type, template.purpose)
            if len(self._fallen_back) < TEMPLATES_TOLD_MAX:
                self._fallen_back.setdefault(template.mark, f"{item.item_id}: {error}")
            return drawn

    def _built_in(self, content: LabelContent, hardware_type: int, purpose: Purpose) -> Rendered:
        """With a template every store has. Where all that its purpose says does not fit, the regular one is drawn: a right
        price is better than a label left as it was."""
        try:
            return self._renderer.render(content, hardware_type, built_in(purpose, self._language))
        except CannotDraw:
            if purpose in {Purpose.REGULAR, Purpose.MULTI}:
                raise
            return self._renderer.render(content, hardware_type, built_in(Purpose.REGULAR, self._language))


def _serves(template: Template, hardware_type: int) -> bool:
    """Whether the template has a layout for this kind of label; headquarters was told when it was published."""
    kind = TAG_TYPES.get(hardware_type)
    return kind is None or template.layout_for(hardware_type, kind.width, kind.height) is not None


def keep_template_alarm(alarms: AlarmBoard, templates: TemplateShelf, renderer: ShelfRenderer) -> None:
    """Say it while a template of headquarters cannot be used, wholly or for some goods."""
    in_use = templates.in_use()
    failed = [f"{mark} ({why})" for mark, why in renderer.fallen_back().items() if mark in in_use]
    told = [*templates.troubles(), *failed]
    alarms.keep(reason("label_template", templates=", ".join(told)), standing=bool(told))


def items_moved(facts: Sequence[FactBody]) -> frozenset[str]:
    """Items whose stock some facts changed."""
    found: set[str] = set()
    for fact in facts:
        match fact:
            case SaleClosed():
                found.update(line.item_id for line in fact.lines)
            case StockMoved():
                found.add(fact.item_id)
            case _:
                pass
    return frozenset(found)
