"""What a printer or display is told: the profile's word, unless a key says otherwise; every mistake with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.devices.kinds.printers import traits_of
from edge.settings import SettingsRefused, load
from edge.settings.devices.printers import EscposSerialSettings, EscposTcpSettings

HEAD = '[store]\nid = "s"\ndata_dir = "data"\n'
PRINTER = '[[devices]]\nkind = "escpos_tcp"\nid = "p"\nhost = "h"\n'


def test_the_profile_speaks_where_the_settings_are_silent() -> None:
    china = EscposTcpSettings(id="p", host="h", profile="china_80")
    assert (china.the_columns, china.the_charset) == (48, "gb18030")
    assert traits_of(china).proof == "status"
    said = EscposTcpSettings(id="p", host="h", profile="china_80", columns=42, charset="cp866", proof="process_id")
    assert (said.the_columns, said.the_charset, traits_of(said).proof) == (42, "cp866", "process_id")


def test_the_drawer_as_the_site_has_it() -> None:
    low = EscposSerialSettings(id="p", port="/dev/ttyS0", drawer_sense="open_low", drawer_pin=5, drawer_pulse_ms=200)
    traits = traits_of(low)
    assert (traits.drawer_open_when_high, traits.drawer_pin, traits.drawer_on_ms) == (False, 5, 200)
    assert traits.bytes_per_second == 960
    assert traits_of(EscposTcpSettings(id="p", host="h", drawer_sense="none")).drawer_open_when_high is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PRINTER + 'profile = "epson"\n', "devices.profile: 'epson' is none of generic_80,"),
        (PRINTER + 'charset = "utf8"\n', "devices.charset: 'utf8' is none of cp437,"),
        (PRINTER + "columns = 8\n", "devices.columns: 16 to 96 characters"),
        (PRINTER + 'profile = "china_58"\ndrawer_pin = 5\n', "devices.drawer_pin: this printer has pin 2 only."),
        (PRINTER + "drawer_pulse_ms = 5000\n", "devices.drawer_pulse_ms: 20 to 500."),
        (PRINTER + "drawer_open_seconds = -1\n", "devices.drawer_open_seconds: 0 (no alarm) to 3600."),
        (
            '[[devices]]\nkind = "escpos_serial"\nid = "p"\nport = "tcp://h:1"\n',
            "for a printer in the network use escpos_tcp.",
        ),
        (
            '[[devices]]\nkind = "epos"\nid = "p"\nurl = "192.0.2.1"\n',
            "devices.url: http://host or https://host is expected",
        ),
        (
            '[[devices]]\nkind = "cd5220"\nid = "d"\nport = "/dev/x"\ncharset = "utf8"\n',
            "devices.charset: 'utf8' is none of",
        ),
        (
            '[[devices]]\nkind = "printer_display"\nid = "d"\nprinter = "p"\n',
            "there is no ESC/POS printer 'p' for the display",
        ),
        (
            '[[tills]]\nid = "1"\ndisplay = "d"\n[[tills]]\nid = "2"\ndisplay = "d"\n'
            '[[devices]]\nkind = "cd5220"\nid = "d"\nport = "/dev/x"\n',
            "two tills have the display 'd': it shows one basket.",
        ),
        (PRINTER + '[[tills]]\nid = "1"\ndisplay = "p"\n', "till '1': there is no display 'p' in [[devices]]."),
    ],
)
def test_a_mistake_is_told_with_its_remedy(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "store.toml").write_text(HEAD + text)
    with pytest.raises(SettingsRefused) as refused:
        load(tmp_path / "store.toml")
    assert expected in str(refused.value)
