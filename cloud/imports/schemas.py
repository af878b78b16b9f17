"""Imports as they cross HTTP."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ColumnView(BaseModel):
    name: str
    titles: list[str] = Field(description="Headings it goes by, whatever the capitals")


class KindView(BaseModel):
    """A kind of import."""

    kind: str
    right: str = Field(description="Needed to upload and apply it, with the whole chain in scope")
    columns: list[ColumnView]
    needed: list[list[str]] = Field(description="Of each group the file must have at least one column")
    options: list[str]
    can_undo: bool
    sent_to_stores: bool


class Kinds(BaseModel):
    rows: list[KindView]


class ChoicesView(BaseModel):
    zone: str = ""
    store: str = ""
    time_zone: str = ""
    warn_percent: int = 50
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""


class ReportView(BaseModel):
    """What the check found. `refused_code` is set when the file as a whole cannot be used."""

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""
    time_zones: dict[str, str] = Field(default={}, description="By zone: the time zone its dates were read in")
    lines: int = 0
    changes: int = 0
    unchanged: int = 0
    errors: int = 0
    warnings: int = 0
    notes: list[str] = []
    refused_code: str = ""
    refused_detail: str = ""
    refused_remedy: str = ""
    refused_option: str = Field(default="", description="The choice that would help")


class StoreAnswers(BaseModel):
    """How far opening stock has come in a store."""

    store_id: str
    sent: int
    opened: int
    refused: int


class ImportView(BaseModel):
    import_id: str
    kind: str
    file_name: str
    sha256: str
    size_bytes: int
    choices: ChoicesView
    state: str = Field(description="waiting, checking, refused, ready, applied or undone")
    lines_read: int
    report: ReportView | None = Field(description="None until it is checked")
    changed: int | None = Field(default=None, description="What applying changed")
    feed_versions: dict[str, int] = Field(default={}, description="By zone or store: the version that carries the changes")
    uploaded_by: str
    uploaded_at_ms: int
    checked_at_ms: int | None
    applied_by: str
    applied_at_ms: int | None
    undone_by: str
    undone_at_ms: int | None
    kept: bool = Field(description="Whether the file is still here, to be checked again")
    answers: list[StoreAnswers] = Field(default=[], description="Of stores, for opening stock")


class ImportPage(BaseModel):
    rows: list[ImportView]
    next: str | None = None


class ProblemView(BaseModel):
    line_no: int
    column: str
    severity: str = Field(description="error or warning")
    problem: str
    remedy: str


class ProblemPage(BaseModel):
    rows: list[ProblemView]
    next: str | None = None


class RefusedByStore(BaseModel):
    line_no: int
    store_id: str
    item_id: str
    place: str
    reason: str


class RefusedByStores(BaseModel):
    rows: list[RefusedByStore]


class Undone(BaseModel):
    import_id: str
    removed: int
