"""What simulated scales share: those that only answer, and those that speak unasked."""

from __future__ import annotations

from protocols.device_events import WeightState
from protocols.scales.session import Answer, Platter

TICKS_BETWEEN = 5
"""A speaking scale says a frame at every so many calls of `tick`; simulators tick every 20 ms."""
AT_REST = frozenset({WeightState.STABLE, WeightState.ZERO})


def net_grams(platter: Platter) -> int:
    """What the display shows: the load less the container, and never a weight above zero that is none."""
    net = platter.gross_grams - platter.tare_grams
    return -max(5, abs(net)) if platter.state() is WeightState.UNDER_ZERO else net


class AnsweringScale:
    """Says nothing unasked."""

    def __init__(self, platter: Platter) -> None:
        self.platter = platter

    @property
    def waiting(self) -> bool:
        """Never."""
        return False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def tick(self, _now_ms: int) -> list[Answer]:
        """Nothing."""
        return []


class SpeakingScale:
    """Says its frame again and again; hears single commands by their bytes."""

    commands: tuple[tuple[bytes, str], ...] = ()
    """Bytes and the name of what they do: `zero`, `tare`, `clear_tare`, `silent`, `speaking`."""

    def __init__(self, platter: Platter) -> None:
        self.platter = platter
        self._heard = b""
        self._silent = False
        self._ticks = 0

    @property
    def waiting(self) -> bool:
        """Always: a frame is due soon."""
        return True

    def greeting(self) -> bytes:
        """Nothing but its frames."""
        return b""

    def frame(self) -> bytes:
        """What the scale says now; empty: it stays silent."""
        raise NotImplementedError

    def receive(self, data: bytes, _now_ms: int) -> list[Answer]:
        """Carry out the commands in these bytes; a scale like this does not answer them."""
        self._heard += data
        while (nearest := self._next_command()) is not None:
            end, doing = nearest
            self._heard = self._heard[end:]
            self._do(doing)
        self._heard = self._heard[-16:]
        return []

    def tick(self, _now_ms: int) -> list[Answer]:
        """A frame, when one is due."""
        self._ticks = (self._ticks + 1) % TICKS_BETWEEN
        if self._ticks or self._silent:
            return []
        frame = self.frame()
        return [Answer(frame)] if frame else []

    def _next_command(self) -> tuple[int, str] | None:
        found = [(at + len(data), doing) for data, doing in self.commands if (at := self._heard.find(data)) >= 0]
        return min(found, default=None)

    def _do(self, doing: str) -> None:
        match doing:
            case "zero":
                self.platter.zero()
            case "tare":
                self.platter.tare()
            case "clear_tare":
                self.platter.clear_tare()
            case _:
                self._silent = doing == "silent"
