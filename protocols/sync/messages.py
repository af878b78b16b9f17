"""Messages of the store-HQ session as frozen structs, and their JSON bytes (docs/protocol.md lists every field).

Evolution is additive: unknown fields are ignored, new fields have defaults, a type never changes. Hashes, fences and
nonces are lower-case hexadecimal text. Journal batches have their own framing (`batch.py`), feed deltas and snapshots
theirs (`delta.py`, `snapshot.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec

from protocols.contract.values import ClockQuality, Stream
from protocols.sync import limits


class MessageError(ValueError):
    """Bytes that are no such message. The text names field and remedy; `field` is "" if unknown."""

    def __init__(self, message: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)
        self.field = field
        self.remedy = remedy


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are no JSON of the shape wanted: cut, no UTF-8, or nested without end."""

HashHex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, msgspec.Meta(ge=0)]


class StreamState(msgspec.Struct, frozen=True, kw_only=True):
    """Where one journal stream of the store's current incarnation stands."""

    first_seq: Count = 1
    """Lowest sequence still in the journal; `last_seq + 1` when it is empty."""
    last_seq: Count = 0
    last_hash: HashHex
    """Chain hash at `last_seq` (the genesis hash when 0)."""
    acked_upto: Count = 0
    """HQ said it holds this, and the store checked the chain hash HQ named."""
    acked_hash: HashHex
    durable_upto: Count = 0
    oldest_unacked_age_ms: int | None = None
    """Age of the oldest fact not acknowledged, measured on the store's monotonic clock; None when all is acknowledged."""


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """What the store holds of a feed. Version 0 and epoch "": nothing yet."""

    epoch: str = ""
    version: Count = 0
    state_hash: str = ""
    status: str = "ok"
    """`ok`, `pulling`, `staged: reason` (held back for a release) or `failed: reason`."""
    staged: Count = 0
    """The highest version received and held back; 0: nothing is."""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """Store -> HQ on every connection: who I am and where I stand."""

    protocol: int = limits.PROTOCOL_VERSION
    store_id: str
    edge_id: str
    hardware: str = ""
    """Something a copied card does not carry along (a board serial); "" if there is none."""
    db_nonce: str
    """Random, drawn when the store database was created."""
    boot_id: str
    """Random, drawn at every start of the daemon."""
    conn_epoch: Count
    """Counts the connections of this boot, from 1."""
    hello_no: Count = 1
    """Counts the hellos of this connection, from 1; a resend keeps its number."""
    incarnation: Count
    """0: this database was never granted one."""
    fence: str = ""
    challenge: str = ""
    """Echo of `HelloWanted.challenge`: proves the sender is alive now."""
    fork_seen: bool = False
    """The store found that HQ's chain hash differs from its own."""
    streams: dict[Stream, StreamState] = {}
    feeds: dict[str, FeedState] = {}
    software: str = ""
    config_hash: str = ""
    clock: ClockQuality = ClockQuality.UNSYNCED
    at_ms: int = 0
    """Store's wall clock; HQ shows the difference, nothing depends on it."""
    certificate_expires_ms: int | None = None


class CursorState(msgspec.Struct, frozen=True, kw_only=True):
    """HQ's cursor of a stream: it holds every fact up to `acked_upto`, whose chain hash is `acked_hash`."""

    acked_upto: Count
    acked_hash: HashHex
    durable_upto: Count


class Rechain(msgspec.Struct, frozen=True, kw_only=True):
    """Facts to move into a new incarnation: all the journal holds after (incarnation, after_seq), in that order."""

    stream: Stream
    incarnation: int = 0
    after_seq: Count = 0


