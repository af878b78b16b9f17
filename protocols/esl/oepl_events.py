"""What an OpenEPaperLink access point says on its WebSocket `/ws`: one JSON object per text message.

Some firmware writes noise before the first `{`; it is dropped. A message of a kind we do not use is `OtherNews`.
"""

from __future__ import annotations

import re

import msgspec

from protocols.esl.oepl_records import RecordsRefused, TagRecord, checked, write_tags

MESSAGE_BYTES_MAX = 64 * 1024
REBOOTING = "REBOOTING"
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
    apstate: int = 1
    """0 offline, 1 online, 2 flashing, 3 wait reset, 4 needs power cycle, 5 failed, 6 coming online, 7 no radio."""
    runstate: int = 2
    """0 stop, 1 pause, 2 run, 3 init."""
    rssi: int = 0
    uptime: int = 0


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


class OtherNews(msgspec.Struct, frozen=True, kw_only=True):
    """Console text, touch panel, or what newer firmware says."""


News = System | TagNews | ErrorNews | LogNews | Upload | ApItem | OtherNews


class _Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    sys: System | None = None
    tags: tuple[TagRecord, ...] | None = None
    error: str | None = msgspec.field(default=None, name="errMsg")
    log: str | None = msgspec.field(default=None, name="logMsg")
    upload: Upload | None = None
    apitem: ApItem | None = None


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
