"""NDEF: the records a tag carries, URI and text, and the TLV blocks they lie in, both roles.

Sources: NFC Forum NDEF 1.0, RTD URI 1.0, RTD Text 1.0, Type 2 Tag (TLV blocks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

RECORDS_MAX = 16
_MESSAGE_BEGIN, _MESSAGE_END, _CHUNKED, _SHORT, _WITH_ID = 0x80, 0x40, 0x20, 0x10, 0x08
_WELL_KNOWN = 1
_TLV_NULL, _TLV_MESSAGE, _TLV_END = 0x00, 0x03, 0xFE
_URI_STARTS = (
    "", "http://www.", "https://www.", "http://", "https://", "tel:", "mailto:", "ftp://anonymous:anonymous@",
    "ftp://ftp.", "ftps://", "sftp://", "smb://", "nfs://", "ftp://", "dav://", "news:", "telnet://", "imap:", "rtsp://",
    "urn:", "pop:", "sip:", "sips:", "tftp:", "btspp://", "btl2cap://", "btgoep://", "tcpobex://", "irdaobex://", "file://",
    "urn:epc:id:", "urn:epc:tag:", "urn:epc:pat:", "urn:epc:raw:", "urn:epc:", "urn:nfc:",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI record."""

    uri: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text record."""

    text: str
    language: str = "en"


Record = Uri | Text


def encode_message(records: Sequence[Record]) -> bytes:
    """A message of these records. Raises ValueError for a language code that is too long."""
    made = b""
    for number, record in enumerate(records):
        kind, payload = _payload(record)
        flags = _WELL_KNOWN | (_MESSAGE_BEGIN if number == 0 else 0) | (_MESSAGE_END if number == len(records) - 1 else 0)
        if len(payload) < 256:
            made += bytes([flags | _SHORT, 1, len(payload)]) + kind + payload
        else:
            made += bytes([flags, 1]) + len(payload).to_bytes(4, "big") + kind + payload
    return made


def _payload(record: Record) -> tuple[bytes, bytes]:
    if isinstance(record, Text):
        language = record.language.encode("ascii")
        if len(language) > 63:
            raise ValueError("a language code has at most 63 characters")
        return b"T", bytes([len(language)]) + language + record.text.encode("utf-8")
    start = max((each for each in _URI_STARTS if record.uri.startswith(each)), key=len)
    return b"U", bytes([_URI_STARTS.index(start)]) + record.uri[len(start) :].encode("utf-8")


def decode_message(data: bytes) -> list[Record]:
    """The URI and text records of a message; other kinds are left out, and so is what is cut off. Never raises."""
    found: list[Record] = []
    for _ in range(RECORDS_MAX):
        if len(data) < 3 or data[0] & _CHUNKED:
            return found
        flags, type_length, at = data[0], data[1], 2
        size_bytes = 1 if flags & _SHORT else 4
        length, at = int.from_bytes(data[at : at + size_bytes], "big"), at + size_bytes
        id_length = 0
        if flags & _WITH_ID:
            if at >= len(data):
                return found
            id_length, at = data[at], at + 1
        end = at + type_length + id_length + length
        if end > len(data):
            return found
        kind, payload = data[at : at + type_length], data[end - length : end]
        record = _record(kind, payload) if flags & 7 == _WELL_KNOWN else None
        if record is not None:
            found.append(record)
        if flags & _MESSAGE_END:
            return found
        data = data[end:]
    return found


def _record(kind: bytes, payload: bytes) -> Record | None:
    if not payload:
        return None
    try:
        if kind == b"U" and payload[0] < len(_URI_STARTS):
            return Uri(_URI_STARTS[payload[0]] + payload[1:].decode("utf-8"))
        if kind == b"T":
            language_end = 1 + (payload[0] & 0x3F)
            coding = "utf-16" if payload[0] & 0x80 else "utf-8"
            return Text(payload[language_end:].decode(coding), payload[1:language_end].decode("ascii"))
    except UnicodeDecodeError:
        return None
    return None


def encode_tlv(message: bytes) -> bytes:
    """The message in its TLV block, and the end mark. Raises ValueError when it is too long for one."""
    if len(message) > 0xFFFE:
        raise ValueError("a message has at most 65534 bytes")
    length = bytes([len(message)]) if len(message) < 255 else b"\xff" + len(message).to_bytes(2, "big")
    return bytes([_TLV_MESSAGE]) + length + message + bytes([_TLV_END])


def message_bytes_needed(data: bytes) -> int | None:
    """How many bytes of the tag hold the first message and what is before it; None: there is none in `data`.

    More than `len(data)`: the rest must be read first.
    """
    found = _message_block(data)
    return None if found is None else found[0] + found[1]


def message_of(data: bytes) -> bytes:
    """The first NDEF message in TLV blocks; empty when there is none or it is cut off. Never raises."""
    found = _message_block(data)
    if found is None or found[0] + found[1] > len(data):
        return b""
    return data[found[0] : found[0] + found[1]]


def _message_block(data: bytes) -> tuple[int, int] | None:
    at = 0
    while at < len(data) and data[at] != _TLV_END:
        kind, at = data[at], at + 1
        if kind == _TLV_NULL:
            continue
        wide = data[at : at + 1] == b"\xff"
        size = data[at + 1 : at + 3] if wide else data[at : at + 1]
        if len(size) < (2 if wide else 1):
            return None
        at += 3 if wide else 1
        length = int.from_bytes(size, "big")
        if kind == _TLV_MESSAGE:
            return at, length
        at += length
    return None
