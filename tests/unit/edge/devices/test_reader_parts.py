"""The table of a reader in the settings file, as what is asked of the reader; and what cannot be, with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import settings
from edge.devices.reader_parts import inventory_setup, reader_driver
from edge.settings import LlrpSettings, SettingsRefused
from protocols.clock import FakeClock
from protocols.llrp.reader_setup import Extra, InventorySetup, Start

READER = """
[[devices]]
kind = "llrp"
id = "door-1"
host = "[2001:db8::40]"
antennas_inside = [3, 4]
antennas_outside = [1, 2]
"""


def reader(tmp_path: Path, more: str = "") -> LlrpSettings:
    path = tmp_path / "store.toml"
    path.write_text('[store]\nid = "S1"\ndata_dir = "."\n' + READER + more, encoding="utf-8")
    (device,) = settings.load(path).devices
    assert isinstance(device, LlrpSettings)
    return device


def test_what_is_left_out_reads_always_and_asks_for_the_newer_version(tmp_path: Path) -> None:
    assert inventory_setup(reader(tmp_path), (1, 2, 3, 4)) == InventorySetup(antennas=(1, 2, 3, 4), version_max=2)


def test_every_key_reaches_the_reader(tmp_path: Path) -> None:
    device = reader(
        tmp_path,
        "power_dbm = 27\nantenna_power_dbm = { 1 = 24.5, 4 = 30 }\ngen2_session = 2\ntags_expected = 200\nrf_mode = 1002\n"
        'impinj_search_mode = 1\nextras = ["phase", "tid"]\nstart = "periodic"\nperiod_ms = 60000\nrun_ms = 5000\n'
        'inputs = [1, 2]\nstart_input = 3\ndebounce_ms = 80\ncarry_forward = false\nllrp_version = "1.0.1"\nflush_ms = 250\n'
        "report_every_tags = 100\nkeepalive_ms = 2000\n",
    )
    assert inventory_setup(device, (1, 4)) == InventorySetup(
        antennas=(1, 4),
        report_every_tags=100,
        flush_ms=250,
        keepalive_ms=2_000,
        power_cdbm=2_700,
        antenna_power_cdbm=((1, 2_450), (4, 3_000)),
        gen2_session=2,
        tags_expected=200,
        rf_mode=1_002,
        search_mode=1,
        start=Start.PERIODIC,
        period_ms=60_000,
        run_ms=5_000,
        start_input=3,
        inputs=(1, 2),
        debounce_ms=80,
        extras=Extra.PHASE | Extra.TID,
        carry_forward=False,
        version_max=1,
    )
    assert reader_driver(device, FakeClock()).device_id == "door-1"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("gen2_session = 4\n", "devices.gen2_session: 0 to 3."),
        ("antenna_power_dbm = { one = 3 }\n", "antennas from 1, 0 to 36 dBm"),
        ("antenna_power_dbm = { 1 = 99 }\n", "antennas from 1, 0 to 36 dBm"),
        ("tls = true\n", "devices.tls_ca_file"),
        ('tls_ca_file = "ca.pem"\n', "devices.tls: must be true"),
        ('tls = true\ntls_ca_file = "ca.pem"\ntls_key_file = "k"\n', "go together"),
        ('start = "periodic"\nperiod_ms = 100\nrun_ms = 200\n', "devices.period_ms"),
        ('start = "sometimes"\n', "start"),
        ("inputs = [0]\n", "numbers from 1 to 16"),
        ("debounce_ms = -1\n", "devices.debounce_ms: 0 to 5000."),
        ("flush_ms = 1\n", "devices.flush_ms"),
        ("tags_expected = 0\n", "devices.tags_expected"),
        ('extras = ["colour"]\n', "extras"),
    ],
)
def test_what_cannot_be_is_refused_with_its_key(tmp_path: Path, more: str, expected: str) -> None:
    with pytest.raises(SettingsRefused, match=r"store.toml:\d+") as refused:
        reader(tmp_path, more)
    assert expected in str(refused.value)
