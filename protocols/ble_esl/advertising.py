"""Advertising data of a label that waits for its access point, both roles."""

from __future__ import annotations

from protocols.ble_esl.gatt import ESL_SERVICE

FLAGS, SERVICES_SOME, SERVICES_ALL = 0x01, 0x02, 0x03


def offers_service(data: bytes, service: int = ESL_SERVICE) -> bool:
    """Whether the data lists the service among those of 16 bits. What is cut off is not looked at."""
    at = 0
    while at + 1 < len(data) and data[at]:
        kind, value = data[at + 1], data[at + 2 : at + 1 + data[at]]
        if kind in (SERVICES_SOME, SERVICES_ALL):
            numbers = {int.from_bytes(value[each : each + 2], "little") for each in range(0, len(value) - 1, 2)}
            if service in numbers:
                return True
        at += 1 + data[at]
    return False


def service_data() -> bytes:
    """What a label sends: general discovery, no classic Bluetooth, the ESL service."""
    return bytes((2, FLAGS, 0x06, 3, SERVICES_ALL)) + ESL_SERVICE.to_bytes(2, "little")
