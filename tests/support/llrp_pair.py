"""A client session and a simulated reader joined in memory, over a line that may split, cut or hold back. Virtual time."""

from __future__ import annotations

from protocols.clock import SeededRandom
from protocols.llrp.client import ClientSession, Event, ReaderRuns, TagsReported
from protocols.llrp.reader_setup import InventorySetup
from protocols.llrp.reads import TagRecord
from simulators.llrp_reader.air import Air, Tag, door_antennas
from simulators.llrp_reader.device import LlrpReader

STEP_MS = 20


class Pair:
    """`run(ms)` lets time pass; `client` may be replaced by a new connection with `reconnect`."""

    def __init__(self, setup: InventorySetup | None = None, *, seed: int = 1, split: int = 0) -> None:
        self.now_ms = 1_000_000
        self.setup = setup or InventorySetup(keepalive_ms=1_000, answer_within_ms=2_000)
        self.reader = LlrpReader(Air(door_antennas(4), SeededRandom(seed), self.now_ms))
        self.split = split
        self.events: list[Event] = []
        self.to_reader: list[bytes] = []
        self.connect()

    def connect(self) -> None:
        """A new connection: new session on both sides."""
        self.client = ClientSession(self.setup, self.now_ms)
        self.session = self.reader.attach(self.now_ms)
        if self.session is None:
            self.hear(self.reader.refusal(self.now_ms))

    def break_off(self) -> None:
        """The line is gone; both notice."""
        self.reader.detach()
        self.session = None

    def hear(self, data: bytes) -> None:
        """Bytes from the reader."""
        size = self.split or max(1, len(data))
        for at in range(0, len(data), size):
            self.events += self.client.receive(data[at : at + size], self.now_ms)

    def run(self, milliseconds: int) -> None:
        """Let both sides talk. Raises what the client raises."""
        until_ms = self.now_ms + milliseconds
        while self.now_ms < until_ms:
            self.now_ms += STEP_MS
            self.reader.tick(self.now_ms)
            self.talk()
            self.client.tick(self.now_ms)

    def talk(self) -> None:
        """Carry everything both have to say."""
        while True:
            out = self.client.take_output()
            if out:
                self.to_reader.append(out)
                if self.session is not None:
                    self.reader.receive(out, self.now_ms)
            back = b"" if self.session is None else self.session.take_output()
            if back and not self.reader.faults.silent:
                self.hear(back)
            if self.reader.drop_after_output:
                self.reader.drop_after_output = False
                self.break_off()
            if not out and not back:
                return

    def stand(self, count: int, x_mm: int = -600) -> list[Tag]:
        """Tags beside the door."""
        tags = [Tag((0x30 << 88 | number).to_bytes(12, "big")) for number in range(1, count + 1)]
        self.reader.air.stand(tags, x_mm)
        return tags

    def records(self) -> list[TagRecord]:
        """All tags heard."""
        return [record for event in self.events if isinstance(event, TagsReported) for record in event.records]

    def runs(self) -> int:
        """How often the inventory was started."""
        return sum(isinstance(event, ReaderRuns) for event in self.events)
