"""What HQ keeps per store for the session: leases, grants, challenges; and per stream: the cursor.

`StoreRecord` is stored as one JSON value (`encode_record`), a `Cursor` as columns; the shell locks them while it decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from protocols.contract.values import Stream
from protocols.sync.chain import genesis
from protocols.sync.messages import CursorState, Rechain

OFFERS_MAX = 4
BOOTS_REMEMBERED = 16
GRANTS_REMEMBERED = 32


@dataclass(frozen=True, slots=True)
class Cursor:
    """HQ holds every fact of (store, incarnation, stream) up to `seq`; `hash` is the chain hash there (32 bytes)."""

    incarnation: int
    stream: Stream
    seq: int
    hash: bytes
    durable_seq: int = 0
    """<= `seq`: what would survive a restore, by the shell's durability setting."""

    def as_state(self) -> CursorState:
        return CursorState(acked_upto=self.seq, acked_hash=self.hash.hex(), durable_upto=min(self.durable_seq, self.seq))


def first_cursor(store_id: str, incarnation: int, stream: Stream) -> Cursor:
    """The cursor of a stream HQ has no row of yet."""
    return Cursor(incarnation=incarnation, stream=stream, seq=0, hash=genesis(store_id, incarnation, stream.value))


Cursors = Mapping[tuple[int, Stream], Cursor]
"""All cursors HQ has of one store, by (incarnation, stream); a missing one is `first_cursor`."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A fence given to one boot of a store in answer to one hello."""

    number: int
    secret: str
    boot_id: str
    conn_epoch: int
    hello_no: int
    edge_id: str = ""
    hardware: str = ""
    incarnation: int
    new_incarnation: bool = False
    rechain: tuple[Rechain, ...] = ()
    reason: str = ""

    @property
    def fence(self) -> str:
        """As it travels: `{number}-{secret}`."""
        return f"{self.number}-{self.secret}"

    def answers(self, boot_id: str, conn_epoch: int, hello_no: int) -> bool:
        """True when it was given for this very hello."""
        return (self.boot_id, self.conn_epoch, self.hello_no) == (boot_id, conn_epoch, hello_no)


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Which incarnation a database (by its nonce) was last granted."""

    db_nonce: str
    incarnation: int


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A nonce HQ asked one boot to echo; void as soon as any lease is confirmed."""

    boot_id: str
    nonce: str


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """One of the boxes that claim to be this store."""

    boot_id: str
    edge_id: str
    hardware: str
    incarnation: int
    seen_ms: int


class StoreRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The session state of one store at HQ. Change it only through the functions of `hq_hello` and `hq_role`."""

    store_id: str
    last_granted: int = 0
    """Highest incarnation ever granted."""
    last_number: int = 0
    """Number of the newest fence ever given."""
    confirmed: Lease | None = None
    """The lease some message has presented: who holds the store."""
    offered: tuple[Lease, ...] = ()
    """Leases given since, not presented yet: the first one presented becomes `confirmed`, the others die."""
    grants: tuple[Grant, ...] = ()
    held_boots: tuple[str, ...] = ()
    """Boots that held a confirmed lease, oldest first."""
    challenges: tuple[Challenge, ...] = ()
    clone_suspected: bool = False
    suspects: tuple[Suspect, ...] = ()
    chosen_boot: str = ""
    """The box an operator chose after a clone alarm."""
    chosen_hardware: str = ""
    retired_boots: tuple[str, ...] = ()
    """Boxes an operator did not choose: refused for good."""
    new_incarnation_ordered: bool = False

    @property
    def incarnation(self) -> int:
        """The incarnation whose batches count; 0 before the first."""
        return self.confirmed.incarnation if self.confirmed else 0


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StoreRecord)


def encode_record(record: StoreRecord) -> bytes:
    """JSON bytes for the store's row."""
    return _encoder.encode(record)


def decode_record(data: bytes | str) -> StoreRecord:
    """Read `encode_record`. Raises `msgspec.DecodeError`."""
    return _decoder.decode(data)
