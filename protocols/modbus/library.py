"""The profiles this software brings, by name; files of other models are read with `profile.parse`."""

from __future__ import annotations

import functools
from importlib import resources

from protocols.modbus.profile import Profile, parse


@functools.cache
def profiles() -> dict[str, Profile]:
    """Every profile of the house, by name."""
    folder = resources.files("protocols.modbus") / "profiles"
    found = [parse(file.read_text(encoding="utf-8")) for file in folder.iterdir() if file.name.endswith(".toml")]
    return {profile.name: profile for profile in sorted(found, key=lambda each: each.name)}
