"""Detection: every scale is found by its own protocol, and no question to an unknown scale zeroes or tares it."""

from __future__ import annotations

import pytest

from protocols.clock import FakeClock
from protocols.scales.detection import Confidence, Guess, guesses, probes
from protocols.scales.registry import PROTOCOLS
from simulators.load_cell import LoadCell

SILENT_KINDS = {"hid_scale"}
"""Found by its USB class, not on a serial port."""
TOGETHER = {"toledo8217": {"toledo8217", "toledo8213"}, "toledo8213": {"toledo8217", "toledo8213"}}


def answers_of(name: str, grams: int) -> tuple[LoadCell, bytes, list[bytes]]:
    """What a scale says unasked, and after each probe, all of them in order."""
    clock = FakeClock()
    cell = LoadCell(clock)
    cell.put(grams, settle_ms=0)
    scale = PROTOCOLS[name].answering(cell)
    unasked = b"".join(answer.data for _ in range(50) for answer in scale.tick(0)) if scale.waiting else b""
    said = []
    for probe in probes():
        said.append(b"".join(answer.data for answer in scale.receive(probe, 0)))
    return cell, unasked, said


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("grams", [40, 250])
def test_no_probe_zeroes_or_tares_any_scale(name: str, grams: int) -> None:
    cell, _, _ = answers_of(name, grams)
    assert (cell.gross_grams, cell.tare_grams) == (grams, 0), "40 g are within its zero range"


def test_no_probe_holds_a_letter_that_is_an_order_somewhere() -> None:
    letters = b"".join(probe.translate(bytes(range(128)) * 2) for probe in probes())
    assert not set(b"ZTCzt") & set(letters)


@pytest.mark.parametrize("name", sorted(set(PROTOCOLS) - SILENT_KINDS))
def test_every_scale_is_found_by_listening_or_by_the_first_answer(name: str) -> None:
    _, unasked, said = answers_of(name, 500)
    heard = unasked or next(each for each in said if guesses(each))
    found = guesses(heard)
    assert {guess.protocol for guess in found} == TOGETHER.get(name, {name})
    if PROTOCOLS[name].sure:
        assert found == (Guess(name, Confidence.CERTAIN),)
    elif name not in TOGETHER:
        assert found == (Guess(name, Confidence.LIKELY),)


@pytest.mark.parametrize("noise", [b"", b"\x00" * 200, bytes(range(256)) * 4, b"hello, this is a modem\r\nOK\r\n"])
def test_noise_is_nobody(noise: bytes) -> None:
    assert guesses(noise) == ()
