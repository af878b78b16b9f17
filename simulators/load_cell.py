"""The mechanics of a scale: what lies on it, zero, tare, motion, its range. OIML R 76 terms."""

from __future__ import annotations

from protocols.clock import Clock
from protocols.device_events import WeightState

CAPACITY_GRAMS = 15_000
SCALE_STEP_GRAMS = 5
OVER_CAPACITY_FROM_GRAMS = CAPACITY_GRAMS + 9 * SCALE_STEP_GRAMS
"""OIML R 76: blank above the maximum by 9 steps."""
ZERO_RANGE_GRAMS = CAPACITY_GRAMS * 2 // 100
_BUSY = {WeightState.MOTION, WeightState.OVER_CAPACITY, WeightState.FAULT}


class LoadCell:
    """See `protocols.scales.session.Platter`. Weights may be negative. Zero and tare work only on a steady load."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._zero_grams = 0
        self._tare_grams = 0
        self._forced: WeightState | None = None
        self._steady_from_ms = clock.monotonic_ms()
        self.load_grams = 0
        """What lies on the platter, whatever the scale says of it."""

    @property
    def gross_grams(self) -> int:
        """From the zero point on."""
        return self.load_grams - self._zero_grams

    @property
    def tare_grams(self) -> int:
        """The container; 0: no tare."""
        return self._tare_grams

    @property
    def held(self) -> WeightState | None:
        """The state a hand holds it in; None: what lies there decides."""
        return self._forced

    def put(self, grams: int, *, settle_ms: int) -> None:
        """Put this much on the platter (all together); it is in motion for `settle_ms`."""
        self._forced = None
        self.load_grams = grams
        self._steady_from_ms = self._clock.monotonic_ms() + settle_ms

    def hold(self, state: WeightState) -> None:
        """Hold a state whatever lies there; STABLE lets it go, at once and without motion. ZERO clears the platter."""
        self._forced = None if state in {WeightState.STABLE, WeightState.ZERO} else state
        self._steady_from_ms = self._clock.monotonic_ms()
        if state is WeightState.ZERO:
            self.load_grams = self._zero_grams
            self._tare_grams = 0

    def switched_on(self) -> None:
        """Power came back: no tare."""
        self._tare_grams = 0

    def state(self) -> WeightState:
        """What the scale would say now."""
        if self._forced is not None:
            return self._forced
        if self.gross_grams >= OVER_CAPACITY_FROM_GRAMS:
            return WeightState.OVER_CAPACITY
        if self._clock.monotonic_ms() < self._steady_from_ms:
            return WeightState.MOTION
        net_grams = self.gross_grams - self._tare_grams
        if net_grams < 0:
            return WeightState.UNDER_ZERO
        return WeightState.STABLE if net_grams else WeightState.ZERO

    def zero(self) -> bool:
        """Only in its range and without tare."""
        if self.state() in _BUSY or self._tare_grams or abs(self.load_grams) > ZERO_RANGE_GRAMS:
            return False
        self._zero_grams = self.load_grams
        return True

    def tare(self) -> bool:
        """What lies there is the container."""
        if self.state() in _BUSY or self.gross_grams < 0:
            return False
        self._tare_grams = self.gross_grams
        return True

    def preset_tare(self, grams: int) -> bool:
        """A container of known weight."""
        if not 0 <= grams <= CAPACITY_GRAMS:
            return False
        self._tare_grams = grams
        return True

    def clear_tare(self) -> bool:
        """No container; not while anything moves."""
        if self.state() in _BUSY:
            return False
        self._tare_grams = 0
        return True
