"""The bench's settings file: every key works, every mistake is named with its line."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from edge import settings as edge_settings
from simulators.__main__ import EXAMPLE, main
from simulators.edge_config import edge_config
from simulators.settings import (
    AccessPointSettings,
    BenchSettings,
    BlePointSettings,
    GoodsTable,
    PrinterSettings,
    ReaderSettings,
    ScaleSettings,
    ScannerSettings,
    SettingsRefused,
    TillTable,
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
    assert [scale.port for scale in settings.scales] == [EXAMPLE.parent / "run/scale-1", None]
    text = EXAMPLE.read_text()
    devices = (ScaleSettings, ScannerSettings, PrinterSettings, AccessPointSettings, BlePointSettings, ReaderSettings)
    for table in (BenchSettings, TillTable, GoodsTable, *devices):
        for field in msgspec.structs.fields(table):
            assert re.search(rf"^(# )?(\[\[)?{field.name}\b", text, re.MULTILINE), field.name


def test_the_defaults_in_the_example_are_the_defaults(tmp_path: Path) -> None:
    shown = [line for line in EXAMPLE.read_text().splitlines() if not re.search(r"proxy_(tcp_)?port|tls_", line)]
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
        ('[[scales]]\nport = "a"\n', "bench.toml:1: the key 'id' in [[scales]] is missing."),
        ('[[scales]]\nid = "a"\n', "bench.toml:1: give either port (a serial port) or tcp_port."),
        ('[[scales]]\nid = "a"\nkind = "nci"\nport = "p"', "bench.toml:3: 'nci' is no scale protocol. Known: toledo8217,"),
        ('[[scanners]]\nid = "a"\ntcp_port = 1\nproxy_port = "p"', "bench.toml:4: the device is on tcp_port"),
        ('[[scanners]]\nid = "a"\nport = "q"\nproxy_tcp_port = 9', "bench.toml:4: the device is on a serial port"),
        ('[[tills]]\nid = "1"\nscale = "s"', "bench.toml:3: till '1': there is no scale 's'."),
        ('[[tills]]\nid = "1"\n[[tills]]\nid = "1"', "bench.toml:4: two tills have the id '1'."),
        ('[[tills]]\nid = "1"\nscnner = "s"', "bench.toml:3: unknown key 'scnner' in [[tills]]. Did you mean 'scanner'?"),
        ('[[goods]]\ncode = "1"\nname = "A"\nsymbology = "ean"', "bench.toml:4: 'ean' is none of untold,"),
        ('port = "x"', "bench.toml:1: wrong value for 'port'"),
        ('[[access_points]]\nid = "a"\nlabels = 0', "bench.toml:3: 1 to 20000 labels."),
        ('[[access_points]]\nid = "a"\nhardware_type = 9', "bench.toml:3: 9 is not known."),
        ('[[printers]]\nid = "a"\n[[access_points]]\nid = "a"', "bench.toml:4: the id 'a' is used twice."),
        ('[[printers]]\nid = "a"\n[[printers]]\nid = "b"\nport = 9100', "bench.toml:5: 9100 is used twice."),
        ('[[printers]]\nid = "a b"', "bench.toml:2: 'a b' is no id"),
        ('[[ble_points]]\nid = "a"\nimages = 0', "bench.toml:3: 1 to 255 image slots."),
        ('[[ble_points]]\nid = "a"\nlabels = 9000', "bench.toml:3: 1 to 7140 labels."),
        ('[[readers]]\nid = "a"\nantennas = 0', "bench.toml:3: 2 to 16 antennas"),
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


def test_a_boxs_settings_follow_from_the_bench_and_go_through_its_bad_lines(tmp_path: Path) -> None:
    (tmp_path / "bench.toml").write_text(
        EXAMPLE.read_text().replace("# proxy_port", "proxy_port").replace("# proxy_tcp_port", "proxy_tcp_port")
    )
    head = '[store]\nid = "s-1"\ndata_dir = "data"\n'
    (tmp_path / "store.toml").write_text(head + edge_config(load(tmp_path / "bench.toml"), "bench.toml"))
    box = edge_settings.load(tmp_path / "store.toml")
    assert [(till.id, till.scale, till.printer, till.scanner, till.terminal, till.card_reader) for till in box.tills] == [
        ("1", "scale-1", "printer-1", "scanner-1", "terminal-1", "cards-1")
    ]
    places = {device.id: getattr(device, "port", None) or getattr(device, "url", None) for device in box.devices}
    assert places == {
        "scale-1": str(tmp_path / "run/scale-1-bad"),
        "scale-2": "tcp://127.0.0.1:4405",
        "scanner-1": str(tmp_path / "run/scanner-1"),
        "printer-1": 9200,
        "printer-2": str(tmp_path / "run/printer-2"),
        "display-1": str(tmp_path / "run/display-1"),
        "terminal-1": 7171,
        "terminal-2": "tcp://127.0.0.1:20107",
        "codes-1": None,
        "labels-1": "http://127.0.0.1:8170",
        "labels-2": "tcp://127.0.0.1:8171",
        "door-1": 5184,
        "cards-1": None,
        "bus-1": "tcp://127.0.0.1:5120",
        "fridge-1-door": "mqtt://127.0.0.1:1883",
        "counter-1": "http://127.0.0.1:8195",
    }


READERS = """
[[tills]]
id = "1"
[[readers]]
id = "exit-1"
port = 5085
use = "gate"
[[readers]]
id = "rooms-1"
port = 5086
use = "rooms"
antennas = 2
[[readers]]
id = "pad-1"
port = 5087
use = "pad"
till = "1"
"""


def test_what_a_reader_is_for_becomes_gates_rooms_and_pads_of_the_box(tmp_path: Path) -> None:
    (tmp_path / "bench.toml").write_text(READERS)
    head = '[store]\nid = "s-1"\ndata_dir = "data"\n'
    (tmp_path / "store.toml").write_text(head + edge_config(load(tmp_path / "bench.toml"), "bench.toml"))
    box = edge_settings.load(tmp_path / "store.toml")
    assert [(gate.id, gate.reader, gate.antennas_inside, gate.antennas_outside) for gate in box.gates] == [
        ("exit-1", "exit-1", (3, 4), (1, 2))
    ]
    assert [gate.siren_output for gate in box.gates] == [1]
    assert [(room.id, room.reader, room.antennas) for room in box.fitting_rooms] == [
        ("1", "rooms-1", (1,)),
        ("2", "rooms-1", (2,)),
    ]
    assert [(pad.till, pad.reader, pad.antennas) for pad in box.pads] == [("1", "pad-1", (1, 2, 3, 4))]


@pytest.mark.parametrize(("text", "key"), [('use = "roof"', "roof"), ('use = "pad"', "till"), ('till = "1"', "till")])
def test_a_reader_for_nothing_we_know_is_refused(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "bench.toml").write_text(f'[[readers]]\nid = "r"\nport = 5084\n{text}\n')
    with pytest.raises(SettingsRefused, match=key):
        load(tmp_path / "bench.toml")


def test_the_command_line_prints_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bench.toml").write_text(EXAMPLE.read_text())
    assert main(["edge-config", "--config", str(tmp_path / "bench.toml")]) == 0
    assert '[[tills]]\nid = "1"\nscale = "scale-1"' in capsys.readouterr().out


def test_scanners_on_kernel_wires_and_cards(tmp_path: Path) -> None:
    toml = (
        '[[scanners]]\nid = "a"\nkind = "wedge"\nport = "run/a"\nlayout = "de"\nsuffix = "tab"\n'
        '[[scanners]]\nid = "b"\nkind = "hid_pos"\nport = "run/b"\n[[card_readers]]\nid = "c"\n'
    )
    (tmp_path / "bench.toml").write_text(toml)
    head = '[store]\nid = "s-1"\ndata_dir = "data"\n'
    (tmp_path / "store.toml").write_text(head + edge_config(load(tmp_path / "bench.toml"), "bench.toml"))
    one, two, three = edge_settings.load(tmp_path / "store.toml").devices
    assert (one.port, one.layout, one.suffix) == (f"unix:{tmp_path}/run/a", "de", "tab")
    assert (two.port, three.reader) == (f"unix:{tmp_path}/run/b", "Virtual PCD")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[[scanners]]\nid = "a"\nkind = "wedge"\ntcp_port = 1', "has a port (a Unix socket), and no bad line"),
        ('[[scanners]]\nid = "a"\nkind = "wedge"\nport = "a"\nlayout = "x"', "'x' is none of us, gb, de, fr"),
        ('[[scanners]]\nid = "a"\nkind = "wedge"\nport = "a"\nsuffix = "lf"', "a keyboard has the keys"),
        ('[[cards]]\nid = "a"\nkind = "x"', "'x' is none of classic_1k"),
        ('[[cards]]\nid = "a"\nkind = "phone"\nuid = "zz"', "uid: hexadecimal digits"),
        ('[[cards]]\nid = "a"\nkind = "phone"\n[[cards]]\nid = "a"\nkind = "phone"', "'a' is used twice"),
    ],
)
def test_scanners_and_cards_that_cannot_be_are_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "bench.toml").write_text(text)
    with pytest.raises(SettingsRefused) as refused:
        load(tmp_path / "bench.toml")
    assert why in str(refused.value)
