"""A scale of any protocol on its cable: what a till's port sees, with hands that put goods on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from protocols.clock import Clock, RandomSource, SeededRandom
from protocols.device_events import WeightState
from protocols.scales.session import Answer, ScaleProtocol
from simulators.cables import Cable
from simulators.load_cell import LoadCell
from simulators.mouth import Mouth, SpeechFaults

TICK_SECONDS = 0.02


class ScaleSimulator:
    """The scale. A weight is only told when nothing moves; net weight when a tare is set. Weights are in grams."""

    def __init__(self, cable: Cable, clock: Clock, protocol: ScaleProtocol, rng: RandomSource | None = None) -> None:
        """`rng`: the chance of its faults."""
        self.cable = cable
        self.protocol = protocol
        self.cell = LoadCell(clock)
        self._clock = clock
        self._mouth = Mouth(cable.send, rng if rng is not None else SeededRandom(1))
        self._session = protocol.answering(self.cell)
        self._ticking: asyncio.Task[None] | None = None

    @property
    def faults(self) -> SpeechFaults:
        """What is wrong with it; change the fields while it runs."""
        return self._mouth.faults

    @faults.setter
    def faults(self, faults: SpeechFaults) -> None:
        self._mouth.faults = faults

    @property
    def plugged_in(self) -> bool:
        """Whether the till can find it."""
        return self.cable.plugged_in

    @property
    def load_grams(self) -> int:
        """What lies on the platter, whatever the scale says of it."""
        return self.cell.load_grams

    async def start(self) -> None:
        """Plug the scale in. Raises `simulators.web.CannotListen`."""
        await self.plug_in()

    async def stop(self) -> None:
        """Unplug it and end what it was about to say."""
        await self.unplug()

    async def plug_in(self) -> None:
        """Make the port appear; nothing happens if it is there. The scale starts without tare."""
        if self.cable.plugged_in:
            return
        self._session = self.protocol.answering(self.cell)
        self.cell.switched_on()
        await self.cable.plug_in(self._heard)
        self._mouth.say(self._session.greeting())
        self._keep_ticking()

    async def unplug(self) -> None:
        """Pull the cable: the port vanishes, whoever has it open sees it end. Nothing happens if it is out."""
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()
            await asyncio.wait({ticking})
        await self._mouth.hush()
        await self.cable.unplug()

    def set_weight(self, grams: int, *, settle_ms: int = 300) -> None:
        """Put this much on the platter (all together); the scale is in motion for `settle_ms`."""
        self.cell.put(grams, settle_ms=settle_ms)

    def set_state(self, state: WeightState) -> None:
        """Hold the scale in a state whatever lies on it; STABLE lets it go, at once and without motion. ZERO clears it."""
        self.cell.hold(state)

    def state(self) -> WeightState:
        """What the scale would say now."""
        return self.cell.state()

    def _heard(self, data: bytes) -> None:
        self._say(self._session.receive(data, self._clock.monotonic_ms()))
        self._keep_ticking()

    def _keep_ticking(self) -> None:
        """While the scale will say something by itself."""
        if self._session.waiting and (self._ticking is None or self._ticking.done()):
            self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        while self._session.waiting:
            await asyncio.sleep(TICK_SECONDS)
            self._say(self._session.tick(self._clock.monotonic_ms()))

    def _say(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            self._mouth.say(answer.data, answer.after_ms)
