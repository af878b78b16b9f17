"""The import contracts hold, and each of them really bites when a wrong import is planted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOUSES = ("protocols", "firmware_bridges", "simulators", "edge", "cloud", "deploy")


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--cache-dir", str(tree / "known-imports")]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(tree)})


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / ".importlinter", tree)
    for house in HOUSES:
        shutil.copytree(ROOT / house, tree / house, ignore=shutil.ignore_patterns("__pycache__"))
    return tree


def test_the_tree_keeps_every_contract(copied_tree: Path) -> None:
    result = lint_imports(copied_tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("house", "line", "contract"),
    [
        ("protocols", "import edge", "The ground imports none of the houses"),
        ("protocols", "import asyncio", "The ground does no I/O"),
        ("firmware_bridges", "import edge", "Bridges know devices"),
        ("simulators", "import cloud", "A simulator plays the device"),
        ("edge", "import cloud", "Store and HQ meet only in the protocol"),
        ("cloud", "import edge", "Store and HQ meet only in the protocol"),
        ("deploy", "import protocols", "Deployment starts processes"),
        ("edge", "import deploy", "Nobody imports deployment"),
    ],
)
def test_a_planted_wrong_import_breaks_its_contract(copied_tree: Path, house: str, line: str, contract: str) -> None:
    planted = copied_tree / house / f"planted_{line.replace(' ', '_')}.py"  # a name of its own: files are remembered
    planted.write_text(f"{line}\n")
    try:
        result = lint_imports(copied_tree)
    finally:
        planted.unlink()
    assert result.returncode != 0
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken), result.stdout
