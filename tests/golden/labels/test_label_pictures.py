"""Label pictures that must not change by accident: SHA-256 of the planes of every built-in template on every panel, for
font files named by their own hashes.

After a wanted change of looks: raise DRAWING_VERSION in protocols/labels/look.py (or BUILT_IN_VERSION for a template), draw
the contact sheets (`python -m tests.support.label_sheets`), look at every one, and renew the hashes with
`python -m tests.support.label_sheets --hashes`.
"""

from __future__ import annotations

import hashlib
import json

import pytest

from protocols.esl.tag_types import TAG_TYPES
from protocols.labels.renderer import LabelRenderer
from tests.support.label_sheets import FONTS, HASHES, digests

FONT_SHA256 = {
    "DejaVuSans-Bold.ttf": "0d977336a6d5fba34eab8e3199eb218327161b5143749f802982c2bc34df0c96",
    "NotoSansCJK-Bold.ttc": "faa5f3656a78b2e2d450d27fe8382c778bc2b6bb5ea29c986664a6a435056ceb",
}


def fonts_are_the_tested_ones() -> bool:
    return all(path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == FONT_SHA256[path.name] for path in FONTS)


@pytest.mark.skipif(not fonts_are_the_tested_ones(), reason=f"needs the font files {FONT_SHA256}")
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_pictures_are_the_known_ones(language: str) -> None:
    known = json.loads(HASHES.read_text())[language]
    drawn = digests(LabelRenderer(FONTS), language)
    assert {name for name in known if known[name] != drawn.get(name)} == set()
    assert drawn.keys() == known.keys()


def test_every_palette_and_at_least_six_sizes_are_among_them() -> None:
    assert {kind.palette for kind in TAG_TYPES.values()} == {"BW", "BWR", "BWY", "BWRY"}
    assert len({(kind.width, kind.height) for kind in TAG_TYPES.values()}) >= 6
    for language, known in json.loads(HASHES.read_text()).items():
        assert len(known) == 8 * len(TAG_TYPES), language
