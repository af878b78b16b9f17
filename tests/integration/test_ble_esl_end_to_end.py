"""A box's driver, a controller on TCP, labels on the air: from a new label to a proven picture, on bad air and bad lines."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from firmware_bridges.ble_esl import BleEslAccessPoint, BleSetup
from firmware_bridges.supervise import LinkBroken, supervise
from protocols.ble_esl import gatt
from protocols.ble_esl.gatt import DisplayInfo
from protocols.ble_esl.label import LabelKind, LabelState
from protocols.ble_esl.train import Train
from protocols.clock import SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, LabelSeen, LabelTimedOut
from protocols.labels.content import LabelContent
from protocols.labels.renderer import LabelRenderer
from simulators.ble_esl.server import BleEslSimulator
from simulators.ble_esl.tag import Tag
from simulators.clock import SystemClock
from simulators.link_proxy import NO_FAULTS, LinkFaults, LinkProxy, Way
from tests.support.waiting import until

RENDERER = LabelRenderer()
TEA = RENDERER.render(LabelContent(name="Tea", price_minor=250, currency="EUR"), 1)
DEAR = RENDERER.render(LabelContent(name="Tea", price_minor=290, currency="EUR"), 1)
QUICK = Train(interval_units=40, subevents=2, subevent_units=16, slot_delay_units=5, slot_spacing_units=4, slots=11)


def tags(count: int, **kind: object) -> list[Tag]:
    return [Tag((0xC0FFEE000001 + number).to_bytes(6, "little"), LabelKind(**kind)) for number in range(count)]  # type: ignore[arg-type]


def id_of(tag: Tag) -> str:
    return tag.address[::-1].hex().upper().rjust(16, "0")


@dataclass
class Shop:
    simulator: BleEslSimulator
    driver: BleEslAccessPoint
    events: list[DeviceEvent] = field(default_factory=list)

    @property
    def tags(self) -> list[Tag]:
        return list(self.simulator.air.tags.values())

    def seen(self, tag: Tag) -> LabelSeen | None:
        told = [each for each in self.events if isinstance(each, LabelSeen) and each.label_id == id_of(tag)]
        return told[-1] if told else None

    def shows(self, tag: Tag, image_hash: str) -> bool:
        seen = self.seen(tag)
        return seen is not None and seen.image_hash == image_hash and seen.pending == 0

    def all_joined(self) -> bool:
        return all(self.seen(tag) is not None for tag in self.tags)

    def ready(self) -> bool:
        states = [each.state for each in self.events if isinstance(each, DeviceStateEvent)]
        return bool(states) and states[-1] is DeviceState.READY


@asynccontextmanager
async def running(driver: BleEslAccessPoint, emit: Callable[[DeviceEvent], None]) -> AsyncIterator[None]:
    task = asyncio.create_task(supervise(driver, emit, SystemClock(), SeededRandom(3)))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def shop(folder: Path, *labels: Tag, place: str = "", admit: bool = True) -> AsyncIterator[Shop]:
    simulator = BleEslSimulator(0, SystemClock(), SeededRandom(7), labels)
    await simulator.start()
    driver = make_driver(folder, place or simulator.place, admit=admit)
    made = Shop(simulator, driver)
    try:
        async with running(driver, made.events.append):
            yield made
    finally:
        await simulator.stop()


def make_driver(folder: Path, place: str, *, admit: bool = True) -> BleEslAccessPoint:
    setup = BleSetup(train=QUICK, admit=admit, connections=2, silence_seconds=2.0)
    return BleEslAccessPoint("labels-1", place, folder / "labels.jsonl", SystemClock(), SeededRandom(9), setup=setup)


async def test_a_new_label_is_taken_in_and_shows_a_picture_that_it_proves(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(3)) as made:
        await until(made.all_joined)
        first = made.tags[0]
        assert first.label.state is LabelState.SYNCHRONIZED
        seen = made.seen(first)
        assert seen is not None
        assert (seen.hardware_type, seen.image_hash, seen.update_count) == (1, "0" * 32, 0)
        for tag in made.tags:
            assert await made.driver.upload(id_of(tag), TEA.picture, TEA.image_hash) == "queued"
        await until(lambda: all(made.shows(tag, TEA.image_hash) for tag in made.tags))
        for tag in made.tags:
            assert tag.shown.image == TEA.planes.raw_file
        await until(lambda: (made.seen(first) or seen).update_count == 1)
        assert (tmp_path / "labels.jsonl").stat().st_mode & 0o777 == 0o600


async def test_two_pictures_then_the_first_again_needs_no_second_transfer(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(1)) as made:
        await until(made.all_joined)
        tag = made.tags[0]
        for picture in (TEA, DEAR, TEA):
            await made.driver.upload(id_of(tag), picture.picture, picture.image_hash)
            await until(lambda wanted=picture: made.shows(tag, wanted.image_hash))  # type: ignore[misc]
        assert [each.image for each in list(tag.history)[1:]] == [
            TEA.planes.raw_file,
            DEAR.planes.raw_file,
            TEA.planes.raw_file,
        ]


async def test_all_labels_flip_at_one_instant_and_prove_it_afterwards(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(4)) as made:
        await until(made.all_joined)
        at_ms = SystemClock().now_ms() + 3_000
        began_ms = SystemClock().now_ms() - made.simulator.now_ms
        for tag in made.tags:
            await made.driver.upload(id_of(tag), DEAR.picture, DEAR.image_hash, at_ms)
        await until(lambda: all(made.shows(tag, DEAR.image_hash) for tag in made.tags), seconds=15)
        flipped = [next(each.since_ms for each in tag.history if each.image == DEAR.planes.raw_file) for tag in made.tags]
        # What the air carried late (a loaded machine) shifts when a label's clock was set, not the order of things.
        assert min(flipped) + began_ms >= at_ms - 1_000
        proofs = [seen for tag in made.tags if (seen := made.seen(tag)) is not None]
        assert all(seen.update_count == 1 for seen in proofs)


async def test_strangers_stay_outside_unless_admitted(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(1), admit=False) as made:
        await until(made.ready)
        turns = made.simulator.now_ms + 1_200
        await until(lambda: made.simulator.now_ms > turns)
        assert made.tags[0].label.state is LabelState.UNASSOCIATED
        assert await made.driver.upload(id_of(made.tags[0]), TEA.picture, TEA.image_hash) == "unknown_label"


async def test_a_label_with_one_slot_or_a_strange_display_falls_back_honestly(tmp_path: Path) -> None:
    single, strange = tags(2)
    single.kind = single.label.kind = LabelKind(images=1, sensors=())
    strange.kind = strange.label.kind = LabelKind(display=DisplayInfo(10, 10, gatt.BLACK_WHITE))
    async with shop(tmp_path, single, strange) as made:
        await until(made.all_joined)
        at_ms = SystemClock().now_ms() + 1_500
        assert await made.driver.upload(id_of(single), TEA.picture, TEA.image_hash, at_ms) == "queued"
        assert await made.driver.upload(id_of(strange), TEA.picture, TEA.image_hash) == "refused"
        await until(lambda: made.shows(single, TEA.image_hash))
        assert single.shown.image == TEA.planes.raw_file


async def test_what_a_label_shows_is_known_after_the_box_restarts_and_never_proven_twice(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(2)) as made:
        await until(made.all_joined)
        tag = made.tags[0]
        await made.driver.upload(id_of(tag), TEA.picture, TEA.image_hash)
        await until(lambda: made.shows(tag, TEA.image_hash))
        again = Shop(made.simulator, make_driver(tmp_path, made.simulator.place))
        async with running(again.driver, again.events.append):  # the first one is thrown off the controller
            await until(again.all_joined)
            seen = again.seen(tag)
            assert seen is not None
            assert (seen.image_hash, seen.update_count) == (TEA.image_hash, 1)
            assert tag.label.state is LabelState.SYNCHRONIZED


async def test_over_bad_air_everything_arrives_or_is_given_back_and_comes_when_asked_again(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(4)) as made:
        faults = made.simulator.air.faults
        faults.packet_lost_percent = faults.answer_lost_percent = faults.busy_percent = 15
        faults.answer_garbled_percent = faults.connect_fails_percent = 10
        faults.capacity_percent, faults.sync_lost_percent = 5, 2
        faults.cut_percent = 1
        await until(made.all_joined, seconds=30)
        for tag in made.tags:
            await made.driver.upload(id_of(tag), TEA.picture, TEA.image_hash)

        def given_up() -> set[str]:
            return {each.label_id for each in made.events if isinstance(each, LabelTimedOut)}

        def all_shown() -> bool:
            return all(made.shows(tag, TEA.image_hash) for tag in made.tags)

        async with asyncio.timeout(60):
            while not all_shown():
                await until(lambda: given_up() or all_shown(), seconds=40)
                again = given_up()
                made.events[:] = [each for each in made.events if not isinstance(each, LabelTimedOut)]
                for label_id in again:  # what the box's lane does
                    await made.driver.upload(label_id, TEA.picture, TEA.image_hash)
        assert {tag.shown.image for tag in made.tags} == {TEA.planes.raw_file}
        for tag in made.tags:  # an answer proves; nothing was believed that no label showed
            assert any(each.image == TEA.planes.raw_file for each in tag.history)


async def test_the_controller_is_unplugged_and_comes_back(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(1)) as made:
        await until(made.all_joined)
        await made.simulator.stop()
        await until(lambda: not made.ready())
        await made.simulator.start()
        await until(made.ready)
        await made.driver.upload(id_of(made.tags[0]), TEA.picture, TEA.image_hash)
        await until(lambda: made.shows(made.tags[0], TEA.image_hash))


async def test_a_label_that_cannot_be_paired_stays_outside(tmp_path: Path) -> None:
    (alone,) = tags(1)
    alone.pairs = False
    async with shop(tmp_path, alone) as made:
        await until(lambda: made.tags[0].label.state is LabelState.CONFIGURING)
        await until(lambda: made.tags[0].label.state is LabelState.UNASSOCIATED)
        assert made.seen(made.tags[0]) is None


async def test_a_label_that_lost_its_pairing_is_paired_again_when_it_comes_back(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(1)) as made:
        await until(made.all_joined)
        (tag,) = made.tags
        first = tag.long_term_key
        assert first is not None
        made.events.clear()
        tag.long_term_key = None
        await made.driver.upload(id_of(tag), TEA.picture, TEA.image_hash)  # over a connection that cannot be encrypted
        await until(lambda: tag.long_term_key not in (None, first), seconds=15)
        await until(lambda: made.seen(tag) is not None)
        await made.driver.upload(id_of(tag), TEA.picture, TEA.image_hash)
        await until(lambda: made.shows(tag, TEA.image_hash))
        assert first.hex() not in (tmp_path / "labels.jsonl").read_text().splitlines()[-1]


async def test_a_stranger_under_a_known_address_gets_no_key_unless_labels_are_admitted(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(1)) as made:
        await until(made.all_joined)
        (tag,) = made.tags
        first = tag.long_term_key
    stranger = Tag(tag.address)
    async with shop(tmp_path, stranger, admit=False) as made:
        await until(lambda: stranger.label.state is LabelState.CONFIGURING)
        await until(lambda: stranger.label.state is LabelState.UNASSOCIATED)
        assert stranger.long_term_key is None
        assert stranger.label.sync_key is None
        assert first is not None


async def test_a_label_is_wiped(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(1)) as made:
        await until(made.all_joined)
        assert await made.driver.wipe("0" * 16) == "unknown_label"
        assert await made.driver.wipe(id_of(made.tags[0])) == "queued"
        await until(lambda: len(made.tags[0].history) > 1)
        assert set(made.tags[0].shown.image) == {0}


async def test_a_led_flashes_to_be_found(tmp_path: Path) -> None:
    async with shop(tmp_path, *tags(1)) as made:
        await until(made.all_joined)
        assert await made.driver.flash(id_of(made.tags[0]), "green", 30) == "queued"
        assert await made.driver.flash("0" * 16, "green", 30) == "unknown_label"
        await until(lambda: made.tags[0].label.lit_until_ms > made.simulator.now_ms)


@pytest.mark.parametrize(
    "faults",
    [
        LinkFaults(split=True),
        LinkFaults(delay_ms=30, jitter_ms=20),
        LinkFaults(noise_per_mille=20),
        LinkFaults(drop_per_mille=20),
        LinkFaults(disconnect_after_bytes=2_000),
    ],
    ids=["split", "late", "noise", "lost", "cut"],
)
async def test_a_bad_line_to_the_controller(tmp_path: Path, faults: LinkFaults) -> None:
    simulator = BleEslSimulator(0, SystemClock(), SeededRandom(7), tags(1))
    await simulator.start()
    proxy = LinkProxy(0, "127.0.0.1", simulator.port, SeededRandom(2))
    await proxy.start()
    driver = make_driver(tmp_path, f"tcp://127.0.0.1:{proxy.port}")
    made = Shop(simulator, driver)
    try:
        proxy.set_faults(faults, Way.BOTH)
        async with running(driver, made.events.append):
            after_ms = simulator.now_ms + 1_000
            await until(lambda: simulator.now_ms > after_ms)
            proxy.set_faults(NO_FAULTS)
            await until(made.all_joined, seconds=20)
            tag = made.tags[0]

            async def shown() -> bool:
                await driver.upload(id_of(tag), TEA.picture, TEA.image_hash)
                with contextlib.suppress(TimeoutError):
                    await until(lambda: made.shows(tag, TEA.image_hash), seconds=2)
                return made.shows(tag, TEA.image_hash)

            async with asyncio.timeout(20):
                while not await shown():
                    pass
            assert tag.shown.image == TEA.planes.raw_file
    finally:
        await proxy.stop()
        await simulator.stop()


async def test_a_controller_that_hangs_is_noticed(tmp_path: Path) -> None:
    simulator = BleEslSimulator(0, SystemClock(), SeededRandom(7), tags(1))
    await simulator.start()
    proxy = LinkProxy(0, "127.0.0.1", simulator.port, SeededRandom(2))
    await proxy.start()
    try:
        driver = make_driver(tmp_path, f"tcp://127.0.0.1:{proxy.port}")
        running_driver = asyncio.create_task(driver.run(lambda _event: None))
        await driver.ready()
        proxy.set_faults(LinkFaults(stall=True), Way.TO_CLIENT)
        with pytest.raises(LinkBroken, match="silent"):
            await running_driver
        assert await driver.upload(id_of(next(iter(simulator.air.tags.values()))), TEA.picture, TEA.image_hash) == "refused"
    finally:
        await proxy.stop()
        await simulator.stop()


async def test_something_else_on_the_port_is_no_controller(tmp_path: Path) -> None:
    async def chatter(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    server = await asyncio.start_server(chatter, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    driver = make_driver(tmp_path, f"tcp://127.0.0.1:{port}")
    with pytest.raises(LinkBroken, match="out of step"):
        await driver.run(lambda _event: None)
    server.close()
