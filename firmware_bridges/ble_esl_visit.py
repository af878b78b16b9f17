"""What is done over a connection to a label: make it one of the network, write an image, prove what is stored.

Steps of the ESL Profile 1.0: the ESL Service's characteristics are written, images go as objects of the Object Transfer
Service over a channel of their own, and Update Complete sends the label back to the train. All of it
over a connection that is encrypted already.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from firmware_bridges.ble_connection import Connection, VisitFailed
from protocols.ble_esl import attributes as att
from protocols.ble_esl import gatt
from protocols.ble_esl.absolute_time import absolute_of
from protocols.ble_esl.commands import UpdateComplete, write_command
from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.records import LabelRecord, StoredImage
from protocols.ble_esl.sealed import KeyMaterial


@dataclass(slots=True)
class Visit:
    """One connection with its table of characteristics. Every method raises `VisitFailed`."""

    connection: Connection
    _handles: dict[int, int]
    _channel_open: bool = False

    @classmethod
    async def begin(cls, connection: Connection) -> Visit:
        """Agree on sizes and find the characteristics."""
        await connection.request(att.mtu_request())

        def after(answer: bytes) -> bytes | None:
            found = att.read_characteristics(answer)
            return att.by_type_request(found[-1].declaration + 1) if found else None

        try:
            answers = await connection.find_all(att.by_type_request(1), after)
            found = [each for answer in answers for each in att.read_characteristics(answer)]
        except EslRefused as error:
            raise VisitFailed(str(error)) from error
        return cls(connection, {each.number: each.handle for each in found if each.number})

    async def describe(self, record: LabelRecord) -> LabelRecord:
        """The record with the label's display, image slots and sensors."""
        try:
            display = gatt.read_displays(await self._read(gatt.DISPLAY_INFO))[0]
            leds = len(await self._read(gatt.LED_INFO)) if gatt.LED_INFO in self._handles else 0
            images = (await self._read(gatt.IMAGE_INFO))[:1]
            sensors = gatt.read_sensors(await self._read(gatt.SENSOR_INFO)) if gatt.SENSOR_INFO in self._handles else ()
        except EslRefused as error:
            raise VisitFailed(f"the label describes itself wrongly: {error}") from error
        slots = images[0] + 1 if images else 1
        stored = (*record.images, *(StoredImage() for _ in range(slots)))[:slots]
        return replace(
            record,
            width=display.width,
            height=display.height,
            display_kind=display.kind,
            images=stored,
            leds=leds,
            voltage_sensor=sensors.index(gatt.INPUT_VOLTAGE) if gatt.INPUT_VOLTAGE in sensors else -1,
        )

    async def provision(self, record: LabelRecord, sync_key: KeyMaterial) -> None:
        """Address and keys."""
        await self._write(gatt.ESL_ADDRESS, record.address.to_bytes())
        await self._write(gatt.AP_SYNC_KEY, sync_key.material)
        await self._write(gatt.RESPONSE_KEY, record.key.material)

    async def write_time(self, wall_ms: int) -> None:
        """The network's time."""
        await self._write(gatt.ABSOLUTE_TIME, absolute_of(wall_ms).to_bytes(4, "little"))

    async def complete(self, esl_id: int) -> None:
        """Send the label back to the train."""
        await self._write(gatt.CONTROL_POINT, write_command(UpdateComplete(esl_id)))

    async def wrong_slots(self, record: LabelRecord, slots: Iterable[int]) -> list[int]:
        """Slots that do not hold what the record says."""
        wrong = []
        for slot in slots:
            image = record.images[slot]
            if await self._checksum(slot, image.size) != image.crc:
                wrong.append(slot)
        return wrong

    async def write_image(self, slot: int, data: bytes) -> None:
        """Store an image and prove that it arrived whole."""
        if not self._channel_open:
            await self.connection.open_channel(gatt.OBJECT_CHANNEL_PSM)
            self._channel_open = True
        await self._choose(slot)
        result, _ = await self._control(gatt.OBJECT_ACTION, att.write_object(0, len(data)))
        if result != att.CONTROL_SUCCESS:
            raise VisitFailed(f"the label takes no image of {len(data)} bytes (result {result:02X})")
        await self.connection.send_object(data)
        if await self._checksum(slot, len(data)) != zlib.crc32(data):
            raise VisitFailed("the image did not arrive as it was sent")

    async def _checksum(self, slot: int, size: int) -> int | None:
        """CRC-32 of so many bytes of a slot; None when it has not so many."""
        await self._choose(slot)
        result, value = await self._control(gatt.OBJECT_ACTION, att.checksum(0, size))
        return int.from_bytes(value, "little") if result == att.CONTROL_SUCCESS and len(value) == 4 else None

    async def _choose(self, slot: int) -> None:
        result, _ = await self._control(gatt.OBJECT_LIST, att.go_to(gatt.image_object(slot)))
        if result != att.CONTROL_SUCCESS:
            raise VisitFailed(f"the label has no image {slot} (result {result:02X})")

    async def _control(self, point: int, value: bytes) -> tuple[int, bytes]:
        handle = self._handle(point)
        await self.connection.request(att.write_request(handle, value))
        answer = att.read_control_answer(await self.connection.indication(handle), value[0])
        if answer is None:
            raise VisitFailed("the label reports on something else")
        return answer

    async def listen_to_controls(self) -> None:
        """Let the label report on its control points: their configuration is the first descriptor behind the value."""
        for point in (gatt.OBJECT_ACTION, gatt.OBJECT_LIST):
            handle = self._handle(point)
            later = [each for each in self._handles.values() if each > handle]
            end = min(later) - 2 if later else att.LAST_HANDLE
            answers = await self.connection.find_all(att.find_request(handle + 1, end), lambda _answer: None)
            try:
                found = [each for answer in answers for each in att.read_descriptors(answer)]
            except EslRefused as error:
                raise VisitFailed(str(error)) from error
            at = next((place for place, number in found if number == gatt.CLIENT_CONFIGURATION), None)
            if at is None:
                raise VisitFailed("the label cannot report on its objects")
            await self.connection.request(att.write_request(at, gatt.INDICATE.to_bytes(2, "little")))

    async def _read(self, characteristic: int) -> bytes:
        return (await self.connection.request(att.read_request(self._handle(characteristic))))[1:]

    async def _write(self, characteristic: int, value: bytes) -> None:
        await self.connection.request(att.write_request(self._handle(characteristic), value))

    def _handle(self, characteristic: int) -> int:
        handle = self._handles.get(characteristic)
        if handle is None:
            raise VisitFailed(f"this is no shelf label: it lacks characteristic {characteristic:04X}")
        return handle
