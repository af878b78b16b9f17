"""Puts the store's devices together from the settings, with the registry of kinds."""

from __future__ import annotations

from edge.devices.kinds.registry import FAMILIES, kind_for
from edge.devices.needs import DeviceNeeds
from edge.devices.shop import DeviceShop
from edge.settings import Settings


def build_devices(settings: Settings, needs: DeviceNeeds) -> DeviceShop:
    """Everything in the settings; nothing is opened yet. Raises `FontsMissing`, `SettingsRefused`."""
    kinds = {device.id: kind_for(device) for device in settings.devices}
    shop = DeviceShop(settings, needs, {device_id: kind.device_kind for device_id, kind in kinds.items()})
    for device in settings.devices:
        shop.park.put_in(kinds[device.id].fit_table(shop, device))
    for family in FAMILIES:
        family.finish(shop)
    return shop
