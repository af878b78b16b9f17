"""Taste as tests: sizes, names and calls the house forbids. Exceptions are listed here, by name and with a reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOUSES = ("protocols", "firmware_bridges", "simulators", "edge", "cloud", "deploy")
MODULE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
PUBLIC_METHODS_MAX = 20

BANNED_MODULE_NAMES = {"utils", "util", "common", "helpers", "manager", "base_service", "misc"}
BANNED_CALLS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns",
    "random.random", "random.randint", "random.choice", "random.shuffle", "random.randbytes", "os.urandom",
    "uuid.uuid4", "uuid.uuid1",
}  # fmt: skip
SEAMS = {"edge/clock.py", "cloud/clock.py", "simulators/clock.py"}
"""Where real time and real chance enter."""
BROAD_CATCH_ALLOWED = {"firmware_bridges/supervise.py"}
"""The supervisor alone turns any crash of a driver into a reported state."""


def modules() -> Iterator[Path]:
    for house in HOUSES:
        yield from sorted((ROOT / house).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def test_modules_are_small() -> None:
    too_long = {
        relative(path): count for path in modules() if (count := len(path.read_text().splitlines())) > MODULE_LINES_MAX
    }
    assert not too_long


def test_functions_are_short() -> None:
    too_long = []
    for path in modules():
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    too_long.append(f"{relative(path)}:{node.lineno} {node.name}: {length} lines")
    assert not too_long


def test_classes_are_narrow() -> None:
    too_wide = []
    for path in modules():
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ClassDef):
                methods = [
                    item.name
                    for item in node.body
                    if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.name.startswith("_")
                ]
                if len(methods) > PUBLIC_METHODS_MAX:
                    too_wide.append(f"{relative(path)}:{node.lineno} {node.name}: {len(methods)} public methods")
    assert not too_wide


def test_no_module_hides_behind_an_empty_name() -> None:
    assert not [relative(path) for path in modules() if path.stem in BANNED_MODULE_NAMES]


def test_time_and_chance_enter_only_through_the_seams() -> None:
    found = []
    for path in modules():
        if relative(path) in SEAMS or relative(path).startswith("deploy/"):
            continue
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and dotted(node.func) in BANNED_CALLS:
                found.append(f"{relative(path)}:{node.lineno} {dotted(node.func)}")
    assert not found


def test_only_the_supervisor_catches_everything() -> None:
    found = []
    for path in modules():
        if relative(path) in BROAD_CATCH_ALLOWED:
            continue
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ExceptHandler):
                names = [dotted(node.type)] if node.type is not None else ["bare except"]
                if {"Exception", "BaseException", "bare except"} & set(names):
                    found.append(f"{relative(path)}:{node.lineno} {names[0]}")
    assert not found


def test_every_module_says_what_it_is() -> None:
    silent = [relative(path) for path in modules() if path.read_text().strip() and not ast.get_docstring(parse(path))]
    assert not silent


def test_sql_lives_in_sql_files() -> None:
    statement = re.compile(
        r"^\s*(SELECT\s.+\sFROM|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM|CREATE TABLE)\b", re.IGNORECASE | re.DOTALL
    )
    found = []
    for path in modules():
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.match(node.value):
                found.append(f"{relative(path)}:{node.lineno} {node.value.strip()[:60]!r}")
    assert not found


@pytest.mark.parametrize("name", ["deploy", "tests", "docs"])
def test_the_top_folders_stand(name: str) -> None:
    assert (ROOT / name).is_dir()
