"""What devices say, whatever their protocol: the type a bridge hands to the store (design section 3, *device event*)."""

from __future__ import annotations

import enum

import msgspec


class DeviceState(enum.StrEnum):
    """The life of a supervised device as people see it."""

    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    RETRYING = "retrying"
    FAILED = "failed"
    STOPPED = "stopped"


class WeightState(enum.StrEnum):
    """OIML R 76 terms. Only STABLE with grams above zero may be sold."""

    STABLE = "stable"
    MOTION = "motion"
    UNDER_ZERO = "under_zero"
    OVER_CAPACITY = "over_capacity"
    ZERO = "zero"
    FAULT = "fault"
    BELOW_MINIMUM = "below_minimum"
    """At rest, and too light to be sold: less than 20 steps of the scale, as a rule. Some scales call an empty one so."""
    WEIGH_AGAIN = "weigh_again"
    """At rest, but the scale gives a weight only after a change of load: lift the goods and put them back."""


class DeviceEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Base: which device speaks. The receiver stamps the time of arrival."""

    device_id: str


class DeviceStateEvent(DeviceEvent, frozen=True, kw_only=True):
    device_kind: str
    state: DeviceState
    reason: str = ""


class WeightRead(DeviceEvent, frozen=True, kw_only=True):
    """A scale's answer. `grams` is None unless the scale sent digits that mean a weight at rest."""

    state: WeightState
    grams: int | None = None
    """Whole grams, halves away from zero."""
    net: bool = False
    unit: str = "kg"
    """What the scale shows: `kg`, `g`, `mg`, `t`, `lb` or `oz`."""
    milligrams: int | None = None
    """The same weight to the milligram; None: it is a whole number of grams."""


class Symbology(enum.StrEnum):
    """The kind of barcode, as far as the scanner told it."""

    UNTOLD = "untold"
    EAN_UPC = "ean_upc"
    EAN8 = "ean8"
    CODE128 = "code128"
    GS1_128 = "gs1_128"
    CODE39 = "code39"
    CODE93 = "code93"
    CODE11 = "code11"
    CODABAR = "codabar"
    ITF = "itf"
    STANDARD_2_OF_5 = "standard_2_of_5"
    MSI = "msi"
    DATABAR = "databar"
    PDF417 = "pdf417"
    DATA_MATRIX = "data_matrix"
    GS1_DATA_MATRIX = "gs1_data_matrix"
    QR = "qr"
    GS1_QR = "gs1_qr"
    DOTCODE = "dotcode"
    GS1_DOTCODE = "gs1_dotcode"
    AZTEC = "aztec"
    MAXICODE = "maxicode"
    OTHER = "other"


class CodeScanned(DeviceEvent, frozen=True, kw_only=True):
    """A scanner read a code: its characters without the scanner's own additions."""

    code: str
    symbology: Symbology = Symbology.UNTOLD


class CodeUnreadable(DeviceEvent, frozen=True, kw_only=True):
    """Something came from a scanner that is no whole code: the goods must be scanned again. `why` is for technicians."""

    why: str


class CardTrouble(enum.StrEnum):
    """Why a card on the reader names nobody."""

    PHONE = "phone"
    """A phone that shows a new number each time."""
    NO_NUMBER = "no_number"
    TORN = "torn"
    """It was taken away too soon, or moved."""


class CardSeen(DeviceEvent, frozen=True, kw_only=True):
    """A member card was put on a reader: its member number, or its UID as hexadecimal digits."""

    code: str

    def __repr__(self) -> str:
        return f"CardSeen(device_id={self.device_id!r})"  # whose card it is stands in no log


class CardUnread(DeviceEvent, frozen=True, kw_only=True):
    """A card was put on a reader, and names nobody."""

    why: CardTrouble


TillEvent = CodeScanned | CodeUnreadable | CardSeen | CardUnread
"""What scanners and card readers tell the till they stand at."""


class PrinterStatus(DeviceEvent, frozen=True, kw_only=True):
    online: bool
    paper_out: bool = False
    paper_near_end: bool = False
    cover_open: bool = False
    drawer_open: bool | None = None
    error: str = ""


class PrinterSensorChanged(DeviceEvent, frozen=True, kw_only=True):
    """One sensor of a printer changed; told once per change. `sensor`: as `protocols.escpos.status.SENSORS` names them."""

    sensor: str
    active: bool


class DrawerKicked(DeviceEvent, frozen=True, kw_only=True):
    """A pulse for the cash drawer is on its way to the printer it hangs on."""


