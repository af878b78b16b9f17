"""From an upload to the file a label is sent; each picture is worked out once, however many labels get it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from protocols.esl.image import Planes, file_hash, read_file, zlib_file
from protocols.esl.tag_types import TagType
from simulators.oepl_ap.jpeg import planes_of_jpeg

KEPT = 1_024
"""Policy when reached: the picture made longest ago goes."""


@dataclass(frozen=True, slots=True)
class Made:
    """The file that goes to a label, its hash, and what it says."""

    file: bytes
    image_hash: str
    planes: Planes


class PictureMaker:
    """Turns JPEGs into files for a kind of label."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[bytes, int, bool], Made] = OrderedDict()

    def make(self, kind: TagType, version: int, jpeg: bytes) -> Made:
        """The file for a label of this kind and firmware. Raises `protocols.esl.image.ImageRefused`."""
        compressed = version >= kind.zlib_from
        key = (hashlib.sha256(jpeg).digest(), kind.hardware_type, compressed)
        made = self._made.get(key)
        if made is None:
            planes = planes_of_jpeg(kind, jpeg)
            file = zlib_file(kind, planes) if compressed else planes.raw_file
            made = self._made[key] = Made(file, file_hash(file), planes)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return made

    def read(self, kind: TagType, version: int, file: bytes) -> Planes:
        """What a file made here before says."""
        return read_file(kind, file, compressed=version >= kind.zlib_from)