class FeedHead(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of a feed. Retained on `ts1/feed/{feed}/head`, answered by `GET /v1/feeds/{feed}/head`."""

    feed_id: str
    epoch: str
    version: Count
    state_hash: str
    db_epoch: str = ""
    """Of the HQ database that wrote it; a new one makes stores say hello again."""
    pull_spread_ms: Count = 2_000
    """Stores wait a random time up to this before they pull."""


class HelloReply(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="hello_reply"):
    """HQ -> store. With `new_incarnation`, `rechain` says which facts move into it and `cursors` is empty."""

    boot_id: str
    conn_epoch: Count
    hello_no: Count
    status: Literal["welcome", "new_incarnation"]
    incarnation: Count
    fence: str
    cursors: dict[Stream, CursorState] = {}
    rechain: tuple[Rechain, ...] = ()
    reason: str = ""
    db_epoch: str
    credit: Count = limits.CREDIT_FULL
    feeds: tuple[FeedHead, ...] = ()
    """Every feed this store follows, with its head as of this answer."""
    hq_time_ms: int = 0


class HelloWanted(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="hello_wanted"):
    """HQ -> one boot of a store: say hello (again), echoing `challenge`. Boots it does not name ignore it."""

    boot_id: str
    incarnation: Count
    """The incarnation the store used in the message this answers; a store that has left it ignores this."""
    reason: Literal["fork", "fence", "incarnation", "challenge"]
    fence: str = ""
    """The fence of the message this answers: a store that holds another one by now ignores this, for it is late."""
    challenge: str = ""


class HelloRefused(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="hello_refused"):
    """HQ -> store: no batch of yours is accepted until a person acts. Ask again after `retry_after_ms`."""

    boot_id: str
    reason: Literal["clone_suspected", "unknown_store", "protocol_too_old"]
    detail: str
    retry_after_ms: Count = 300_000


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ack"):
    """HQ -> store, after the commit. Cumulative and idempotent."""

    incarnation: Count
    stream: Stream
    acked_upto: Count
    acked_hash: HashHex
    durable_upto: Count
    db_epoch: str
    need_from: int | None = None
    """Set when the store is ahead of HQ: go back to this sequence."""
    credit: Count = limits.CREDIT_FULL
    """Batches a minute the store may send; 0: pause, try one a minute."""
    rejected: str = ""
    """Why the batch that this answers was refused (malformed or forged); empty otherwise."""


class FeedList(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="feed_list"):
    """HQ -> store: the feeds to follow changed (the store moved to another zone)."""

    feeds: tuple[FeedHead, ...]


DownMessage = HelloReply | HelloWanted | HelloRefused | Ack | FeedList


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Store -> HQ: what is applied and what waits. Sent after each welcome, after changes, and every five minutes.

    HQ answers with an `Ack` for each stream whose cursor differs from `acked_upto`, and with a `FeedList` when the store
    follows other feeds than it should.
    """

    store_id: str
    boot_id: str
    conn_epoch: Count
    incarnation: Count
    fence: str
    streams: dict[Stream, StreamState]
    feeds: dict[str, FeedState]
    alarms: tuple[str, ...] = ()
    software: str = ""
    clock: ClockQuality = ClockQuality.UNSYNCED
    at_ms: int = 0


class StoreState(msgspec.Struct, frozen=True, kw_only=True):
    """Retained on `state`: birth (`online` true) after connecting, and the last will (`online` false)."""

    store_id: str
    boot_id: str
    conn_epoch: Count
    online: bool
    software: str = ""


class DeviceAvailability(msgspec.Struct, frozen=True, kw_only=True):
    """Retained on `device/{device}`; nothing there (an empty message) once the device is no longer in the settings.

    It holds only while the store's `state` says `online` with the same `boot_id`: the box's last will speaks for all.
    """

    store_id: str
    boot_id: str
    device_id: str
    device_kind: str
    available: bool
    state: str
    reason: str = ""
    since_ms: int = 0


Decoded = TypeVar("Decoded")

_encoder = msgspec.json.Encoder()
_down_decoder = msgspec.json.Decoder(DownMessage)
_hello_decoder = msgspec.json.Decoder(Hello)
_report_decoder = msgspec.json.Decoder(Report)
_state_decoder = msgspec.json.Decoder(StoreState)
_head_decoder = msgspec.json.Decoder(FeedHead)

Message = DownMessage | Hello | Report | StoreState | FeedHead | DeviceAvailability


def encode_message(message: Message) -> bytes:
    """JSON bytes, fields in declared order."""
    return _encoder.encode(message)


def decode_down(data: bytes) -> DownMessage:
    """Read a message of a store's `down` topic. Raises `MessageError`."""
    message: DownMessage = _decode(_down_decoder, data, "down message")
    return message


def decode_hello(data: bytes) -> Hello:
    """Read a hello. Raises `MessageError`."""
    return _decode(_hello_decoder, data, "hello")


def decode_report(data: bytes) -> Report:
    """Read a report. Raises `MessageError`."""
    return _decode(_report_decoder, data, "report")


def decode_state(data: bytes) -> StoreState:
    """Read a birth or last will. Raises `MessageError`."""
    return _decode(_state_decoder, data, "state")


def decode_head(data: bytes) -> FeedHead:
    """Read a feed head. Raises `MessageError`."""
    return _decode(_head_decoder, data, "feed head")


def _decode(decoder: msgspec.json.Decoder[Decoded], data: bytes, what: str) -> Decoded:
    if len(data) > limits.MESSAGE_BYTES_MAX:
        raise MessageError(f"{what}: {len(data)} bytes", remedy=f"at most {limits.MESSAGE_BYTES_MAX} are read")
    try:
        message: Decoded = decoder.decode(data)
    except msgspec.ValidationError as error:
        text = str(error)
        field = text.rpartition("`$")[2].rstrip("`").lstrip(".") if "`$" in text else ""
        raise MessageError(f"{what}: {text}", field=field, remedy="see docs/protocol.md for its fields") from error
    except UNREADABLE as error:
        raise MessageError(f"{what}: not JSON ({error})", remedy="send one JSON object in UTF-8") from error
    return message
