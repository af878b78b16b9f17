"""A foreign till: what python-escpos sends is printed by our printer as it meant it, and its questions get true answers."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import pytest
import zxingcpp
from escpos.printer import Network
from PIL import Image, ImageDraw

from protocols.clock import FakeClock
from simulators.printer.body import PrinterMake
from simulators.printer.device import EscPosPrinter
from tests.support.waiting import until

FONTS = [
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
]


async def printed(say: Callable[[Network], None], *, chinese: bool = True) -> EscPosPrinter:
    """Our printer after python-escpos said something and hung up; stopped."""
    fonts = tuple(font for font in FONTS if font.exists())
    printer = EscPosPrinter(0, FakeClock(), make=PrinterMake(48, fonts, chinese=chinese))
    await printer.start()

    def talk() -> None:
        till = Network("127.0.0.1", port=printer.port, timeout=5, profile="TM-T88III")
        till.open()
        say(till)
        till.close()

    await asyncio.to_thread(talk)
    await until(lambda: printer._serving is not None and printer._serving.done() and not printer._buffer)
    await printer.stop()
    return printer


def picture(printer: EscPosPrinter, number: int = 1) -> Image.Image:
    return Image.open(io.BytesIO(printer.png(number))).convert("L")


async def test_text_styles_and_the_cut() -> None:
    def say(till: Network) -> None:
        till.set(align="center", bold=True, double_width=True, double_height=True)
        till.text("Corner Shop\n")
        till.set(align="left", bold=False, normal_textsize=True)
        till.text("Tea            3.50\n")
        till.ln(2)
        till.cut()

    printer = await printed(say, chinese=False)
    (receipt,) = printer.receipts()
    assert receipt.text.startswith("             Corner Shop\n")
    assert "Tea            3.50\n" in receipt.text


async def test_western_letters_through_the_code_pages_it_chooses() -> None:
    printer = await printed(lambda till: [till.text("Käse ½ Señor 5 €\n"), till.cut()], chinese=False)
    assert printer.receipts()[0].text.startswith("Käse ½ Señor 5 €\n")


async def test_chinese_arrives_as_pairs_without_a_switch() -> None:
    """Since python-escpos sends GB18030 without `FS &`, a printer must be one that powers on in Chinese."""
    printer = await printed(lambda till: [till._raw("小票 合计 12.50 会员\n".encode("gb18030")), till.cut()])
    assert printer.receipts()[0].text.startswith("小票 合计 12.50 会员\n")


@pytest.mark.parametrize("native", [True, False], ids=["native", "as an image"])
async def test_a_qr_code_can_be_read_off_the_paper(native: bool) -> None:
    address = "https://shop.example/r/1-0-000123"
    printer = await printed(lambda till: [till.qr(address, native=native, size=4), till.ln(2), till.cut()])
    if native:
        assert f"[qr {address}]" in printer.receipts()[0].text
    assert [code.text for code in zxingcpp.read_barcodes(picture(printer))] == [address]


@pytest.mark.parametrize(
    ("kind", "data", "read"),
    [
        ("EAN13", "4006381333931", "4006381333931"),
        ("EAN8", "96385074", "96385074"),
        ("UPC-A", "036000291452", "0036000291452"),
        ("CODE39", "TALLY39", "TALLY39"),
        ("ITF", "15400141288763", "15400141288763"),
    ],
)
@pytest.mark.parametrize("function", ["A", "B"])
async def test_bar_codes_can_be_scanned_off_the_paper(kind: str, data: str, read: str, function: str) -> None:
    def say(till: Network) -> None:
        till.barcode(data, kind, height=80, width=3, function_type=function, force_software=False, check=False)
        till.cut()

    printer = await printed(say)
    assert [code.text for code in zxingcpp.read_barcodes(picture(printer))] == [read]


@pytest.mark.parametrize("way", ["bitImageRaster", "bitImageColumn", "graphics"])
async def test_an_image_is_the_same_on_paper_however_it_is_sent(way: str) -> None:
    image = Image.new("1", (120, 60), 1)
    pen = ImageDraw.Draw(image)
    pen.rectangle((10, 10, 109, 49), fill=0)
    pen.rectangle((30, 20, 89, 39), fill=1)
    printer = await printed(lambda till: [till.image(image, impl=way, center=False), till.cut()])
    ink = picture(printer).point(lambda level: 255 if level < 128 else 0)
    left, top, right, bottom = ink.getbbox() or (0, 0, 0, 0)
    assert (right - left, bottom - top) == (100, 40)
    assert ink.getpixel((left + 50, top + 20)) == 0, "the hole in the middle"


async def test_the_drawer_opens_at_the_pin_it_names() -> None:
    printer = await printed(lambda till: [till.cashdraw(2), till.cashdraw(5)])
    assert printer.drawer_kicks == 2
    assert printer.drawer_open


@pytest.mark.parametrize(
    ("switches", "online", "paper"),
    [({}, True, 2), ({"paper_near_end": True}, True, 1), ({"paper_out": True}, False, 0), ({"cover_open": True}, False, 2)],
)
async def test_its_questions_get_true_answers(switches: dict[str, bool], online: bool, paper: int) -> None:
    printer = EscPosPrinter(0, FakeClock())
    await printer.start()
    printer.set_switches(**switches)

    def ask() -> tuple[bool, int]:
        till = Network("127.0.0.1", port=printer.port, timeout=5)
        till.open()
        told = till.is_online(), till.paper_status()
        till.close()
        return told

    assert await asyncio.to_thread(ask) == (online, paper)
    await printer.stop()
