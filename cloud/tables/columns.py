"""Headings to columns: a column goes by several names, in the languages of those who keep such tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cloud.tables.values import Cell, LineProblem, Row, Severity, TableRefused


@dataclass(frozen=True)
class Column:
    """One column an import reads. `titles`: the headings it goes by, in small letters; the first is the one in examples."""

    name: str
    titles: tuple[str, ...]
    number: bool = False
    """Holds decimal numbers: counts as evidence for the decimal mark."""


def said(heading: str) -> str:
    """A heading as it is compared: small letters, single spaces, no underscores."""
    return " ".join(heading.casefold().replace("_", " ").split())


def titles_of(columns: Iterable[Column]) -> frozenset[str]:
    """Every heading these columns go by."""
    return frozenset(title for column in columns for title in column.titles)


@dataclass(frozen=True)
class ColumnMap:
    """Where each column of the import stands in the file (from 0), and how the file calls it."""

    places: Mapping[str, int]
    headings: Mapping[str, str]

    @classmethod
    def of(cls, heading: Row, columns: Sequence[Column]) -> tuple[ColumnMap, list[LineProblem]]:
        """The map, and a warning for each column nobody reads. Raises `TableRefused` for a heading named twice."""
        by_title = {title: column.name for column in columns for title in column.titles}
        places: dict[str, int] = {}
        headings: dict[str, str] = {}
        unread: list[LineProblem] = []
        for place, cell in enumerate(heading.cells):
            if not isinstance(cell, str):
                continue
            name = by_title.get(said(cell))
            if name is None:
                unread.append(LineProblem(heading.line_no, cell.strip(), "this column is not read", "", Severity.WARNING))
            elif name in places:
                raise TableRefused(
                    "heading_twice",
                    f"The columns '{headings[name]}' and '{cell.strip()}' mean the same.",
                    "Keep one of them.",
                )
            else:
                places[name], headings[name] = place, cell.strip()
        return cls(places, headings), unread

    def has(self, name: str) -> bool:
        """Whether the file has the column."""
        return name in self.places

    def need_one_of(self, columns: Sequence[Column], *names: str) -> None:
        """Raise `TableRefused` when the file has none of these columns."""
        if not any(name in self.places for name in names):
            wanted = " / ".join(column.titles[0] for column in columns if column.name in names)
            known = ", ".join(column.titles[0] for column in columns)
            raise TableRefused("no_column", f"There is no column '{wanted}'.", f"Headings this import knows: {known}.")

    def cell(self, row: Row, name: str) -> Cell:
        """The row's cell in a column; None when the file has no such column."""
        place = self.places.get(name)
        return None if place is None else row.cell(place)

    def heading(self, name: str) -> str:
        """How the file calls the column."""
        return self.headings.get(name, name)
