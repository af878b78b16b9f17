"""A Toledo 8217 scale on a pseudo-terminal: what a till's serial port sees, with hands that put goods on it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import tty
from pathlib import Path

import msgspec

from protocols.clock import Clock
from protocols.device_events import WeightState
from protocols.scales.toledo8217 import (
    ECHO_ANSWER,
    NET,
    SELF_TEST_ANSWER,
    Asked,
    Command,
    DeviceSession,
    Echo,
    Unit,
    encode_status,
    encode_weight,
    status_of,
)

CAPACITY_GRAMS = 15_000
SCALE_STEP_GRAMS = 5
OVER_CAPACITY_FROM_GRAMS = CAPACITY_GRAMS + 9 * SCALE_STEP_GRAMS
"""OIML R 76: blank above the maximum by 9 steps."""
ZERO_RANGE_GRAMS = CAPACITY_GRAMS * 2 // 100
SLOW_ANSWER_MS = 150
"""Z, T and C are answered this late (service manual 72191202)."""
GARBAGE = b"\xff\x00\x02?\x1b0.\x023\x0d"


class ScaleFault(msgspec.Struct):
    """What is wrong with the scale or its cable; change the fields while it runs."""

    silent: bool = False
    """Hears, never answers."""
    garbage: bool = False
    """Noise in place of every answer."""
    split: bool = False
    """Every answer one byte at a time."""


class ToledoScale:
    """The scale. `link_path` becomes a symbolic link to the pseudo-terminal: the port's name, as udev would make it.

    A weight is only told when nothing moves; net weight when a tare is set. Weights are in grams and may be negative.
    """

    def __init__(self, link_path: Path, clock: Clock, *, unit: Unit = Unit.KG) -> None:
        self.fault = ScaleFault()
        self._link_path = link_path
        self._clock = clock
        self._unit = unit
        self._session = DeviceSession()
        self._load_grams = 0
        self._zero_grams = 0
        self._tare_grams = 0
        self._forced: WeightState | None = None
        self._steady_from_ms = clock.monotonic_ms()
        self._ends: tuple[int, int] | None = None
        self._answers: set[asyncio.Task[None]] = set()

    @property
    def plugged_in(self) -> bool:
        """Whether the port exists."""
        return self._ends is not None

    @property
    def load_grams(self) -> int:
        """What lies on the platter, whatever the scale says of it."""
        return self._load_grams

    async def start(self) -> None:
        """Plug the scale in. Must run in the event loop that serves it."""
        self.plug_in()

    async def stop(self) -> None:
        """Unplug it and end what it was about to say."""
        self.unplug()
        await asyncio.gather(*self._answers, return_exceptions=True)

    def plug_in(self) -> None:
        """Make the port appear; nothing happens if it is there. The scale starts without tare."""
        if self._ends is not None:
            return
        scale_end, till_end = pty.openpty()
        tty.setraw(till_end)
        os.set_blocking(scale_end, False)
        # The till's end stays open here too, or the port would hang up each time a till closes it.
        self._ends = scale_end, till_end
        self._session = DeviceSession()
        self._tare_grams = 0
        self._link_path.unlink(missing_ok=True)
        self._link_path.symlink_to(os.ttyname(till_end))
        asyncio.get_running_loop().add_reader(scale_end, self._heard)

    def unplug(self) -> None:
        """Pull the cable: the port vanishes, whoever has it open sees it end. Nothing happens if it is out."""
        if self._ends is None:
            return
        scale_end, till_end = self._ends
        self._ends = None
        asyncio.get_running_loop().remove_reader(scale_end)
        for answer in self._answers:
            answer.cancel()
        self._link_path.unlink(missing_ok=True)
        os.close(till_end)
        os.close(scale_end)

    def set_weight(self, grams: int, *, settle_ms: int = 300) -> None:
        """Put this much on the platter (all together); the scale is in motion for `settle_ms`."""
        self._forced = None
        self._load_grams = grams
        self._steady_from_ms = self._clock.monotonic_ms() + settle_ms

    def set_state(self, state: WeightState) -> None:
        """Hold the scale in a state whatever lies on it; STABLE lets it go, at once and without motion. ZERO clears it."""
        self._forced = None if state in {WeightState.STABLE, WeightState.ZERO} else state
        self._steady_from_ms = self._clock.monotonic_ms()
        if state is WeightState.ZERO:
            self._load_grams = self._zero_grams
            self._tare_grams = 0

    def state(self) -> WeightState:
        """What the scale would say now."""
        if self._forced is not None:
            return self._forced
        gross = self._gross_grams()
        if gross >= OVER_CAPACITY_FROM_GRAMS:
            return WeightState.OVER_CAPACITY
        if self._clock.monotonic_ms() < self._steady_from_ms:
            return WeightState.MOTION
        if gross - self._tare_grams < 0:
            return WeightState.UNDER_ZERO
        return WeightState.STABLE if gross - self._tare_grams else WeightState.ZERO

    def _gross_grams(self) -> int:
        return self._load_grams - self._zero_grams

    def _heard(self) -> None:
        if self._ends is None:
            return
        try:
            data = os.read(self._ends[0], 4_096)
        except OSError:  # nobody at the other end just now
            return
        self.take(data)

    def take(self, data: bytes) -> None:
        """Bytes of the till."""
        for heard in self._session.receive(data):
            if isinstance(heard, Echo):
                self._say(heard.data, 0)
            else:
                self._answer(heard)

    def _answer(self, asked: Asked) -> None:
        match asked.command:
            case Command.WEIGH:
                self._say(self._weight_answer(), 0)
            case Command.ECHO:
                self._say(ECHO_ANSWER, 0)
            case Command.SELF_TEST:
                self._say(SELF_TEST_ANSWER, 0)
            case Command.SELF_TEST_RESULT:
                self._say(encode_status(status_of(WeightState.STABLE)), 0)
            case Command.ZERO | Command.TARE | Command.CLEAR_TARE:
                self._adjust(asked.command)
                self._say(encode_status(self._status()), SLOW_ANSWER_MS)
            case Command.ECHO_END:
                return

    def _adjust(self, command: Command) -> None:
        """Zero and tare work only on a steady load; zero only in its range and without tare."""
        state = self.state()
        if state in {WeightState.MOTION, WeightState.OVER_CAPACITY, WeightState.FAULT}:
            return
        if command is Command.CLEAR_TARE:
            self._tare_grams = 0
        elif command is Command.TARE and state is not WeightState.UNDER_ZERO:
            self._tare_grams = self._gross_grams()
        elif command is Command.ZERO and not self._tare_grams and abs(self._load_grams) <= ZERO_RANGE_GRAMS:
            self._zero_grams = self._load_grams

    def _status(self) -> int:
        return status_of(self.state()) | (NET if self._tare_grams else 0)

    def _weight_answer(self) -> bytes:
        if self.state() in {WeightState.STABLE, WeightState.ZERO}:
            return encode_weight(self._gross_grams() - self._tare_grams, net=self._tare_grams != 0, unit=self._unit)
        return encode_status(self._status())

    def _say(self, data: bytes, after_ms: int) -> None:
        if self.fault.silent:
            return
        if self.fault.garbage:
            data = GARBAGE
        if not after_ms and not self.fault.split:
            self._send(data)
            return
        pieces = [bytes([byte]) for byte in data] if self.fault.split else [data]
        answer = asyncio.get_running_loop().create_task(self._say_slowly(pieces, after_ms))
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)

    async def _say_slowly(self, pieces: list[bytes], after_ms: int) -> None:
        await asyncio.sleep(after_ms / 1000)
        for piece in pieces:
            self._send(piece)
            await asyncio.sleep(0.001)

    def _send(self, data: bytes) -> None:
        if self._ends is not None:
            with contextlib.suppress(OSError):  # a port nobody reads is full: a real scale's bytes are lost too
                os.write(self._ends[0], data)
