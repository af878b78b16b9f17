"""What a receipt printer can write: its code pages, and Chinese as GBK pairs.

Sources: Epson ESC/POS reference, `ESC t` (numbers of the code pages); SPRT SP and HCC POS80B manuals (`FS &`, `FS .`).
"""

from __future__ import annotations

import functools

CHINESE = "gb18030"
"""A printer set to Chinese. Only the two-byte part (GBK) is used: some printers know no other."""

CODE_PAGES = {
    "cp437": 0, "cp850": 2, "cp860": 3, "cp863": 4, "cp865": 5, "cp857": 13, "cp737": 14, "iso8859_7": 15, "cp1252": 16,
    "cp866": 17, "cp852": 18, "cp858": 19, "iso8859_15": 40, "cp1250": 45, "cp1251": 46, "cp1253": 47, "cp1254": 48,
}  # fmt: skip
"""Number of a code page in `ESC t n`, by the name Python gives it."""

CHARSETS = (*CODE_PAGES, CHINESE)

_LOOK_ALIKES = {CHINESE: str.maketrans({"¥": "￥", "·": "·", "\u00a0": " ", "–": "-"})}
_PLAIN = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "￥": "¥"})


class Unencodable(ValueError):
    """A text holds characters the printer cannot write. `characters` names them, each once."""

    def __init__(self, characters: str, charset: str) -> None:
        super().__init__(f"{charset} cannot write {characters!r}")
        self.characters = characters
        self.charset = charset


def printable(text: str, charset: str) -> str:
    """The text as it will be printed: look-alikes for what differs only in width. Lay out lines with this text.

    In GBK the yen sign is `￥` (two columns, A3 A4); in code pages it is `¥` and thin spaces are spaces.
    """
    return text.translate(_LOOK_ALIKES.get(charset, _PLAIN))


def unencodable(text: str, charset: str) -> str:
    """The characters of a text that a printer set to `charset` cannot write, each once, in order; empty when all can.

    Line ends are fine, other control characters never are. Raises LookupError for a charset that is not in CHARSETS.
    """
    codec = _codec(charset)
    bad = [c for c in printable(text, charset) if not _writable(c, codec)]
    return "".join(dict.fromkeys(bad))


def encode_text(text: str, charset: str) -> bytes:
    """The text's bytes in a charset. Raises Unencodable rather than printing question marks."""
    if bad := unencodable(text, charset):
        raise Unencodable(bad, charset)
    return printable(text, charset).encode(_codec(charset))


def decode_text(data: bytes, charset: str) -> str:
    """What a printer set to a code page prints for these bytes; U+FFFD where the page is empty. Never raises."""
    return data.decode(_codec(charset), errors="replace")


def _codec(charset: str) -> str:
    if charset == CHINESE:
        return "gbk"
    if charset not in CODE_PAGES:
        raise LookupError(f"no printer charset named {charset!r}")
    return charset


@functools.lru_cache(maxsize=4_096)
def _writable(character: str, codec: str) -> bool:
    if character == "\n":
        return True
    if ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0:
        return False
    try:
        return len(character.encode(codec)) > 0
    except UnicodeEncodeError:
        return False
