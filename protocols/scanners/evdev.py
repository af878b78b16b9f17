"""A scanner that pretends to be a keyboard, read as the kernel tells it: `struct input_event` records. Both roles.

A record is time (seconds and microseconds, each one C long), type, code, value: 24 bytes on a 64-bit machine, 16 on a 32-bit
one, little-endian. EV_KEY with value 1 is a press, 0 a release, 2 a repeat; EV_SYN ends a group of records. SYN_DROPPED says
that the kernel lost some: the code under way is then told as unreadable, never guessed.

Source: `linux/input.h`, `linux/input-event-codes.h`.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

from protocols.device_events import Symbology
from protocols.scanners import keymaps
from protocols.scanners.codes import CODE_LENGTH_MAX, GROUP_SEPARATOR, CodeReader, ScannerEvent, identified
from protocols.scanners.keymaps import KEY_MAPS, KeyMap

EV_SYN, EV_KEY, EV_MSC = 0, 1, 4
SYN_REPORT, SYN_DROPPED = 0, 3
MSC_SCAN = 4
RELEASE, PRESS, REPEAT = 0, 1, 2
KEYS_WITHIN_MS = 100
"""Between two keys of one code. A scanner needs 1 to 30 ms; the facts say 50 to 100 ms of silence end a code."""
_RECORDS = {8: struct.Struct("<qqHHi"), 4: struct.Struct("<llHHi")}
_TYPES = frozenset({0, 1, 2, 3, 4, 5, 0x11, 0x12, 0x14, 0x15, 0x16, 0x17})
_CODE_MAX = 0x2FF
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class InputEvent:
    """One record without its time."""

    type: int
    code: int
    value: int


class KeyEnd(enum.Enum):
    """How the scanner ends a code: a key, or nothing more."""

    ENTER = keymaps.ENTER
    TAB = keymaps.TAB
    SILENCE = 0


@dataclass(frozen=True, slots=True)
class WedgeFormat:
    """How the scanner is set. `prefix`: characters before every code."""

    layout: str = "us"
    end: KeyEnd = KeyEnd.ENTER
    prefix: str = ""
    keys_within_ms: int = KEYS_WITHIN_MS


def encode_event(event: InputEvent, at_us: int = 0, *, long_bytes: int = 8) -> bytes:
    """The kernel's side. Raises ValueError for numbers no record holds."""
    try:
        seconds, micro = divmod(at_us, _MICROSECONDS)
        return _RECORDS[long_bytes].pack(seconds, micro, event.type, event.code, event.value)
    except struct.error as error:
        raise ValueError(f"no input record holds {event}") from error


class RecordReader:
    """Cuts what is read from the device into records, in any pieces.

    The kernel hands on whole records only. On another link bytes may get lost: what cannot be a record is then left out, one
    byte at a time, until one fits, and stands as one SYN_DROPPED in its place.
    """

    def __init__(self, long_bytes: int = 8) -> None:
        self._record = _RECORDS[long_bytes]
        self._buffer = b""

    @property
    def pending(self) -> bool:
        """A record is half there."""
        return bool(self._buffer)

    def forget(self) -> None:
        """Give a record up whose rest did not come."""
        self._buffer = b""

    def receive(self, data: bytes) -> list[InputEvent]:
        """The records that are whole now; never raises."""
        self._buffer += data
        size, at, found, skipping = self._record.size, 0, list[InputEvent](), False
        while len(self._buffer) - at >= size:
            seconds, micro, kind, code, value = self._record.unpack_from(self._buffer, at)
            if _plausible(seconds, micro, kind, code, value):
                found.append(InputEvent(kind, code, value))
                at, skipping = at + size, False
                continue
            if not skipping:
                found.append(InputEvent(EV_SYN, SYN_DROPPED, 0))
            at, skipping = at + 1, True
        self._buffer = self._buffer[at:]
        return found


def _plausible(seconds: int, micro: int, kind: int, code: int, value: int) -> bool:
    if not (0 <= micro < _MICROSECONDS and seconds >= 0 and kind in _TYPES and code <= _CODE_MAX):
        return False
    if kind == EV_KEY:
        return value in {RELEASE, PRESS, REPEAT}
    return kind != EV_SYN or (code <= SYN_DROPPED and value in {0, 1})


class Typist:
    """What presses and releases type, one record after the other."""

    def __init__(self, key_map: KeyMap) -> None:
        self._map = key_map
        self._down: set[int] = set()
        self._dead = ""

    def forget(self) -> None:
        """Nothing is held down any more."""
        self._down.clear()
        self._dead = ""

    def take(self, event: InputEvent) -> str | None:
        """The characters typed by this record, none for a release; None: a key that no code has."""
        if event.type != EV_KEY:
            return ""
        if event.code in keymaps.MODIFIERS:
            (self._down.discard if event.value == RELEASE else self._down.add)(event.code)
            return ""
        if event.value != PRESS or event.code == keymaps.CAPS_LOCK:
            return ""
        if event.code == keymaps.F8:
            return GROUP_SEPARATOR
        shift = bool(self._down & {keymaps.LEFT_SHIFT, keymaps.RIGHT_SHIFT})
        found = self._map.character(event.code, shift=shift, alt_gr=keymaps.ALT_GR in self._down)
        if self._down & {keymaps.LEFT_CTRL, keymaps.RIGHT_CTRL}:
            bracket = event.code == keymaps.RIGHT_BRACKET or (found is not None and found[0] == "]")
            return GROUP_SEPARATOR if bracket else None
        if found is None or keymaps.LEFT_ALT in self._down:
            return None
        return self._typed(*found)

    def _typed(self, character: str, dead: bool) -> str:
        """A dead key waits for the next one: before a space it is itself, and the space is not typed."""
        waiting, self._dead = self._dead, ""
        if dead:
            self._dead = character
            return waiting
        return waiting if waiting and character == " " else waiting + character

    def rest(self) -> str:
        """A dead key that still waits."""
        waiting, self._dead = self._dead, ""
        return waiting


