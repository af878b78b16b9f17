"""The bench from Python: what the page does, over its REST API. For tests, smoke runs and QA scripts.

    with BenchClient("http://127.0.0.1:8090") as bench:
        bench.scale("scale-1").put(1_250)
        bench.scanner("scanner-1").scan("4006381333931")
        print(bench.printer("printer-1").receipts().receipts[-1].text)
        bench.line("printer-1").spoil(LineFaults(delay_ms=400))
        bench.heal()

Everything raises `BenchRefused` with the bench's words, and `httpx.TransportError` when the bench does not answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx
import msgspec

from simulators import control_sensors as sensors
from simulators import control_shapes as shapes
from simulators.cards.deck import CardShape
from simulators.cards.reader import CardFaults
from simulators.control_cards import CardOrder
from simulators.control_payments import LedgerView, TerminalRestart
from simulators.control_reader_shapes import AirOrder, AntennaPlug, InputLevel, ReaderView, ReadView, Standing, WalkOrder
from simulators.control_terminals import Script
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.walks import Walk
from simulators.mouth import SpeechFaults
from simulators.payment_plans import Plan
from simulators.payment_terminal.terminal import TerminalFaults

TIMEOUT_SECONDS = 10.0
Shape = TypeVar("Shape")


class BenchRefused(Exception):
    """The bench said no; the text says why."""


class BenchApi:
    """The API of a running bench as it is."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def get(self, path: str, kind: type[Shape]) -> Shape:
        """The JSON answer of a path as `kind`."""
        return msgspec.json.decode(self.file(path), type=kind)

    def file(self, path: str) -> bytes:
        """The answer of a path as it is."""
        return self._ask("GET", path)

    def post(self, path: str, order: msgspec.Struct) -> None:
        """Send a command."""
        self._ask("POST", path, msgspec.json.encode(order))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {} if body is None else {"content-type": "application/json"}
        answer = self._http.request(method, path, content=body, headers=headers)
        if answer.is_error:
            raise BenchRefused(f"{method} {path}: {answer.status_code}: {answer.text}")
        return answer.content


class BenchClient(BenchApi):
    """One running bench, by the names of things; what has no name here is asked as in `BenchApi`."""

    def state(self) -> shapes.State:
        """Everything at once."""
        return self.get("/state", shapes.State)

    def goods(self) -> tuple[shapes.GoodsView, ...]:
        """Goods to scan."""
        return self.get("/goods", tuple[shapes.GoodsView, ...])

    def offer(self, goods: Sequence[shapes.GoodsView]) -> None:
        """Other goods to scan, in place of those of the settings."""
        self.post("/goods", shapes.Offer(goods=tuple(goods)))

    def heal(self) -> None:
        """Put everything in order."""
        self.post("/heal", shapes.Nothing())

    def scale(self, device_id: str) -> ScaleHands:
        """Hands at a scale."""
        return ScaleHands(self, f"/scales/{device_id}")

    def scanner(self, device_id: str) -> ScannerHands:
        """Hands at a scanner."""
        return ScannerHands(self, f"/scanners/{device_id}")

    def printer(self, device_id: str) -> PrinterHands:
        """Hands at a printer."""
        return PrinterHands(self, f"/printers/{device_id}")

    def terminal(self, device_id: str) -> WireTerminalHands:
        """Hands at a payment terminal on a maker's wire, and its ledger."""
        return WireTerminalHands(self, f"/terminals/{device_id}")

    def display(self, device_id: str) -> DisplayHands:
        """Eyes and hands at a customer display."""
        return DisplayHands(self, f"/displays/{device_id}")

    def payment_terminal(self, device_id: str) -> TerminalHands:
        """Hands at a payment terminal, and its ledger."""
        return TerminalHands(self, f"/payment_terminals/{device_id}")

    def card_reader(self, device_id: str) -> CardReaderHands:
        """Hands at a card reader."""
        return CardReaderHands(self, f"/card_readers/{device_id}")

    def access_point(self, device_id: str) -> PointHands:
        """Hands at an access point and its labels."""
        return PointHands(self, f"/access_points/{device_id}")

    def ble_point(self, device_id: str) -> BlePointHands:
        """Hands at a Bluetooth access point and its labels."""
        return BlePointHands(self, f"/ble_points/{device_id}")

    def reader(self, device_id: str) -> ReaderHands:
        """Hands at an RFID portal."""
        return ReaderHands(self, f"/readers/{device_id}")

    def modbus_bus(self, device_id: str) -> ModbusHands:
        """Hands at a Modbus line and its units."""
        return ModbusHands(self, f"/modbus_buses/{device_id}")

    def mqtt_sensor(self, device_id: str) -> MqttSensorHands:
        """Hands at a sensor behind a broker."""
        return MqttSensorHands(self, f"/mqtt_sensors/{device_id}")

    def people_counter(self, device_id: str) -> CounterHands:
        """Hands at a people counter."""
        return CounterHands(self, f"/people_counters/{device_id}")

    def line(self, device_id: str) -> LineHands:
        """Hands at the bad line in front of a device."""
        return LineHands(self, f"/proxies/{device_id}")


