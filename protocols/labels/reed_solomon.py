"""Error correction bytes of QR codes: Reed-Solomon over GF(256) with x^8 + x^4 + x^3 + x^2 + 1 (ISO/IEC 18004, annex A)."""

from __future__ import annotations

from functools import lru_cache

_FIELD_POLYNOMIAL = 0x11D


def _tables() -> tuple[list[int], list[int]]:
    powers, logarithms = [1] * 512, [0] * 256
    value = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value = value << 1 ^ (_FIELD_POLYNOMIAL if value & 0x80 else 0)
    return powers, logarithms


_POWERS, _LOGARITHMS = _tables()


@lru_cache(maxsize=64)
def _generator(degree: int) -> tuple[int, ...]:
    """Logarithms of the generator polynomial's coefficients below the leading one, highest first."""
    polynomial = [1]
    for exponent in range(degree):
        shifted = [*polynomial, 0]
        for index, factor in enumerate(polynomial):
            shifted[index + 1] ^= _POWERS[_LOGARITHMS[factor] + exponent] if factor else 0
        polynomial = shifted
    return tuple(_LOGARITHMS[factor] for factor in polynomial[1:])


def check_bytes(data: bytes, degree: int) -> bytes:
    """The `degree` bytes that follow the data of a block."""
    generator = _generator(degree)
    rest = [0] * degree
    for byte in data:
        factor = byte ^ rest[0]
        rest = [*rest[1:], 0]
        if factor:
            logarithm = _LOGARITHMS[factor]
            for index, exponent in enumerate(generator):
                rest[index] ^= _POWERS[exponent + logarithm]
    return bytes(rest)
