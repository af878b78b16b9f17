"""The sum over the weighing path, as measuring instruments have to show it: every file of `protocols.scales`, and no other.

`python -m edge weighing` prints it, `/v1/health` tells it. It is taken from the files the box runs from.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from protocols.scales.sale_rule import VERSION

PACKAGE = "protocols.scales"
_KINDS = (".py", ".toml")


@dataclass(frozen=True, slots=True)
class WeighingPath:
    """`sha256` over names and contents, in the order of the names; `files` with a sum each."""

    version: str
    sha256: str
    files: tuple[tuple[str, str], ...]


@functools.cache
def weighing_path() -> WeighingPath:
    """Of the running software."""
    files = tuple(
        (name, hashlib.sha256(content).hexdigest())
        for name, content in sorted(_contents(importlib.resources.files(PACKAGE)))
    )
    whole = hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in files).encode("ascii"))
    return WeighingPath(VERSION, whole.hexdigest(), files)


def lines(path: WeighingPath) -> list[str]:
    """What the command prints; the lines of the files are those of `sha256sum`."""
    head = [f"weighing path {path.version}", f"sha256 {path.sha256}", ""]
    return [*head, *(f"{digest}  {name}" for name, digest in path.files)]


def _contents(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _contents(each, f"{prefix}{each.name}/")
        elif each.name.endswith(_KINDS):
            found.append((prefix + each.name, each.read_bytes()))
    return found
