"""What can go wrong with a database file, told so that the caller knows what to do."""

from __future__ import annotations


class StoreDbError(Exception):
    """The transaction did not happen. Nothing of it is stored."""


class StoreFull(StoreDbError):
    """The disk (or the file's limit) is full: selling stops loudly until there is room; nothing stored is lost."""


class StoreBusy(StoreDbError):
    """More writes are waiting than the stated limit: the caller is told at once instead of queueing for ever."""


class StoreBroken(StoreDbError):
    """The file cannot be read or written (I/O error, damaged, read-only): the daemon must end and be looked at."""


class StoreClosed(StoreDbError):
    """The database was closed before the write could run."""
