"""A receipt by which a technician sees what a printer can: every code page of its profile, Chinese, styles, bar codes, QR,
an image, the cutter. A wrong character on it means a wrong profile.
"""

from __future__ import annotations

from collections.abc import Iterator

from protocols.escpos.barcodes import Symbology
from protocols.escpos.charsets import CHINESE, CODE_PAGES, unencodable
from protocols.escpos.columns import cut_to
from protocols.escpos.images import column_bytes
from protocols.escpos.operations import Barcode, Cut, Feed, Initialize, Operation, Qr, Raster, Style, Text, encode
from protocols.escpos.profiles import PrinterProfile

CHINESE_SAMPLE = "小票 合计 ￥12.50 会员 优惠"
BAR_SAMPLES: dict[Symbology, str] = {
    "ean13": "4006381333931", "ean8": "96385074", "upc_a": "036000291452", "upc_e": "01234565", "code39": "TALLY-39",
    "itf": "15400141288763", "codabar": "A40156B", "code93": "TALLY 93", "code128": "s-0001/1-0-000001",
    "gs1_128": "(01)04006381333931(10)L7", "databar": "0400638133393", "databar_truncated": "0400638133393",
    "databar_limited": "0400638133393", "databar_expanded": "(01)04006381333931(3103)001235",
}  # fmt: skip
QR_SAMPLE = "https://example.com/receipt/1-0-000001"
_BAR_DOTS = 40


def page_characters(charset: str) -> str:
    """The characters of a code page's upper half, in the order of their bytes; empty places are left out."""
    found = (bytes([byte]).decode(charset, errors="ignore") for byte in range(0x80, 0x100))
    return "".join(character for character in found if character.isprintable() and not unencodable(character, charset))


def self_test(profile: PrinterProfile, device_id: str) -> bytes:
    """The bytes of the receipt. `device_id`: printed in its head, ASCII."""
    parts = [encode([Initialize(), *_head(profile, device_id)], charset="cp437")]
    parts.extend(_page(profile, charset) for charset in profile.code_pages)
    if profile.chinese:
        parts.append(encode([Text(f"{CHINESE}\n{cut_to(CHINESE_SAMPLE, profile.columns)}\n")], charset=CHINESE))
    parts.append(encode(_codes(profile), charset="cp437"))
    image = _wedge(profile)
    if profile.images == "raster":
        parts.append(encode([image], charset="cp437"))
    else:
        parts.append(column_bytes(image, rows=24 if profile.images == "columns24" else 8))
    ending: list[Operation] = [Style(), Text("END OF THE TEST\n"), Feed(3)]
    if profile.cutter != "none":
        ending.append(Cut(full=profile.cutter == "full"))
    return b"".join((*parts, encode(ending, charset="cp437")))


def self_test_operations(profile: PrinterProfile, device_id: str) -> Iterator[Operation]:
    """The same for a printer that takes text as it is (ePOS): it has no code pages to choose."""
    yield from _head(profile, device_id)
    if profile.chinese:
        yield Text(f"{cut_to(CHINESE_SAMPLE, profile.columns)}\n")
    yield from _codes(profile)
    yield _wedge(profile)
    yield Text("END OF THE TEST\n")
    yield Feed(3)
    yield Cut(full=False)


def _head(profile: PrinterProfile, device_id: str) -> Iterator[Operation]:
    yield Style(align="centre", bold=True, width=2, height=2)
    yield Text("PRINTER TEST\n")
    yield Style(align="centre")
    yield Text(f"{cut_to(device_id, profile.columns)}\n")
    yield Style()
    yield Text(f"{profile.columns} columns, {profile.dots} dots\n{('1234567890' * 6)[: profile.columns]}\n")
    for style, words in (
        (Style(bold=True), "bold"),
        (Style(underline=True), "underlined"),
        (Style(invert=True), "white on black"),
        (Style(width=2), "double width"),
        (Style(height=2), "double height"),
        (Style(align="right"), "at the right edge"),
    ):
        yield style
        yield Text(f"{words}\n")
    yield Style()


def _page(profile: PrinterProfile, charset: str) -> bytes:
    characters, columns = page_characters(charset), profile.columns
    lines = [characters[at : at + columns] for at in range(0, len(characters), columns)]
    return encode([Text("\n".join((f"{charset} (ESC t {CODE_PAGES[charset]})", *lines, "")))], charset=charset)


def _codes(profile: PrinterProfile) -> Iterator[Operation]:
    for symbology, data in BAR_SAMPLES.items():
        if symbology in profile.bars:
            yield Text(f"{symbology}\n")
            yield Barcode(symbology, data, height_dots=_BAR_DOTS)
    if profile.qr:
        yield Text("QR\n")
        yield Qr(QR_SAMPLE, module_dots=4)


def _wedge(profile: PrinterProfile) -> Raster:
    """Steps from white to black across the paper, and a line at both edges: a shifted or stretched image is seen."""
    wide = profile.dots // 8
    shades = (0x00, 0x88, 0xAA, 0xEE, 0xFF)
    row = bytearray(shades[place * len(shades) // wide] for place in range(wide))
    row[0], row[-1] = row[0] | 0x80, row[-1] | 0x01
    return Raster(wide, bytes(row) * 24)
