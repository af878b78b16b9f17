"""Check bytes of scale protocols."""

from __future__ import annotations

import functools
import operator


def xor(data: bytes) -> int:
    """All bytes, exclusive or."""
    return functools.reduce(operator.xor, data, 0)


def negative_sum7(data: bytes) -> int:
    """The two's complement of the sum of the low seven bits, in seven bits."""
    return -sum(byte & 0x7F for byte in data) & 0x7F
