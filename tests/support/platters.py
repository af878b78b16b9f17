"""A scale's two sides joined in memory, with a line between them that a test may spoil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from protocols.clock import FakeClock
from protocols.device_events import WeightRead, WeightState
from protocols.scales.session import ScaleProtocol, Unanswered
from simulators.load_cell import LoadCell

Spoil = Callable[[bytes], list[bytes]]
EXCHANGES_MAX = 40


def untouched(data: bytes) -> list[bytes]:
    """A perfect line."""
    return [data]


@dataclass
class Pair:
    """Both sides of one protocol. `cell` is what lies on the scale."""

    protocol: ScaleProtocol
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.cell = LoadCell(self.clock)
        self.till = self.protocol.asking("s")
        self.scale = self.protocol.answering(self.cell)

    def poll(self, spoil: Spoil = untouched) -> WeightRead | Unanswered:
        """One question to its end; `spoil` makes of each of the scale's answers the pieces that arrive."""
        asked = self.till.ask(self.clock.monotonic_ms())
        for _ in range(EXCHANGES_MAX):
            for answer in self.scale.receive(asked, self.clock.monotonic_ms()):
                for piece in spoil(answer.data):
                    heard = self.till.receive(piece)
                    if heard is not None:
                        return heard
            asked = self.till.to_send()
            if not asked:
                break
        self.clock.advance(1_000)
        given_up = self.till.expire(self.clock.monotonic_ms())
        assert given_up is not None
        return given_up

    def read(self, grams: int, state: WeightState = WeightState.STABLE, *, net: bool = False) -> WeightRead:
        """What the till should hear."""
        return WeightRead(device_id="s", state=state, grams=grams, net=net)
