"""Documentation against the code: every link leads somewhere, every command named exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
COMMAND = re.compile(r"python -m ((?:cloud|edge|simulators)(?:\s+[a-z][a-z-]+){1,2})")
TARGET = re.compile(r"`make ([a-z]+)")


def commands() -> dict[str, list[str]]:
    """By module, the command lines the pages name: `cloud`: [`store renew`, …]."""
    found: dict[str, set[str]] = {}
    for page in PAGES:
        for match in COMMAND.findall(page.read_text()):
            module, *words = match.split()
            found.setdefault(module, set()).add(" ".join(words))
    return {module: sorted(lines) for module, lines in found.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    broken = [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()]
    assert not broken


def test_make_targets_named_exist() -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for page in PAGES for target in TARGET.findall(page.read_text())}
    assert named <= known


@pytest.mark.parametrize("module", ["cloud", "edge", "simulators"])
def test_commands_named_exist(module: str) -> None:
    """`--help` at the end of each: a word that is no command is refused before it is read."""
    asked = [sys.executable, "-c", _ASK_ALL, module, *commands()[module]]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


_ASK_ALL = """
import contextlib, importlib, io, sys
module = importlib.import_module(sys.argv[1] + ".__main__")
for words in sys.argv[2:]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            module.main([*words.split(), "--help"])
        except SystemExit as ended:
            code = ended.code
    if code:
        sys.exit(f"python -m {module.__package__} {words}: {said.getvalue()}")
"""
