"""One TOML file, every key explained; what is wrong is named with file, line, key and the nearest right key."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from edge import settings
from edge.sensor_settings import ColdRuleSettings, InfluxSettings
from edge.settings import SettingsRefused, load
from edge.settings.devices.registry import TABLES
from edge.toml_lines import line_of

EXAMPLE = Path(settings.__file__).parent.parent / "example-store.toml"
MINIMAL = '[store]\nid = "s-1"\ndata_dir = "data"\n'


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "store.toml"
    path.write_text(text)
    with pytest.raises(SettingsRefused) as refused:
        load(path)
    message = str(refused.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def test_the_example_loads() -> None:
    loaded = load(EXAMPLE)
    assert loaded.store.id == "s-0001"
    assert loaded.store.data_dir == EXAMPLE.parent / "data"
    names = {device.id for device in loaded.devices}
    points = {"labels-1", "labels-2", "labels-cloud", "door-1", "door-2", "reader-2"}
    scanners = {"scanner-1", "scanner-2", "scanner-3", "cards-1"}
    terminals = {"terminal-2", "terminal-3", "codes-1"}
    sensors = {"bus-1", "broker-1", "counter-1"}
    scales = {"scale-1", "scale-2", "scale-3", "scale-4", "scale-5"}
    printers = {"printer-1", "printer-2", "printer-3", "printer-4", "display-1", "display-2"}
    assert names == {*scales, *scanners, *printers, "terminal-1", *terminals, *points, *sensors}


def test_the_minimum_is_a_store_that_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "store.toml").write_text(MINIMAL)
    loaded = load(tmp_path / "store.toml")
    assert (loaded.hq, loaded.api.host, loaded.tills, loaded.journal.keep_days) == (None, "127.0.0.1", (), 30)


def example_tables() -> dict[str, list[str]]:
    """Section -> its lines, with the comment above its header."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    above: list[str] = []
    for line in EXAMPLE.read_text().splitlines():
        if match := re.match(r"\[+(\w+)\]+", line):
            current = sections.setdefault(match.group(1), [])
            current.extend(above)
        above = [*above, line] if line.startswith("# ") else []
        current.append(line)
    return sections


@pytest.mark.parametrize(
    ("section", "table"),
    [
        ("store", settings.StoreSettings),
        ("hq", settings.HqSettings),
        ("api", settings.ApiSettings),
        ("journal", settings.JournalSettings),
        ("clock", settings.ClockSettings),
        ("drivers", settings.DriverSettings),
        ("labels", settings.LabelSettings),
        ("tills", settings.TillSettings),
        ("numbers", settings.NumberSettings),
        ("cold_rules", ColdRuleSettings),
        ("influx", InfluxSettings),
        *(("devices", table) for table in TABLES),
    ],
)
def test_every_key_stands_in_the_example_with_an_explanation_and_its_default(section: str, table: type) -> None:
    lines = example_tables()[section]
    for field in msgspec.structs.fields(table):
        places = [number for number, line in enumerate(lines) if re.match(rf"(# )?{field.name} = ", line)]
        assert places, f"{section}.{field.name} is not in the example"
        before = lines[: places[0]]
        assert any(line.startswith("# ") and not re.match(r"# \w+ = ", line) for line in before), field.name
        commented = [lines[place] for place in places if lines[place].startswith("# ")]
        if commented and not field.required and isinstance(field.default, str | int) and field.default != "":
            stated = [tomllib.loads(line.removeprefix("# "))[field.name] for line in commented]
            assert field.default in stated, "the stated default"


