"""From an access point's tag records to what is told of a label: counts that never go back, hashes that mean pictures.

Three things stand between a record and the truth. An access point that lost its memory counts from where it was. A light
counts as an update and puts its own bytes in the place of the hash. And a compressed file's hash cannot be foretold, so the
file is read back and its pixels are hashed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from firmware_bridges.oepl_web import ApAnswer
from protocols.device_events import LabelSeen
from protocols.esl.image import NO_IMAGE_HASH, ImageRefused, canonical_hash, file_hash
from protocols.esl.oepl_leds import is_own_pattern
from protocols.esl.oepl_records import (
    HAS_LED,
    NEVER_SECONDS,
    WAKEUP_NETWORK_SCAN,
    WAKEUP_UNUSUAL_FROM,
    TagRecord,
)
from protocols.esl.oepl_requests import ApRequest, CurrentFileRequest
from protocols.esl.tag_types import TAG_TYPES

SECOND_LOOKS = 3
"""Rounds in which a label is asked after that has just told a new image: it may lose its power before it has drawn."""
TAG_FILES_KNOWN = 20_000
"""Policy when reached: the file read back longest ago is read again when asked for."""

Ask = Callable[[ApRequest], Awaitable[ApAnswer]]
"""One request; raises `NoAnswer`."""

log = structlog.get_logger("tallystick.bridges.oepl_ap")


@dataclass(frozen=True, slots=True)
class _Heard:
    """Of one label: the update count and hash told last, what was added to the access point's count, at which of its
    counts its hash is not to be believed, and when the count told changed last (`LabelSights.asking`)."""

    count: int = 0
    added: int = 0
    stale_at: int = -1
    image_hash: str = ""
    changed_at: int = 0


class LabelSights:
    """What was told of each label of one access point."""

    def __init__(self, device_id: str, ask: Ask) -> None:
        self._device_id = device_id
        self._ask = ask
        self._heard_of: dict[str, _Heard] = {}
        self._met: set[str] = set()
        self._news_counts: dict[str, int] = {}
        """By label: the access point's own count in the last news of this connection."""
        self._told = 0
        self._hashes: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._proofs_wanted: dict[str, None] = {}
        self._second_looks: dict[str, int] = {}
        """Labels that told a new image lately, with the rounds left."""
        self.takes_g5: set[int] = set()
        """Hardware types with a label here whose firmware takes G5 files."""

    def connected(self) -> None:
        """A new connection: what an access point forgot meanwhile shows in each label's first record."""
        self._met.clear()
        self._news_counts.clear()

    def asking(self) -> int:
        """Now the tag table is asked for: a mark for `see`."""
        return self._told

    def prove(self, label_id: str) -> None:
        """An image was sent: the next hash told of this label is proven by pixels, whatever its firmware takes."""
        self._proofs_wanted[label_id] = None

    def awaited(self, count_max: int) -> list[str]:
        """Some of the labels that were sent an image and have not told a new hash since, then of those that told one lately;
        all have their turn."""
        turn = list(self._proofs_wanted)[:count_max]
        for label_id in turn:
            del self._proofs_wanted[label_id]
            self._proofs_wanted[label_id] = None
        again = list(self._second_looks)[: count_max - len(turn)]
        for label_id in again:
            left = self._second_looks.pop(label_id) - 1
            if left:
                self._second_looks[label_id] = left
        return turn + [label_id for label_id in again if label_id not in self._proofs_wanted]

    async def see(self, tag: TagRecord, *, asked: int | None = None) -> LabelSeen | None:
        """What a record says; None: it is older than what was told. Raises `NoAnswer` when a file cannot be read back.

        `asked`: it answers a question put then (`asking`); otherwise it is news.
        """
        flashed = is_own_pattern(tag.hash)
        image_hash = await (self._hash_behind_a_flash(tag) if flashed else self._raw_hash(tag))
        known, forgot = self._heard_of.get(tag.mac), self._may_have_forgotten(tag, asked)
        heard = known or _Heard()
        if asked is not None and asked < heard.changed_at:
            return None  # Table and news travel by different ways.
        if flashed and known is None:
            # How many of its updates were lights is not known: nothing of it is believed until it is drawn anew.
            heard = replace(heard, stale_at=tag.updatecount)
        elif flashed and tag.updatecount + heard.added > heard.count:
            # The update counted was a light: it proves nothing of an image, unless the file read back is another one.
            another = image_hash != NO_IMAGE_HASH and heard.image_hash not in (NO_IMAGE_HASH, image_hash)
            still_stale = heard.stale_at >= 0 and heard.image_hash == NO_IMAGE_HASH
            stale_at = tag.updatecount if still_stale else heard.stale_at
            heard = replace(heard, added=heard.count + another - tag.updatecount, stale_at=stale_at)
        count = tag.updatecount + heard.added
        if count < heard.count:
            if not forgot:
                return None
            # The access point lost its memory: it counts from where it was, and its hash is older than the label's picture.
            heard = _Heard(heard.count, heard.count - tag.updatecount, tag.updatecount, changed_at=self._told + 1)
            count = heard.count
        told = image_hash if tag.updatecount != heard.stale_at else NO_IMAGE_HASH
        self._told += 1
        changed_at = heard.changed_at
        if known is None or count > known.count:
            self._proofs_wanted.pop(tag.mac, None)
            self._second_looks.pop(tag.mac, None)
            if known is not None:
                self._second_looks[tag.mac] = SECOND_LOOKS
            changed_at = self._told
        self._heard_of[tag.mac] = replace(heard, count=count, image_hash=told, changed_at=changed_at)
        return self._sight(tag, told, count)

    def _may_have_forgotten(self, tag: TagRecord, asked: int | None) -> bool:
        """Whether a count below the one told means that the access point lost it, and not that the record is late.

        It lost it when the connection is new. Under a standing line a person deletes a record on the access point's page,
        and the label is met anew: then the table says so, asked after the higher count was told, and the last news too.
        """
        first, before = tag.mac not in self._met, self._news_counts.get(tag.mac)
        self._met.add(tag.mac)
        if asked is None:
            self._news_counts[tag.mac] = tag.updatecount
            return first
        return first or (before is not None and before <= tag.updatecount)

    def _sight(self, tag: TagRecord, image_hash: str, count: int) -> LabelSeen:
        here = not tag.isexternal and tag.rssi != 0
        restarted = tag.wakeup_reason >= WAKEUP_UNUSUAL_FROM and tag.wakeup_reason != WAKEUP_NETWORK_SCAN
        return LabelSeen(
            device_id=self._device_id,
            label_id=tag.mac,
            image_hash=image_hash,
            update_count=count,
            pending=tag.pending,
            last_seen_ms=tag.lastseen * 1000,
            battery_mv=tag.battery_mv,
            hardware_type=tag.hardware_type,
            link_quality=tag.lqi if here else None,
            rssi_dbm=tag.rssi if here else None,
            next_check_in_ms=tag.nextcheckin * 1000 if 0 < tag.nextcheckin < NEVER_SECONDS else None,
            first_boot=restarted,
            has_light=bool(tag.capabilities & HAS_LED),
            read_back=(tag.mac, tag.hash) in self._hashes,
        )

    async def _raw_hash(self, tag: TagRecord) -> str:
        """The hash of the picture as a raw file. Compressed files are read back, since their bytes cannot be foretold."""
        kind = TAG_TYPES.get(tag.hardware_type)
        if kind is not None and tag.version >= kind.g5_from:
            self.takes_g5.add(tag.hardware_type)
        if kind is None or tag.hash == NO_IMAGE_HASH:
            return tag.hash
        known = self._hashes.get((tag.mac, tag.hash))
        if known is not None:
            return known
        if tag.version < kind.zlib_from and not self._wants_proof(tag):
            return tag.hash
        file = await self._file_of(tag)
        found = None
        if file is not None:
            try:
                found = canonical_hash(kind, file, tag.hash)
            except ImageRefused as error:
                log.info("file read back is no picture", device_id=self._device_id, label_id=tag.mac, reason=str(error))
        if found is None:
            return tag.hash
        self._hashes[tag.mac, tag.hash] = found
        if len(self._hashes) > TAG_FILES_KNOWN:
            self._hashes.popitem(last=False)
        return found

    def _wants_proof(self, tag: TagRecord) -> bool:
        heard = self._heard_of.get(tag.mac)
        return tag.mac in self._proofs_wanted and heard is not None and tag.updatecount + heard.added > heard.count

    async def _hash_behind_a_flash(self, tag: TagRecord) -> str:
        """The record names a light; the file kept of the last image says what the label holds."""
        kind, file = TAG_TYPES.get(tag.hardware_type), await self._file_of(tag)
        if kind is None or file is None:
            return NO_IMAGE_HASH
        try:
            return canonical_hash(kind, file, file_hash(file))
        except ImageRefused as error:
            log.info("file read back is no picture", device_id=self._device_id, label_id=tag.mac, reason=str(error))
            return NO_IMAGE_HASH

    async def _file_of(self, tag: TagRecord) -> bytes | None:
        answer = await self._ask(CurrentFileRequest(tag.mac))
        return answer.body if answer.status == 200 else None
