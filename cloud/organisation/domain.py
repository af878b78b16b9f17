"""What an organisation and its regions may be called. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloud.refusals import Invalid

DEFAULT_REGION = "default"
"""Where a store is until somebody moves it (migration 0400)."""
REGION_ID_PATTERN = "^[a-z0-9-]{1,32}$"
NAME_LENGTH_MAX = 80
REGIONS_MAX = 500
"""More than that is no longer a list one looks through."""


@dataclass(frozen=True)
class Region:
    """A region and how many stores of it the one who asks sees."""

    region_id: str
    name: str
    store_count: int = 0


@dataclass(frozen=True)
class PlacedStore:
    """A store's name, its price zone and the region it is in."""

    store_id: str
    name: str
    zone: str
    region_id: str


def check_region_id(region_id: str) -> None:
    """Raise `Invalid` unless it is a short name of small letters, digits and `-`."""
    if not re.fullmatch(REGION_ID_PATTERN, region_id):
        raise Invalid.field("region_id", "not 1 to 32 small letters, digits or -", "Use a short name, like north-shore.")


def checked_name(name: str) -> str:
    """The name without blanks around it. Raises `Invalid`."""
    text = name.strip()
    if not text or len(text) > NAME_LENGTH_MAX:
        raise Invalid.field("name", "empty or too long", f"Give a name of 1 to {NAME_LENGTH_MAX} characters.")
    return text
