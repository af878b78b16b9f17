"""An import: what people choose, what a check reports, what became of it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from cloud.db.pool import Connection
from cloud.tables.columns import Column, ColumnMap, titles_of
from cloud.tables.numbers import decide_mark
from cloud.tables.read import read_table
from cloud.tables.values import Cell, Detected, LineProblem, ReadOptions, Row, Severity, Tick
from cloud.users.domain import Right

WARN_PERCENT = 50
"""A price that changes by more than this is shown as a warning, unless the person chooses another figure."""
PROBLEMS_KEPT = 2_000
"""Problems shown of a file; all are counted."""
OPEN_FILES_MAX = 50
FILE_KEPT_MS = 7 * 86_400_000
"""How long a file that is not applied is kept."""
BEAT_LOST_MS = 20_000
"""A check that has said nothing for so long has died with its process: the next look begins it anew."""


class State(enum.StrEnum):
    """How far an import has come."""

    WAITING = "waiting"
    CHECKING = "checking"
    REFUSED = "refused"
    READY = "ready"
    APPLIED = "applied"
    UNDONE = "undone"


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What the person chose with the file; empty = from the file."""

    zone: str = ""
    store: str = ""
    time_zone: str = ""
    warn_percent: int = WARN_PERCENT
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""

    def reading(self) -> ReadOptions:
        """Those of them that say how to read the file."""
        return ReadOptions(self.encoding, self.delimiter, self.decimal, self.sheet)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. `refused_*` are set when the file as a whole cannot be used."""

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""
    time_zones: dict[str, str] = msgspec.field(default_factory=dict)
    """By zone or store: the time zone its dates were read in."""
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


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What applying did."""

    changes: int
    feed_versions: dict[str, int] = msgspec.field(default_factory=dict)
    """By zone or store: the feed version that carries the changes."""


@dataclass(frozen=True)
class Applying:
    """Who applies which import, and when."""

    import_id: str
    person: str
    now_ms: int


@dataclass(frozen=True)
class OpenTable:
    """A file whose columns are known."""

    rows: tuple[Row, ...]
    map: ColumnMap
    decimal: str
    detected: Detected
    choices: Choices

    def cell(self, row: Row, name: str) -> Cell:
        """The row's cell in a column of the kind."""
        return self.map.cell(row, name)


@dataclass
class Problems:
    """Collects what is wrong, line by line."""

    rows: list[LineProblem] = field(default_factory=list)
    lines_with_errors: set[int] = field(default_factory=set)

    def error(self, line_no: int, column: str, problem: str, remedy: str) -> None:
        """The line cannot be used as it is."""
        self.rows.append(LineProblem(line_no, column, problem, remedy))
        self.lines_with_errors.add(line_no)

    def warn(self, line_no: int, column: str, problem: str, remedy: str = "") -> None:
        """The line can be used, and a person should look at it."""
        self.rows.append(LineProblem(line_no, column, problem, remedy, Severity.WARNING))

    def add(self, rows: Sequence[LineProblem]) -> None:
        """Problems found elsewhere."""
        self.rows += rows
        self.lines_with_errors |= {row.line_no for row in rows if row.severity is Severity.ERROR}

    def bad(self, line_no: int) -> bool:
        """Whether the line has an error."""
        return line_no in self.lines_with_errors


@dataclass(frozen=True)
class Checked:
    """What a kind makes of a readable file."""

    changes: int
    unchanged: int
    notes: tuple[str, ...]
    plan: bytes
    """The kind's own bytes, handed to `apply`; meaningless when there are errors."""
    time_zones: dict[str, str] = field(default_factory=dict)


Check = Callable[[Connection, OpenTable, Problems, int], Awaitable[Checked]]
"""(transaction that only reads, table, problems to add to, now in ms) -> what it would do. Raises `TableRefused`."""
Apply = Callable[[Connection, bytes, Applying], Awaitable[Outcome]]
"""Does it, in the given transaction. Raises `Conflict` (`stale`) when things changed since the check."""
Undo = Callable[[Connection, Applying], Awaitable[int]]
"""Takes the whole import back and says how many rows went."""


@dataclass(frozen=True)
class ImportKind:
    """One kind of import."""

    name: str
    right: Right
    """Who may apply it; people of the whole chain only."""
    columns: tuple[Column, ...]
    needed: tuple[tuple[str, ...], ...]
    """Of each group the file must have at least one column."""
    options: tuple[str, ...]
    """Which of zone, store, time_zone, warn_percent apply."""
    check: Check
    apply: Apply
    undo: Undo | None = None
    sent_to_stores: bool = False
    """Stores answer line by line (opening stock)."""


def open_table(kind: ImportKind, content: bytes, choices: Choices, problems: Problems, tick: Tick) -> OpenTable:
    """Read a file for a kind. Raises `TableRefused`. Takes seconds for a large one: call it in a thread."""
    table = read_table(content, choices.reading(), titles_of(kind.columns), tick)
    column_map, unread = ColumnMap.of(table.heading, kind.columns)
    for names in kind.needed:
        column_map.need_one_of(kind.columns, *names)
    places = [column_map.places[column.name] for column in kind.columns if column.number and column_map.has(column.name)]
    numbers = ((row.line_no, row.cell(place)) for row in table.rows for place in places)
    decimal = decide_mark(numbers, choices.decimal)
    problems.add(table.problems)
    problems.add(unread)
    return OpenTable(table.rows, column_map, decimal, table.detected, choices)
