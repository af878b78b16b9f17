"""Tag records of an OpenEPaperLink access point: `/get_db` pages, the backup file, one tag in a WebSocket message.

Keys as `tag_db.cpp` writes them. Times are seconds since 1970 UTC. A key that is missing gets its zero, a key we do not
know is ignored: firmware adds keys often.
"""

from __future__ import annotations

import msgspec

MAC_DIGITS = 16
NEVER_SECONDS = 3_216_153_600
"""`nextupdate` or `nextcheckin` of a tag that has nothing to do: "never"."""
PAGE_BYTES = 5_000
"""A page of `/get_db` closes when its JSON is longer than this."""
HAS_LED = 0x01
"""Bit of `capabilities`: the tag has a light."""
WAKEUP_FIRST_BOOT = 0xFC
"""`wakeupReason` of a tag that was switched on: its memory is empty."""
WAKEUP_NETWORK_SCAN = 0xFD
"""`wakeupReason` of a tag that looked for an access point: it has what it had."""
WAKEUP_UNUSUAL_FROM = 0xE0
"""From this `wakeupReason` on the access point takes the tag for empty."""
POSITIONS = 256
"""`pos` is an 8-bit number in the access point: beyond 255 its paging starts over."""


class RecordsRefused(ValueError):
    """The text is not what an access point writes; it says where."""


class TagRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One tag as the access point knows it."""

    mac: str
    """16 upper hex digits."""
    hash: str = "0" * 32
    """First 8 bytes of the MD5 of the file transferred last, then zeros; 32 lower hex digits."""
    lastseen: int = 0
    nextupdate: int = 0
    nextcheckin: int = 0
    pending: int = 0
    """How many items wait in the access point's queue for this tag."""
    alias: str = ""
    content_mode: int = msgspec.field(default=0, name="contentMode")
    lqi: int = msgspec.field(default=0, name="LQI")
    rssi: int = msgspec.field(default=0, name="RSSI")
    temperature: int = 0
    battery_mv: int = msgspec.field(default=0, name="batteryMv")
    hardware_type: int = msgspec.field(default=0, name="hwType")
    wakeup_reason: int = msgspec.field(default=0, name="wakeupReason")
    capabilities: int = 0
    modecfgjson: str = ""
    isexternal: bool = False
    apip: str = "0.0.0.0"
    rotate: int = 0
    lut: int = 0
    invert: int = 0
    updatecount: int = 0
    updatelast: int = 0
    channel: int = msgspec.field(default=0, name="ch")
    version: int = msgspec.field(default=0, name="ver")
    """The tag's firmware."""


class _FileNamed(msgspec.Struct, frozen=True):
    filename: str = ""


_config_decoder = msgspec.json.Decoder(_FileNamed)
NO_FILE_NAMED = "{}"
"""A `modecfgjson` that names no file."""


def names_a_file(tag: TagRecord) -> bool:
    """Whether the record names the file to draw. The access point deletes an upload once it is drawn; asked to draw again,
    it sends the file that the tag had last, for want of the one named."""
    if not tag.modecfgjson:
        return False
    try:
        return bool(_config_decoder.decode(tag.modecfgjson).filename)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return False


class TagPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of `/get_db`, or the tags of a WebSocket message. `continu` 0: the last page."""

    tags: tuple[TagRecord, ...]
    continu: int = 0


_page_decoder = msgspec.json.Decoder(TagPage)
_list_decoder = msgspec.json.Decoder(tuple[tuple[TagRecord, ...] | TagRecord, ...])
_encoder = msgspec.json.Encoder()


def normal_mac(text: str) -> str:
    """A MAC address as tag records write it. Takes 12 or 16 hex digits; raises `RecordsRefused`."""
    digits = text.strip().upper()
    if len(digits) not in (12, MAC_DIGITS) or any(digit not in "0123456789ABCDEF" for digit in digits):
        raise RecordsRefused(f"'{text[:40]}' is no label address: 12 or 16 hex digits")
    return digits.rjust(MAC_DIGITS, "0")


def read_page(data: bytes) -> TagPage:
    """Read a page of `/get_db`. Raises `RecordsRefused`."""
    try:
        page = _page_decoder.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise RecordsRefused(f"no page of tag records: {error}") from error
    return TagPage(tags=tuple(checked(tag) for tag in page.tags), continu=page.continu)


def read_backup(data: bytes) -> tuple[TagRecord, ...]:
    """Read what `/backup_db` gives: all tags without paging. Raises `RecordsRefused`.

    The device writes each record as a list of one, and indents it; a plain list of records is read too.
    """
    try:
        entries = _list_decoder.decode(data)
        return tuple(checked(tag) for each in entries for tag in (each if isinstance(each, tuple) else (each,)))
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise RecordsRefused(f"no backup of tag records: {error}") from error


def write_backup(tags: tuple[TagRecord, ...]) -> bytes:
    """All tags as the access point saves them: a list of lists of one record, each indented by two."""
    return b"[" + b",".join(msgspec.json.format(_encoder.encode([tag]), indent=2) for tag in tags) + b"]"


def write_page(tags: tuple[TagRecord, ...], position: int, *, wraps: bool = True) -> bytes:
    """The page an access point gives from `position` on; it closes with the record that makes it longer than `PAGE_BYTES`.

    `wraps`: as on the device, `position` counts modulo 256.
    """
    taken: list[bytes] = []
    size = len(b'{"tags":[]}')
    for index in range(position % POSITIONS if wraps else position, len(tags)):
        taken.append(_encoder.encode(tags[index]))
        size += len(taken[-1]) + (len(taken) > 1)
        if size > PAGE_BYTES:
            return b'{"tags":[' + b",".join(taken) + b'],"continu":' + str(index + 1).encode() + b"}"
    return b'{"tags":[' + b",".join(taken) + b"]}"


def write_tags(tag: TagRecord) -> bytes:
    """One tag as `/get_db?mac=` and the WebSocket write it."""
    return b'{"tags":[' + _encoder.encode(tag) + b"]}"


def checked(tag: TagRecord) -> TagRecord:
    """The record with address and hash in their normal form. Raises `RecordsRefused` when one of them is neither."""
    hash_is_hex = len(tag.hash) == 32 and all(digit in "0123456789abcdefABCDEF" for digit in tag.hash)
    if not hash_is_hex:
        raise RecordsRefused(f"label {tag.mac[:MAC_DIGITS]}: '{tag.hash[:40]}' is no image hash")
    mac = normal_mac(tag.mac)
    if mac == tag.mac and tag.hash == tag.hash.lower():
        return tag
    return msgspec.structs.replace(tag, mac=mac, hash=tag.hash.lower())
