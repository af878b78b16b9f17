"""What the pages of label templates read of the API's answers and send."""

from __future__ import annotations

import msgspec

from protocols.labels.template import Template


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A version that stores hold; `store_count` 0: all of them."""

    template_id: str
    version: int
    published_ms: int
    stores: tuple[str, ...]
    store_count: int


class TemplateHead(msgspec.Struct, frozen=True, kw_only=True):
    template_id: str
    purpose: str
    name: str
    version: int
    saved_at_ms: int
    saved_by: str


class PurposeRow(msgspec.Struct, frozen=True, kw_only=True):
    """What labels of one purpose look like now, the latest first."""

    purpose: str
    placed: tuple[Placed, ...]
    templates: tuple[TemplateHead, ...]


class PurposeList(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[PurposeRow, ...]


class VersionHead(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    name: str
    note: str
    saved_at_ms: int
    saved_by: str


class TemplateDetail(TemplateHead, frozen=True, kw_only=True):
    versions: tuple[VersionHead, ...]


class TemplateBody(msgspec.Struct, frozen=True, kw_only=True):
    template_id: str
    version: int
    template: Template


class NewVersion(msgspec.Struct, frozen=True, kw_only=True):
    template: Template
    after_version: int
    note: str = ""


class VersionSaved(msgspec.Struct, frozen=True, kw_only=True):
    template_id: str
    version: int
    unchanged: bool


class PublishBody(msgspec.Struct, frozen=True, kw_only=True):
    stores: tuple[str, ...]
    reason: str


class RollbackBody(msgspec.Struct, frozen=True, kw_only=True):
    reason: str


class Published(msgspec.Struct, frozen=True, kw_only=True):
    publication: int
    feed_version: int


class PublicationRow(msgspec.Struct, frozen=True, kw_only=True):
    publication: int
    purpose: str
    template_id: str | None
    version: int | None
    stores: tuple[str, ...]
    store_count: int
    published_ms: int
    published_by: str
    reason: str
    rollback_of: int | None
    rolled_back: bool
    concerned_count: int
    applied_count: int


class PublicationPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[PublicationRow, ...]


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    hardware_type: int
    name: str
    width: int
    height: int
    colours: tuple[str, ...]
    in_use: bool


class PanelList(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Panel, ...]


class PanelsBody(msgspec.Struct, frozen=True, kw_only=True):
    hardware_types: tuple[int, ...]


class PreviewBody(msgspec.Struct, frozen=True, kw_only=True):
    template: Template
    item_id: str = ""
    zone: str = ""
    hardware_types: tuple[int, ...] = ()


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of label would show: JPEG in base64, or a problem and no picture."""

    hardware_type: int
    name: str
    width: int
    height: int
    picture: str = ""
    problem: str = ""
    element: str = ""
    left_out: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """As an image tag takes it."""
        return f"data:image/jpeg;base64,{self.picture}" if self.picture else ""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    item_name: str
    pictures: tuple[Picture, ...]


class CheckBody(msgspec.Struct, frozen=True, kw_only=True):
    template: Template


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`severity`: `error` forbids publishing, `warning` does not."""

    severity: str
    element: str
    panel: str
    sample: str
    detail: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    findings: tuple[Finding, ...]
    drawn_count: int

    @property
    def fit(self) -> bool:
        """Whether it may be published."""
        return all(each.severity != "error" for each in self.findings)
