"""What an OpenEPaperLink access point says on its WebSocket `/ws`: one JSON object per text message.

Some firmware writes noise before the first `{`; it is dropped. A message of a kind we do not use is `OtherNews`.
"""

from __future__ import annotations

import re

import msgspec

from protocols.esl.oepl_records import RecordsRefused, TagRecord, checked, write_tags

MESSAGE_BYTES_MAX = 64 * 1024
REBOOTING = "REBOOTING"
SAME_IMAGE = "new image is the same as current image. not updating tag."
"""`logMsg`: an upload was dropped because the record's hash is its own. It names no label."""
_COMPLETE = re.compile(r"^([0-9A-F]{16}) reports xfer complete\s*$")
_BLOCK = re.compile(r"^([0-9A-F]{16}) block request (\S*) block (\d{1,5}), len (\d{1,5}) checksum (\d{1,5})\s*$")
_TIMEOUT = re.compile(r"^<? ?([0-9A-F]{16}) xfer timeout\s*$")


class NewsRefused(ValueError):
    """Not a message of an access point; the text says why. The next one may be fine."""


class System(msgspec.Struct, frozen=True, kw_only=True):
    """`sys`, every 5 seconds. `uptime` in seconds tells a restart."""

    currtime: int = 0
    heap: int = 0
    recordcount: int = 0
    dbsize: int = 0
    littlefsfree: int = 0
    psfree: int = 0
    apstate: int = 1
    """0 offline, 1 online, 2 flashing, 3 wait reset, 4 needs power cycle, 5 failed, 6 coming online, 7 no radio."""
    runstate: int = 2
    """0 stop, 1 pause, 2 run, 3 init."""
    rssi: int = 0
    """Of its own Wi-Fi."""
    wifistatus: int = 3
    wifissid: str = ""
    uptime: int = 0
    lowbattcount: int | msgspec.UnsetType = msgspec.UNSET
    """Labels below 2400 mV; told once a minute, like `timeoutcount`."""
    timeoutcount: int | msgspec.UnsetType = msgspec.UNSET
    """Labels not seen for `maxsleep` and 5 minutes, and 10 minutes overdue."""


class TagNews(msgspec.Struct, frozen=True, kw_only=True):
    """A tag checked in, or its queue changed, or it finished a transfer."""

    tags: tuple[TagRecord, ...]


class ErrorNews(msgspec.Struct, frozen=True, kw_only=True):
    """`errMsg`."""

    text: str


class LogNews(msgspec.Struct, frozen=True, kw_only=True):
    """`logMsg`."""

    text: str


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Blocks of a transfer under way."""

    src: str
    current: int
    total: int


class ApItem(msgspec.Struct, frozen=True, kw_only=True):
    """Another access point (or this one) in the list. `version` is 4 hex digits."""

    ip: str = ""
    alias: str = ""
    count: int = 0
    channel: int = 0
    version: str = ""


class ConsoleNews(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the device's serial console; `color` may be empty."""

    text: str
    color: str = ""


class OtherNews(msgspec.Struct, frozen=True, kw_only=True):
    """Touch panel, or what newer firmware says."""


class BlockRequested(msgspec.Struct, frozen=True, kw_only=True):
    """What a `logMsg` of a running transfer says. `number` from 0; `checksum` is the 16-bit sum of the block."""

    mac: str
    file: str
    number: int
    length: int
    checksum: int


News = System | TagNews | ErrorNews | LogNews | Upload | ApItem | ConsoleNews | OtherNews


class _Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    sys: System | None = None
    tags: tuple[TagRecord, ...] | None = None
    error: str | None = msgspec.field(default=None, name="errMsg")
    log: str | None = msgspec.field(default=None, name="logMsg")
    upload: Upload | None = None
    apitem: ApItem | None = None
    console: str | None = None
    color: str | None = None


_decoder = msgspec.json.Decoder(_Envelope)
_encoder = msgspec.json.Encoder()


def read_news(message: str | bytes) -> News:
    """Read one WebSocket message. Raises `NewsRefused`."""
    data = message.encode() if isinstance(message, str) else message
    start = data.find(b"{")
    if start < 0:
        raise NewsRefused("a message without an object")
    if len(data) > MESSAGE_BYTES_MAX:
        raise NewsRefused(f"a message of {len(data)} bytes; at most {MESSAGE_BYTES_MAX}")
    try:
        envelope = _decoder.decode(data[start:])
        if envelope.tags is not None:
            return TagNews(tags=tuple(map(checked, envelope.tags)))
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecordsRefused) as error:
        raise NewsRefused(f"not a message of an access point: {error}") from error
    if envelope.error is not None:
        return ErrorNews(text=envelope.error)
    if envelope.log is not None:
        return LogNews(text=envelope.log)
    if envelope.console is not None:
        return ConsoleNews(text=envelope.console, color=envelope.color or "")
    return envelope.sys or envelope.upload or envelope.apitem or OtherNews()


def write_news(news: News) -> str:
    """The text message an access point sends."""
    match news:
        case TagNews():
            return b"".join(write_tags(tag) for tag in news.tags[:1]).decode() if news.tags else '{"tags":[]}'
        case System():
            envelope = _Envelope(sys=news)
        case ErrorNews():
            envelope = _Envelope(error=news.text)
        case LogNews():
            envelope = _Envelope(log=news.text)
        case Upload():
            envelope = _Envelope(upload=news)
        case ApItem():
            envelope = _Envelope(apitem=news)
        case ConsoleNews(text=text, color=color):
            envelope = _Envelope(console=text, color=color or None)
        case OtherNews():
            envelope = _Envelope()
    return _encoder.encode(envelope).decode()


def timeout_of(news: ErrorNews) -> str | None:
    """The label (16 hex digits) whose transfer the access point gave up, when that is what the error says."""
    found = _TIMEOUT.match(news.text)
    return found.group(1) if found is not None else None


def timeout_text(mac: str) -> str:
    """What the access point says when it gives up on a label."""
    return f"< {mac} xfer timeout\r\n"


def complete_of(news: LogNews) -> str | None:
    """The label that said "transfer complete", when that is what the log says."""
    found = _COMPLETE.match(news.text)
    return found.group(1) if found is not None else None


def complete_text(mac: str) -> str:
    """What the access point logs then."""
    return f"{mac} reports xfer complete\r\n"


def block_of(news: LogNews) -> BlockRequested | None:
    """The block a label asked for, when that is what the log says."""
    found = _BLOCK.match(news.text)
    if found is None:
        return None
    mac, file, number, length, checksum = found.groups()
    return BlockRequested(mac=mac, file=file, number=int(number), length=int(length), checksum=int(checksum))


def block_text(block: BlockRequested) -> str:
    """What the access point logs then."""
    return f"{block.mac} block request {block.file} block {block.number}, len {block.length} checksum {block.checksum}"
