"""Labels drawn per second on one core: names, price, unit price and EAN-13, bit planes, their hash, and JPEG.

Compared in the same run with the loop one would write first: Pillow's own text calls into a picture, a rectangle per bar,
the planes and the JPEG of it, each by one call. Rounds alternate and processor time counts, so that a busy machine burdens
both alike; each side's median is taken. Names, prices and codes differ from label to label, as they do in a shop. An
unchanged label costs its digest, which is computed here for contents never seen as objects before.
"""

from __future__ import annotations

import hashlib
import io
import statistics
import time
from dataclasses import replace

from PIL import Image, ImageDraw, ImageFont

from protocols.esl.tag_types import TAG_TYPES
from protocols.gs1.gtin import with_check_digit
from protocols.labels.barcode import modules_of
from protocols.labels.content import LabelContent, UnitPrice, price_text
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.look import LookBook
from protocols.labels.renderer import LabelRenderer
from tests.bench.report import report

ROUNDS = 5
PANELS = {"label_296_per_s": (0x01, 200), "label_800_per_s": (0x36, 40)}
HASHES = 20_000
HASH_TARGET_PER_S = 100_000.0


def contents(round_number: int, labels: int) -> list[LabelContent]:
    """Labels no round has seen before."""
    return [
        LabelContent(
            name=f"Organic article {round_number}-{number * 7919 % 10007}",
            name_zh=f"有机商品 {number}",
            price_minor=100 + number * 7,
            currency="EUR",
            gtin="0" + with_check_digit(f"400{round_number:03d}{number:06d}"),
            revision=number + 1,
            unit_price=UnitPrice(200 + number * 14, "kg"),
        )
        for number in range(labels)
    ]


def ours(renderer: LabelRenderer, hardware_type: int, labels: list[LabelContent]) -> float:
    """Labels per second."""
    begun = time.process_time()
    for content in labels:
        renderer.render(content, hardware_type)
    return len(labels) / (time.process_time() - begun)


def plain(fonts: list[ImageFont.FreeTypeFont], hardware_type: int, labels: list[LabelContent]) -> float:
    """Labels per second of the plain loop."""
    kind = TAG_TYPES[hardware_type]
    width, height = kind.width, kind.height
    begun = time.process_time()
    for content in labels:
        row = modules_of(content.gtin)
        assert row is not None
        assert content.unit_price is not None
        picture = Image.new("1", (width, height), 1)
        pen = ImageDraw.Draw(picture)
        pen.fontmode = "1"
        pen.text((4, 0), content.name, fill=0, font=fonts[0])
        pen.text((4, height * 17 // 100), content.name_zh, fill=0, font=fonts[1])
        pen.line((4, height * 36 // 100, width - 4, height * 36 // 100), fill=0)
        pen.text((4, height * 60 // 100), f"1 kg = {price_text(content.unit_price.price_minor, 2)}", fill=0, font=fonts[3])
        pen.text((width // 2, height * 38 // 100), price_text(content.price_minor, 2), fill=0, font=fonts[2])
        pen.text((width * 9 // 10, height * 88 // 100), f"r{content.revision}", fill=0, font=fonts[3])
        module = max(width * 8 // 10 // len(row), 1)
        for index, level in enumerate(row):
            if level:
                left = index * module
                pen.rectangle((left, height * 80 // 100, left + module - 1, height - 4), fill=0)
        turned = picture.transpose(Image.Transpose.ROTATE_90) if kind.rotate_buffer else picture
        plane = turned.point(lambda level: 255 - level).tobytes()
        hashlib.md5(plane, usedforsecurity=False).hexdigest()
        picture.convert("RGB").save(io.BytesIO(), "JPEG", quality=95, subsampling=0)
    return len(labels) / (time.process_time() - begun)


def fonts_for(height: int) -> list[ImageFont.FreeTypeFont]:
    """Fonts of the plain loop in the sizes a panel wants."""
    paths = [path for path in SYSTEM_FONTS if path.exists()]
    latin, chinese = (paths[0], paths[-1]) if paths else ("DejaVuSans.ttf", "DejaVuSans.ttf")
    sizes = ((latin, 15), (chinese, 15), (latin, 41), (latin, 9))
    return [ImageFont.truetype(str(path), height * percent // 100) for path, percent in sizes]


def drawn(renderer: LabelRenderer, name: str) -> None:
    """One panel size: its rate, and the ratio to the plain loop."""
    hardware_type, labels = PANELS[name]
    fonts = fonts_for(TAG_TYPES[hardware_type].height)
    ours(renderer, hardware_type, contents(99, labels))
    plain(fonts, hardware_type, contents(99, labels))
    rates, peers = [], []
    for number in range(ROUNDS):
        batch = contents(number, labels)
        rates.append(ours(renderer, hardware_type, batch))
        peers.append(plain(fonts, hardware_type, batch))
    rate, peer = statistics.median(rates), statistics.median(peers)
    report(name, rate, "labels/s", peer=f"plain Pillow loop, same run: {peer:.0f}/s", ratio=round(rate / peer, 3))


def hashed() -> None:
    """What an unchanged label costs."""
    looks = LookBook()
    labels = contents(0, HASHES)
    known = {content.gtin: looks.digest(content, 0x01) for content in labels}
    again = [replace(content) for content in labels]
    begun = time.process_time()
    hits = sum(known[content.gtin] == looks.digest(content, 0x01) for content in again)
    rate = hits / (time.process_time() - begun)
    report("label_hash_hits_per_s", rate, "labels/s", peer=f"{HASH_TARGET_PER_S:.0f}/s", ratio=rate / HASH_TARGET_PER_S)


def main() -> None:
    """Print the figures."""
    renderer = LabelRenderer([path for path in SYSTEM_FONTS if path.exists()])
    for name in PANELS:
        drawn(renderer, name)
    hashed()


if __name__ == "__main__":
    main()
