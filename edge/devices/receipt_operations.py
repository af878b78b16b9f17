"""A print job as operations of a receipt printer. Lines the printer's charset cannot write are sent as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.checkout.documents import ReceiptDocument, ReceiptLine, columns_of, cut
from edge.checkout.printing import PrintJob
from edge.devices.receipt_picture import LinePainter
from protocols.escpos.charsets import unencodable
from protocols.escpos.operations import (
    Barcode,
    Cut,
    Feed,
    Initialize,
    KickDrawer,
    Operation,
    Qr,
    Raster,
    Style,
    Text,
    encode,
)

TITLE_SCALE = 2
FEED_BEFORE_CUT = 3
QR_MODULE_DOTS = 5


@dataclass(frozen=True, slots=True)
class Paper:
    """What the printer can take: characters in a line, and the charset it is set to. `logo`: the store's picture."""

    columns: int
    charset: str
    logo: Raster | None = None


class ReceiptEncoder:
    """Makes the bytes of a job."""

    def __init__(self, paper: Paper, painter: LinePainter) -> None:
        self._paper = paper
        self._painter = painter

    def encode(self, job: PrintJob) -> bytes:
        """Drawer first (the cashier waits for it), then the receipt."""
        return encode(self._operations(job), charset=self._paper.charset)

    def _operations(self, job: PrintJob) -> Iterator[Operation]:
        yield Initialize()
        if job.kick_drawer:
            yield KickDrawer()
        if job.document is not None:
            yield from self._document(job.document)

    def _document(self, document: ReceiptDocument) -> Iterator[Operation]:
        if document.logo and self._paper.logo is not None:
            yield Style(align="centre")
            yield self._paper.logo
            yield Style()
        for line in document.printed_lines:
            yield from self._line(line)
        yield Feed(1)
        yield Style(align="centre")
        if document.qr:
            yield Qr(document.qr, module_dots=QR_MODULE_DOTS)
            yield from self._line(ReceiptLine(document.qr_caption, style="centre"))
            yield Style(align="centre")
        if document.printed_barcode:
            yield Barcode("code128", document.printed_barcode)
        yield Style()
        yield Feed(FEED_BEFORE_CUT)
        yield Cut(full=False)

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
