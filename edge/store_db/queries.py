"""Named statements from `.sql` files: `-- name: find_item` starts one, comment lines below it say what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

_MARK = "-- name:"


class UnknownQuery(KeyError):
    """There is no statement of that name in the file."""


class Queries:
    """The statements of one `.sql` file, by name."""

    def __init__(self, statements: Mapping[str, str]) -> None:
        self._statements = dict(statements)

    def __getitem__(self, name: str) -> str:
        try:
            return self._statements[name]
        except KeyError:
            raise UnknownQuery(name) from None

    def names(self) -> tuple[str, ...]:
        """All names, for the test that prepares every statement."""
        return tuple(self._statements)


def load(package: str, filename: str = "queries.sql") -> Queries:
    """Read the statements that lie beside a module."""
    text = resources.files(package).joinpath(filename).read_text(encoding="utf-8")
    statements: dict[str, str] = {}
    name = ""
    lines: list[str] = []
    for line in [*text.splitlines(), f"{_MARK} "]:
        if line.startswith(_MARK):
            if name:
                statements[name] = "\n".join(lines).strip().rstrip(";")
            name = line.removeprefix(_MARK).strip()
            lines = []
        elif not line.startswith("--"):
            lines.append(line)
    return Queries(statements)
