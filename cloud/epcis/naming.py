"""The id of an event of ours: made of what it says, so that the same event is never two."""

from __future__ import annotations

import hashlib


def event_id(event: bytes) -> str:
    """An id for an event without one. `event`: its JSON."""
    return f"ni:///sha-256;{hashlib.sha256(event).hexdigest()}?ver=CBV2.0"
