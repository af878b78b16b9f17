"""Labels drawn per second on one core: 296x128 with names, price and EAN-13, planes, hash, JPEG and the check of the JPEG.

Compared with drawing the same label with Pillow's own text calls into an indexed picture, in the same run: no planes, no
JPEG, no check. Rounds alternate, so that a busy machine burdens both; each side's median counts. Names differ from label
to label, as they do in a shop; an unchanged label costs the look-up of its content.
"""

from __future__ import annotations

import statistics
import time

from PIL import Image, ImageDraw, ImageFont

from protocols.labels.barcode import modules_of
from protocols.labels.content import LabelContent, price_text
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.renderer import LabelRenderer
from tests.bench.report import report

LABELS = 400
ROUNDS = 5
TARGET_PER_S = 1_000.0
HARDWARE_TYPE = 1


def contents(round_number: int) -> list[LabelContent]:
    """Labels no round has seen before."""
    return [
        LabelContent(
            name=f"Organic article {round_number}-{number * 7919 % 10007}",
            name_zh=f"有机商品 {number}",
            price_minor=100 + number * 7,
            currency="EUR",
            gtin="04006381333931",
            revision=number + 1,
        )
        for number in range(LABELS)
    ]


def ours(renderer: LabelRenderer, labels: list[LabelContent]) -> float:
    """Labels per second."""
    begun = time.perf_counter()
    for content in labels:
        renderer.render(content, HARDWARE_TYPE)
    return len(labels) / (time.perf_counter() - begun)


def plain(fonts: list[ImageFont.FreeTypeFont], labels: list[LabelContent]) -> float:
    """Labels per second of plain Pillow drawing."""
    row = modules_of(labels[0].gtin)
    assert row is not None
    begun = time.perf_counter()
    for content in labels:
        picture = Image.new("P", (296, 128))
        pen = ImageDraw.Draw(picture)
        pen.fontmode = "1"
        pen.text((4, 2), content.name, fill=1, font=fonts[0])
        pen.text((4, 24), content.name_zh, fill=1, font=fonts[1])
        pen.text((110, 48), price_text(content.price_minor, 2), fill=1, font=fonts[2])
        for index, module in enumerate(row):
            if module:
                pen.rectangle((index * 2, 102, index * 2 + 1, 124), fill=1)
    return len(labels) / (time.perf_counter() - begun)


def main() -> None:
    """Print the figures."""
    paths = [path for path in SYSTEM_FONTS if path.exists()]
    renderer = LabelRenderer(paths)
    latin, chinese = (paths[0], paths[-1]) if paths else ("DejaVuSans.ttf", "DejaVuSans.ttf")
    fonts = [ImageFont.truetype(str(path), size) for path, size in ((latin, 19), (chinese, 19), (latin, 52))]
    renderer.render(contents(99)[0], HARDWARE_TYPE)
    drawn, peer = [], []
    for number in range(ROUNDS):
        labels = contents(number)
        drawn.append(ours(renderer, labels))
        peer.append(plain(fonts, labels))
    rate, peer_rate = statistics.median(drawn), statistics.median(peer)
    report("labels_rendered_per_s", rate, "labels/s", peer=f"{TARGET_PER_S:.0f}/s", ratio=rate / TARGET_PER_S)
    report(
        "labels_rendered_share_of_plain", rate / peer_rate, "share", peer="plain Pillow, same run", ratio=rate / peer_rate
    )
    kept = contents(ROUNDS - 1)[-1]
    begun = time.perf_counter()
    for _ in range(10_000):
        renderer.render(kept, HARDWARE_TYPE)
    again = 10_000 / (time.perf_counter() - begun)
    report("labels_unchanged_per_s", again, "labels/s", peer="100000/s", ratio=again / 100_000)


if __name__ == "__main__":
    main()
