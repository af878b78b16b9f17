"""Tag reports as a reader makes them: reads gathered into rows, rows kept in a bounded buffer, rows written as bytes. Pure.

A row tells exactly what its TagReportContentSelector asks for. Reads are joined into one row as long as everything told
about them but time, loudness and count is the same.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import msgspec

from protocols.llrp.capabilities import C1g2EpcMemorySelector
from protocols.llrp.codec import encode_parameters
from protocols.llrp.parameters import TagReportContentSelector, Tell
from protocols.llrp.vendors import (
    ZEBRA_TELL_PHASE,
    ImpinjContentSelector,
    ImpinjDoppler,
    ImpinjEnableDoppler,
    ImpinjEnablePeakRssi,
    ImpinjEnablePhase,
    ImpinjEnableTid,
    ImpinjEnableTxPower,
    ImpinjPeakRssi,
    ImpinjPhase,
    ImpinjTid,
    ImpinjTxPower,
    ZebraContentSelector,
    ZebraPhase,
    as_custom,
    find_own,
)
from protocols.llrp.wire import Parameter, find
from simulators.llrp_reader.air import Heard, Item, Tag
from simulators.llrp_reader.tag_memory import TID

BUFFER_TAGS_MAX = 10_000
"""Rows kept for a client that is away. Policy when reached: the newest are lost, and an overflow is told."""
WARN_AT_PERCENT = 90
COUNT_MAX = 0xFFFF
(_ROSPEC_ID, _SPEC_INDEX, _INVENTORY_ID, _ANTENNA, _CHANNEL, _RSSI, _FIRST, _LAST, _COUNT, _ACCESS_ID) = (
    int(bit) for bit in (
        Tell.ROSPEC_ID, Tell.SPEC_INDEX, Tell.INVENTORY_PARAMETER_SPEC_ID, Tell.ANTENNA, Tell.CHANNEL, Tell.PEAK_RSSI,
        Tell.FIRST_SEEN, Tell.LAST_SEEN, Tell.SEEN_COUNT, Tell.ACCESSSPEC_ID,
    )
)  # fmt: skip
_CODES = (
    (_ROSPEC_ID, "BI"), (_SPEC_INDEX, "BH"), (_INVENTORY_ID, "BH"), (_ANTENNA, "BH"), (_RSSI, "Bb"), (_CHANNEL, "BH"),
    (_FIRST, "BQ"), (_LAST, "BQ"), (_COUNT, "BH"),
)  # fmt: skip
_SHORT = sum(bit for bit, _ in _CODES)
"""The selector's bits as plain integers: they are looked at for every tag."""
TELL_CRC, TELL_PC = 0x80, 0x40
METRES_PER_SECOND_TO_MM_KHZ = 299_792_458
_TLV = struct.Struct(">HH")
_EPC_DATA = struct.Struct(">HHH")
_SHORT_U16, _SHORT_U32 = struct.Struct(">BH"), struct.Struct(">BI")


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told of the tags of one AISpec. `own`: which of a maker's values."""

    tell: int
    rospec_id: int
    spec_index: int
    memory_flags: int = 0
    own: frozenset[type[Parameter]] = frozenset()

    def key(self, heard: Heard) -> tuple[Tag, int]:
        """Reads with the same key become one row."""
        return heard.tag, heard.antenna if self.tell & _ANTENNA else 0


def telling_of(selector: TagReportContentSelector, parts: Sequence[Parameter], rospec_id: int, spec_index: int) -> Telling:
    """From a RoReportSpec's selector and its other parameters."""
    memory = find(selector.parts, C1g2EpcMemorySelector)
    own: set[type[Parameter]] = set()
    impinj = find_own(tuple(parts), ImpinjContentSelector)
    if impinj is not None:
        wanted = (
            (ImpinjEnableTid, ImpinjTid), (ImpinjEnablePhase, ImpinjPhase), (ImpinjEnablePeakRssi, ImpinjPeakRssi),
            (ImpinjEnableDoppler, ImpinjDoppler), (ImpinjEnableTxPower, ImpinjTxPower),
        )  # fmt: skip
        for switch, told in wanted:
            found = find_own(impinj.parts, switch)
            if found is not None and getattr(found, "mode"):  # noqa: B009
                own.add(told)
    zebra = find_own(tuple(parts), ZebraContentSelector)
    if zebra is not None and zebra.flags & ZEBRA_TELL_PHASE:
        own.add(ZebraPhase)
    return Telling(int(selector.tell), rospec_id, spec_index, 0 if memory is None else memory.flags, frozenset(own))


