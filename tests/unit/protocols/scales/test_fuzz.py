"""Noise and damaged frames by the thousand, and (soak) by the million: nothing raises, nothing grows, and the next good
frame is heard."""

from __future__ import annotations

import random
import sys

import pytest

from protocols.device_events import WeightRead
from protocols.scales.dialog06_asking import AskingSession as Dialog06
from protocols.scales.registry import PROTOCOLS
from protocols.scales.session import ScaleOrder
from tests.support.platters import Pair

EVERY = 500


def noise(dice: random.Random, said: bytes) -> bytes:
    """Bytes of any kind, or a frame with some of its bytes changed."""
    if not said or dice.random() < 0.5:
        return dice.randbytes(dice.randrange(1, 40))
    spoilt = bytearray(said)
    for _ in range(dice.randrange(1, 4)):
        spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
    cut = dice.randrange(len(spoilt) + 1)
    return bytes(spoilt[cut:] + spoilt[:cut]) if dice.random() < 0.2 else bytes(spoilt[cut:])


def fuzz(name: str, count: int, seed: int) -> None:
    dice = random.Random(f"{name} {seed}")
    pair = Pair(PROTOCOLS[name])
    pair.cell.put(640, settle_ms=0)
    done = 0
    while done < count:
        asked = pair.till.ask(pair.clock.monotonic_ms())
        said = b"".join(answer.data for answer in pair.scale.receive(asked, 0)) or b"".join(
            answer.data for _ in range(5) for answer in pair.scale.tick(0)
        )
        order = pair.protocol.order(pair.till, dice.choice(list(ScaleOrder)))
        if order is not None:
            order.start(pair.clock.monotonic_ms())
        for _ in range(EVERY // 20):
            data = noise(dice, said)
            done += len(data)
            pair.till.receive(data)
            pair.till.to_send()
            if order is not None:
                order.receive(data)
        pair.clock.advance(10_000)
        pair.till.expire(pair.clock.monotonic_ms())
        for _ in range(20):
            data = dice.randbytes(20)
            done += len(data)
            pair.scale.receive(data, 0)
        kept = sum(sys.getsizeof(value) for value in vars(pair.till).values() if isinstance(value, bytes))
        assert kept < 2_000
        pair.scale = PROTOCOLS[name].answering(pair.cell)
        pair.cell.clear_tare()
        if isinstance(pair.till, Dialog06):
            pair.till.set_tare(0)  # an ACK in the noise was the scale's word for a tare
        for _ in range(5):
            heard = pair.poll()
        assert isinstance(heard, WeightRead)
        assert heard == pair.read(pair.cell.gross_grams), f"{seed} after {done} bytes"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_noise(name: str) -> None:
    fuzz(name, 10_000, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_million_bytes_of_noise(name: str) -> None:
    fuzz(name, 1_000_000, seed=2)
