"""JSON shapes of the control API. `bench_client` speaks them too."""

from __future__ import annotations

import msgspec

from simulators.mouth import SpeechFaults
from simulators.payment_terminal.terminal import TerminalFaults


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every command's body."""


class FaultOrder(Order, frozen=True, kw_only=True):
    """Set one fault of a device, or of its `line`. `value` of another type than the fault's is refused; null: good order."""

    device: str
    fault: str
    value: bool | int | str | None = None
    line: bool = False
    lasts_ms: int = 0
    """It heals itself after so long; 0: a hand heals it."""


class ChaosOrder(Order, frozen=True, kw_only=True):
    """Faults that come and go by themselves: one every `every_ms` on average, each for `lasts_ms` on average."""

    on: bool
    every_ms: int = 5_000
    lasts_ms: int = 4_000


class Nothing(Order, frozen=True, kw_only=True):
    """An empty object."""


class Plug(Order, frozen=True, kw_only=True):
    """Pull the plug or put it in."""

    plugged_in: bool


class Weight(Order, frozen=True, kw_only=True):
    """Put goods on the platter: all of them together, in grams. In motion for `settle_ms`."""

    grams: int
    settle_ms: int = 300


class ForcedState(Order, frozen=True, kw_only=True):
    """Hold the scale in `motion`, `under_zero`, `over_capacity` or `fault`; `stable` lets go, `zero` clears it."""

    state: str


class ScaleKey(Order, frozen=True, kw_only=True):
    """Press a key of the scale: `zero`, `tare` or `clear_tare`."""

    key: str


class ScanOrder(Order, frozen=True, kw_only=True):
    """Hold a code before the scanner. `symbology` is sent as AIM identifier, if the scanner does that."""

    code: str
    symbology: str = "untold"


class Passing(Order, frozen=True, kw_only=True):
    """Push tagged goods through a portal; `direction`: `in` or `out`, seen from the store."""

    epcs: tuple[str, ...]
    direction: str


class Switches(Order, frozen=True, kw_only=True):
    """Sensors of a printer; what is left out stays. `bytes_per_second` 0: as fast as it goes."""

    paper_out: bool | None = None
    paper_near_end: bool | None = None
    cover_open: bool | None = None
    offline: bool | None = None
    cutter_error: bool | None = None
    broken: bool | None = None
    drawer_jammed: bool | None = None
    bytes_per_second: int | None = None


class Drawer(Order, frozen=True, kw_only=True):
    """Push the drawer shut; or open it by key, as nobody should."""

    open: bool = False


class Restart(Order, frozen=True, kw_only=True):
    """Restart an access point. `orderly` false: the power is cut, what was not saved is lost."""

    down_ms: int = 500
    orderly: bool = True


class PointFaults(Order, frozen=True, kw_only=True):
    """What goes wrong at an access point; what is left out is healed. Percentages 0 to 100."""

    busy: bool = False
    flash_full: bool = False
    radio_full: bool = False
    missed_check_in_percent: int = 0
    lost_complete_percent: int = 0
    duplicate_complete_percent: int = 0
    failed_transfer_percent: int = 0
    lost_answer_percent: int = 0


class BleFaults(Order, frozen=True, kw_only=True):
    """What goes wrong on the air of a Bluetooth access point; what is left out is healed. Percentages 0 to 100."""

    packet_lost_percent: int = 0
    answer_lost_percent: int = 0
    answer_garbled_percent: int = 0
    busy_percent: int = 0
    capacity_percent: int = 0
    sync_lost_percent: int = 0
    connect_fails_percent: int = 0
    cut_percent: int = 0


class Reach(Order, frozen=True, kw_only=True):
    """Take a label out of reach, or bring it back."""

    silent: bool


