"""What can go wrong on the line to headquarters, as the shell tells it apart."""

from __future__ import annotations


class LineBroken(Exception):
    """The line is down; the text says why in plain words."""


class LineRefused(LineBroken):
    """Somebody answered and said no: wrong certificate, wrong address, not allowed. A person must look."""


class FetchFailed(Exception):
    """A pull over HTTPS did not succeed."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone
        """HQ no longer holds these deltas (410): take the snapshot."""


class NotThere(FetchFailed):
    """Headquarters has no such thing (404): an empty feed, or a route it does not know."""
