"""The access point's judgement over simulated air: orders, flips, proofs, what is given back, and what survives."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from protocols.ble_esl import gatt
from protocols.ble_esl.absolute_time import absolute_of
from protocols.ble_esl.commands import Flash, UpdateComplete, write_command
from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.label import LabelKind
from protocols.ble_esl.network import FAILURES_MAX, Network
from protocols.ble_esl.network_words import GaveUp, Join, News, Picture, Seen, Stage, Upload
from protocols.ble_esl.records import (
    NO_IMAGE,
    LabelRecord,
    NetworkRecord,
    StoredImage,
    read_record,
    write_record,
)
from protocols.ble_esl.sealed import KeyMaterial
from protocols.ble_esl.train import Train
from protocols.clock import SeededRandom
from simulators.ble_esl.air import Air
from simulators.ble_esl.tag import Tag

WALL_MS = 1_790_000_000_000
TRAIN = Train(interval_units=80, subevents=2, subevent_units=40, slot_delay_units=10, slot_spacing_units=4, slots=23)
ONE = Picture("1" * 32, b"one")
TWO = Picture("2" * 32, b"two")
THREE = Picture("3" * 32, b"three")


@dataclass
class Shop:
    """A network and its labels; connections are carried out at once, without radio."""

    labels: int = 1
    images: int = 2
    now_ms: int = 0
    step_ms: int = 0
    """How far the box's wall clock was set."""
    uploads: list[Upload] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    kept: dict[str, LabelRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kind = LabelKind(images=self.images)
        tags = [Tag((0xC00000000000 + number).to_bytes(6, "little"), kind) for number in range(self.labels)]
        self.air = Air(tags, SeededRandom(1))
        self.make([])
        for tag in tags:
            self.network.advertised(tag.address, 1, admit=True)
        self.work()

    def make(self, records: list[LabelRecord]) -> None:
        """A box starts with what was kept."""
        self.network = Network(TRAIN, KeyMaterial(bytes(24)), records, SeededRandom(2))

    @property
    def wall_ms(self) -> int:
        return WALL_MS + self.now_ms + self.step_ms

    @property
    def tag(self) -> Tag:
        return next(iter(self.air.tags.values()))

    @property
    def label_id(self) -> str:
        return self.tag.address[::-1].hex().upper().rjust(16, "0")

    def order(self, picture: Picture, at_ms: int | None = None) -> None:
        """`at_ms` from the beginning."""
        wanted = picture if at_ms is None else Picture(picture.image_hash, picture.data, WALL_MS + at_ms)
        assert self.network.order(self.label_id, wanted, self.wall_ms)

    def work(self) -> None:
        """Every connection that is wanted now."""
        while (job := self.network.next_job(self.wall_ms)) is not None:
            tag = self.air.tags[bytes.fromhex(job.record.device)]
            label, local_ms = tag.label, tag.at(self.now_ms)
            label.connected(local_ms)
            if isinstance(job, Join):
                wrong = [
                    slot for slot in job.check if zlib.crc32(label.images.get(slot, b"")) != job.record.images[slot].crc
                ]
                label.write(gatt.ESL_ADDRESS, job.record.address.to_bytes(), local_ms)
                label.write(gatt.AP_SYNC_KEY, self.network.sync_key.material, local_ms)
                label.write(gatt.RESPONSE_KEY, job.record.key.material, local_ms)
                label.take_train()
            else:
                self.uploads.append(job)
                label.store(job.slot, 0, job.picture.data)
            label.write(gatt.ABSOLUTE_TIME, absolute_of(self.wall_ms).to_bytes(4, "little"), local_ms)
            label.control(write_command(UpdateComplete(job.record.esl_id)), local_ms)
            self.air.regroup_one(tag)
            if isinstance(job, Join):
                slots = (*job.record.images, *(StoredImage() for _ in range(tag.kind.images)))[: tag.kind.images]
                self.network.joined(replace(job.record, images=slots), wrong, self.wall_ms)
            else:
                self.network.uploaded(job.record.label_id, job.slot, job.picture, self.wall_ms)

    def run(self, milliseconds: int) -> None:
        until_ms = self.now_ms + milliseconds
        while self.now_ms < until_ms:
            self.now_ms += 50
            self.work()
            self.network.tick(self.wall_ms)
            subevent = self.now_ms // 50 % 2
            packet = self.network.packet(subevent, self.wall_ms)
            if packet is not None:
                for answer in self.air.carry(subevent, packet.data, self.now_ms):
                    self.network.answered(subevent, answer.slot, answer.data, answer.rssi, self.wall_ms)
            self.air.step(self.now_ms)
            self.kept |= {record.label_id: record for record in self.network.take_changed()}
            self.news += self.network.take_news()

    @property
    def seen(self) -> Seen:
        """The last word on the first label."""
        mine = (each for each in reversed(self.news) if isinstance(each, Seen))
        return next(each for each in mine if each.record.label_id == self.label_id)

    @property
    def given_up(self) -> list[str]:
        return [each.why for each in self.news if isinstance(each, GaveUp)]


def test_a_picture_is_stored_switched_to_and_proven() -> None:
    shop = Shop()
    shop.order(ONE)
    shop.run(2_000)
    assert shop.tag.shown.image == b"one"
    assert (shop.seen.record.shown_hash, shop.seen.record.updates, shop.seen.pending) == (ONE.image_hash, 1, 0)
    assert shop.seen.rssi == -60
    assert shop.kept[shop.label_id] == shop.seen.record
    assert shop.network.stage_of(shop.label_id) is None


def test_pictures_alternate_between_the_slots_and_a_stored_one_is_not_sent_again() -> None:
    shop = Shop()
    for picture in (ONE, TWO, ONE, TWO):
        shop.order(picture)
        shop.run(2_000)
        assert shop.tag.shown.image == picture.data
    assert [(each.slot, each.picture) for each in shop.uploads] == [(0, ONE), (1, TWO)]
    assert shop.seen.record.updates == 4


def test_a_flip_waits_in_the_label_and_is_proven_after_its_instant() -> None:
    shop = Shop()
    shop.order(ONE)
    shop.run(2_000)
    shop.order(TWO, at_ms=20_000)
    shop.run(17_900)
    assert shop.tag.shown.image == b"one"
    assert shop.seen.record.updates == 1
    assert shop.network.stage_of(shop.label_id) is Stage.WAIT
    shop.run(10_000)
    assert next(each.since_ms for each in shop.tag.history if each.image == b"two") == 20_000
    assert (shop.seen.record.shown_hash, shop.seen.record.updates) == (TWO.image_hash, 2)


def test_a_newer_order_cancels_a_flip_that_waits() -> None:
    shop = Shop()
    shop.order(ONE)
    shop.run(2_000)
    shop.order(TWO, at_ms=30_000)
    shop.run(2_000)
    shop.order(THREE)
    shop.run(60_000)
    assert [each.image for each in shop.tag.history] == [b"", b"one", b"three"]
    assert shop.seen.record.shown_hash == THREE.image_hash


def test_a_withdrawn_flip_is_cancelled_in_the_label_and_nothing_is_pending_only_then() -> None:
    shop = Shop()
    shop.order(ONE, at_ms=30_000)
    shop.run(2_000)
    assert shop.kept[shop.label_id].flip_waits
    shop.air.faults.answer_lost_percent = 100
    assert shop.network.withdraw(shop.label_id)
    shop.run(3_000)
    shop.network.withdraw(shop.label_id)  # the ledger asks again until a record proves it
    assert shop.kept[shop.label_id].flip_waits
    shop.air.faults.answer_lost_percent = 0
    shop.run(40_000)
    assert (shop.seen.pending, shop.kept[shop.label_id].flip_waits) == (0, False)
    assert [each.image for each in shop.tag.history] == [b""]
    assert shop.given_up == []
    assert not shop.network.withdraw("0" * 16)


def test_a_flip_that_waits_is_known_to_the_next_box_and_cancelled_by_its_first_order() -> None:
    shop = Shop()
    shop.order(ONE)
    shop.run(2_000)
    shop.order(TWO, at_ms=60_000)
    shop.run(2_000)
    shop.make(list(shop.kept.values()))
    shop.order(THREE)
    shop.run(70_000)
    assert [each.image for each in shop.tag.history] == [b"", b"one", b"three"]


def test_a_flip_too_near_for_the_train_is_told_at_its_instant_and_never_before() -> None:
    shop = Shop()
    shop.order(ONE, at_ms=400)
    shop.run(350)
    assert shop.tag.shown.image == b""
    shop.run(2_000)
    assert 400 <= shop.tag.shown.since_ms <= 700


def test_after_the_clock_was_set_no_label_flips_by_the_old_time() -> None:
    shop = Shop()
    shop.order(ONE)
    shop.run(2_000)
    shop.order(TWO, at_ms=30_000)
    shop.run(2_000)
    shop.step_ms = -10_000  # the box had been ahead
    shop.network.clock_stepped(shop.wall_ms)
    shop.run(34_000)
    assert shop.tag.shown.image == b"one", "true time 38 s is 28 s on the wall"
    shop.run(4_000)
    assert shop.tag.shown.image == b"two"
    assert shop.seen.record.shown_hash == TWO.image_hash


def test_a_silent_label_gives_its_order_back_and_what_it_shows_is_unknown() -> None:
    shop = Shop()
    shop.order(ONE)
    shop.run(2_000)
    shop.order(TWO)
    shop.run(50)
    shop.work()
    shop.air.faults.answer_lost_percent = 100
    shop.run(3_000)
    assert shop.tag.shown.image == b"two"  # it obeyed, nobody knows
    assert shop.given_up == ["the label does not answer"]
    assert shop.kept[shop.label_id].shown_hash == NO_IMAGE
    assert shop.kept[shop.label_id].updates == 1
    shop.air.faults.answer_lost_percent = 0
    shop.order(TWO)
    shop.run(2_000)
    assert shop.seen.record.updates == 2
    assert len(shop.uploads) == 2


def test_a_label_that_lost_its_images_gets_them_again() -> None:
    shop = Shop()
    shop.order(ONE)
    shop.run(2_000)
    shop.tag.label.images.clear()
    shop.order(ONE)
    shop.run(2_000)
    assert shop.seen.record.updates == 2
    assert len(shop.uploads) == 2


def test_a_label_that_takes_nothing_is_given_up_after_some_failures() -> None:
    shop = Shop()
    for _ in range(FAILURES_MAX):
        shop.order(ONE) if shop.network.stage_of(shop.label_id) is None else None
        job = shop.network.next_job(shop.wall_ms)
        assert isinstance(job, Upload)
        shop.network.job_failed(job.record.label_id, "cut off", shop.wall_ms, slot=job.slot)
    shop.run(100)
    assert shop.given_up == ["cut off"]
    assert shop.network.next_job(shop.wall_ms) is None


def test_a_label_back_from_a_dead_battery_is_checked_and_keeps_what_it_has() -> None:
    shop = Shop()
    for picture in (ONE, TWO):
        shop.order(picture)
        shop.run(2_000)
    shop.tag.label.reset(shop.now_ms)
    shop.tag.label.images[0] = b"rot"
    shop.network.advertised(shop.tag.address, 1, admit=False)
    shop.run(1_000)
    record = shop.kept[shop.label_id]
    assert [image.image_hash for image in record.images] == [NO_IMAGE, TWO.image_hash]
    assert record.shown_hash == TWO.image_hash


def test_a_box_that_restarts_knows_its_labels_and_counts_on() -> None:
    shop = Shop(labels=3)
    shop.order(ONE)
    shop.run(2_000)
    shop.make([read_record(write_record(record)) for record in shop.kept.values()])  # type: ignore[misc]
    shop.news.clear()
    shop.order(TWO)
    shop.run(2_000)
    assert (shop.seen.record.shown_hash, shop.seen.record.updates) == (TWO.image_hash, 2)
    heard = {each.record.label_id for each in shop.news if isinstance(each, Seen)}
    assert len(heard) == 3, "all are pinged once to see who is there"


def test_a_stranger_that_borrows_a_labels_address_does_not_take_it_off_the_train() -> None:
    shop = Shop()
    shop.order(ONE)
    shop.run(2_000)
    shop.network.advertised(shop.tag.address, 1, admit=True)
    job = shop.network.next_job(shop.wall_ms)
    assert isinstance(job, Join)
    shop.order(TWO)
    shop.network.job_failed(shop.label_id, "the label does not know the key of its pairing any more", shop.wall_ms)
    shop.run(2_000)
    assert shop.seen.record.shown_hash == TWO.image_hash


def test_a_label_heard_off_the_train_while_it_is_dialled_there_is_brought_back_at_once() -> None:
    shop = Shop()
    shop.order(ONE)
    job = shop.network.next_job(shop.wall_ms)
    assert isinstance(job, Upload)
    shop.tag.label.lose_train(shop.now_ms)
    shop.network.advertised(shop.tag.address, 1, admit=False)
    shop.network.job_failed(shop.label_id, "no connection", shop.wall_ms)
    shop.run(2_000)
    assert shop.seen.record.shown_hash == ONE.image_hash
    assert shop.given_up == []


def test_labels_are_spread_over_the_groups_and_strangers_need_leave() -> None:
    shop = Shop(labels=6)
    assert sorted((record.group, record.esl_id) for record in shop.network.records) == [
        (group, esl_id) for group in range(2) for esl_id in range(3)
    ]
    shop.network.advertised(b"\x01" * 6, 1, admit=False)
    assert shop.network.next_job(shop.wall_ms) is None
    shop.network.advertised(b"\x01" * 6, 1, admit=True)
    job = shop.network.next_job(shop.wall_ms)
    assert isinstance(job, Join)
    shop.network.job_failed(job.record.label_id, "pairing", shop.wall_ms)
    assert shop.network.record(job.record.label_id) is None
    assert len(shop.network.records) == 6, "its place is free again"


def test_what_cannot_be_is_refused() -> None:
    shop = Shop()
    assert not shop.network.order("0" * 16, ONE, shop.wall_ms)
    assert not shop.network.flash("0" * 16, Flash())
    assert shop.network.flash(shop.label_id, Flash(repeats=3))
    with pytest.raises(EslRefused):
        read_record(b'{"type":"label"}')
    with pytest.raises(EslRefused):
        read_record(write_record(NetworkRecord(sync_key="00")))


def test_the_battery_is_read_once_a_day() -> None:
    shop = Shop()
    record = replace(shop.network.records[0], voltage_sensor=0)
    shop.make([record])
    shop.order(ONE)
    shop.run(3_000)
    assert shop.kept[shop.label_id].battery_mv == 2_937