class LineFaults(Order, frozen=True, kw_only=True):
    """What a bad line does; what is left out is healed. `way`: `to_target`, `to_client`, `both`. Serial never refuses."""

    drop_per_mille: int = 0
    delay_ms: int = 0
    jitter_ms: int = 0
    duplicate_per_mille: int = 0
    noise_per_mille: int = 0
    flip_per_mille: int = 0
    split: bool = False
    stall: bool = False
    disconnect_after_bytes: int | None = None
    refuse: bool = False
    way: str = "both"


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is shown. `id` names the device."""

    id: str


class ScaleView(View, frozen=True, kw_only=True):
    """A scale: its protocol and port, what it would say now, what lies on it, what is wrong with it. `held`: by a hand."""

    kind: str
    port: str
    plugged_in: bool
    state: str
    held: bool
    load_grams: int
    tare_grams: int
    faults: SpeechFaults


class ScannerView(View, frozen=True, kw_only=True):
    """A barcode scanner; `scans`: how often its trigger was pulled."""

    port: str
    plugged_in: bool
    scans: int
    faults: SpeechFaults


class PrinterView(View, frozen=True, kw_only=True):
    """A printer; `receipts` is the number of the newest one."""

    port: int
    """0: it is on a serial port."""
    plugged_in: bool
    connected: bool
    paper_out: bool
    paper_near_end: bool
    cover_open: bool
    offline: bool
    bytes_per_second: int
    drawer_open: bool
    drawer_kicks: int
    receipts: int
    place: str = ""
    cutter_error: bool = False
    broken: bool = False
    drawer_jammed: bool = False
    display: tuple[str, str] | None = None
    """What the customer display behind it shows; None: there is none."""


class DisplayView(View, frozen=True, kw_only=True):
    """A customer display: what it shows, twenty columns each."""

    port: str
    plugged_in: bool
    upper: str
    lower: str
    charset: str
    strange: int


class PaymentTerminalView(View, frozen=True, kw_only=True):
    """A payment terminal. `under_way`: the attempt at it now, or empty. `movements`: entries of its ledger."""

    port: int
    plugged_in: bool
    connected: bool
    under_way: str
    movements: int
    faults: TerminalFaults


class PointView(View, frozen=True, kw_only=True):
    """An access point; its labels are at `url`/labels. `waiting`: pictures not on their labels yet."""

    url: str
    up: bool
    labels: int
    waiting: int
    faults: PointFaults


class BlePointView(View, frozen=True, kw_only=True):
    """A Bluetooth access point. `waiting`: labels that will change their picture by themselves. `joined`: in a network."""

    url: str
    up: bool
    labels: int
    waiting: int
    joined: int
    faults: BleFaults


class LabelPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A label of an access point; its picture is at `labels/{mac}.png`, another one when `picture` changes."""

    mac: str
    width: int
    height: int
    silent: bool
    pending: int
    since_ms: int
    picture: str


class ProxyView(View, frozen=True, kw_only=True):
    """A bad line in front of the device of the same id, and what it does in each direction."""

    serial: bool
    connections: int
    to_target: LineFaults
    to_client: LineFaults


class TillView(View, frozen=True, kw_only=True):
    """A till of the store and the devices at it."""

    scale: str | None
    printer: str | None
    scanner: str | None
    terminal: str | None = None
    card_reader: str | None = None
    codes: str | None = None
    display: str | None = None


class GoodsView(msgspec.Struct, frozen=True, kw_only=True):
    """Something to scan; with `grams`, to weigh."""

    code: str
    name: str
    name_zh: str = ""
    symbology: str = "untold"
    grams: int | None = None


class Offer(Order, frozen=True, kw_only=True):
    """Goods to scan, in place of those that were offered."""

    goods: tuple[GoodsView, ...]


class FaultEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of the menu. `sort`: what it does, whatever the device; `default`: good order."""

    name: str
    sort: str
    about: str
    default: bool | int | str | None


class FaultMenu(msgspec.Struct, frozen=True, kw_only=True):
    """What can go wrong at a kind of device (or at a `line`), and which devices of this bench it is for."""

    kind: str
    devices: tuple[str, ...]
    faults: tuple[FaultEntry, ...]


class ActiveFault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong now, switched on by a hand. `kind`: `scale`, `scanner`, `printer` ... or `line`."""

    kind: str
    id: str
    fault: str
    value: str


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`/state`: everything at once. `mode` is `wire`: real sockets and pseudo-terminals, real time. `goods`: how many."""

    mode: str
    seed: int
    goods: int
    tills: tuple[TillView, ...]
    scales: tuple[ScaleView, ...]
    scanners: tuple[ScannerView, ...]
    printers: tuple[PrinterView, ...]
    access_points: tuple[PointView, ...]
    ble_points: tuple[BlePointView, ...]
    proxies: tuple[ProxyView, ...]
    faults: tuple[ActiveFault, ...]
    payment_terminals: tuple[PaymentTerminalView, ...] = ()
    chaos: bool = False
    """Faults come and go by themselves."""
    more: dict[str, tuple[msgspec.Raw, ...]] = {}
    """Further kinds of device by name; each view is shaped as at its own path."""


class ReceiptView(msgspec.Struct, frozen=True):
    """One receipt; its picture is at `receipts/{number}.png`."""

    number: int
    printed_at_ms: int
    text: str


class Receipts(msgspec.Struct, frozen=True):
    """The newest receipts, oldest first, and what is printed but not cut off yet."""

    receipts: tuple[ReceiptView, ...]
    hanging_out: str


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """The page's words in one language, by their English text."""

    language: str
    messages: dict[str, str]
