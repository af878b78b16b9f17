"""The bench's settings file: every key works, every mistake is named with its line."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from simulators.__main__ import EXAMPLE, main
from simulators.settings import (
    AccessPointSettings,
    BenchSettings,
    PrinterSettings,
    ReaderSettings,
    ScaleSettings,
    SettingsRefused,
    load,
)


def refusal(folder: Path, text: str) -> str:
    file = folder / "bench.toml"
    file.write_text(text)
    with pytest.raises(SettingsRefused) as refused:
        load(file)
    return str(refused.value).replace(str(file), "bench.toml")


def test_the_example_is_valid_and_names_every_key() -> None:
    settings = load(EXAMPLE)
    assert [scale.port for scale in settings.scales] == [EXAMPLE.parent / "run/scale-1"]
    text = EXAMPLE.read_text()
    for table in (BenchSettings, ScaleSettings, PrinterSettings, AccessPointSettings, ReaderSettings):
        for field in msgspec.structs.fields(table):
            assert re.search(rf"^(# )?(\[\[)?{field.name}\b", text, re.MULTILINE), field.name


def test_the_defaults_in_the_example_are_the_defaults(tmp_path: Path) -> None:
    shown = [line for line in EXAMPLE.read_text().splitlines() if "proxy_port" not in line]
    live = "\n".join(line.removeprefix("# ") if re.match(r"# \w+ = ", line) else line for line in shown)
    (tmp_path / "bench.toml").write_text(live)
    (tmp_path / "bare.toml").write_text("\n".join(line for line in shown if not line.startswith("#")))
    assert load(tmp_path / "bench.toml") == load(tmp_path / "bare.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sed = 1", "bench.toml:1: unknown key 'sed'. Did you mean 'seed'?"),
        (
            '[[printers]]\nid = "a"\n\n[[printers]]\nid = "b"\nport = 0\ncolums = 42\n',
            "bench.toml:7: unknown key 'colums' in [[printers]]. Did you mean 'columns'?",
        ),
        ('[[scales]]\nid = "a"\n', "bench.toml:1: the key 'port' in [[scales]] is missing."),
        ('port = "x"', "bench.toml:1: wrong value for 'port'"),
        ('[[access_points]]\nid = "a"\nlabels = 0', "bench.toml:3: 1 to 20000 labels."),
        ('[[access_points]]\nid = "a"\nhardware_type = 9', "bench.toml:3: 9 is not known."),
        ('[[printers]]\nid = "a"\n[[access_points]]\nid = "a"', "bench.toml:4: the id 'a' is used twice."),
        ('[[printers]]\nid = "a"\n[[printers]]\nid = "b"\nport = 9100', "bench.toml:5: 9100 is used twice."),
        ('[[printers]]\nid = "a b"', "bench.toml:2: 'a b' is no id"),
        ('[[readers]]\nid = "a"\nantennas = 0', "bench.toml:3: 1 to 16 antennas"),
        ("seed = ", "bench.toml: is not valid TOML"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, text: str, said: str) -> None:
    assert refusal(tmp_path, text).startswith(said)


def test_a_missing_file_and_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(tmp_path / "none.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main(["example"]) == 0
    (tmp_path / "bench.toml").write_text(capsys.readouterr().out)
    assert main(["check", "--config", str(tmp_path / "bench.toml")]) == 0
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "python -m simulators run" in capsys.readouterr().out
