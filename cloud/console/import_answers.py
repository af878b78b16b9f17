"""What the console reads of the API's answers about imports, price books and sales by day; a tolerant reader."""

from __future__ import annotations

import msgspec


class ImportColumn(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    titles: tuple[str, ...]


class ImportKind(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    right: str
    columns: tuple[ImportColumn, ...]
    needed: tuple[tuple[str, ...], ...] = ()
    options: tuple[str, ...] = ()
    can_undo: bool = False
    sent_to_stores: bool = False


class ImportKinds(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[ImportKind, ...]


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""
    time_zones: dict[str, str] = {}
    lines: int = 0
    changes: int = 0
    unchanged: int = 0
    errors: int = 0
    warnings: int = 0
    notes: tuple[str, ...] = ()
    refused_code: str = ""
    refused_detail: str = ""
    refused_remedy: str = ""
    refused_option: str = ""


class ImportAnswers(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    sent: int
    opened: int
    refused: int


class Import(msgspec.Struct, frozen=True, kw_only=True):
    import_id: str
    kind: str
    file_name: str
    size_bytes: int
    state: str
    choices: dict[str, str | int]
    lines_read: int = 0
    report: ImportReport | None = None
    changed: int | None = None
    feed_versions: dict[str, int] = {}
    uploaded_by: str = ""
    uploaded_at_ms: int = 0
    applied_by: str = ""
    applied_at_ms: int | None = None
    undone_by: str = ""
    undone_at_ms: int | None = None
    kept: bool = False
    answers: tuple[ImportAnswers, ...] = ()


class ImportPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Import, ...]
    next: str | None = None


class ImportProblem(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    column: str
    severity: str
    problem: str
    remedy: str = ""


class ImportProblems(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[ImportProblem, ...]
    next: str | None = None


class RefusedByStore(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    store_id: str
    item_id: str
    place: str
    reason: str


class RefusedByStores(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[RefusedByStore, ...]


class BookRow(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str = ""
    weighed: bool = False
    active: bool = True
    price_minor: int | None = None
    effective_from_ms: int | None = None
    effective_to_ms: int | None = None
    changed_by: str | None = None
    changed_at_ms: int | None = None
    next_at_ms: int | None = None
    next_price_minor: int | None = None
    scheduled_count: int = 0
    paid_minor: int | None = None
    paid_book_id: str | None = None

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return self.name_zh if language == "zh" and self.name_zh else self.name


class Book(msgspec.Struct, frozen=True, kw_only=True):
    zone: str
    currency: str
    minor_digits: int
    rows: tuple[BookRow, ...]
    next: str | None = None


class FutureChange(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str = ""
    revision: int
    price_minor: int
    before_minor: int | None = None
    effective_from_ms: int
    effective_to_ms: int | None = None
    reason: str = ""
    changed_by: str = ""

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return self.name_zh if language == "zh" and self.name_zh else self.name


class FutureChanges(msgspec.Struct, frozen=True, kw_only=True):
    zone: str
    currency: str
    minor_digits: int
    rows: tuple[FutureChange, ...]
    next: str | None = None


class DailySalesRow(msgspec.Struct, frozen=True, kw_only=True):
    business_date: str
    store_id: str
    currency: str
    source: str
    quantity_thousandths: int
    net_minor: int
    receipt_count: int | None = None
    returned_minor: int = 0


class DailySales(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[DailySalesRow, ...]
    complete: bool = True