class Row(msgspec.Struct, eq=False):
    """One tag of a report."""

    telling: Telling
    tag: Tag
    antenna: int
    rssi_cdbm: int
    first_ms: int
    last_ms: int
    channel: int
    khz: int
    distance_mm: int = 0
    speed_mm_per_s: int = 0
    """Above 0: it comes nearer."""
    power_cdbm: int = 0
    item: Item | None = None
    count: int = 1
    access_id: int = 0
    results: tuple[Parameter, ...] = ()

    def again(self, heard: Heard) -> None:
        """The same tag once more."""
        self.rssi_cdbm = max(self.rssi_cdbm, heard.rssi_cdbm)
        self.last_ms, self.distance_mm = heard.at_ms, heard.distance_mm
        self.count += 1

    @property
    def rssi_dbm(self) -> int:
        """In whole dBm."""
        return (self.rssi_cdbm + 50) // 100


class Buffer:
    """Rows to be sent. `most` rows at once."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.warned = False
        self.lost = 0
        """Rows that found no room, since the reader was switched on."""

    def put(self, rows: list[Row], most: int) -> tuple[bool, bool]:
        """Keep them; (whether a warning is due, whether some were lost)."""
        room = max(0, most - len(self.rows))
        self.rows += rows[:room]
        lost = max(0, len(rows) - room)
        self.lost += lost
        full = len(self.rows) * 100 >= most * WARN_AT_PERCENT
        warn = full and not self.warned
        self.warned = self.warned or full
        return warn, lost > 0

    def take(self, most: int) -> list[Row]:
        """The oldest rows."""
        taken, self.rows = self.rows[:most], self.rows[most:]
        self.warned = self.warned and bool(self.rows)
        return taken


class Times(msgspec.Struct, kw_only=True):
    """How the reader writes times down."""

    booted_ms: int = 0
    off_ms: int = 0
    uptime: bool = False

    def us(self, at_ms: int) -> int:
        """Microseconds of its own clock."""
        return max(0, (at_ms - self.booted_ms if self.uptime else at_ms + self.off_ms) * 1000)


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the rows."""

    last_before_first: bool = False
    full_count: bool = False
    wrong_pc: bool = False
    unknown_parameters: bool = False


@cache
def _fields(tell: int, *, plain: bool) -> struct.Struct:
    """How the short parameters of these bits lie in a tag, at most 512 ways. `plain`: the whole tag, 96 bits."""
    return struct.Struct((">HHB12s" if plain else ">") + "".join(code for bit, code in _CODES if tell & bit))


