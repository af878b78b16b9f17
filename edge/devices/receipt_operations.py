"""A print job as operations of a receipt printer. What the printer cannot write or draw is sent as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge.checkout.documents import ReceiptDocument, ReceiptLine, columns_of, cut
from edge.checkout.printing import PrintJob
from edge.devices.receipt_picture import LinePainter, qr_picture
from protocols.epos.document import document_bytes
from protocols.escpos.charsets import unencodable
from protocols.escpos.images import column_bytes
from protocols.escpos.operations import (
    Barcode,
    Cut,
    Feed,
    Initialize,
    Operation,
    Qr,
    Raster,
    Style,
    Text,
    encode,
    encode_one,
    prepared,
)
from protocols.escpos.profiles import PROFILES, PrinterProfile

TITLE_SCALE = 2
FEED_BEFORE_CUT = 3
QR_MODULE_DOTS = 5


@dataclass(frozen=True, slots=True)
class Paper:
    """What the printer can take: characters in a line, and the charset it is set to. `logo`: the store's picture.

    `profile`: what else it can. `epos`: it takes XML.
    """

    columns: int
    charset: str
    logo: Raster | None = None
    profile: PrinterProfile = PROFILES["generic_80"]
    epos: bool = False


class ReceiptEncoder:
    """Makes the bytes of a job. The drawer is no part of them: its pulse leaves by itself."""

    def __init__(self, paper: Paper, painter: LinePainter) -> None:
        self._paper = paper
        self._painter = painter

    def encode(self, job: PrintJob) -> bytes:
        """The receipt; no bytes for a job without one."""
        operations = self._operations(job)
        if self._paper.epos:
            return document_bytes(operations)
        if self._paper.profile.images == "raster":
            return encode(operations, charset=self._paper.charset)
        return self._in_columns(operations)

    def _in_columns(self, operations: Iterable[Operation]) -> bytes:
        rows = 24 if self._paper.profile.images == "columns24" else 8
        charset = self._paper.charset

        def one(each: Operation) -> bytes:
            return column_bytes(each, rows=rows) if isinstance(each, Raster) else encode_one(each, charset)

        return b"".join(one(each) for each in prepared(operations, charset))

    def _operations(self, job: PrintJob) -> Iterator[Operation]:
        if job.document is not None:
            yield Initialize()
            yield from self._document(job.document)

    def _document(self, document: ReceiptDocument) -> Iterator[Operation]:
        profile = self._paper.profile
        if document.logo and self._paper.logo is not None:
            yield Style(align="centre")
            yield self._paper.logo
            yield Style()
        for line in document.printed_lines:
            yield from self._line(line)
        yield Feed(1)
        yield Style(align="centre")
        if document.qr:
            code = Qr(document.qr, module_dots=QR_MODULE_DOTS)
            yield code if profile.qr else qr_picture(code)
            yield from self._line(ReceiptLine(document.qr_caption, style="centre"))
            yield Style(align="centre")
        if document.printed_barcode and "code128" in profile.bars:
            yield Barcode("code128", document.printed_barcode)
        elif document.printed_barcode:
            yield from self._line(ReceiptLine(document.printed_barcode, style="centre"))
        yield Style()
        yield Feed(FEED_BEFORE_CUT)
        # A printer without a blade: the cut tells where the receipt ends, and does nothing.
        yield Cut(full=profile.cutter == "full")

    def _line(self, line: ReceiptLine) -> Iterator[Operation]:
        columns = self._paper.columns
        if line.style == "rule":
            yield Text("-" * columns + "\n")
            return
        large = line.style == "title"
        text = cut(line.left, columns // TITLE_SCALE) if large else columns_of(line, columns)
        if unencodable(text, self._paper.charset):
            yield self._painter.picture(line, columns)
            return
        yield Style(
            align="centre" if line.style in {"title", "centre"} else "left",
            bold=line.style in {"title", "strong"},
            width=TITLE_SCALE if large else 1,
            height=TITLE_SCALE if large else 1,
        )
        yield Text((text.rstrip() if line.style in {"title", "centre"} else text) + "\n")
        yield Style()
