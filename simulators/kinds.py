"""Every kind of device the bench has, one line each in `KINDS`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protocols.ble_esl.label import LabelKind
from protocols.ble_esl.picture import display_of
from protocols.device_events import WeightState
from protocols.displays.cd5220 import Screen
from protocols.esl.tag_types import TAG_TYPES
from protocols.scales.registry import PROTOCOLS
from protocols.scanners.evdev import KeyEnd, WedgeFormat
from protocols.scanners.serial_codes import ScanFormat, Suffix
from simulators import control_shapes as shapes
from simulators.ble_esl.air import AirFaults
from simulators.ble_esl.server import BleEslSimulator
from simulators.ble_esl.tag import Tag
from simulators.cables import TcpCable
from simulators.cards.reader import CardFaults, CardReaderSimulator, connect_to
from simulators.device_kind import DeviceKind, Knob, Workshop, copy_into, plug_knob, struct_knobs
from simulators.display import DisplaySimulator
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.profiles import PROFILES
from simulators.llrp_reader.server import LlrpReaderSimulator, server_tls
from simulators.mouth import SpeechFaults
from simulators.oepl_ap.access_point import ApFaults, ApSettings
from simulators.oepl_ap.server import OeplApSimulator
from simulators.payment_terminal.server import PaymentTerminalSimulator
from simulators.payment_terminal.terminal import TerminalFaults
from simulators.printer.body import PrinterMake
from simulators.printer.device import EscPosPrinter, SerialPrinter
from simulators.printer.epos_device import EposPrinter
from simulators.scale import ScaleSimulator
from simulators.scanner import AnyScannerSimulator, HidPosSimulator, ScannerSimulator, WedgeSimulator
from simulators.sensor_kinds import MODBUS_BUSES, MQTT_SENSORS, PEOPLE_COUNTERS
from simulators.settings import (
    AccessPointSettings,
    BlePointSettings,
    CardReaderSettings,
    DisplaySettings,
    LineTable,
    PaymentTerminalSettings,
    PrinterSettings,
    ReaderSettings,
    ScaleSettings,
    ScannerSettings,
)
from simulators.unix_cable import UnixCable
from simulators.wire_terminals import WIRE_TERMINALS

AnyPrinter = EscPosPrinter | SerialPrinter | EposPrinter

# Scales and scanners: on a cable.


def cable_reach(given: LineTable, device: ScaleSimulator | AnyScannerSimulator | DisplaySimulator) -> Path | int | None:
    """The port at the device's end of a cable; None: a socket in place of a device file."""
    if isinstance(device.cable, UnixCable):
        return None
    return device.cable.port if isinstance(device.cable, TcpCable) else given.port


def _speech(device: ScaleSimulator | AnyScannerSimulator, faults: SpeechFaults) -> None:
    device.faults = faults


async def _empty_platter(_given: ScaleSettings, scale: ScaleSimulator) -> None:
    scale.set_weight(0, settle_ms=0)
    scale.cell.clear_tare()


def _hold(scale: ScaleSimulator, state: str) -> None:
    scale.set_state(WeightState(state) if state else WeightState.STABLE)


def _held(scale: ScaleSimulator) -> str:
    held = scale.cell.held
    return held.value if held is not None else ""


SCALES = DeviceKind(
    name="scales",
    noun="scale",
    replays=True,
    table=ScaleSettings,
    build=lambda given, shop: ScaleSimulator(shop.cable(given), shop.clock, PROTOCOLS[given.kind], shop.chance(given.id)),
    knobs=(
        plug_knob(lambda scale: scale.plugged_in, ScaleSimulator.plug_in, ScaleSimulator.unplug),
        Knob(
            name="held",
            default="",
            read=_held,
            write=_hold,
            about="Held in a state whatever lies on it: motion, under_zero, over_capacity, fault.",
        ),
        *struct_knobs(SpeechFaults, lambda scale: scale.faults, _speech),
    ),
    tidy=_empty_platter,
    reach=cable_reach,
)


