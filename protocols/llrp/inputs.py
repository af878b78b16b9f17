"""General-purpose inputs without their bouncing: a light beam's relay closes once for people and ten times for a reader."""

from __future__ import annotations


class Debounce:
    """A change is told at once; then the input is left alone for a while, and told again if it ended up elsewhere.

    So a beam is known as broken without delay, and no contact chatters. Times: milliseconds of a clock that never goes back.
    """

    def __init__(self, quiet_ms: int) -> None:
        self._quiet_ms = quiet_ms
        self._told: dict[int, bool] = {}
        self._now: dict[int, bool] = {}
        self._quiet_until_ms: dict[int, int] = {}

    @property
    def deadline_ms(self) -> int | None:
        """When `settle` has something to look at; None: nothing."""
        return min(self._quiet_until_ms.values(), default=None)

    def take(self, port: int, high: bool, now_ms: int) -> bool:
        """A level was reported. True: it is to be told now."""
        self._now[port] = high
        if port in self._quiet_until_ms and now_ms < self._quiet_until_ms[port]:
            return False
        return self._tell(port, now_ms)

    def settle(self, now_ms: int) -> list[tuple[int, bool]]:
        """Ports whose quiet time is over and whose level is not the one told last."""
        over = [port for port, until_ms in self._quiet_until_ms.items() if now_ms >= until_ms]
        for port in over:
            del self._quiet_until_ms[port]
        return [(port, self._now[port]) for port in over if self._tell(port, now_ms)]

    def _tell(self, port: int, now_ms: int) -> bool:
        high = self._now[port]
        if self._told.get(port) is high:
            return False
        self._told[port] = high
        self._quiet_until_ms[port] = now_ms + self._quiet_ms
        return True
