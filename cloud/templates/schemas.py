"""Label templates as they cross HTTP. Instants in milliseconds since 1970 UTC, lengths in pixels."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from cloud.templates.domain import NOTE_LENGTH_MAX

TemplateJson = dict[str, JsonValue]
"""A template as `protocols/labels/template.py` defines it."""
STORES_NAMED_MAX = 10_000
PANELS_NAMED_MAX = 100


class PlacedView(BaseModel):
    """A version that stores hold."""

    template_id: str
    version: int
    published_ms: int
    stores: list[str] = Field(description="Those of its stores that you see")
    store_count: int = Field(description="How many stores it names; 0: it is for all")


class TemplateView(BaseModel):
    template_id: str
    purpose: str
    name: str
    version: int = Field(description="The newest")
    saved_at_ms: int
    saved_by: str


class PurposeView(BaseModel):
    """What labels of one purpose look like now. `placed`: the latest first; empty: stores use what is built in."""

    purpose: str
    placed: list[PlacedView]
    templates: list[TemplateView]


class PurposeList(BaseModel):
    rows: list[PurposeView]


class VersionView(BaseModel):
    version: int
    name: str
    note: str
    saved_at_ms: int
    saved_by: str


class TemplateDetail(TemplateView):
    versions: list[VersionView] = Field(description="The newest first")
    next: str | None = None


class TemplateBody(BaseModel):
    """One version with what it looks like."""

    template_id: str
    version: int
    template: TemplateJson


class NewVersion(BaseModel):
    """`after_version`: the version this was drawn from, 0 for a new template."""

    model_config = ConfigDict(extra="forbid")
    template: TemplateJson
    after_version: int = Field(ge=0)
    note: str = Field(default="", max_length=NOTE_LENGTH_MAX)


class VersionSaved(BaseModel):
    template_id: str
    version: int
    unchanged: bool = Field(description="It equals the newest version: nothing was saved")


class TemplateRemoved(BaseModel):
    template_id: str


class PublishBody(BaseModel):
    """Without `stores`: to all of them."""

    model_config = ConfigDict(extra="forbid")
    stores: list[str] = Field(default=[], max_length=STORES_NAMED_MAX)
    reason: str = Field(default="", max_length=NOTE_LENGTH_MAX)


class RollbackBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=NOTE_LENGTH_MAX)


class Published(BaseModel):
    publication: int
    feed_version: int


class PublicationView(BaseModel):
    """One publication, or one rollback (`rollback_of`), and how far it has come in the stores you see."""

    publication: int
    purpose: str
    template_id: str | None
    version: int | None
    stores: list[str] = Field(description="Those of its stores that you see")
    store_count: int = Field(description="How many stores it names; 0: it is for all")
    published_ms: int
    published_by: str
    reason: str
    rollback_of: int | None
    rolled_back: bool
    feed_version: int
    concerned_count: int = Field(description="Stores you see that it is for")
    applied_count: int = Field(description="Those of them that hold it")


class PublicationPage(BaseModel):
    rows: list[PublicationView]
    next: str | None = None


class PanelView(BaseModel):
    """A kind of label. `colours`: as #rrggbb."""

    hardware_type: int
    name: str
    width: int
    height: int
    colours: list[str]
    in_use: bool


class PanelList(BaseModel):
    rows: list[PanelView]


class PanelsBody(BaseModel):
    """Which kinds of labels the chain has; none named: every kind known."""

    model_config = ConfigDict(extra="forbid")
    hardware_types: list[int] = Field(max_length=PANELS_NAMED_MAX)


class PanelsWritten(BaseModel):
    hardware_types: list[int]


class PreviewBody(BaseModel):
    """Draw a template, saved or not, for an item of the catalogue (none named: for the first)."""

    model_config = ConfigDict(extra="forbid")
    template: TemplateJson
    item_id: str = Field(default="", max_length=64)
    zone: str = Field(default="", max_length=64)
    hardware_types: list[int] = Field(default=[], max_length=PANELS_NAMED_MAX, description="None: those in use")


class PictureView(BaseModel):
    """What one kind of label would show; `problem` when it cannot be drawn, and then there is no picture."""

    hardware_type: int
    name: str
    width: int
    height: int
    picture: str = Field(default="", description="JPEG, base64")
    problem: str = ""
    element: str = Field(default="", description="The element at fault, when there is one")
    left_out: list[str] = Field(default=[], description="Elements that are not on it, as the template allows")
    shortened: list[str] = Field(default=[], description="Elements that are not whole, as the template allows")


class Preview(BaseModel):
    item_id: str
    item_name: str
    pictures: list[PictureView]


class CheckBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    template: TemplateJson


class FindingView(BaseModel):
    """What stands in the way of publishing (`error`) or should be known (`warning`): where it shows, with which goods."""

    severity: str
    element: str
    panel: str
    sample: str
    detail: str


class Checked(BaseModel):
    """No errors: it may be published."""

    findings: list[FindingView]
    drawn_count: int = Field(description="Labels drawn for this check")
