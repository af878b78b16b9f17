"""Mosquitto's access-list format, as far as this house writes it, for the embedded broker: one file serves both brokers.

    user S001                        rules below are for this user
    topic read ts1/feed/global/#
    pattern write ts1/+/%u/report    for every user, %u is the user's name

A user is the common name of the client certificate. What no rule allows is forbidden.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger("deploy.broker_access")

READ, WRITE = "read", "write"
_ACCESS = {"read": (READ,), "write": (WRITE,), "readwrite": (READ, WRITE)}


class AccessListError(ValueError):
    """A line of the access list that cannot be read; the message carries its number."""


@dataclass
class Rules:
    """Topic filters by what they allow."""

    read: list[str] = field(default_factory=list)
    write: list[str] = field(default_factory=list)

    def add(self, access: str, topic_filter: str) -> None:
        for word in _ACCESS[access]:
            (self.read if word == READ else self.write).append(topic_filter)


class AccessList:
    """An access list on disk: each question looks whether the file has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] = (0, 0, 0)
        self._patterns = Rules()
        self._users: dict[str, Rules] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the file if it changed. Raises `AccessListError` or `OSError`; the former list then stays."""
        stat = self._path.stat()
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if seen != self._seen:
            self._seen = seen
            self._patterns, self._users = parse(self._path.read_text())

    def may_write(self, user: str, topic: str) -> bool:
        """Whether this user may publish on the topic."""
        return self._allows(user, WRITE, topic)

    def may_read(self, user: str, topic_or_filter: str) -> bool:
        """Whether this user may receive the topic, or all that the filter can match."""
        return self._allows(user, READ, topic_or_filter)

    def _allows(self, user: str, access: str, wanted: str) -> bool:
        if not user or set(user) & set("+#/"):
            return False
        try:
            self.refresh()
        except (AccessListError, OSError) as error:
            log.error("the access list stays as it was: %s", error)
        own = self._users.get(user)
        if own is not None and any(covers(allowed, wanted) for allowed in getattr(own, access)):
            return True
        patterns: list[str] = getattr(self._patterns, access)
        return any(covers(pattern.replace("%u", user), wanted) for pattern in patterns)


def parse(text: str) -> tuple[Rules, dict[str, Rules]]:
    """Pattern rules and the rules of each user. Raises `AccessListError`."""
    patterns = Rules()
    users: dict[str, Rules] = {}
    current: Rules | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        match words:
            case [] | ["#", *_]:
                continue
            case ["user", name]:
                current = users.setdefault(name, Rules())
            case ["topic", "read" | "write" | "readwrite" as access, topic_filter] if current is not None:
                current.add(access, topic_filter)
            case ["pattern", "read" | "write" | "readwrite" as access, topic_filter]:
                patterns.add(access, topic_filter)
            case _ if line.startswith("#"):
                continue
            case _:
                raise AccessListError(f"access list, line {number}: {line.strip()!r} is not understood")
    return patterns, users


def covers(allowed: str, wanted: str) -> bool:
    """Whether every topic that `wanted` (a topic or a filter) matches is matched by the filter `allowed`."""
    have, want = allowed.split("/"), wanted.split("/")
    for index, level in enumerate(have):
        if level == "#":
            return True
        if index >= len(want) or want[index] == "#":
            return False
        if level not in ("+", want[index]):
            return False
    return len(have) == len(want)
