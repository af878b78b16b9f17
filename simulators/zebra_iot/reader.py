"""The reader itself: what it does on commands, and what it hears. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from protocols import zebra_iot as z
from protocols.clock import RandomSource
from protocols.llrp.reads import TagRecord
from simulators.llrp_reader.air import Air, door_antennas


@dataclass(slots=True)
class IotFaults:
    """What is wrong with it; each is a switch."""

    silent: bool = False
    """It answers no command."""
    refuses_start: bool = False
    garbled_every: int = 0
    """Every so many data messages one is no JSON."""
    no_clock: bool = False
    """Its events carry no timestamp."""


class _StatusAnswer(msgspec.Struct, kw_only=True):
    radio: str = msgspec.field(name="radioActivity")
    antennas: dict[str, str]


class IotReader:
    """`command` and `listen`; times are milliseconds since 1970 UTC of its own clock."""

    def __init__(self, rng: RandomSource, now_ms: int, *, antennas: int = 4, read_percent: int = 60) -> None:
        self.air = Air(door_antennas(antennas), rng, now_ms, read_percent=read_percent)
        self.faults = IotFaults()
        self.mode = z.Mode()
        self.reading = False
        self.unplugged: set[int] = set()
        self._antennas = antennas
        self._event_num = 1
        self._messages = 0

    def command(self, command: str, payload: bytes) -> tuple[str, bytes]:
        """What it answers: the response word and a payload."""
        match command:
            case "set_mode" if self.reading:
                return "the radio is active: stop it first", b"{}"
            case "set_mode":
                try:
                    self.mode = z.read_mode(payload)
                except z.IotMalformed as error:
                    return f"bad mode: {error}", b"{}"
            case "start" if self.faults.refuses_start:
                return "the region is not set", b"{}"
            case "start" | "stop":
                self.reading = command == "start"
            case "get_status":
                state = {
                    str(n): "disconnected" if n in self.unplugged else "connected" for n in range(1, self._antennas + 1)
                }
                radio = "active" if self.reading else "inactive"
                return z.SUCCESS, z.write_struct(_StatusAnswer(radio=radio, antennas=state))
            case _:
                return f"unknown command {command}", b"{}"
        return z.SUCCESS, b"{}"

    def listen(self, now_ms: int) -> bytes:
        """The data message of what it heard since it listened last; empty: nothing."""
        if not self.reading:
            self.air.skip(now_ms)
            return b""
        wanted = self.mode.antennas or tuple(range(1, self._antennas + 1))
        switched_on = [antenna for antenna in wanted if antenna not in self.unplugged]
        heard = self.air.listen(now_ms, switched_on) if switched_on else []
        records = [
            TagRecord(
                one.tag.epc,
                one.antenna,
                one.rssi_dbm,
                None,
                None if self.faults.no_clock else one.at_ms * 1000,
                epc_bits=one.tag.bits,
            )
            for one in heard
        ]
        if not records:
            return b""
        self._messages += 1
        message = z.write_tags(records, event_num=self._event_num)
        self._event_num += len(records)
        every = self.faults.garbled_every
        return b'{"data": {"idHex": ' if every and not self._messages % every else message
