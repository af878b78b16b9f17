"""An exit as the settings know it, and what switches its siren."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edge.rfid.gate import GateSetup


class Signals(Protocol):
    """The outputs of readers: sirens, lights."""

    def set_output(self, device_id: str, port: int, *, on: bool) -> None:
        """Soon; a reader that is away is not waited for."""


class NoSignals:
    """A store whose readers switch nothing."""

    def set_output(self, device_id: str, port: int, *, on: bool) -> None:
        """Nothing happens."""


@dataclass(frozen=True, slots=True)
class Gate:
    """An exit. `siren_port`: the reader's output it hangs on; the light barriers are its inputs."""

    device_id: str
    setup: GateSetup
    siren_port: int | None = None
    siren_ms: int = 5_000
    beam_inside: int | None = None
    beam_outside: int | None = None
    beam_broken_high: bool = True
