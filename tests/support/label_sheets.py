"""Contact sheets of every built-in template on every panel, for a person to look at, and the hashes of the golden test.

python -m tests.support.label_sheets [folder]
python -m tests.support.label_sheets --hashes
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image, ImageDraw

from protocols.esl.image import picture_of
from protocols.esl.tag_types import TAG_TYPES
from protocols.labels.renderer import LabelRenderer
from tests.support.label_samples import CURRENCIES, Shown, shown

FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"),
)
HASHES = Path(__file__).parents[1] / "golden" / "labels" / "pictures.json"
SHEET_WIDTH = 1720
MARGIN = 10
CAPTION = 14


def panels() -> list[int]:
    """Hardware types, the smallest panel first."""
    return sorted(TAG_TYPES, key=lambda number: (TAG_TYPES[number].width * TAG_TYPES[number].height, number))


def digests(renderer: LabelRenderer, language: str) -> dict[str, str]:
    """SHA-256 of the planes by `template/panel`."""
    return {
        f"{entry.name}/{number:02X}": renderer.render(entry.content, number, entry.template).planes.digest()
        for entry in shown(language)
        for number in panels()
    }


def sheet(renderer: LabelRenderer, entry: Shown) -> Image.Image:
    """One template on every panel."""
    placed: list[tuple[int, int, Image.Image, str]] = []
    x = y = MARGIN
    row = 0
    for number in panels():
        kind = TAG_TYPES[number]
        drawn = renderer.render(entry.content, number, entry.template)
        if x + kind.width + MARGIN > SHEET_WIDTH:
            x, y, row = MARGIN, y + row + CAPTION + MARGIN, 0
        missing = " ".join((*drawn.left_out, *drawn.shortened))
        placed.append((x, y, picture_of(kind, drawn.planes), f"{number:02X} {kind.palette} {missing}"))
        x, row = x + kind.width + MARGIN, max(row, kind.height)
    page = Image.new("RGB", (SHEET_WIDTH, y + row + CAPTION + MARGIN), (150, 170, 190))
    pen = ImageDraw.Draw(page)
    for left, top, picture, caption in placed:
        pen.text((left, top), caption, fill="black")
        page.paste(picture, (left, top + CAPTION))
    return page


def overview(renderer: LabelRenderer) -> Image.Image:
    """One panel of each palette, a row per template: English on the left half, Chinese on the right."""
    columns = [("en", 0xB0), ("en", 0x01), ("zh_CN", 0x60), ("zh_CN", 0x2B)]
    row = max(TAG_TYPES[number].height for _, number in columns) + MARGIN
    width = sum(TAG_TYPES[number].width + MARGIN for _, number in columns) + MARGIN
    entries = {language: [entry for entry in shown(language) if entry.name != "by-weight"] for language in CURRENCIES}
    page = Image.new("RGB", (width, row * len(entries["en"]) + MARGIN), (150, 170, 190))
    left = MARGIN
    for language, number in columns:
        kind = TAG_TYPES[number]
        for index, entry in enumerate(entries[language]):
            planes = renderer.render(entry.content, number, entry.template).planes
            page.paste(picture_of(kind, planes), (left, MARGIN + index * row))
        left += kind.width + MARGIN
    return page


def main(arguments: list[str]) -> None:
    """Write sheets or hashes."""
    renderer = LabelRenderer(FONTS)
    if arguments == ["--hashes"]:
        known = {language: digests(renderer, language) for language in CURRENCIES}
        HASHES.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        return
    folder = Path(arguments[0]) if arguments else Path("build/label-sheets")
    folder.mkdir(parents=True, exist_ok=True)
    overview(renderer).quantize(16).save(folder / "labels.png", optimize=True)
    for language in CURRENCIES:
        for entry in shown(language):
            sheet(renderer, entry).save(folder / f"{entry.name}-{language}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
