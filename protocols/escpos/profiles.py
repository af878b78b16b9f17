"""Receipt printers as data: what a model can take. A profile is chosen by name in the settings; single keys may be set anew.

Numbers are what such models usually have: paper width in dots and characters of font A, the numbers of `ESC t` in
`protocols.escpos.charsets`. They were not held against every manual: try the test receipt (`print-test`) on a new model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from protocols.escpos.barcodes import SYMBOLOGIES, Symbology
from protocols.escpos.charsets import CHINESE

Images = Literal["raster", "columns24", "columns8"]
"""`GS v 0`, or `ESC *` in strips of 24 or 8 rows."""
Proof = Literal["process_id", "status"]
Cutter = Literal["full", "partial", "none"]

_LATIN = ("cp437", "cp850", "cp860", "cp863", "cp865", "cp1252", "cp866", "cp852", "cp858")
_EPSON = (*_LATIN, "cp857", "cp737", "iso8859_7", "iso8859_15", "cp1250", "cp1251", "cp1253", "cp1254")
_OLD_BARS: tuple[Symbology, ...] = (
    "upc_a", "upc_e", "ean13", "ean8", "code39", "itf", "codabar", "code93", "code128",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterProfile:
    """One model or family."""

    title: str
    columns: int
    """Characters of font A in a line; a Chinese character takes two."""
    dots: int
    """Print width."""
    charset: str
    """Set unless the settings name another."""
    code_pages: tuple[str, ...]
    """What `ESC t` chooses; a printer for China has GBK besides (`chinese`)."""
    chinese: bool = False
    """It powers on taking byte pairs as GBK, and has the letters."""
    cutter: Cutter = "partial"
    drawer_pins: tuple[Literal[2, 5], ...] = (2, 5)
    drawer_now: bool = True
    """It knows the pulse at once (`DLE DC4 1`), so that a printer without paper still opens the drawer."""
    clears_buffer: bool = True
    """It knows `DLE DC4 8`."""
    proof: Proof = "process_id"
    auto_status: bool = True
    """It knows automatic status (`GS a`)."""
    images: Images = "raster"
    qr: bool = True
    bars: tuple[Symbology, ...] = SYMBOLOGIES
    epos: bool = False
    """There is a model with a network card that takes ePOS XML."""


PROFILES: dict[str, PrinterProfile] = {
    "generic_80": PrinterProfile(
        title="Any ESC/POS printer with 80 mm paper, 42 characters", columns=42, dots=512, charset="cp858",
        code_pages=_LATIN, clears_buffer=False,
    ),
    "generic_58": PrinterProfile(
        title="Any ESC/POS printer with 58 mm paper", columns=32, dots=384, charset="cp858", code_pages=_LATIN,
        cutter="none", drawer_pins=(2,), drawer_now=False, clears_buffer=False, proof="status", auto_status=False,
        bars=_OLD_BARS,
    ),
    "epson_tm_t88": PrinterProfile(
        title="Epson TM-T88V and later, 80 mm", columns=42, dots=512, charset="cp858", code_pages=_EPSON, epos=True
    ),
    "epson_tm_t20": PrinterProfile(
        title="Epson TM-T20II and later, 80 mm", columns=48, dots=576, charset="cp858", code_pages=_EPSON
    ),
    "epson_tm_m30": PrinterProfile(
        title="Epson TM-m30, 80 mm", columns=48, dots=576, charset="cp858", code_pages=_EPSON, epos=True
    ),
    "epson_tm_t88iii": PrinterProfile(
        title="Epson TM-T88III, 80 mm", columns=42, dots=512, charset="cp858",
        code_pages=("cp437", "cp850", "cp860", "cp863", "cp865", "cp1252", "cp866", "cp852", "cp858"),
        clears_buffer=False, proof="status", qr=False, bars=_OLD_BARS,
    ),
    "epson_tm_u220": PrinterProfile(
        title="Epson TM-U220, needles, 76 mm", columns=33, dots=400, charset="cp858",
        code_pages=("cp437", "cp850", "cp860", "cp863", "cp865", "cp1252", "cp866", "cp852", "cp858"),
        clears_buffer=False, proof="status", images="columns8", qr=False, bars=(),
    ),
    "china_80": PrinterProfile(
        title="Printers for China with 80 mm paper (POS80, XP-80, SP-POS88)", columns=48, dots=576, charset=CHINESE,
        code_pages=_LATIN, chinese=True, clears_buffer=False, proof="status", auto_status=True, bars=_OLD_BARS,
    ),
    "china_58": PrinterProfile(
        title="Printers for China with 58 mm paper (POS58, XP-58)", columns=32, dots=384, charset=CHINESE,
        code_pages=_LATIN, chinese=True, cutter="none", drawer_pins=(2,), drawer_now=False, clears_buffer=False,
        proof="status", auto_status=False, bars=_OLD_BARS,
    ),
}  # fmt: skip
"""By the name in the settings."""
