"""The label's role: its states, what it answers to commands, and when its display changes. No radio, no clock of its own.

States (ESL Profile 1.0): UNASSOCIATED, a connection makes it CONFIGURING; with address, keys, time and the train's timing
it becomes SYNCHRONIZED and obeys its group's packets; a connection makes it UPDATING; a lost train or a connection that
ends without Update Complete leaves it UNSYNCHRONIZED, and after two hours of that it forgets its network.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from protocols.ble_esl import commands as to_label
from protocols.ble_esl import gatt
from protocols.ble_esl.absolute_time import WRAP, ahead_of
from protocols.ble_esl.commands import CANCEL_AT, EVERY_LABEL, Command, read_commands
from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.gatt import DisplayInfo, EslAddress
from protocols.ble_esl.responses import (
    BasicState,
    DisplayState,
    EslError,
    Failed,
    LedState,
    Response,
    SensorValue,
    write_response,
)
from protocols.ble_esl.sealed import PAYLOAD_BYTES_MAX, KeyMaterial, read_for_group

SYNC_LOST_MS = 3_600_000
UNASSOCIATE_MS = 7_200_000


class LabelState(enum.Enum):
    """See the module."""

    UNASSOCIATED = "unassociated"
    CONFIGURING = "configuring"
    SYNCHRONIZED = "synchronized"
    UPDATING = "updating"
    UNSYNCHRONIZED = "unsynchronized"


COMMON_DISPLAY = DisplayInfo(296, 128, gatt.RED_BLACK_WHITE)


@dataclass(frozen=True, slots=True)
class LabelKind:
    """What a label has: one display, image slots, LEDs, and sensors by property."""

    display: DisplayInfo = COMMON_DISPLAY
    images: int = 2
    leds: int = 1
    sensors: tuple[int, ...] = (gatt.INPUT_VOLTAGE,)


@functools.lru_cache(64)
def _heard_in(packet: bytes, key: KeyMaterial) -> tuple[int, tuple[Command, ...]]:
    """Group and commands of a packet: thousands of simulated labels hear the same one. Raises `EslRefused`."""
    group, tlvs = read_for_group(packet, key)
    return group, tuple(read_commands(tlvs))


@dataclass(slots=True)
class _Waiting:
    image: int
    at_ms: int


@dataclass(slots=True)
class Label:
    """One label. Every `now_ms` is its own clock, which may drift; absolute time is that clock plus what was written."""

    kind: LabelKind
    draw: Callable[[bytes, int], None]
    """Called with the image and the label's time when the panel begins to show it."""
    battery_mv: int = 2_950
    state: LabelState = LabelState.UNASSOCIATED
    address: EslAddress | None = None
    sync_key: KeyMaterial | None = field(default=None, repr=False)
    response_key: KeyMaterial | None = field(default=None, repr=False)
    images: dict[int, bytes] = field(default_factory=dict)
    shown: int | None = None
    service_needed: bool = False
    busy: bool = False
    """Answers RETRY to everything while it is set."""
    lit_until_ms: int = 0
    _time_offset_ms: int | None = None
    _waiting: _Waiting | None = None
    _has_train: bool = False
    _heard_ms: int = 0
    _state_since_ms: int = 0

    # Over a connection.

    def connected(self, now_ms: int) -> None:
        """An access point connected."""
        self._become(
            LabelState.CONFIGURING
            if self.state in (LabelState.UNASSOCIATED, LabelState.CONFIGURING)
            else LabelState.UPDATING,
            now_ms,
        )

    def disconnected(self, now_ms: int) -> None:
        """The connection ended; without Update Complete the label is out of step with its network."""
        if self.state is LabelState.CONFIGURING:
            self.forget(now_ms)
        elif self.state is LabelState.UPDATING:
            self._become(LabelState.UNSYNCHRONIZED, now_ms)

    def take_train(self) -> None:
        """The controller passed on the train's timing (PAST)."""
        self._has_train = True

    def write(self, characteristic: int, value: bytes, now_ms: int) -> None:
        """A characteristic was written. Raises `EslRefused`."""
        match characteristic:
            case gatt.ESL_ADDRESS:
                self.address = EslAddress.read(value)
            case gatt.AP_SYNC_KEY:
                self.sync_key = KeyMaterial(value)
            case gatt.RESPONSE_KEY:
                self.response_key = KeyMaterial(value)
            case gatt.ABSOLUTE_TIME:
                if len(value) != 4:
                    raise EslRefused(f"an absolute time has 4 bytes, not {len(value)}")
                self._time_offset_ms = int.from_bytes(value, "little") - now_ms
            case _:
                raise EslRefused(f"characteristic {characteristic:04X} is not written")

    def read(self, characteristic: int) -> bytes:
        """A characteristic's value. Raises `EslRefused`."""
        match characteristic:
            case gatt.DISPLAY_INFO:
                return gatt.write_displays((self.kind.display,))
            case gatt.IMAGE_INFO:
                return bytes((self.kind.images - 1,))
            case gatt.SENSOR_INFO:
                return gatt.write_sensors(self.kind.sensors)
            case gatt.LED_INFO:
                return b"\x7f" * self.kind.leds
            case _:
                raise EslRefused(f"characteristic {characteristic:04X} is not read")

    def store(self, image: int, offset: int, data: bytes) -> None:
        """Bytes of an image object. Raises `EslRefused` for a slot it does not have."""
        if not 0 <= image < self.kind.images:
            raise EslRefused(f"there is no image {image}")
        before = self.images.get(image, b"")
        self.images[image] = before[:offset] + data

    def control(self, tlv: bytes, now_ms: int) -> Response | None:
        """A command written to the control point. None: this one has no answer. Raises `EslRefused`."""
        command = next(read_commands(tlv))
        if self.address is not None and command.esl_id != self.address.esl_id:
            return Failed(EslError.INVALID_PARAMETERS)
        match command:
            case to_label.UpdateComplete():
                self._complete(now_ms)
                return None
            case to_label.FactoryReset():
                self.images.clear()
                self.forget(now_ms)
                return None
            case _:
                return self._obey(command, now_ms)

    def _complete(self, now_ms: int) -> None:
        known = (self.address, self.sync_key, self.response_key, self._time_offset_ms)
        if self._has_train and None not in known:
            self._heard_ms = now_ms
            self._become(LabelState.SYNCHRONIZED, now_ms)

    # From the air.

    def hear(self, packet: bytes, now_ms: int) -> tuple[int, bytes] | None:
        """A packet of its group. Response slot and response TLVs; None when nothing in it asks this label.

        The slot is the index of the last command that names it. A packet of another key or group is passed over.
        """
        if self.state is not LabelState.SYNCHRONIZED or self.sync_key is None or self.address is None:
            return None
        try:
            group, heard = _heard_in(packet, self.sync_key)
        except EslRefused:
            return None
        if group != self.address.group:
            return None
        self._heard_ms = now_ms
        return self._answer(heard, self.address.esl_id, now_ms)

    def _answer(self, heard: tuple[Command, ...], esl_id: int, now_ms: int) -> tuple[int, bytes] | None:
        slot, answer, last = -1, b"", 0
        for index, command in enumerate(heard):
            if command.esl_id not in (esl_id, EVERY_LABEL):
                continue
            response = self._obey(command, now_ms)
            if command.esl_id == EVERY_LABEL or response is None:
                continue
            slot, tlv = index, write_response(response)
            if len(answer) + len(tlv) > PAYLOAD_BYTES_MAX:
                answer, tlv = answer[:-last], write_response(Failed(EslError.CAPACITY_LIMIT))
            answer, last = answer + tlv, len(tlv)
        return (slot, answer) if slot >= 0 else None

    def tick(self, now_ms: int) -> None:
        """Let time pass: waiting images appear, a lost train and a forgotten network have their consequences."""
        waiting = self._waiting
        if waiting is not None and not self._ahead(waiting.at_ms, now_ms):
            self._waiting = None
            self._show(waiting.image, now_ms)
        if self.state is LabelState.SYNCHRONIZED and now_ms - self._heard_ms >= SYNC_LOST_MS:
            self.lose_train(now_ms)
        if self.state is LabelState.UNSYNCHRONIZED and now_ms - self._state_since_ms >= UNASSOCIATE_MS:
            self.forget(now_ms)

    def due_ms(self, now_ms: int) -> int | None:
        """When its display changes by itself, in its own time."""
        if self._waiting is None:
            return None
        return now_ms + (self._ahead(self._waiting.at_ms, now_ms) or 0)

    @property
    def waiting_at(self) -> int | None:
        """The absolute time at which its display changes by itself."""
        return None if self._waiting is None else self._waiting.at_ms

    def lose_train(self, now_ms: int) -> None:
        """It hears its access point no more."""
        self._has_train = False
        if self.state is LabelState.SYNCHRONIZED:
            self._become(LabelState.UNSYNCHRONIZED, now_ms)

    def reset(self, now_ms: int) -> None:
        """New battery: keys, images and the panel stay, train, time and waiting commands are gone."""
        self._waiting, self._time_offset_ms = None, None
        self.lose_train(now_ms)
        if self.state is not LabelState.UNASSOCIATED:
            self._become(LabelState.UNSYNCHRONIZED, now_ms)

    def forget(self, now_ms: int) -> None:
        """Leave the network. Images and the panel stay."""
        self.address = self.sync_key = self.response_key = self._time_offset_ms = self._waiting = None
        self._has_train = False
        self._become(LabelState.UNASSOCIATED, now_ms)

    @property
    def basic_state(self) -> BasicState:
        """What Ping asks for."""
        return BasicState(
            service_needed=self.service_needed,
            synchronised=self.state is LabelState.SYNCHRONIZED,
            pending_display=self._waiting is not None,
        )

    # Commands.

    def _obey(self, command: Command, now_ms: int) -> Response | None:
        if self.busy:
            return Failed(EslError.RETRY)
        match command:
            case to_label.Ping():
                return self.basic_state
            case to_label.ServiceReset():
                self.service_needed = False
                return self.basic_state
            case to_label.Unassociate():
                last = self.basic_state
                self.forget(now_ms)
                return last
            case to_label.FactoryReset() | to_label.UpdateComplete():
                return Failed(EslError.INVALID_STATE)
            case to_label.ReadSensor():
                return self._read_sensor(command.sensor)
            case to_label.LedControl() | to_label.LedTimedControl():
                return self._light(command, now_ms)
            case to_label.OtherCommand():
                return Failed(EslError.INVALID_OPCODE)
            case _:
                return self._display(command, now_ms)

    def _display(
        self, command: to_label.RefreshDisplay | to_label.DisplayImage | to_label.DisplayTimedImage, now_ms: int
    ) -> Response:
        if command.display != 0:
            return Failed(EslError.INVALID_PARAMETERS)
        match command:
            case to_label.RefreshDisplay():
                if self.shown is None:
                    return Failed(EslError.IMAGE_NOT_AVAILABLE)
                self._show(self.shown, now_ms)
                return DisplayState(0, self.shown)
            case to_label.DisplayImage():
                if (wrong := self._unfit(command.image)) is not None:
                    return wrong
                self._show(command.image, now_ms)
            case to_label.DisplayTimedImage():
                if (wrong := self._unfit(command.image) or self._wait_for(command, now_ms)) is not None:
                    return wrong
        return DisplayState(0, command.image)

    def _unfit(self, image: int) -> Failed | None:
        if not 0 <= image < self.kind.images:
            return Failed(EslError.INVALID_IMAGE_INDEX)
        return None if self.images.get(image) else Failed(EslError.IMAGE_NOT_AVAILABLE)

    def _wait_for(self, command: to_label.DisplayTimedImage, now_ms: int) -> Failed | None:
        if command.at_ms == CANCEL_AT:
            self._waiting = None
            return None
        if self._ahead(command.at_ms, now_ms) is None:
            return Failed(EslError.IMPLAUSIBLE_TIME)
        if self._waiting is not None and self._waiting.at_ms != command.at_ms:
            return Failed(EslError.QUEUE_FULL)
        self._waiting = _Waiting(command.image, command.at_ms)
        return None

    def _read_sensor(self, sensor: int) -> Response:
        if not 0 <= sensor < len(self.kind.sensors):
            return Failed(EslError.INVALID_PARAMETERS)
        return SensorValue(sensor, (self.battery_mv * 64 // 1_000).to_bytes(2, "little"))

    def _light(self, command: to_label.LedControl | to_label.LedTimedControl, now_ms: int) -> Response:
        if not 0 <= command.led < self.kind.leds:
            return Failed(EslError.INVALID_PARAMETERS)
        flash = command.flash
        pattern_ms = flash.pattern.bit_length() * 2 * max(flash.on_2ms, flash.off_2ms)
        self.lit_until_ms = now_ms + flash.repeats * (1_000 if flash.in_seconds else pattern_ms)
        return LedState(command.led)

    def _show(self, image: int, now_ms: int) -> None:
        self.shown = image
        self.draw(self.images.get(image, b""), now_ms)

    def _ahead(self, at_ms: int, now_ms: int) -> int | None:
        if self._time_offset_ms is None:
            return None
        return ahead_of((now_ms + self._time_offset_ms) % WRAP, at_ms)

    def _become(self, state: LabelState, now_ms: int) -> None:
        self.state = state
        self._state_since_ms = now_ms