def _scanner(given: ScannerSettings, shop: Workshop) -> AnyScannerSimulator:
    chance = shop.chance(given.id)
    if given.kind == "serial":
        form = ScanFormat(Suffix[given.suffix.upper()], given.prefix)
        return ScannerSimulator(shop.cable(given), form, identifiers=given.identifiers, rng=chance)
    assert given.port is not None
    cable = UnixCable(given.port)
    if given.kind == "hid_pos":
        return HidPosSimulator(cable, identifiers=given.identifiers, rng=chance)
    keys = WedgeFormat(given.layout, KeyEnd.TAB if given.suffix == "tab" else KeyEnd.ENTER, given.prefix)
    return WedgeSimulator(cable, keys, identifiers=given.identifiers, keypad=given.keypad, rng=chance)


SCANNERS = DeviceKind(
    name="scanners",
    noun="scanner",
    replays=True,
    table=ScannerSettings,
    build=_scanner,
    knobs=(
        plug_knob(lambda scanner: scanner.plugged_in, AnyScannerSimulator.plug_in, AnyScannerSimulator.unplug),
        *struct_knobs(SpeechFaults, lambda scanner: scanner.faults, _speech),
    ),
    reach=cable_reach,
)

# Printers.


def _printer(given: PrinterSettings, shop: Workshop) -> AnyPrinter:
    make = PrinterMake(columns=given.columns, fonts=shop.fonts, display=Screen() if given.display else None)
    printer: AnyPrinter
    if given.serial is not None:
        line = LineTable(id=given.id, port=given.serial)
        printer = SerialPrinter(shop.cable(line), shop.clock, make)
    elif given.epos:
        printer = EposPrinter(given.port, shop.clock, make)
    else:
        printer = EscPosPrinter(given.port, shop.clock, make=make, serve=shop.serve)
    printer.bytes_per_second = given.bytes_per_second
    return printer


def _printer_reach(_given: PrinterSettings, printer: AnyPrinter) -> Path | int | None:
    """A printer on a serial port has no bad line yet."""
    return None if isinstance(printer, SerialPrinter) else printer.port


def _set_speed(printer: AnyPrinter, bytes_per_second: int) -> None:
    if bytes_per_second < 0:
        raise ValueError("0 or more bytes per second")
    printer.bytes_per_second = bytes_per_second


async def _tidy_printer(given: PrinterSettings, printer: AnyPrinter) -> None:
    printer.close_drawer()
    printer.bytes_per_second = given.bytes_per_second


PRINTERS = DeviceKind(
    name="printers",
    noun="printer",
    replays=True,
    table=PrinterSettings,
    build=_printer,
    knobs=(
        plug_knob(lambda printer: printer.plugged_in, lambda printer: printer.plug_in(), lambda printer: printer.unplug()),
        # A sensor that follows from another is no fault of its own.
        Knob(
            name="paper_out",
            default=False,
            about="The roll has ended: nothing prints until there is paper.",
            read=lambda printer: printer.condition.paper_out,
            write=lambda printer, on: printer.set_switches(paper_out=on),
        ),
        Knob(
            name="paper_near_end",
            default=False,
            about="The roll is nearly at its end; it goes on printing.",
            read=lambda printer: printer.condition.paper_near_end and not printer.condition.paper_out,
            write=lambda printer, on: printer.set_switches(paper_near_end=on),
        ),
        Knob(
            name="cover_open",
            default=False,
            about="The cover stands open: nothing prints.",
            read=lambda printer: printer.condition.cover_open,
            write=lambda printer, on: printer.set_switches(cover_open=on),
        ),
        Knob(
            name="offline",
            default=False,
            about="Switched off line by its key: it hears, and prints nothing.",
            read=lambda printer: printer.switches.offline,
            write=lambda printer, on: printer.set_switches(offline=on),
        ),
        Knob(
            name="cutter_error",
            default=False,
            about="The blade is stuck: nothing prints.",
            read=lambda printer: printer.switches.cutter_error,
            write=lambda printer, on: printer.set_switches(cutter_error=on),
        ),
        Knob(
            name="broken",
            default=False,
            about="A fault only its maker mends: nothing prints.",
            read=lambda printer: printer.switches.broken,
            write=lambda printer, on: printer.set_switches(broken=on),
        ),
        Knob(
            name="drawer_jammed",
            default=False,
            about="A pulse does not open the drawer.",
            read=lambda printer: printer.switches.drawer_jammed,
            write=lambda printer, on: printer.set_switches(drawer_jammed=on),
        ),
        Knob(
            name="bytes_per_second",
            default=0,
            read=lambda printer: printer.bytes_per_second,
            write=_set_speed,
            about="It takes so many bytes a second; 0: as fast as it goes.",
        ),
    ),
    tidy=_tidy_printer,
    reach=_printer_reach,
)