class _Hands:
    """At one device."""

    def __init__(self, bench: BenchApi, at: str) -> None:
        self._bench = bench
        self._at = at


class _CableHands(_Hands):
    """At a device on a serial line."""

    def plug(self, *, plugged_in: bool) -> None:
        """Pull its cable, or put it in."""
        self._bench.post(f"{self._at}/plug", shapes.Plug(plugged_in=plugged_in))

    def spoil(self, faults: SpeechFaults) -> None:
        """What is wrong with it; what is left out is healed."""
        self._bench.post(f"{self._at}/faults", faults)


class CardReaderHands(_Hands):
    """At a card reader."""

    def put(self, card: CardShape | str) -> None:
        """Put a card on: one of the bench's file by its id, or any."""
        self._bench.post(f"{self._at}/card", CardOrder(id=card) if isinstance(card, str) else CardOrder(card=card))

    def take(self) -> None:
        """Take it away."""
        self._bench.post(f"{self._at}/take", shapes.Nothing())

    def spoil(self, faults: CardFaults) -> None:
        """What is wrong with card or hand; what is left out is healed."""
        self._bench.post(f"{self._at}/faults", faults)


class ScaleHands(_CableHands):
    """At a scale."""

    def put(self, grams: int, *, settle_ms: int = 300) -> None:
        """Put goods on the platter, all together; 0 empties it."""
        self._bench.post(f"{self._at}/weight", shapes.Weight(grams=grams, settle_ms=settle_ms))

    def hold(self, state: str) -> None:
        """Hold a state; `stable` lets go."""
        self._bench.post(f"{self._at}/state", shapes.ForcedState(state=state))

    def press(self, key: Literal["zero", "tare", "clear_tare"]) -> None:
        """Press a key."""
        self._bench.post(f"{self._at}/keys", shapes.ScaleKey(key=key))


class ScannerHands(_CableHands):
    """At a serial barcode scanner."""

    def scan(self, code: str, symbology: str = "untold") -> None:
        """Hold a code before it."""
        self._bench.post(f"{self._at}/scans", shapes.ScanOrder(code=code, symbology=symbology))


class ModbusHands(_CableHands):
    """At a Modbus line."""

    def measure(self, unit: int, measure: str, value: float) -> None:
        """A unit measures this now."""
        self._bench.post(f"{self._at}/values", sensors.Measure(unit=unit, measure=measure, value=value))

    def raw(self, unit: int, measure: str, raw: int) -> None:
        """Its registers hold exactly this: a broken probe."""
        self._bench.post(f"{self._at}/raw", sensors.Raw(unit=unit, measure=measure, raw=raw))

    def silence(self, unit: int, *, silent: bool = True) -> None:
        """A unit says nothing, or speaks again."""
        self._bench.post(f"{self._at}/silence", sensors.Silence(unit=unit, silent=silent))


class MqttSensorHands(_Hands):
    """At a sensor behind a broker."""

    def tell(self, changes: dict[str, dict[str, bool | int | float | str | None]]) -> None:
        """Something changed; only that is told."""
        self._bench.post(f"{self._at}/tell", sensors.Tell(changes=changes))

    def wake(self, wakeup_period: int = 0) -> None:
        """It wakes up and tells everything."""
        self._bench.post(f"{self._at}/wake", sensors.Wake(wakeup_period=wakeup_period))

    def available(self, *, there: bool) -> None:
        """The retained word about it."""
        self._bench.post(f"{self._at}/available", sensors.Available(there=there))


class CounterHands(_Hands):
    """At a people counter."""

    def walk(self, people_in: int = 0, people_out: int = 0) -> None:
        """People pass."""
        self._bench.post(f"{self._at}/walk", sensors.Walk(people_in=people_in, people_out=people_out))

    def restart(self) -> None:
        """Its sums begin anew."""
        self._bench.post(f"{self._at}/restart", shapes.Nothing())


