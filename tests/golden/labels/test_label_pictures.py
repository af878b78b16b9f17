"""Label pictures that must not change by accident: SHA-256 of the planes, for one font file named by its own hash.

After a wanted change of looks: raise LOOKS_VERSION in edge/labels/content.py, look at the pictures, renew the hashes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from protocols.labels.content import LabelContent, UnitPrice
from protocols.labels.renderer import LabelRenderer

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf")
FONT_SHA256 = "0d977336a6d5fba34eab8e3199eb218327161b5143749f802982c2bc34df0c96"
PIECE = LabelContent(name="Whole milk 3.5 % 1 l", price_minor=119, currency="EUR", gtin="04006381333931", revision=12)
WEIGHED = LabelContent(name="Apples, loose", price_minor=299, currency="EUR", per_kg=True, gtin="101", revision=3)
PACK = LabelContent(
    name="Ground coffee", price_minor=649, currency="EUR", unit_price=UnitPrice(1298, "kg"), revision=1, highlight=True
)
GOLDEN = {
    ("piece", 0x00): "db21ed0625bbd1a188bbfcc0b8518a03033f68be40eb87d5dbce67ad81f98b4c",
    ("piece", 0x01): "7029714eb1586e0ec214f3c3533684c860732cd099cf47640cd6a3a0cce1ed98",
    ("weighed", 0x01): "047db6d2a8ec8c2b912c1b2910e6e43095095070b50dfb1c04e788b8a5e6d278",
    ("pack", 0x01): "9d93d5f4fe41cf5d963d743ea35ca49d79fd7498c90ac999a44673790c4abe6c",
    ("piece", 0x02): "3ebaf6929e0bfe4d7f7a4724fb7b5e051dbec8d62f7a9946d6408e7d60011d54",
    ("pack", 0x33): "92958868ca4d8eb5c58251bed9f77bdf2e926a40ef4af97fd1347e998b62c924",
}
CONTENTS = {"piece": PIECE, "weighed": WEIGHED, "pack": PACK}


def font_is_the_tested_one() -> bool:
    return FONT.exists() and hashlib.sha256(FONT.read_bytes()).hexdigest() == FONT_SHA256


@pytest.mark.skipif(not font_is_the_tested_one(), reason=f"needs the font file {FONT} with SHA-256 {FONT_SHA256[:12]}...")
@pytest.mark.parametrize(("name", "hardware_type"), sorted(GOLDEN))
def test_the_picture_is_the_known_one(name: str, hardware_type: int) -> None:
    rendered = LabelRenderer([FONT]).render(CONTENTS[name], hardware_type)
    assert rendered.planes.digest() == GOLDEN[name, hardware_type]
