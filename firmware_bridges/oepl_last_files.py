"""Which labels an access point could send their last file once more, unasked.

It keeps the last file of each label. Asked to draw (the label was switched on anew, the access point restarted) it looks for
the upload its record names; that one was deleted once it was drawn, so it sends the last file instead: perhaps a price of
long ago, when another access point has served the label since. A record that names no file is left alone.

It saves its records every five minutes: a power cut within that time brings a name back. So only a record that has named
none for longer says that nothing comes again, until the next upload.
"""

from __future__ import annotations

import asyncio

from protocols.clock import Clock
from protocols.esl.image import NO_IMAGE_HASH
from protocols.esl.oepl_records import NEVER_SECONDS, TagRecord, names_a_file
from protocols.esl.oepl_uploads import CONTENT_EXTERNAL

DRAWN_WITHIN_MS = 30_000
"""While an upload is being drawn its record looks like one with nothing to do. The name of the file must not go then."""
SAVED_WITHIN_MS = 360_000
"""A record unchanged for that long is on the access point's flash: five minutes, and what a word of it takes to arrive."""


class LastFiles:
    """See the module. `look` at every record; `next` says whose file is to be named no more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_mono_ms = self._connected_mono_ms = clock.monotonic_ms()
        self._named: dict[str, int] = {}
        """By label: when its record named a file last, or had something waiting; one entry a label."""
        self._uploaded: dict[str, int] = {}
        self._found: dict[str, None] = {}
        self._some = asyncio.Event()

    def connected(self) -> None:
        """A new connection: what was uploaded lately is not known, by another box or by this one in a former life."""
        self._connected_mono_ms = self._clock.monotonic_ms()

    def uploaded(self, label_id: str) -> None:
        """An upload is on its way."""
        self._uploaded[label_id] = self._clock.monotonic_ms()

    def look(self, tag: TagRecord) -> None:
        """Remember a label whose file could come again; one entry a label."""
        if names_a_file(tag) or tag.pending:
            self._named[tag.mac] = self._clock.monotonic_ms()
        if self.could_come_again(tag):
            self._found[tag.mac] = None
            self._some.set()

    def could_come_again(self, tag: TagRecord) -> bool:
        """Whether the record names a file, of an upload that is certainly drawn and not under way any more."""
        idle = tag.pending == 0 and tag.nextupdate == NEVER_SECONDS
        if not idle or tag.content_mode != CONTENT_EXTERNAL or not names_a_file(tag):
            return False
        # Before an upload the hash is taken out of the record; it is back when the label has the image.
        if tag.hash != NO_IMAGE_HASH:
            return True
        since_ms = max(self._uploaded.get(tag.mac, 0), self._connected_mono_ms)
        return self._clock.monotonic_ms() - since_ms >= DRAWN_WITHIN_MS

    def may_send_again(self, label_id: str) -> bool:
        """Whether its last file may come again, as far as all records looked at say. What a former life of this box did is
        not known: then it may."""
        since_ms = max(self._named.get(label_id, self._began_mono_ms), self._uploaded.get(label_id, self._began_mono_ms))
        return self._clock.monotonic_ms() - since_ms < SAVED_WITHIN_MS

    async def next(self) -> str:
        """The next label, once there is one."""
        while not self._found:
            self._some.clear()
            await self._some.wait()
        label_id = next(iter(self._found))
        del self._found[label_id]
        return label_id
