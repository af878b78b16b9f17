"""Printed documents: frozen lines from which printers and screens make theirs, and a builder for whoever fills one. Pure."""

from __future__ import annotations

import datetime
import unicodedata
import zoneinfo
from dataclasses import dataclass, field
from typing import Literal

import msgspec

COLUMNS = 42

Style = Literal["normal", "centre", "title", "strong", "rule"]


class ReceiptLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One printed line: `right` stands at the right edge. `title` is large and centred, `rule` a line across."""

    left: str = ""
    right: str = ""
    style: Style = "normal"


class ReceiptDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed at once. `number`: the receipt, or what else it is called."""

    number: str
    lines: tuple[ReceiptLine, ...]
    copy: bool = False
    copy_mark: str = "*** COPY ***"
    barcode: str | None = None
    """Printed as CODE128, to find the receipt again; None: the number; empty: none is printed."""
    qr: str = ""
    """Printed as a QR code; empty: none."""
    qr_caption: str = ""
    logo: bool = False
    """The store's picture goes above it, when the printer has one."""

    @property
    def printed_lines(self) -> tuple[ReceiptLine, ...]:
        """The lines as they come out: a copy says so first."""
        return (ReceiptLine(self.copy_mark, style="title"), *self.lines) if self.copy else self.lines

    @property
    def printed_barcode(self) -> str:
        """What the barcode says; empty: there is none."""
        return self.number if self.barcode is None else self.barcode


@dataclass(slots=True)
class Document:
    """Builds a document line by line. For a report: `number` names it, and no barcode is printed."""

    minor_digits: int = 2
    _lines: list[ReceiptLine] = field(default_factory=list)

    def title(self, text: str) -> None:
        """Large and centred."""
        self._lines.append(ReceiptLine(text, style="title"))

    def centre(self, *texts: str) -> None:
        """One centred line for each text."""
        self._lines.extend(ReceiptLine(text, style="centre") for text in texts)

    def rule(self) -> None:
        """A line across."""
        self._lines.append(ReceiptLine(style="rule"))

    def text(self, left: str, right: str = "", *, strong: bool = False) -> None:
        """One line; `right` stands at the right edge."""
        self._lines.append(ReceiptLine(left, right, "strong" if strong else "normal"))

    def money(self, left: str, amount_minor: int, *, strong: bool = False) -> None:
        """A line with an amount at the right edge."""
        self.text(left, money(amount_minor, self.minor_digits), strong=strong)

    def made(
        self,
        number: str,
        *,
        barcode: str = "",
        qr: str = "",
        qr_caption: str = "",
        copy_mark: str = "*** COPY ***",
        logo: bool = False,
    ) -> ReceiptDocument:
        """The finished document."""
        return ReceiptDocument(
            number=number,
            lines=tuple(self._lines),
            copy_mark=copy_mark,
            barcode=barcode,
            qr=qr,
            qr_caption=qr_caption,
            logo=logo,
        )


def money(amount_minor: int, minor_digits: int) -> str:
    """Minor units as people write them: 1234 with two digits is `12.34`."""
    if minor_digits == 0:
        return str(amount_minor)
    sign = "-" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**minor_digits)
    return f"{sign}{whole}.{part:0{minor_digits}d}"


def local_time_text(at_ms: int, time_zone: str) -> str:
    """Date and time in the store's zone, to the second."""
    try:
        zone: datetime.tzinfo = zoneinfo.ZoneInfo(time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        zone = datetime.UTC
    try:
        return datetime.datetime.fromtimestamp(at_ms // 1000, zone).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return "----"


def as_text(document: ReceiptDocument, columns: int = COLUMNS) -> str:
    """The document as plain text; wide characters count twice."""
    return "\n".join(_as_text_line(line, columns) for line in document.printed_lines) + "\n"


def width(text: str) -> int:
    """Columns a text takes on a receipt."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def columns_of(line: ReceiptLine, columns: int) -> str:
    """Left and right text in one line of `columns`; the left one is cut when both do not fit."""
    if not line.right:
        return cut(line.left, columns)
    left = cut(line.left, max(0, columns - width(line.right) - 1))
    return left + " " * max(1, columns - width(left) - width(line.right)) + line.right


def cut(text: str, columns: int) -> str:
    """As much of a text as fits."""
    while width(text) > columns:
        text = text[:-1]
    return text


def _as_text_line(line: ReceiptLine, columns: int) -> str:
    if line.style == "rule":
        return "-" * columns
    if line.style in {"centre", "title"}:
        text = cut(line.left, columns)
        return (" " * ((columns - width(text)) // 2) + text).rstrip()
    return columns_of(line, columns).rstrip()
