"""Which protocol a scale speaks: by listening first, then by questions that make no scale of the house zero or tare.

What a question means depends on who hears it: `TA` asks an MT-SICS scale for its tare, and tells a Toledo 8217 to take one.
So only the protocols' own `probe`s are sent, none of which holds the letters Z, T or C; a test sends every one of them to
every simulated scale and looks at its zero and tare. Whatever comes back is shown to every protocol, not only to the one
that asked.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from protocols.scales.registry import PROTOCOLS
from protocols.scales.session import ScaleProtocol

LISTEN_MS = 1_000
ANSWER_MS = 400
HEARD_BYTES_MAX = 2_048


class Confidence(enum.StrEnum):
    """How sure a guess is."""

    CERTAIN = "certain"
    """A frame with a right checksum."""
    LIKELY = "likely"
    """A whole frame of a form only this protocol has."""
    POSSIBLE = "possible"
    """A whole frame that several protocols have in common."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A protocol of the registry that fits what was heard."""

    protocol: str
    confidence: Confidence


def probes(protocols: Mapping[str, ScaleProtocol] = PROTOCOLS) -> tuple[bytes, ...]:
    """What may be sent to an unknown scale, in order, each once; with the parity of a 7-E-1 line where there is one."""
    found: dict[bytes, None] = {}
    for protocol in protocols.values():
        if protocol.probe:
            for data in (_with_even_parity(protocol.probe), protocol.probe) if protocol.line == "7E1" else (protocol.probe,):
                found.setdefault(data)
    return tuple(found)


def guesses(heard: bytes, protocols: Mapping[str, ScaleProtocol] = PROTOCOLS) -> tuple[Guess, ...]:
    """What these bytes fit, the surest first."""
    fitting = [protocol for protocol in protocols.values() if protocol.know(heard)]
    sure = [protocol for protocol in fitting if protocol.sure]
    if sure:
        return tuple(Guess(protocol.name, Confidence.CERTAIN) for protocol in sure)
    confidence = Confidence.LIKELY if len(fitting) == 1 else Confidence.POSSIBLE
    return tuple(Guess(protocol.name, confidence) for protocol in fitting)


def _with_even_parity(data: bytes) -> bytes:
    return bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in data)
