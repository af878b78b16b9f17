"""What can still be read of a dead box's journal goes to HQ: from its store.db, or from the copy on a second medium.

The card is never written to: its files are copied first, since reading SQLite's log would change them. HQ's cursor decides
what is new, so the same card may be imported twice, and a store.db and a second medium may follow one another.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.store_db import journal
from edge.store_db.connection import connect_sqlite
from edge.store_db.second_medium import CopiedFact, read_copy
from edge.sync.https_line import HqHttps
from edge.sync.position import read_slice
from protocols.contract.values import Stream
from protocols.sync import limits
from protocols.sync.batch import BuiltBatch, JournalRow, JournalSlice
from protocols.sync.effects import ReadJournal, Send
from protocols.sync.messages import Ack, HelloRefused, MessageError, decode_down
from protocols.sync.old_card import ImportRefused, OldCardImport
from protocols.sync.topics import UP_CHANNEL

FACTS_PER_READ = 256


class CardUnreadable(Exception):
    """Nothing can be imported from there; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class CardStream:
    """One stream of one incarnation on the card, and how to read it."""

    store_id: str
    incarnation: int
    stream: Stream
    count: int
    read_after: Callable[[int], JournalSlice]


Progress = Callable[[CardStream, int], None]
"""Told the stream and how many of its facts HQ now holds or was sent."""


def open_card(source: Path, scratch: Path) -> list[CardStream]:
    """Look at a store.db file, a data folder that has one, or a second medium's folder. Raises `CardUnreadable`."""
    file = source / "store.db" if source.is_dir() else source
    if file.is_file():
        return _database(file, scratch)
    if source.is_dir() and any(source.glob("*.facts")):
        return _second_medium(source)
    raise CardUnreadable(f"{source}: neither a store.db nor the *.facts files of a second medium are there")


def _database(file: Path, scratch: Path) -> list[CardStream]:
    copy = scratch / "store.db"
    try:
        for suffix in ("", "-wal"):
            if file.with_name(file.name + suffix).exists():
                shutil.copyfile(file.with_name(file.name + suffix), copy.with_name(copy.name + suffix))
        connection = connect_sqlite(copy, False)
        identity = journal.identity(connection)
        found = journal.all_streams(connection)
    except (OSError, sqlite3.Error, LookupError) as error:
        raise CardUnreadable(f"{file}: cannot be read as a store database: {error}") from error

    def reader(incarnation: int, stream: Stream) -> Callable[[int], JournalSlice]:
        def read(after_seq: int) -> JournalSlice:
            wanted = ReadJournal(stream, after_seq, FACTS_PER_READ, limits.BATCH_PLAIN_BYTES_MAX)
            return read_slice(connection, identity.store_id, incarnation, wanted)

        return read

    return [
        CardStream(identity.store_id, incarnation, stream, last_seq, reader(incarnation, stream))
        for incarnation, stream, last_seq in found
        if incarnation > 0 and last_seq > 0
    ]


def _second_medium(folder: Path) -> list[CardStream]:
    facts: dict[tuple[str, int, Stream], dict[int, CopiedFact]] = defaultdict(dict)
    for copied in read_copy(folder):
        facts[copied.store_id, copied.incarnation, copied.stream][copied.seq] = copied
    return [
        CardStream(store_id, incarnation, stream, max(rows), _copied_reader(stream, rows))
        for (store_id, incarnation, stream), rows in sorted(facts.items())
        if incarnation > 0
    ]


def _copied_reader(stream: Stream, rows: Mapping[int, CopiedFact]) -> Callable[[int], JournalSlice]:
    def read(after_seq: int) -> JournalSlice:
        first = min((seq for seq in rows if seq > after_seq), default=None)
        if first is None:
            return JournalSlice(stream, after_seq, None, ())
        run = tuple(_run(rows, first))
        return JournalSlice(stream, first - 1, rows[first].previous_hash, run)

    return read


def _run(rows: Mapping[int, CopiedFact], first: int) -> Iterator[JournalRow]:
    """Consecutive facts from `first` on."""
    for seq in range(first, first + FACTS_PER_READ):
        if seq not in rows:
            return
        yield JournalRow(seq=seq, fact=rows[seq].fact, hash=rows[seq].hash)


async def import_card(streams: list[CardStream], store_id: str, https: HqHttps, boot_id: str, progress: Progress) -> bool:
    """Send every stream; when this returns, HQ holds all of them.

    False: HQ holds more of a stream than the card, so it could not be proven that both are the same.
    Raises `ImportRefused`, `JournalDamaged`, `LineBroken`.
    """
    strangers = {each.store_id for each in streams} - {store_id}
    if strangers:
        raise ImportRefused(
            f"the card belongs to store '{', '.join(sorted(strangers))}', the settings say '{store_id}': "
            "use the settings and certificate of the card's store"
        )
    proven = [await _send_stream(each, https, boot_id, progress) for each in streams]
    return all(proven)


async def _send_stream(card: CardStream, https: HqHttps, boot_id: str, progress: Progress) -> bool:
    """True when the card's end was proven to be what HQ holds."""
    sending = OldCardImport(card.store_id, card.incarnation, card.stream, boot_id)
    sending.after_seq = await _cursor(card, sending, https)
    while (batch := sending.next_batch(card.read_after(sending.after_seq))) is not None:
        sending.answered(await _post(card, batch, https), batch)
        progress(card, sending.after_seq)
    return sending.proven


async def _cursor(card: CardStream, sending: OldCardImport, https: HqHttps) -> int:
    """What HQ already holds of this stream: it tells when it is offered the card's first facts again."""
    first = sending.next_batch(card.read_after(0))
    if first is None:
        return 0
    ack = await _post(card, first, https)
    if ack.rejected:
        raise ImportRefused(ack.rejected)
    return ack.acked_upto


async def _post(card: CardStream, batch: BuiltBatch, https: HqHttps) -> Ack:
    for payload in await https.post(Send(UP_CHANNEL[card.stream], batch.payload)):
        try:
            message = decode_down(payload)
        except MessageError as error:
            raise ImportRefused(f"headquarters answered something unreadable: {error}") from error
        if isinstance(message, Ack):
            return message
        if isinstance(message, HelloRefused):
            raise ImportRefused(message.detail)
    raise ImportRefused("headquarters did not answer; run the import again, it goes on where it stopped")
