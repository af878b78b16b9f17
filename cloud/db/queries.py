"""Named SQL: a `.sql` file beside the `store.py` that uses it, blocks headed by `-- name: find_item`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import LiteralString, cast

from psycopg import sql

_NAME = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)


class QueryFileError(ValueError):
    """A `.sql` file that cannot be read as named queries."""


def load_queries(beside: str, file_name: str) -> Mapping[str, sql.SQL]:
    """The queries of `file_name` in the folder of the module `beside` (pass `__file__`). Raises `QueryFileError`."""
    path = Path(beside).with_name(file_name)
    parts = _NAME.split(path.read_text())
    if parts[0].strip():
        raise QueryFileError(f"{path.name}: SQL before the first '-- name:' line")
    found: dict[str, sql.SQL] = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        if name in found:
            raise QueryFileError(f"{path.name}: two queries are named {name}")
        statement = text.strip().rstrip(";").strip()
        if not statement:
            raise QueryFileError(f"{path.name}: the query {name} is empty")
        found[name] = sql.SQL(cast("LiteralString", statement))
    return MappingProxyType(found)
