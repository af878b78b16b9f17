"""Import of a dead box's journal: its streams go to HQ in their old incarnation, over the HTTPS twin, without a fence.

The new box (or a laptop at HQ) reads the old card and posts what `next_batch` makes; HQ's cursor decides what is new.
"""

from __future__ import annotations

from protocols.contract.values import Stream
from protocols.sync.batch import BatchStamp, BuiltBatch, JournalSlice, build_batch
from protocols.sync.messages import Ack


class ImportRefused(Exception):
    """HQ does not take this journal; the text says why and what to do."""


class OldCardImport:
    """One stream of one old incarnation. Read rows after `after_seq`, post `next_batch`, pass the ack to `answered`."""

    def __init__(self, store_id: str, incarnation: int, stream: Stream, boot_id: str) -> None:
        self.after_seq = 0
        self.proven = True
        """False when HQ holds more of this stream than the card, so that nobody can tell whether both are the same chain."""
        self._stamp = BatchStamp(
            store_id=store_id,
            boot_id=boot_id,
            conn_epoch=0,
            fence="",
            incarnation=incarnation,
            stream=stream,
            imported=True,
        )

    def next_batch(self, found: JournalSlice) -> BuiltBatch | None:
        """The batch to post, or None when the card holds nothing after `after_seq`. Raises `JournalDamaged`."""
        if not found.rows:
            return None
        return build_batch(self._stamp, found, self.after_seq + 1)

    def answered(self, ack: Ack, batch: BuiltBatch) -> None:
        """HQ answered. Raises `ImportRefused`."""
        if ack.rejected:
            raise ImportRefused(ack.rejected)
        if ack.acked_upto <= self.after_seq:
            missing = f"{self.after_seq + 1}" if ack.need_from is None else f"{ack.need_from}..{batch.header.from_seq - 1}"
            raise ImportRefused(f"HQ lacks {missing} of this stream and the card does not hold it")
        self.proven = ack.acked_hash == batch.header.last
        self.after_seq = ack.acked_upto
