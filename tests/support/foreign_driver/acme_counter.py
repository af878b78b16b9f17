"""A driver of somebody else: a people counter that says how many came in, one line a count, over TCP."""

from __future__ import annotations

from typing import Any

from edge.devices.foreign import ForeignKind, Surroundings
from edge.settings.devices.table import DeviceTable
from firmware_bridges.supervise import Emit
from firmware_bridges.wires import Wires
from protocols.device_events import DeviceState, DeviceStateEvent, WeightRead, WeightState


class CounterSettings(DeviceTable, frozen=True, kw_only=True, tag_field="kind", tag="acme_counter"):
    port: str
    step_grams: int = 1

    def problems(self) -> list[tuple[str, str]]:
        return [] if self.step_grams > 0 else [("step_grams", "step_grams: at least 1.")]


class CounterDriver:
    device_kind = "scale"

    def __init__(self, device: CounterSettings, wires: Wires) -> None:
        self.device_id = device.id
        self._device = device
        self._wires = wires

    async def run(self, emit: Emit) -> None:
        link = await self._wires.port(self._device.port, 9600, "8N1")
        try:
            emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=DeviceState.READY))
            while True:
                grams = len(await link.read()) * self._device.step_grams
                emit(WeightRead(device_id=self.device_id, state=WeightState.STABLE, grams=grams))
        finally:
            await link.close()


def make(device: Any, around: Surroundings) -> CounterDriver:
    return CounterDriver(device, around.wires)


COUNTER = ForeignKind(api_version=1, table=CounterSettings, device_kind="scale", protocol="Acme lines", make=make)
OF_TOMORROW = ForeignKind(api_version=2, table=CounterSettings, device_kind="scale", protocol="Acme lines", make=make)