def test_every_table_of_the_settings_is_in_the_example() -> None:
    assert set(example_tables()) == {field.name for field in msgspec.structs.fields(settings.Settings)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MINIMAL + "[api]\n\nprot = 80\n", ":6: unknown key 'api.prot'. Did you mean 'port'?"),
        (MINIMAL + "[jurnal]\n", ":4: unknown key 'jurnal'. Did you mean 'journal'?"),
        (
            MINIMAL + '[[tills]]\nid = "1"\n[[tills]]\nid = "2"\nprnter = "p"\n',
            ":8: unknown key 'tills[1].prnter'. Did you mean 'printer'?",
        ),
        (
            MINIMAL + '[[devices]]\nkind = "escpos_tcp"\nid = "p"\nhsot = "h"\n',
            ":7: unknown key 'devices[0].hsot'. Did you mean 'host'?",
        ),
        ('[store]\nid = "s-1"\n', ":1: the key 'store.data_dir' is missing."),
        (MINIMAL + '[api]\nport = "80"\n', ":5: wrong value for 'api.port': expected `int`, got `str`."),
        (MINIMAL + "[api]\nport = 99999\n", ":5: api.port: 0 to 65535 (0 takes a free one)."),
        (MINIMAL + '[[devices]]\nid = "x"\nkind = "fax"\n', ":6: wrong value for 'devices[0].kind': invalid value 'fax'."),
        (
            MINIMAL + '[[devices]]\nkind = "llrp"\nid = "d"\nhost = "h"\nantennas_inside = [1]\nantennas_outside = [2, 1]\n',
            ":9: antenna 1 cannot look both inside and outside.",
        ),
        (
            MINIMAL + '[[devices]]\nkind = "llrp"\nid = "d"\nhost = "h"\nantennas_inside = []\nantennas_outside = [2]\n',
            ":8: devices.antennas_inside: at least one antenna number from 1",
        ),
        (MINIMAL + '[[tills]]\nid = "1"\nscale = "s"\n', ":6: till '1': there is no scale 's' in [[devices]]."),
        (
            MINIMAL + '[[devices]]\nkind = "mt_sics"\nid = "s"\nport = "udp://h:1"\n',
            ":7: devices.port: a device path or tcp://host:port is expected, not 'udp://h:1'.",
        ),
        (
            MINIMAL + '[[tills]]\nid = "1"\nscanner = "s"\n[[devices]]\nkind = "mt_sics"\nid = "s"\nport = "tcp://h:1"\n',
            ":6: till '1': there is no scanner 's' in [[devices]].",
        ),
        (
            MINIMAL
            + '[[devices]]\nkind = "serial_scanner"\nid = "s"\nport = "/dev/s"\n'
            + '[[tills]]\nid = "1"\nscanner = "s"\n[[tills]]\nid = "2"\nscanner = "s"\n',
            ":13: two tills have the scanner 's': a code goes to one.",
        ),
        (
            MINIMAL
            + '[[devices]]\nkind = "modbus"\nid = "b"\nport = "/dev/x"\nsensors = [{id = "m", unit = 1, profile = "x"}]\n',
            ":8: sensor 'm': there is no profile 'x'. Known: carel, case_demo, penn_tc3, sdm630.",
        ),
        (
            MINIMAL + '[[devices]]\nkind = "people_counter"\nid = "c"\nurl = "ftp://h"\n',
            ":7: devices.url: http://host or https://host is expected",
        ),
        (
            MINIMAL + '[[cold_rules]]\nid = "r"\nsensors = ["nobody"]\nabove = 8\n',
            ":6: cold rule 'r': there is no sensor 'nobody' in [[devices]].",
        ),
        (MINIMAL + '[influx]\nurl = "http://h"\nqueue_points = 1\n', ":6: influx.queue_points: 100 to 1000000."),
        (MINIMAL + '[[tills]]\nid = "1"\n[[tills]]\nid = "1"\n', ":7: two tills have the id '1'."),
        ('[store]\nid = "no spaces"\ndata_dir = "d"\n', ":2: store.id: 1 to 32 letters, digits, '-' or '_'."),
        (MINIMAL + "[journal]\nkeep_days = 0\n", ":5: journal.keep_days: at least 1."),
        (MINIMAL + "[hq]\nmqtt_url = 'mqtts://h'\n", ":4: hq: ca_file, cert_file and key_file are needed"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_key(tmp_path: Path, text: str, expected: str) -> None:
    assert refusal(tmp_path, text).startswith(expected)


def test_listening_beyond_loopback_needs_tls_with_client_certificates(tmp_path: Path) -> None:
    message = refusal(tmp_path, MINIMAL + '[api]\nhost = "0.0.0.0"\n')
    assert message.startswith(":5: api.host '0.0.0.0' can be reached from other machines")
    tls = 'tls_cert_file = "c"\ntls_key_file = "k"\n'
    assert "client_ca_file" in refusal(tmp_path, MINIMAL + f'[api]\nhost = "192.0.2.1"\n{tls}')
    (tmp_path / "store.toml").write_text(MINIMAL + f'[api]\nhost = "0.0.0.0"\n{tls}client_ca_file = "a"\n')
    assert load(tmp_path / "store.toml").api.client_ca_file == tmp_path / "a"


def test_a_missing_file_and_broken_toml_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="cannot be read"):
        load(tmp_path / "nothing.toml")
    assert "not valid TOML" in refusal(tmp_path, "[store\n")


def test_lines_are_found_by_path() -> None:
    text = "a = 1\n[b]\n  c = 2\n[[d]]\nx = 1\n[[d]]\nx = 2\n"
    assert [line_of(text, path) for path in (("a",), ("b", "c"), ("d", 0, "x"), ("d", 1, "x"), ("d", 1, "y"), ("z",))] == [
        1, 3, 5, 7, 6, 1,
    ]  # fmt: skip


READER = '[[devices]]\nkind = "llrp"\nid = "r"\nhost = "127.0.0.1"\n'


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ("", "reads for nobody"),
        ('[[gates]]\nid = "exit"\nreader = "nobody"\nantennas_inside = [1]\nantennas_outside = [2]\n', "no reader 'nobody'"),
        ('[[gates]]\nid = "exit"\nreader = "r"\nantennas_inside = [1]\nantennas_outside = []\n', "both need at least one"),
        (
            '[[spots]]\nid = "a"\nreader = "r"\nantennas = [1]\n[[spots]]\nid = "b"\nreader = "r"\nantennas = [1]\n',
            "used twice",
        ),
        ('[[pads]]\ntill = "9"\nreader = "r"\nantennas = [1]\n', "no till '9'"),
        ('[[spots]]\nid = "a"\nreader = "r"\nantennas = [1]\n[tags]\ncloses_at = "late"\n', "a time such as 21:30"),
        ('[[fitting_rooms]]\nid = "1"\nreader = "r"\nantenas = [1]\n', "Did you mean 'antennas'?"),
    ],
)
def test_antennas_that_look_at_nothing_or_at_two_things_are_refused(tmp_path: Path, tables: str, words: str) -> None:
    path = tmp_path / "store.toml"
    path.write_text(f'[store]\nid = "s-1"\ndata_dir = "data"\n{READER}{tables}')
    with pytest.raises(SettingsRefused, match=words):
        load(path)
