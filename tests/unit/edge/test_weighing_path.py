"""The weighing path's sum is what the house last published. When this fails, read docs/scales.md, "When the sum changes".

In short: a file of `protocols/scales` was changed. Look whether any weight could come out otherwise than before; raise
`VERSION` in `protocols/scales/sale_rule.py`; put version and sum into tests/golden/weighing/published.txt (`python -m edge
weighing` prints them); name the change in docs/scales.md. Stores under legal metrology need the office's word first.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import protocols.scales
from edge.__main__ import main
from edge.weighing_path import lines, weighing_path
from protocols.scales.sale_rule import VERSION

PUBLISHED = Path(__file__).parents[2] / "golden" / "weighing" / "published.txt"


def test_the_sum_is_the_published_one() -> None:
    path = weighing_path()
    assert f"{path.version} {path.sha256}" == PUBLISHED.read_text().strip(), __doc__


def test_the_sum_covers_every_file_of_the_package_and_can_be_checked_with_sha256sum() -> None:
    folder = Path(protocols.scales.__file__).parent
    there = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.suffix in {".py", ".toml"}}
    path = weighing_path()
    assert {name for name, _ in path.files} == there
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in there} == dict(path.files)
    listing = "".join(f"{line}\n" for line in lines(path)[3:])
    assert hashlib.sha256(listing.encode()).hexdigest() == path.sha256


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weighing"]) == 0
    told = capsys.readouterr().out
    assert f"weighing path {VERSION}\nsha256 {weighing_path().sha256}\n" in told