# Customer displays: on a cable.


def _dead_tube(display: DisplaySimulator, on: bool) -> None:
    display.dead_tube = on


DISPLAYS = DeviceKind(
    name="displays",
    noun="display",
    table=DisplaySettings,
    build=lambda given, shop: DisplaySimulator(shop.cable(given), given.charset),
    knobs=(
        plug_knob(lambda display: display.plugged_in, DisplaySimulator.plug_in, DisplaySimulator.unplug),
        Knob(
            name="dead_tube",
            default=False,
            read=lambda display: display.dead_tube,
            write=_dead_tube,
            about="It obeys and shows nothing.",
        ),
    ),
    reach=cable_reach,
)

# Payment terminals.


def _terminal_faults(device: PaymentTerminalSimulator, faults: TerminalFaults) -> None:
    if not 0 <= faults.partial_percent < 100:
        raise ValueError("1 to 99 percent, or 0 for all of it")
    if faults.slow_ms < 0:
        raise ValueError("0 or more milliseconds")
    device.terminal.faults = faults


PAYMENT_TERMINALS = DeviceKind(
    name="payment_terminals",
    noun="payment_terminal",
    replays=True,
    table=PaymentTerminalSettings,
    build=lambda given, shop: PaymentTerminalSimulator(
        given.id,
        given.port,
        shop.clock,
        shop.chance(given.id),
        slow_ms=given.slow_ms,
        acquirer=shop.acquirer,
        serve=shop.serve,
    ),
    knobs=(
        plug_knob(lambda terminal: terminal.plugged_in, PaymentTerminalSimulator.plug_in, PaymentTerminalSimulator.unplug),
        *struct_knobs(TerminalFaults, lambda device: device.terminal.faults, _terminal_faults),
    ),
)

# Shelf labels.


async def _labels_in_reach(_given: AccessPointSettings, device: OeplApSimulator) -> None:
    for mac in device.point.tags:
        device.point.set_silent(mac, silent=False)


def point_faults(device: OeplApSimulator) -> shapes.PointFaults:
    """What is wrong at an access point, as it is told."""
    faults = device.point.faults
    return shapes.PointFaults(**{name: getattr(faults, name) for name in shapes.PointFaults.__struct_fields__})


ACCESS_POINTS = DeviceKind(
    name="access_points",
    noun="access_point",
    replays=True,
    table=AccessPointSettings,
    build=lambda given, shop: OeplApSimulator(given.port, shop.clock, shop.chance(given.id), ap_settings(given, shop.index)),
    knobs=struct_knobs(
        shapes.PointFaults, point_faults, lambda device, faults: copy_into(device.point.faults, faults), docs=ApFaults
    ),
    tidy=_labels_in_reach,
)


def ap_settings(given: AccessPointSettings, index: int) -> ApSettings:
    """What the simulated access point is told; its labels have addresses of their own."""
    return ApSettings(
        ap_id=given.id,
        label_count=given.labels,
        hardware_type=given.hardware_type,
        tag_version=given.tag_version,
        check_in_ms=given.check_in_ms,
        render_ms=given.render_ms,
        transfer_ms=given.transfer_ms,
        refresh_ms=given.refresh_ms,
        attempts=given.attempts,
        attempt_ms=given.attempt_ms,
        clean=given.clean,
        first_mac=0x0000021A00000001 + index * 0x100000,
    )


