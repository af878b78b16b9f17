"""Access points and clouds of shelf labels; one label service over all of them."""

from __future__ import annotations

import functools

from edge.devices.ble_parts import BleGateway, ble_access_point
from edge.devices.cloud_labels import DataRenderer, LabelCloudGateway, label_cloud
from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.fonts import font_files
from edge.devices.label_parts import AccessPointGateway, ShelfRenderer, items_moved, keep_template_alarm
from edge.devices.shop import DeviceShop
from edge.labels.lights import LabelFinder
from edge.labels.places import position_text
from edge.labels.service import LabelService
from edge.labels.shelf import CatalogueShelf, label_settings, shelf_style
from edge.settings.devices.labels import BleEslSettings, LabelCloudSettings, OeplApSettings
from firmware_bridges.oepl_ap import OeplAccessPoint
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.renderer import LabelRenderer
from protocols.labels.template import Purpose


def _fit_oepl(shop: DeviceShop, device: OeplApSettings) -> Fitting:
    point = OeplAccessPoint(device.id, device.url, shop.needs.clock, open_link=shop.needs.wires.access_point)
    shop.gateways[device.id] = AccessPointGateway(point)
    return Fitting(point)


def _fit_cloud(shop: DeviceShop, device: LabelCloudSettings) -> Fitting:
    cloud = label_cloud(device, shop.needs.clock)
    shop.gateways[device.id] = LabelCloudGateway(cloud)
    return Fitting(cloud)


def _fit_ble(shop: DeviceShop, device: BleEslSettings) -> Fitting:
    point = ble_access_point(device, shop.needs.clock, shop.needs.random, shop.needs.wires.port)
    shop.gateways[device.id] = BleGateway(point)
    return Fitting(point)


def _finish(shop: DeviceShop) -> None:
    if not shop.gateways:
        return
    needs, settings = shop.needs, shop.settings
    fonts = font_files(settings.labels.fonts, SYSTEM_FONTS)
    style = shelf_style(settings)
    shelf = CatalogueShelf(needs.store, needs.clock, style)
    renderer = ShelfRenderer(LabelRenderer(fonts), style.language)
    labels = LabelService(
        needs.store,
        needs.journal,
        shelf,
        DataRenderer(renderer),
        shop.gateways,
        needs.clock,
        functools.partial(label_settings, needs.store, settings.labels),
        functools.partial(shelf.templates.looks, Purpose.MULTI),
        functools.partial(position_text, needs.store),
    )
    labels.start(needs.store.reader())
    needs.watch.listen(labels.items_changed)
    if style.out_of_stock:
        needs.journal.watch(lambda facts: labels.items_changed(items_moved(facts)))
    shop.each_second.append(functools.partial(keep_template_alarm, needs.alarms, shelf.templates, renderer))
    shop.router.give_labels_to(labels)
    needs.figures.shelf = labels.figures
    shop.labels = labels
    shop.finder = LabelFinder(labels, shop.gateways)


_COMMANDS = ("upload", "withdraw", "flash", "wipe")

FAMILY = Family(
    "labels",
    (
        DeviceKind(OeplApSettings, "labels", "OpenEPaperLink", _fit_oepl, _COMMANDS),
        DeviceKind(LabelCloudSettings, "labels", "label cloud", _fit_cloud, _COMMANDS),
        DeviceKind(BleEslSettings, "labels", "Bluetooth ESL", _fit_ble, _COMMANDS),
    ),
    _finish,
)
