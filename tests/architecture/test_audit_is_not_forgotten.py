"""A route writes through `Asking.change` (or `write`), which notes what it did; its other transactions only read."""

import ast
from collections.abc import Iterator
from pathlib import Path

CLOUD = Path(__file__).resolve().parents[2] / "cloud"
OUTSIDE = {("users/api.py", "log_in"), ("web/access.py", "change"), ("web/access.py", "note_refused")}
"""Nobody is known yet when somebody logs in: this route notes by hand. The others are what notes."""


def transactions() -> Iterator[tuple[str, str, bool]]:
    """(file, function, only reading) of every transaction a route opens by itself."""
    for path in sorted([*CLOUD.glob("*/api.py"), *CLOUD.glob("*/*_api.py"), *CLOUD.glob("web/*.py")]):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "transaction":
                    yield path.relative_to(CLOUD).as_posix(), function.name, _reads(node)


def _reads(call: ast.Call) -> bool:
    return any(
        word.arg == "reading" and isinstance(word.value, ast.Constant) and word.value.value is True for word in call.keywords
    )


def test_a_route_that_writes_cannot_forget_to_note_it() -> None:
    found = list(transactions())
    assert ("users/api.py", "log_in", False) in found
    assert [(file, name) for file, name, reads in found if not reads and (file, name) not in OUTSIDE] == []