class LabelSeen(DeviceEvent, frozen=True, kw_only=True):
    """A tag record as the access point tells it. `image_hash` is 32 lower hex digits, zeros = none.

    `pending`: how many items wait in the access point's queue. `battery_mv` 0: not told.
    """

    label_id: str
    image_hash: str
    update_count: int
    pending: int
    last_seen_ms: int
    battery_mv: int = 0
    hardware_type: int = 0
    link_quality: int | None = None
    """0 (nothing) to 255, as the access point heard the label last; None: not told."""
    rssi_dbm: int | None = None
    """Negative; None: not told, or never heard."""
    next_check_in_ms: int | None = None
    """When the label is expected next (wall clock); None: not told, or never."""
    first_boot: bool = False
    """The label said at its last check-in that it was switched on: what it held before is gone."""
    has_light: bool = False
    """It can be found by a flash."""
    shown: bool = False
    """The hash is proven to be on the panel (evidence level G), not only in the label's memory."""
    may_send_again: bool | None = None
    """Unasked, the access point may send the label the last file it has, perhaps one of long ago. None: it keeps none."""
    read_back: bool = False
    """The hash was made from pixels read back from the access point, not taken from its record."""


class LabelTimedOut(DeviceEvent, frozen=True, kw_only=True):
    """The access point gave up on a tag and dropped what it had queued for it."""

    label_id: str


class AccessPointRestarted(DeviceEvent, frozen=True, kw_only=True):
    """Undelivered images are gone: resend them."""


class TagRead(msgspec.Struct, frozen=True, gc=False):
    """One tag as an antenna heard it, possibly several times between `first_seen_ms` and `last_seen_ms`.

    Times are milliseconds of the box's monotonic clock, whatever the reader's clock says. `antenna` 0 and `rssi_dbm`
    None: the reader does not tell.
    """

    epc: bytes
    epc_bits: int
    antenna: int
    rssi_dbm: int | None
    first_seen_ms: int
    last_seen_ms: int
    count: int = 1
    channel: int | None = None
    rssi_cdbm: int | None = None
    """RSSI in hundredths of a dBm, from readers that measure it so."""
    phase: int | None = None
    """0 to 4095 of a full turn; comparable only within one channel and antenna."""
    doppler: int | None = None
    """Sixteenths of a hertz; above 0: the tag comes nearer."""
    tid: bytes | None = None
    """The tag's own serial number, from readers that tell it with the EPC."""


class TagsRead(DeviceEvent, frozen=True, kw_only=True):
    """What a reader reported in one go."""

    reads: tuple[TagRead, ...]


class InputChanged(DeviceEvent, frozen=True, kw_only=True):
    """A reader's general-purpose input (a light beam, a button) has another level. `at_ms`: the box's monotonic clock."""

    port: int
    high: bool
    at_ms: int


class ReaderHealth(DeviceEvent, frozen=True, kw_only=True):
    """How a reader of tags did since it was told last, `over_ms` ago. Reconnects are told by DeviceStateEvent."""

    over_ms: int
    reads: int
    """Single reads, as the reader counts them."""
    unique: int
    """Different tags among them."""
    bad: int
    """Messages and tags that could not be read."""
    buffer_warnings: int
    buffer_percent: int
    """How full the reader's buffer was when it last warned; 0: well, 100: it overflowed."""
    antennas_missing: int
    keepalive_age_ms: int | None
    """Since its last sign of life that was asked for; None: none came yet."""
    clock_off_ms: int | None
    """How far its wall clock is fast (above 0) or slow; None: it has none, or nothing was read yet."""


class SensorHealth(enum.StrEnum):
    """What a sensor's value is worth."""

    OK = "ok"
    FAULT = "fault"
    """The sensor says itself that it cannot measure (a broken probe, no number)."""
    IMPLAUSIBLE = "implausible"
    STUCK = "stuck"
    """Exactly the same for far too long."""
    ROLLED_BACK = "rolled_back"
    """A counter that only grows has fallen: it was replaced or reset."""
    LOST = "lost"
    """Nothing was heard for longer than it may be silent."""


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of one sensor. `measure` ends in its unit (`temperature_celsius`); `value` None: there is none."""

    sensor_id: str
    measure: str
    value: float | None
    health: SensorHealth = SensorHealth.OK
    detail: str = ""


class SensorsRead(DeviceEvent, frozen=True, kw_only=True):
    """Sensors behind a device (a bus, a broker) told values."""

    measurements: tuple[Measurement, ...]


class SensorPresence(DeviceEvent, frozen=True, kw_only=True):
    """A sensor is lost, or there again; `reason` says why it is lost."""

    sensor_id: str
    there: bool
    reason: str = ""


class PeopleTotals(DeviceEvent, frozen=True, kw_only=True):
    """A people counter told its sums. They begin anew now and then: what counts is the difference."""

    sensor_id: str
    people_in: int
    people_out: int
    timestamp: str
    """The counter's own local time, `YYYYMMDDhhmmss`, or empty."""