class PrinterHands(_Hands):
    """At a receipt printer."""

    def receipts(self) -> shapes.Receipts:
        """What was printed."""
        return self._bench.get(f"{self._at}/receipts", shapes.Receipts)

    def png(self, number: int) -> bytes:
        """A receipt as a picture."""
        return self._bench.file(f"{self._at}/receipts/{number}.png")

    def switch(self, switches: shapes.Switches) -> None:
        """Paper, cover, line, speed; what is left out stays."""
        self._bench.post(f"{self._at}/switches", switches)

    def plug(self, *, plugged_in: bool) -> None:
        """Pull its plug, or put it in."""
        self._bench.post(f"{self._at}/plug", shapes.Plug(plugged_in=plugged_in))

    def close_drawer(self) -> None:
        """Push the drawer shut."""
        self._bench.post(f"{self._at}/drawer", shapes.Drawer())

    def open_drawer(self) -> None:
        """Open the drawer by key."""
        self._bench.post(f"{self._at}/drawer", shapes.Drawer(open=True))


class DisplayHands(_Hands):
    """At a customer display."""

    def lines(self) -> tuple[str, str]:
        """What a customer reads."""
        name = self._at.rpartition("/")[2]
        view = next(each for each in self._bench.get("/displays", tuple[shapes.DisplayView, ...]) if each.id == name)
        return view.upper, view.lower

    def plug(self, *, plugged_in: bool) -> None:
        """Pull its cable, or put it in."""
        self._bench.post(f"{self._at}/plug", shapes.Plug(plugged_in=plugged_in))

    def power_cut(self) -> None:
        """Its power fails for a moment."""
        self._bench.post(f"{self._at}/power_cut", shapes.Nothing())


class TerminalHands(_Hands):
    """At a payment terminal."""

    def ledger(self) -> LedgerView:
        """The newest movements of money, and the sums since the last end of day."""
        return self._bench.get(f"{self._at}/ledger", LedgerView)

    def acquirer_file(self) -> str:
        """What the acquirer sends the shop, as CSV."""
        return self._bench.file(f"{self._at}/acquirer.csv").decode()

    def spoil(self, faults: TerminalFaults) -> None:
        """What goes wrong at it; what is left out is healed."""
        self._bench.post(f"{self._at}/faults", faults)

    def plug(self, *, plugged_in: bool) -> None:
        """Pull its plug, or put it in."""
        self._bench.post(f"{self._at}/plug", shapes.Plug(plugged_in=plugged_in))

    def restart(self, *, down_ms: int = 500) -> None:
        """Off, and on again."""
        self._bench.post(f"{self._at}/restart", TerminalRestart(down_ms=down_ms))

    def cut(self) -> None:
        """Cut its line once."""
        self._bench.post(f"{self._at}/cut", shapes.Nothing())

    def call_back(self) -> None:
        """Tell the newest results once more."""
        self._bench.post(f"{self._at}/call_back", shapes.Nothing())


class WireTerminalHands(_Hands):
    """At a payment terminal on a maker's wire."""

    def ledger(self) -> LedgerView:
        """The newest movements of money, and the sums since the last end of day."""
        return self._bench.get(f"{self._at}/ledger", LedgerView)

    def acquirer_file(self) -> str:
        """What the acquirer sends the shop, as CSV."""
        return self._bench.file(f"{self._at}/acquirer.csv").decode()

    def plan(self, plan: Plan) -> None:
        """What happens to every payment from now on."""
        self._bench.post(f"{self._at}/plan", plan)

    def script(self, *names: str) -> None:
        """Plans by name for the next payments, one each (`simulators.payment_plans`)."""
        self._bench.post(f"{self._at}/script", Script(next=names))

    def plug(self, *, plugged_in: bool) -> None:
        """Pull its plug, or put it in."""
        self._bench.post(f"{self._at}/plug", shapes.Plug(plugged_in=plugged_in))

    def restart(self, *, down_ms: int = 500) -> None:
        """Off, and on again."""
        self._bench.post(f"{self._at}/restart", TerminalRestart(down_ms=down_ms))


