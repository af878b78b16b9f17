"""What to do when the card service cannot be used: it differs by how pcscd was built and what runs on the machine.

pcsc-lite asks polkit who may use readers when it was built so (Debian: from 2.0.1 on); `--disable-polkit` exists from 2.0.0
on. Without systemd nobody starts it by its socket.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

RULE_FILE = "/etc/polkit-1/rules.d/50-tallystick-cards.rules"
_ASK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Flavour:
    """How the installed pcscd was built, and whether systemd runs here."""

    version: str
    polkit: bool
    may_disable_polkit: bool
    systemd: bool


def flavour_of(version_text: str, help_text: str, *, systemd_runs: bool) -> Flavour:
    """Read `pcscd --version` and `pcscd --help`."""
    version = re.search(r"version (\d+(?:\.\d+)*)", version_text)
    features = version_text.partition("Enabled features:")[2]
    return Flavour(
        version="?" if version is None else version[1],
        polkit="polkit" in features.split(),
        may_disable_polkit="--disable-polkit" in help_text,
        systemd=systemd_runs and "libsystemd" in features,
    )


def installed() -> Flavour | None:
    """Ask the pcscd of this machine; None: there is none. Takes a moment: not for an event loop."""
    program = shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        return None
    return flavour_of(
        _says(program, "--version"), _says(program, "--help"), systemd_runs=Path("/run/systemd/system").is_dir()
    )


def _says(program: str, option: str) -> str:
    try:
        done = subprocess.run([program, option], capture_output=True, text=True, timeout=_ASK_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def not_running(flavour: Flavour | None) -> str:
    """Nobody answers on the service's socket."""
    if flavour is None:
        return "the card service is not installed. As root: apt install pcscd"
    start = "systemctl enable --now pcscd.socket" if flavour.systemd else "pcscd"
    return f"the card service does not run. As root: {start}"


def not_allowed(flavour: Flavour | None, user: str) -> str:
    """The service refuses this user."""
    if flavour is None or not flavour.polkit:
        return f"the card service refuses the user '{user}'. Start the box as a user who may open /run/pcscd/pcscd.comm"
    rule = (
        "polkit.addRule(function(action, subject) { "
        'if (action.id.indexOf("org.debian.pcsc-lite.") == 0 && subject.user == "' + user + '") '
        "return polkit.Result.YES; });"
    )
    without = (
        "In a container without polkit, start it with: pcscd --disable-polkit"
        if flavour.may_disable_polkit
        else f"pcscd {flavour.version} cannot do without polkit"
    )
    return f"polkit keeps the user '{user}' from card readers. As root, write into {RULE_FILE}: {rule} {without}"


NO_READER = "no card reader is plugged in"


def no_such_reader(wanted: str, there: list[str]) -> str:
    """Readers, but not the one the settings name."""
    return f"no card reader has '{wanted}' in its name. There is: {', '.join(there)}"


NO_LIBRARY = "the library for cards is not installed: pip install 'tallystick[cards]' (needs swig, gcc, libpcsclite-dev)"
