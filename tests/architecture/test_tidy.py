"""Taste as tests: sizes, names and calls the house forbids. Exceptions are listed here, by name and with a reason."""

import ast
import functools
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
BROAD_CATCH_ALLOWED = {"edge/devices/foreign.py"}
"""Where code of others is loaded; what a driver raises while it runs is looked at by its supervisor, not caught."""
"""The supervisor alone turns any crash of a driver into a reported state."""


DOCSTRINGS = ('"""', 'r"""')


def modules() -> Iterator[Path]:
    for house in HOUSES:
        yield from sorted((ROOT / house).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


STATEMENT = re.compile(
    r"^\s*(SELECT\s.+\sFROM|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM|CREATE TABLE)\b", re.IGNORECASE | re.DOTALL
)


def too_long(node: ast.AST) -> str:
    """A function, and of how many lines."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return ""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    return f"{node.name}: {length} lines" if length > FUNCTION_LINES_MAX else ""


def too_wide(node: ast.AST) -> str:
    """A class, and how many public methods it has."""
    if not isinstance(node, ast.ClassDef):
        return ""
    functions = [item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
    count = sum(not item.name.startswith("_") for item in functions)
    return f"{node.name}: {count} public methods" if count > PUBLIC_METHODS_MAX else ""


def past_the_seams(node: ast.AST) -> str:
    """A call for real time or real chance."""
    return dotted(node.func) if isinstance(node, ast.Call) and dotted(node.func) in BANNED_CALLS else ""


def catches_everything(node: ast.AST) -> str:
    """What an `except` is for, if for all there is."""
    if not isinstance(node, ast.ExceptHandler):
        return ""
    name = dotted(node.type) if node.type is not None else "bare except"
    return name if name in {"Exception", "BaseException", "bare except"} else ""


def sql(node: ast.AST) -> str:
    """A statement among the code."""
    told = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return repr(told.strip()[:60]) if STATEMENT.match(told) else ""


LOOKS = (too_long, too_wide, past_the_seams, catches_everything, sql)


@functools.cache
def found() -> dict[str, dict[str, list[str]]]:
    """By look and module what it found. Every module is read once: reading is what takes time."""
    told: dict[str, dict[str, list[str]]] = {look.__name__: {} for look in LOOKS}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
            for look in LOOKS:
                if words := look(node):
                    told[look.__name__].setdefault(relative(path), []).append(f"line {getattr(node, 'lineno', 0)}: {words}")
    return told


def test_modules_are_small() -> None:
    long = {relative(path): count for path in modules() if (count := len(path.read_text().splitlines())) > MODULE_LINES_MAX}
    assert not long


def test_functions_are_short() -> None:
    assert not found()["too_long"]


def test_classes_are_narrow() -> None:
    assert not found()["too_wide"]


def test_no_module_hides_behind_an_empty_name() -> None:
    assert not [relative(path) for path in modules() if path.stem in BANNED_MODULE_NAMES]


def test_time_and_chance_enter_only_through_the_seams() -> None:
    assert not {
        name: calls
        for name, calls in found()["past_the_seams"].items()
        if name not in SEAMS and not name.startswith("deploy/")
    }


def test_everything_is_caught_only_where_code_of_others_begins() -> None:
    assert set(found()["catches_everything"]) == BROAD_CATCH_ALLOWED


def test_every_module_says_what_it_is() -> None:
    silent = [relative(path) for path in modules() if (told := path.read_text().strip()) and not told.startswith(DOCSTRINGS)]
    assert not silent


def test_sql_lives_in_sql_files() -> None:
    assert not found()["sql"]


@pytest.mark.parametrize("name", ["deploy", "tests", "docs"])
def test_the_top_folders_stand(name: str) -> None:
    assert (ROOT / name).is_dir()
