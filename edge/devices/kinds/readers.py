"""RFID readers: the doors among them, and everything else their antennas look at."""

from __future__ import annotations

import functools
from collections.abc import Callable

from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.reader_parts import portals, reader_driver
from edge.devices.shop import DeviceShop
from edge.devices.tag_parts import tag_hall, take_input
from edge.settings.devices.readers import LlrpSettings
from edge.tag_settings import antennas_of
from protocols.device_events import TagsRead


def _fit(shop: DeviceShop, device: LlrpSettings) -> Fitting:
    driver = reader_driver(device, shop.needs.clock, antennas_of(shop.settings, device.id))
    shop.readers[device.id] = driver
    return Fitting(driver)


def _finish(shop: DeviceShop) -> None:
    if not shop.readers:
        return
    tables = [device for device in shop.settings.devices if isinstance(device, LlrpSettings)]
    doors = {device.id: device for device in tables if device.antennas_inside}
    takers: list[Callable[[TagsRead], None]] = []
    if doors:
        shop.portals = portals(doors, shop.needs)
        takers.append(shop.portals.take)
    shop.hall = tag_hall(shop.settings, doors, shop.readers, shop.needs)
    if shop.hall is not None:
        takers.append(shop.hall.take)
        shop.router.give_inputs_to(functools.partial(take_input, shop.hall))

    def take(event: TagsRead) -> None:
        for taker in takers:
            taker(event)

    shop.router.give_tags_to(take)


FAMILY = Family("readers", (DeviceKind(LlrpSettings, "reader", "LLRP", _fit, ("set_output",)),), _finish)
