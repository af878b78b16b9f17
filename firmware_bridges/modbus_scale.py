"""A weighing indicator on a Modbus line, by its profile: asks again and again, and carries out orders."""

from __future__ import annotations

import asyncio

from firmware_bridges.modbus_line import LineSettings, ModbusLine, ModbusLines, UnitRefused, UnitSilent
from firmware_bridges.scale import INTERVAL_MS, KIND, ORDER_WAITS_MS
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent, WeightRead, WeightState
from protocols.scales.frames import Shown, as_read
from protocols.scales.modbus_indicator import Indicator, cells_from, judge, shown_by
from protocols.scales.modbus_profile import Profile, Table, reads_of, writes_of
from protocols.scales.session import Ordered, ScaleOrder

BACKOFF_CAP_MS = 10_000
SILENT = "the scale does not answer: check its unit number and the line"
ORDER_TAKES_MS = 1_000
ORDER_LOOKS_MS = 50


class ModbusScaleDriver:
    """One indicator. Emits as `scale.ScaleDriver` does.

    A unit that does not answer is asked less and less often, at most every ten seconds, so that the others on its line lose
    little; the first answer ends that.
    """

    device_kind = KIND

    def __init__(
        self,
        device_id: str,
        profile: Profile,
        unit: int,
        line: LineSettings,
        lines: ModbusLines,
        clock: Clock,
        *,
        interval_ms: int = INTERVAL_MS,
        minimum_grams: int = 0,
    ) -> None:
        """`minimum_grams` is only kept here, for whoever sells what is weighed."""
        self.device_id = device_id
        self.minimum_grams = minimum_grams
        self._profile = profile
        self._unit = unit
        self._settings = line
        self._lines = lines
        self._clock = clock
        self._interval_ms = interval_ms
        self._reads = reads_of(profile)
        self._indicator = Indicator(profile)
        self._line: ModbusLine | None = None
        self._turn = asyncio.Lock()
        """Between a question and an order."""

    @property
    def orders(self) -> frozenset[ScaleOrder]:
        """What the profile says the indicator can be told."""
        return frozenset(command.order for command in self._profile.commands)

    @property
    def connected(self) -> bool:
        """Whether its line is open."""
        return self._line is not None

    async def run(self, emit: Emit) -> None:
        """Poll until the line is gone. Raises LinkBroken."""
        async with self._lines.line(self._settings) as line:
            self._indicator.forget()
            self._line = line
            try:
                await self._poll(line, emit)
            finally:
                self._line = None

    async def order(self, order: ScaleOrder) -> Ordered:
        """Tell the indicator, and look what it shows then. Never raises."""
        writes = writes_of(self._profile, order)
        if writes is None:
            return Ordered.NOT_KNOWN
        line = self._line
        if line is None:
            return Ordered.UNANSWERED
        try:
            async with asyncio.timeout(ORDER_WAITS_MS / 1000), self._turn:
                self._indicator.forget()
                for write in writes:
                    await line.tell(self._unit, write)
                return await self._watch(line, order)
        except (TimeoutError, UnitSilent, LinkBroken):
            return Ordered.UNANSWERED
        except UnitRefused:
            return Ordered.NOT_KNOWN

    async def _watch(self, line: ModbusLine, order: ScaleOrder) -> Ordered:
        """Until the indicator shows that it did as told, or the time for that is over."""
        until_ms = self._clock.monotonic_ms() + ORDER_TAKES_MS
        while True:
            judged = judge(order, await self._look(line))
            if judged is Ordered.DONE or self._clock.monotonic_ms() >= until_ms:
                return judged
            await asyncio.sleep(ORDER_LOOKS_MS / 1000)

    async def _look(self, line: ModbusLine) -> Shown:
        cells: dict[tuple[Table, int], int] = {}
        for read in self._reads:
            cells |= cells_from(read, await line.ask(self._unit, read))
        if len(self._reads) > 1:  # the weight may have changed while its state was asked for
            first = self._reads[0]
            again = cells_from(first, await line.ask(self._unit, first))
            if any(cells[place] != value for place, value in again.items()):
                return Shown(WeightState.MOTION)
        return shown_by(self._profile, cells)

    async def _poll(self, line: ModbusLine, emit: Emit) -> None:
        told: tuple[DeviceState, str] | None = None
        silences = 0
        while True:
            asked_ms = self._clock.monotonic_ms()
            answer = await self._ask(line)
            state = (DeviceState.READY, "") if isinstance(answer, WeightRead) else (DeviceState.DEGRADED, answer)
            silences = 0 if isinstance(answer, WeightRead) else silences + 1
            if state != told:
                told = state
                emit(DeviceStateEvent(device_id=self.device_id, device_kind=KIND, state=state[0], reason=state[1]))
                if not isinstance(answer, WeightRead):
                    emit(WeightRead(device_id=self.device_id, state=WeightState.FAULT))
            if isinstance(answer, WeightRead):
                emit(answer)
            wait_ms = min(BACKOFF_CAP_MS, self._interval_ms << min(silences, 12))
            await asyncio.sleep(max(0, asked_ms + wait_ms - self._clock.monotonic_ms()) / 1000)

    async def _ask(self, line: ModbusLine) -> WeightRead | str:
        try:
            async with self._turn:
                return as_read(self.device_id, self._indicator.count(await self._look(line)))
        except UnitSilent:
            self._indicator.forget()
            return SILENT
        except UnitRefused as refused:
            return f"the scale refuses the registers of its profile ({refused}): check the model"
