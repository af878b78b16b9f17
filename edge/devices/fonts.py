"""Fonts for label and receipt pictures: those of the settings, else what Debian has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

RECEIPT_FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
)


class FontsMissing(Exception):
    """No usable font file; the text says what to install."""


def font_files(wanted: Sequence[Path], usual: Sequence[Path]) -> tuple[Path, ...]:
    """The wanted font files, or those of the usual ones that are there, in order of preference. Raises `FontsMissing`."""
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        raise FontsMissing(f"labels.fonts: there is no file {missing[0]}")
    found = tuple(wanted) or tuple(path for path in usual if path.is_file())
    if not found:
        raise FontsMissing(
            "no font for labels and receipts: install fonts-dejavu-core and fonts-noto-cjk, or set labels.fonts"
        )
    return found
