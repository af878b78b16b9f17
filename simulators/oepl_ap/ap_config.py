"""The access point's settings and descriptions as it writes and takes them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from protocols.esl.tag_types import NEVER, TagType
from simulators.oepl_ap.state import CONFIG, TEXTS

ALIAS_MAX = 31
PARTS = {
    "C6": "1", "H2": "0", "TLSR": "0", "savespace": "0", "hasFlasher": "0", "hasBLE": "0", "hasSubGhz": "0", "apstate": "1",
}  # fmt: skip
"""What `/get_ap_config` puts before the settings: all texts."""


def config_json(config: Mapping[str, str]) -> bytes:
    """`/get_ap_config`: texts about its parts, then the settings, numbers as numbers."""
    settings = {key: text if key in TEXTS else int(text) for key, text in config.items()}
    return msgspec.json.encode(PARTS | settings)


def change_config(config: dict[str, str], values: Mapping[str, str]) -> None:
    """`/save_apcfg`: known keys only, numbers cut to eight bits; `sleeptime2` counts only with `sleeptime1`."""
    for key, text in values.items():
        if key not in CONFIG or (key == "sleeptime2" and "sleeptime1" not in values):
            continue
        if key in TEXTS:
            config[key] = text[:ALIAS_MAX] if key == "alias" else text
        else:
            digits = text.strip()
            config[key] = str(int(digits) & 0xFF) if digits.isascii() and digits.isdigit() and len(digits) < 10 else "0"


def system_info(config: Mapping[str, str]) -> bytes:
    """`/sysinfo`."""
    info = {
        "alias": config["alias"],
        "env": config["env"],
        "buildtime": "2026-08-01T00:00:00",
        "buildversion": "bench",
        "sha": "",
        "psramsize": 8_388_608,
        "flashsize": 16_777_216,
        "ap_version": 38,
        "hasC6": 1,
        "hasH2": 0,
        "hasTslr": 0,
        "rollback": False,
    }
    return msgspec.json.encode(info)


def tag_type_json(kind: TagType) -> bytes:
    """`/tagtypes/XX.json`, as far as pictures go."""
    table: dict[str, object] = {
        "version": 1,
        "name": kind.name,
        "width": kind.width,
        "height": kind.height,
        "rotatebuffer": kind.rotate_buffer,
        "bpp": 2 if kind.has_accent else 1,
        "colortable": {
            name: list(rgb) for name, rgb in zip(("white", "black", "red", "yellow"), kind.colours, strict=False)
        },
        "options": ["led"],
        "contentids": [22, 23, 24, 25],
    }
    if kind.zlib_from != NEVER:
        table["zlib_compression"] = f"{kind.zlib_from:02x}"
    if kind.g5_from != NEVER:
        table["g5_compression"] = f"{kind.g5_from:02x}"
    return msgspec.json.encode(table)
