"""Templates between JSON of a request and the struct, saying which field is wrong."""

from __future__ import annotations

from typing import cast

import msgspec
from msgspec import structs

from cloud.refusals import Invalid
from cloud.templates.schemas import TemplateJson
from protocols.labels.template import Template, encode_template

REMEDY = "See protocols/labels/template.py, or begin with GET /api/v1/built-in-templates."


def template_of(found: TemplateJson, *, template_id: str = "") -> Template:
    """The template of a request. Raises `Invalid` naming the field. `template_id`: that of the path wins."""
    try:
        template = msgspec.convert(found, Template)
    except msgspec.ValidationError as error:
        raise Invalid.field("template", str(error), REMEDY) from error
    return structs.replace(template, template_id=template_id) if template_id else template


def json_of(template: Template) -> TemplateJson:
    """As it is answered."""
    return cast("TemplateJson", msgspec.json.decode(encode_template(template)))


def drawable(template: Template) -> Template:
    """A draft that was not saved yet, with an id and a version to stand for those it will have."""
    return structs.replace(template, template_id=template.template_id or "draft", version=max(template.version, 1))
