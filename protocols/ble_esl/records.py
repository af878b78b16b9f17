"""What an access point must remember of its network and its labels across a restart, as JSON lines.

Keys are secrets: the file is for the box's own account alone, and none of this is ever logged.
"""

from __future__ import annotations

import msgspec

from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.gatt import EslAddress
from protocols.ble_esl.sealed import KeyMaterial

NO_IMAGE = "0" * 32
NOTHING_SHOWN = -1


class StoredImage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an image slot holds: the ledger's hash of the picture, the CRC-32 and length of the object."""

    image_hash: str = NO_IMAGE
    crc: int = 0
    size: int = 0

    @property
    def known(self) -> bool:
        """Whether this box wrote it and the label proved it."""
        return self.image_hash != NO_IMAGE


class LabelRecord(msgspec.Struct, frozen=True, kw_only=True, tag="label"):
    """One label. `device`: its Bluetooth address as on the wire, in hex. `updates` counts proofs of what it shows."""

    device: str
    device_type: int
    group: int
    esl_id: int
    response_key: str
    long_term_key: str = ""
    """Of the pairing, in hex; empty: not paired."""
    width: int = 0
    height: int = 0
    display_kind: int = 0
    images: tuple[StoredImage, ...] = ()
    shown: int = NOTHING_SHOWN
    updates: int = 0
    flip_waits: bool = False
    """The label may hold a flip that was neither cancelled nor seen to be over."""
    time_written_ms: int = 0
    voltage_sensor: int = -1
    leds: int = 0
    battery_mv: int = 0

    @property
    def label_id(self) -> str:
        """As people and the ledger write it: 16 upper hex digits."""
        return bytes.fromhex(self.device)[::-1].hex().upper().rjust(16, "0")

    @property
    def address(self) -> EslAddress:
        """Where it is spoken to."""
        return EslAddress(self.group, self.esl_id)

    @property
    def key(self) -> KeyMaterial:
        """What opens its answers."""
        return KeyMaterial(bytes.fromhex(self.response_key))

    @property
    def shown_hash(self) -> str:
        """The picture it was proven to show; zeros when that is not known."""
        return self.images[self.shown].image_hash if 0 <= self.shown < len(self.images) else NO_IMAGE

    def slot_of(self, image_hash: str) -> int | None:
        """Where a picture is stored."""
        return next((slot for slot, image in enumerate(self.images) if image.image_hash == image_hash), None)

    def free_slot(self) -> int:
        """Where the next picture goes: not over the one that is shown, unless there is only one slot."""
        free = [slot for slot in range(len(self.images)) if slot != self.shown]
        unknown = [slot for slot in free if not self.images[slot].known]
        return (unknown or free or [0])[0]


class NetworkRecord(msgspec.Struct, frozen=True, kw_only=True, tag="network"):
    """The network's own key: made once."""

    sync_key: str


Record = LabelRecord | NetworkRecord
_decoder = msgspec.json.Decoder(Record)
_encoder = msgspec.json.Encoder()


def write_record(record: Record) -> bytes:
    """One line, without its end."""
    return _encoder.encode(record)


def read_record(line: bytes) -> Record:
    """From one line. Raises `EslRefused`."""
    try:
        record: Record = _decoder.decode(line)
        if isinstance(record, LabelRecord):
            _ = record.address, record.key, bytes.fromhex(record.device), bytes.fromhex(record.long_term_key)
        else:
            KeyMaterial(bytes.fromhex(record.sync_key))
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError) as error:
        raise EslRefused("a line that is no record of a label") from error
    return record
