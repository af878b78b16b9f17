"""What the box says of itself: which machine, which software."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path


def machine_id() -> str:
    """This machine's own id, so that HQ can tell a card that moved to another box."""
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip() or platform.node()
    except OSError:
        return platform.node()


def software_version() -> str:
    """This software's version; reading it takes a look through the file system."""
    return metadata.version("tallystick")
