"""A scale's two sides joined in memory, with a line between them that a test may spoil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from protocols.clock import FakeClock
from protocols.device_events import WeightRead, WeightState
from protocols.scales.session import Ordered, ScaleOrder, ScaleProtocol, Unanswered
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
            if asked:
                continue
            if not self.scale.waiting:
                break
            for answer in self.scale.tick(self.clock.monotonic_ms()):
                for piece in spoil(answer.data):
                    heard = self.till.receive(piece)
                    if heard is not None:
                        return heard
        self.clock.advance(1_000)
        given_up = self.till.expire(self.clock.monotonic_ms())
        assert given_up is not None
        return given_up

    def order(self, order: ScaleOrder) -> Ordered:
        """One order to its end, over a perfect line."""
        session = self.protocol.order(self.till, order)
        if session is None:
            return Ordered.NOT_KNOWN
        sent = session.start(self.clock.monotonic_ms())
        ended = session.receive(b"")
        for _ in range(EXCHANGES_MAX):
            if ended is not None:
                return ended
            now_ms = self.clock.monotonic_ms()
            for answer in (*self.scale.receive(sent, now_ms), *self.scale.tick(now_ms)):
                ended = ended or session.receive(answer.data)
            sent = session.to_send()
        self.clock.advance(10_000)
        for answer in self.scale.tick(self.clock.monotonic_ms()):
            ended = ended or session.receive(answer.data)
        ended = ended or session.expire(self.clock.monotonic_ms())
        assert ended is not None
        return ended

    def read(self, grams: int, state: WeightState = WeightState.STABLE, *, net: bool = False) -> WeightRead:
        """What the till should hear, as far as the wire can say it."""
        unit = "g" if self.protocol.name == "hid_scale" else "kg"
        if state is WeightState.ZERO and state not in self.protocol.tells:
            return WeightRead(device_id="s", state=WeightState.BELOW_MINIMUM)
        net = net and self.protocol.tells_net
        return WeightRead(device_id="s", state=state, grams=grams, net=net, unit=unit)
