"""A Bluetooth label network without a controller: the planner and its labels over simulated air, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocols.ble_esl import gatt
from protocols.ble_esl.absolute_time import absolute_of
from protocols.ble_esl.commands import Command, UpdateComplete, write_command
from protocols.ble_esl.gatt import EslAddress
from protocols.ble_esl.planner import Planner, Told
from protocols.ble_esl.sealed import KeyMaterial
from protocols.ble_esl.train import Train
from protocols.clock import SeededRandom
from simulators.ble_esl.air import Air
from simulators.ble_esl.tag import Tag

WALL_MS = 1_790_000_000_000
SYNC_KEY = KeyMaterial(bytes(range(100, 124)))


@dataclass
class Network:
    """`groups` x `per_group` labels, provisioned, each with two images."""

    groups: int
    per_group: int
    seed: int = 1
    drift_ppm: int = 0
    train: Train = field(default_factory=Train)
    now_us: int = 0
    event: int = 0
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = SeededRandom(self.seed)
        self.planner = Planner(self.train, SYNC_KEY, rng)
        tags = []
        for number in range(self.groups * self.per_group):
            address = EslAddress(number % self.groups, number // self.groups)
            drift = (number % 3 - 1) * self.drift_ppm
            tag = Tag((0xC00000000000 + number).to_bytes(6, "little"), drift_ppm=drift)
            self.provision(tag, address, rng.bytes(24))
            tags.append(tag)
        self.air = Air(tags, SeededRandom(self.seed + 1))

    @property
    def now_ms(self) -> int:
        """True time."""
        return self.now_us // 1_000

    def absolute(self, now_ms: int) -> int:
        """The network's time at an instant."""
        return absolute_of(WALL_MS + now_ms)

    def provision(self, tag: Tag, address: EslAddress, response_key: bytes) -> None:
        """What a connection writes, and two images."""
        label, local_ms = tag.label, tag.at(self.now_ms)
        label.connected(local_ms)
        label.write(gatt.ESL_ADDRESS, address.to_bytes(), local_ms)
        label.write(gatt.AP_SYNC_KEY, SYNC_KEY.material, local_ms)
        label.write(gatt.RESPONSE_KEY, response_key, local_ms)
        label.write(gatt.ABSOLUTE_TIME, self.absolute(self.now_ms).to_bytes(4, "little"), local_ms)
        label.store(0, 0, b"A" * 8)
        label.store(1, 0, b"B" * 8)
        label.take_train()
        label.control(write_command(UpdateComplete(address.esl_id)), local_ms)
        self.planner.learn(address, KeyMaterial(response_key), self.now_ms)

    def addresses(self) -> list[EslAddress]:
        """Of every label."""
        return [tag.label.address for tag in self.air.tags.values() if tag.label.address is not None]

    def turn(self) -> None:
        """One whole train: every group once."""
        for subevent in range(self.train.subevents):
            self.now_us = self.train.subevent_us(self.event, subevent)
            packet, told = self.planner.packet(subevent, self.now_ms)
            self.told += told
            if packet is None:
                self.air.step(self.now_ms)
                continue
            for answer in self.air.carry(subevent, packet.data, self.now_ms):
                end = self.planner.answered(subevent, answer.slot, answer.data, self.now_ms)
                self.told += [end] if end is not None else []
        self.event += 1

    def run_until_quiet(self, turns_max: int = 400) -> None:
        """Turns until nothing waits."""
        for _ in range(turns_max):
            self.turn()
            if not self.planner.waiting:
                return
        raise AssertionError(f"{self.planner.waiting} commands still wait after {turns_max} turns")

    def run_to(self, now_ms: int) -> None:
        """Turns up to an instant."""
        while self.now_ms < now_ms:
            self.turn()

    def ask_all(self, make: type[Command] | None = None, *values: int) -> None:
        """The same command to every label, one by one."""
        assert make is not None
        for address in self.addresses():
            self.planner.ask(address, make(address.esl_id, *values))
