"""Starting the staff screens wrongly: one line that says what to do, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.__main__ import WRONG_USE, main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "give --tls-cert and --tls-key"),
        (["--tls-cert", "staff.crt"], "belong together"),
        (["--box", "127.0.0.1:8080"], "http://127.0.0.1:8080"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["staff", "--data", str(tmp_path / "staff"), "--port", "0", *words]) == WRONG_USE
    captured = capsys.readouterr().err
    assert said in captured
    assert "Traceback" not in captured