class _ShelfHands(_Hands):
    """At labels, whatever carries their pictures."""

    def labels(self) -> tuple[shapes.LabelPicture, ...]:
        """What the labels show."""
        return self._bench.get(f"{self._at}/labels", tuple[shapes.LabelPicture, ...])

    def png(self, mac: str) -> bytes:
        """A label as a picture."""
        return self._bench.file(f"{self._at}/labels/{mac}.png")

    def reach(self, mac: str, *, silent: bool) -> None:
        """Take a label out of reach, or bring it back."""
        self._bench.post(f"{self._at}/labels/{mac}", shapes.Reach(silent=silent))

    def restart(self, *, down_ms: int = 500, orderly: bool = True) -> None:
        """Restart it, or cut its power."""
        self._bench.post(f"{self._at}/restart", shapes.Restart(down_ms=down_ms, orderly=orderly))


class BlePointHands(_ShelfHands):
    """At a Bluetooth access point and its labels."""

    def spoil(self, faults: shapes.BleFaults) -> None:
        """What goes wrong on its air; what is left out is healed."""
        self._bench.post(f"{self._at}/faults", faults)


class PointHands(_ShelfHands):
    """At an access point and its labels."""

    def spoil(self, faults: shapes.PointFaults) -> None:
        """What goes wrong at it; what is left out is healed."""
        self._bench.post(f"{self._at}/faults", faults)


class ReaderHands(_Hands):
    """At an RFID reader and its door. An EPC is hexadecimal digits or an SGTIN URI."""

    def view(self) -> ReaderView:
        """The reader as it is now: outputs (siren, lights), inputs, antennas, what waits."""
        name = self._at.rpartition("/")[2]
        return next(each for each in self._bench.get("/readers", tuple[ReaderView, ...]) if each.id == name)

    def reads(self) -> tuple[ReadView, ...]:
        """The newest reads, newest tag first."""
        return self._bench.get(f"{self._at}/reads", tuple[ReadView, ...])

    def push(self, epcs: Sequence[str], direction: Literal["in", "out"]) -> None:
        """Push tagged goods through."""
        self._bench.post(f"{self._at}/passes", shapes.Passing(epcs=tuple(epcs), direction=direction))

    def walk(self, walk: Walk, epcs: Sequence[str], *, speed_mm_per_s: int = 1_500) -> None:
        """Begin a scripted walk."""
        order = WalkOrder(walk=walk.value, epcs=tuple(epcs), speed_mm_per_s=speed_mm_per_s)
        self._bench.post(f"{self._at}/walks", order)

    def stand(self, epcs: Sequence[str], x_mm: int) -> None:
        """Leave tags beside the door; above 0 is inside."""
        self._bench.post(f"{self._at}/standing", Standing(epcs=tuple(epcs), x_mm=x_mm))

    def take_away(self, epcs: Sequence[str]) -> None:
        """Take standing tags away."""
        self._bench.post(f"{self._at}/standing", Standing(epcs=tuple(epcs)))

    def clear(self) -> None:
        """Take all tags away."""
        self._bench.post(f"{self._at}/clear", shapes.Nothing())

    def read_percent(self, percent: int) -> None:
        """How many of a hundred chances to read a near tag succeed."""
        self._bench.post(f"{self._at}/air", AirOrder(read_percent=percent))

    def set_input(self, port: int, *, high: bool) -> None:
        """Change an input: a light beam, a door contact."""
        self._bench.post(f"{self._at}/inputs", InputLevel(port=port, high=high))

    def antenna(self, antenna: int, *, connected: bool) -> None:
        """Pull an antenna's cable, or put it back."""
        self._bench.post(f"{self._at}/antennas", AntennaPlug(antenna=antenna, connected=connected))

    def spoil(self, faults: ReaderFaults) -> None:
        """What is wrong with it; what is left out is healed."""
        self._bench.post(f"{self._at}/faults", faults)

    def plug(self, *, plugged_in: bool) -> None:
        """Pull its plug, or put it in."""
        self._bench.post(f"{self._at}/plug", shapes.Plug(plugged_in=plugged_in))

    def reboot(self) -> None:
        """Restart it: all ROSpecs and settings are lost."""
        self._bench.post(f"{self._at}/reboot", shapes.Nothing())

    def cut(self) -> None:
        """Break its connection once."""
        self._bench.post(f"{self._at}/cut", shapes.Nothing())


class LineHands(_Hands):
    """At the bad line in front of a device."""

    def spoil(self, faults: shapes.LineFaults) -> None:
        """What it does to the bytes; what is left out is healed."""
        self._bench.post(f"{self._at}/faults", faults)

    def cut(self) -> None:
        """Cut every connection once."""
        self._bench.post(f"{self._at}/cut", shapes.Nothing())