def ble_tags(given: BlePointSettings, index: int) -> list[Tag]:
    """Labels with addresses of their own; one in three keeps time, the others run fast or slow."""
    kind = LabelKind(display=display_of(TAG_TYPES[given.hardware_type]), images=given.images)
    first = 0xC0_1E_5E_00_00_01 + index * 0x10000
    return [
        Tag((first + number).to_bytes(6, "little"), kind, drift_ppm=(number % 3 - 1) * given.drift_ppm)
        for number in range(given.labels)
    ]


def ble_faults(device: BleEslSimulator) -> shapes.BleFaults:
    """What is wrong on the air, as it is told."""
    return shapes.BleFaults(**{name: getattr(device.air.faults, name) for name in shapes.BleFaults.__struct_fields__})


async def _ble_labels_in_reach(_given: BlePointSettings, device: BleEslSimulator) -> None:
    for tag in device.air.tags.values():
        tag.silent = False


BLE_POINTS = DeviceKind(
    name="ble_points",
    noun="ble_point",
    table=BlePointSettings,
    build=lambda given, shop: BleEslSimulator(given.port, shop.clock, shop.chance(given.id), ble_tags(given, shop.index)),
    knobs=struct_knobs(
        shapes.BleFaults, ble_faults, lambda device, faults: copy_into(device.air.faults, faults), docs=AirFaults
    ),
    tidy=_ble_labels_in_reach,
)

# RFID readers.


def _reader(given: ReaderSettings, shop: Workshop) -> LlrpReaderSimulator:
    tls = None
    if given.tls_certificate is not None and given.tls_key is not None:
        tls = server_tls(str(given.tls_certificate), str(given.tls_key))
    return LlrpReaderSimulator(
        given.port, shop.clock, shop.chance(given.id), antennas=given.antennas, read_percent=given.read_percent,
        profile=PROFILES[given.profile], beam_deg=given.beam_deg, tls=tls,
        serve=None if shop.serve is asyncio.start_server else shop.serve,
    )  # fmt: skip


async def _antennas_in(_given: ReaderSettings, reader: LlrpReaderSimulator) -> None:
    for antenna in list(reader.device.air.unplugged):
        reader.connect_antenna(antenna, connected=True)


def _reader_faults(reader: LlrpReaderSimulator) -> ReaderFaults:
    return reader.faults


def _spoil_reader(reader: LlrpReaderSimulator, faults: ReaderFaults) -> None:
    copy_into(reader.faults, faults)


READERS = DeviceKind(
    name="readers",
    noun="reader",
    table=ReaderSettings,
    build=_reader,
    knobs=(
        plug_knob(lambda reader: reader.plugged_in, LlrpReaderSimulator.start, LlrpReaderSimulator.stop),
        *struct_knobs(ReaderFaults, _reader_faults, _spoil_reader),
    ),
    tidy=_antennas_in,
)

# Card readers.


def _spoil_card(reader: CardReaderSimulator, faults: CardFaults) -> None:
    reader.faults = faults


async def _take_card(_given: CardReaderSettings, reader: CardReaderSimulator) -> None:
    await reader.take()


CARD_READERS = DeviceKind(
    name="card_readers",
    noun="card_reader",
    table=CardReaderSettings,
    build=lambda given, _shop: CardReaderSimulator(connect_to(given.port)),
    knobs=struct_knobs(CardFaults, lambda reader: reader.faults, _spoil_card),
    tidy=_take_card,
    reach=lambda _given, _reader: None,
)

KINDS: tuple[DeviceKind[Any, Any], ...] = (
    SCALES,
    SCANNERS,
    PRINTERS,
    DISPLAYS,
    PAYMENT_TERMINALS,
    WIRE_TERMINALS,
    ACCESS_POINTS,
    BLE_POINTS,
    READERS,
    CARD_READERS,
    MODBUS_BUSES,
    MQTT_SENSORS,
    PEOPLE_COUNTERS,
)
"""In the order they are switched on."""
BY_NAME: Mapping[str, DeviceKind[Any, Any]] = {kind.name: kind for kind in KINDS}