class WedgeSession:
    """The till's side; used like `serial_codes.ReceivingSession`."""

    def __init__(self, device_id: str, form: WedgeFormat, duplicate_ms: int, *, long_bytes: int = 8) -> None:
        self._form = form
        self._records = RecordReader(long_bytes)
        self._typist = Typist(KEY_MAPS[form.layout])
        self._reader = CodeReader(device_id, duplicate_ms)
        self._typed = ""
        self._wrong = ""
        self.deadline_ms: int | None = None
        """Until when the next key of a code may come; None: no code is under way."""

    def receive(self, data: bytes, now_ms: int) -> list[ScannerEvent]:
        """Take what was read, in any pieces; never raises."""
        heard = self.expire(now_ms)
        for event in self._records.receive(data):
            heard += self._take(event, now_ms)
        under_way = bool(self._typed or self._wrong) or self._records.pending
        self.deadline_ms = now_ms + self._form.keys_within_ms if under_way else None
        return heard

    def expire(self, now_ms: int) -> list[ScannerEvent]:
        """Silence ends the code, or is a key that did not come."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return []
        if self._form.end is not KeyEnd.SILENCE or self._records.pending:
            self._wrong = self._wrong or "the end of a code did not come"
        self._records.forget()
        return self._finish(now_ms)

    def _take(self, event: InputEvent, now_ms: int) -> list[ScannerEvent]:
        if event.type == EV_SYN and event.code == SYN_DROPPED:
            self._typist.forget()
            self._wrong = "keys were lost"
            return []
        if event.type == EV_KEY and event.code in {keymaps.ENTER, keymaps.KEYPAD_ENTER, keymaps.TAB}:
            return self._end(event, now_ms)
        typed = self._typist.take(event)
        if typed is None:
            self._wrong = self._wrong or "a key no code has"
        elif len(self._typed) <= CODE_LENGTH_MAX + len(self._form.prefix) + 3:
            self._typed += typed
        return []

    def _end(self, event: InputEvent, now_ms: int) -> list[ScannerEvent]:
        if event.value != PRESS:
            return []
        key = keymaps.ENTER if event.code == keymaps.KEYPAD_ENTER else event.code
        if self._form.end in {KeyEnd(key), KeyEnd.SILENCE}:
            return self._finish(now_ms)
        self._wrong = self._wrong or "a key no code has"
        return []

    def _finish(self, now_ms: int) -> list[ScannerEvent]:
        text, wrong = self._typed + self._typist.rest(), self._wrong
        self._typed = self._wrong = ""
        self.deadline_ms = None
        if wrong:
            return [self._reader.unreadable(wrong)]
        if not text:
            return []
        if not text.startswith(self._form.prefix):
            return [self._reader.unreadable("the prefix is missing")]
        return self._reader.read(text.removeprefix(self._form.prefix), now_ms)


def type_scan(
    code: str, form: WedgeFormat, symbology: Symbology = Symbology.UNTOLD, *, keypad: bool = False
) -> list[InputEvent]:
    """What the kernel tells when the scanner types a code; its identifier unless `symbology` is UNTOLD.

    `keypad`: digits are typed on the number pad. Raises ValueError for what no barcode holds, or the layout cannot type.
    """
    key_map = KEY_MAPS[form.layout]
    records: list[InputEvent] = []
    for character in form.prefix + identified(code, symbology):
        for key, modifiers in _keys_of(character, key_map, keypad=keypad):
            records += _stroke(key, modifiers)
    if form.end is not KeyEnd.SILENCE:
        records += _stroke(form.end.value, ())
    return records


def _keys_of(character: str, key_map: KeyMap, *, keypad: bool) -> list[tuple[int, tuple[int, ...]]]:
    if character == GROUP_SEPARATOR:
        return [(keymaps.RIGHT_BRACKET, (keymaps.LEFT_CTRL,))]
    if keypad and character.isdigit():
        return [(next(key for key, typed in keymaps.KEYPAD.items() if typed == character), ())]
    if character not in key_map.keys:
        raise ValueError(f"the layout '{key_map.name}' cannot type '{character}'")
    level, key = key_map.keys[character]
    stroke = (key, ((), (keymaps.LEFT_SHIFT,), (keymaps.ALT_GR,))[level])
    return [stroke, (keymaps.SPACE, ())] if character in key_map.levels[level].dead else [stroke]


def _stroke(key: int, modifiers: tuple[int, ...]) -> list[InputEvent]:
    end = InputEvent(EV_SYN, SYN_REPORT, 0)
    down = [InputEvent(EV_KEY, each, PRESS) for each in modifiers]
    up = [InputEvent(EV_KEY, each, RELEASE) for each in reversed(modifiers)]
    pressed, released = InputEvent(EV_KEY, key, PRESS), InputEvent(EV_KEY, key, RELEASE)
    scan_code = InputEvent(EV_MSC, MSC_SCAN, 0x70000 + key)
    return [*down, *([end] if down else []), scan_code, pressed, end, scan_code, released, *up, end]