@dataclass(slots=True)
class RowWriter:
    """Writes rows as TagReportData."""

    times: Times
    quirks: Quirks = field(default_factory=Quirks)

    def write(self, row: Row, tell: int) -> bytes:
        """One TagReportData; `tell`: the selector's bits, less what is left out."""
        tag = row.tag
        telling, quirks = row.telling, self.quirks
        plain = not (telling.memory_flags or telling.own or row.access_id or quirks.unknown_parameters)
        if plain and tag.bits == 96:
            whole = _fields(tell & _SHORT, plain=True)
            return whole.pack(240, whole.size, 0x8D, tag.epc, *self._values(row, tell))
        head = b"\x8d" + tag.epc
        if tag.bits != 96:
            head = _EPC_DATA.pack(241, _EPC_DATA.size + len(tag.epc), tag.bits) + tag.epc
        more = self._more(row, tell)
        fields = _fields(tell & _SHORT, plain=False)
        length = _TLV.size + len(head) + fields.size + len(more)
        return b"".join((_TLV.pack(240, length), head, fields.pack(*self._values(row, tell)), more))

    def _values(self, row: Row, tell: int) -> list[int]:
        """The short parameters that are told: type byte and value of each, as `_fields` has them."""
        values = list[int]()
        if tell & _ROSPEC_ID:
            values += (0x89, row.telling.rospec_id)
        if tell & _SPEC_INDEX:
            values += (0x8E, row.telling.spec_index)
        if tell & _INVENTORY_ID:
            values += (0x8A, 1)
        if tell & _ANTENNA:
            values += (0x81, row.antenna)
        if tell & _RSSI:
            values += (0x86, row.rssi_dbm)
        if tell & _CHANNEL:
            values += (0x87, row.channel)
        if tell & (_FIRST | _LAST | _COUNT):
            self._seen(row, tell, values)
        return values

    def _seen(self, row: Row, tell: int, values: list[int]) -> None:
        first_ms, last_ms, uptime = row.first_ms, row.last_ms, int(self.times.uptime)
        if self.quirks.last_before_first:
            first_ms, last_ms = last_ms + 1, first_ms
        if tell & _FIRST:
            values += (0x82 + uptime, self.times.us(first_ms))
        if tell & _LAST:
            values += (0x84 + uptime, self.times.us(last_ms))
        if tell & _COUNT:
            values += (0x88, COUNT_MAX if self.quirks.full_count else min(row.count, COUNT_MAX))

    def _more(self, row: Row, tell: int) -> bytes:
        """What few tags have."""
        parts = self._words(row) if row.telling.memory_flags else []
        if tell & _ACCESS_ID and row.access_id:
            parts.append(_SHORT_U32.pack(0x90, row.access_id))
        if row.results or row.telling.own:
            parts.append(encode_parameters((*row.results, *_own(row))))
        if self.quirks.unknown_parameters:
            parts.append(_TLV.pack(999, 6) + b"??" + _TLV.pack(1023, 14) + struct.pack(">II", 99_999, 7) + b"??\xff\x01")
        return b"".join(parts)

    def _words(self, row: Row) -> list[bytes]:
        """PC and CRC as the tag's memory has them."""
        parts = list[bytes]()
        words = (row.tag.bits + 15) // 16
        pc = words << 11 if row.item is None else row.item.memory.pc
        if row.telling.memory_flags & TELL_CRC:
            parts.append(_SHORT_U16.pack(0x8B, 0 if row.item is None else row.item.memory.crc))
        if row.telling.memory_flags & TELL_PC:
            wrong = (words % 31 + 1) << 11
            parts.append(_SHORT_U16.pack(0x8C, wrong if self.quirks.wrong_pc else pc))
        return parts


def _own(row: Row) -> tuple[Parameter, ...]:
    """A maker's values, in the order of their numbers."""
    own, found = row.telling.own, list[Parameter]()
    turns = 2 * row.distance_mm * row.khz / METRES_PER_SECOND_TO_MM_KHZ
    if ImpinjTid in own and row.item is not None:
        _, tid = row.item.memory.read(TID, 0, 0)
        found.append(as_custom(ImpinjTid(words=struct.unpack(f">{len(tid) // 2}H", tid))))
    if ImpinjPhase in own:
        found.append(as_custom(ImpinjPhase(angle=round(-turns * 4_096) % 4_096)))
    if ImpinjPeakRssi in own:
        found.append(as_custom(ImpinjPeakRssi(cdbm=row.rssi_cdbm)))
    if ImpinjDoppler in own:
        hertz = 2 * row.speed_mm_per_s * row.khz / METRES_PER_SECOND_TO_MM_KHZ
        found.append(as_custom(ImpinjDoppler(sixteenth_hz=max(-32_768, min(32_767, round(16 * hertz))))))
    if ImpinjTxPower in own:
        found.append(as_custom(ImpinjTxPower(cdbm=row.power_cdbm)))
    if ZebraPhase in own:
        half_turns = -2 * turns % 1
        found.append(as_custom(ZebraPhase(angle=round(half_turns * 65_535) - 32_768)))
    return tuple(found)


def without_repeated(row: Row, last: Row | None, tell: int) -> int:
    """`tell` without the fields that equal the ones sent last."""
    if last is None:
        return tell
    fields = (
        (_ANTENNA, row.antenna == last.antenna),
        (_RSSI, row.rssi_dbm == last.rssi_dbm),
        (_FIRST, row.first_ms == last.first_ms),
        (_LAST, row.last_ms == last.last_ms),
        (_COUNT, row.count == last.count),
        (_ROSPEC_ID, row.telling.rospec_id == last.telling.rospec_id),
        (_SPEC_INDEX, row.telling.spec_index == last.telling.spec_index),
        (_CHANNEL, row.channel == last.channel),
    )
    for bit, same in fields:
        tell &= ~bit if same else 0xFFFF
    return tell
