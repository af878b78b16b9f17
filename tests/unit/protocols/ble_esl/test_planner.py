"""The train in virtual time: planner and labels over simulated air, whole and broken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ble_esl import commands as c
from protocols.ble_esl.absolute_time import DRIFT_PPM_MAX, HORIZON_MS, skew_ms_max
from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.gatt import EslAddress
from protocols.ble_esl.label import SYNC_LOST_MS, UNASSOCIATE_MS, LabelState
from protocols.ble_esl.planner import PING_AFTER_MS, TRIES_MAX, WAITING_PER_GROUP_MAX, QueueFull
from protocols.ble_esl.responses import BasicState, DisplayState, EslError, Failed, LedState, SensorValue
from protocols.ble_esl.train import Train
from tests.support.ble_network import Network

HOUR_MS = 3_600_000


def test_a_display_is_switched_and_the_answer_comes_in_the_slot_of_the_command() -> None:
    network = Network(groups=2, per_group=3)
    address = EslAddress(1, 2)
    token = network.planner.ask(address, c.DisplayImage(2, 0, 1))
    network.run_until_quiet()
    assert [(each.token, each.address, each.response) for each in network.told] == [(token, address, DisplayState(0, 1))]
    assert [tag.shown.image[:1] for tag in network.air.tags.values() if tag.label.address == address] == [b"B"]


def test_200_acknowledged_switches_a_second() -> None:
    network = Network(groups=28, per_group=44)
    network.ask_all(c.DisplayImage, 0, 1)
    network.run_until_quiet()
    assert len(network.told) == 28 * 44 == sum(isinstance(each.response, DisplayState) for each in network.told)
    assert network.event == 4  # eleven commands in a packet of 48 bytes
    per_second = len(network.told) * 1_000_000 / (network.event * network.train.interval_us)
    assert per_second >= 199.8


def test_lost_packets_lost_answers_and_noise_are_asked_again_until_all_is_done() -> None:
    network = Network(groups=4, per_group=25)
    network.air.faults.packet_lost_percent = 20
    network.air.faults.answer_lost_percent = 20
    network.air.faults.answer_garbled_percent = 5
    network.air.faults.busy_percent = 20
    network.ask_all(c.DisplayImage, 0, 1)
    network.run_until_quiet()
    assert len(network.told) == 100
    done = [each for each in network.told if each.response == DisplayState(0, 1)]
    silent = [each for each in network.told if each.response is None]
    assert len(done) + len(silent) == 100
    assert len(done) >= 60
    shown = {tag.label.address for tag in network.air.tags.values() if tag.shown.image[:1] == b"B"}
    assert {each.address for each in done} <= shown  # an answer is a proof; silence proves nothing


def test_a_silent_label_ends_its_order_undone_after_four_turns() -> None:
    network = Network(groups=1, per_group=2)
    gone = next(iter(network.air.tags.values()))
    gone.silent = True
    network.ask_all(c.DisplayImage, 0, 1)
    for _ in range(TRIES_MAX):
        network.turn()
        assert len(network.told) == 1
    network.turn()
    assert network.told[-1].address == gone.label.address
    assert network.told[-1].response is None


def test_what_a_label_refuses_is_told() -> None:
    network = Network(groups=1, per_group=1)
    network.planner.ask(EslAddress(0, 0), c.DisplayImage(0, 0, 9))
    network.planner.ask(EslAddress(0, 0), c.FactoryReset(0))
    network.planner.ask(EslAddress(0, 0), c.OtherCommand(0x1F, 0, b"\1"))
    network.run_until_quiet()
    assert [each.response for each in network.told] == [
        Failed(EslError.INVALID_IMAGE_INDEX),
        Failed(EslError.INVALID_STATE),
        Failed(EslError.INVALID_OPCODE),
    ]


def test_all_displays_flip_at_one_instant() -> None:
    network = Network(groups=20, per_group=50, drift_ppm=20)
    at_ms = 10 * 60_000
    network.ask_all(c.DisplayTimedImage, 0, 1, network.absolute(at_ms))
    network.run_until_quiet()
    assert all(not tag.shown.image for tag in network.air.tags.values())
    network.run_to(at_ms + 5_000)
    shown = [tag.shown for tag in network.air.tags.values()]
    assert {each.image[:1] for each in shown} == {b"B"}
    early, late = min(each.since_ms for each in shown), max(each.since_ms for each in shown)
    assert at_ms - 12 <= early <= late <= at_ms + 13  # 20 ppm of ten minutes
    assert late - early <= 2 * skew_ms_max(at_ms)
    assert DRIFT_PPM_MAX >= 20


def test_one_broadcast_for_each_group_switches_a_thousand_in_one_turn() -> None:
    network = Network(groups=20, per_group=50)
    for group in range(20):
        network.planner.tell_group(group, c.DisplayImage(c.EVERY_LABEL, 0, 0), times=1)
    network.turn()
    assert {tag.shown.image[:1] for tag in network.air.tags.values()} == {b"A"}
    assert network.told == []  # nobody answers a broadcast, so it proves nothing


def test_a_flip_is_cancelled_replaced_only_at_its_own_instant_and_has_a_horizon() -> None:
    network = Network(groups=1, per_group=1)
    there, soon = EslAddress(0, 0), network.absolute(60_000)
    steps = [
        (c.DisplayTimedImage(0, 0, 0, soon), DisplayState(0, 0)),
        (c.Ping(0), BasicState(synchronised=True, pending_display=True)),
        (c.DisplayTimedImage(0, 0, 1, soon), DisplayState(0, 1)),
        (c.DisplayTimedImage(0, 0, 1, network.absolute(61_000)), Failed(EslError.QUEUE_FULL)),
        (c.DisplayTimedImage(0, 0, 1, c.CANCEL_AT), DisplayState(0, 1)),
        (c.Ping(0), BasicState(synchronised=True)),
        (c.DisplayTimedImage(0, 0, 1, network.absolute(-1)), Failed(EslError.IMPLAUSIBLE_TIME)),
        (c.DisplayTimedImage(0, 0, 1, network.absolute(HORIZON_MS + 60_000)), Failed(EslError.IMPLAUSIBLE_TIME)),
        (c.DisplayTimedImage(0, 0, 1, network.absolute(HORIZON_MS - 1)), DisplayState(0, 1)),
    ]
    for command, response in steps:
        network.planner.ask(there, command)
        network.run_until_quiet()
        assert network.told[-1].response == response, command
    assert next(iter(network.air.tags.values())).shown.image == b""


def test_leds_and_sensors() -> None:
    network = Network(groups=1, per_group=1)
    network.planner.ask(EslAddress(0, 0), c.LedControl(0, 0, c.Flash(green=3, in_seconds=True, repeats=30)))
    network.planner.ask(EslAddress(0, 0), c.ReadSensor(0, 0))
    network.run_until_quiet()
    assert [each.response for each in network.told] == [LedState(0), SensorValue(0, (188).to_bytes(2, "little"))]
    assert next(iter(network.air.tags.values())).label.lit_until_ms >= 30_000


def test_quiet_labels_are_pinged_every_half_hour_and_stay_on_the_train() -> None:
    network = Network(groups=1, per_group=40, train=Train(interval_units=60_000, subevents=1))
    network.run_to(3 * HOUR_MS)
    pings = [each for each in network.told if isinstance(each.command, c.Ping)]
    assert 40 * 5 <= len(pings) <= 40 * 6 + 40
    assert {each.token for each in pings} == {0}
    assert {tag.label.state for tag in network.air.tags.values()} == {LabelState.SYNCHRONIZED}
    assert 3 * HOUR_MS // PING_AFTER_MS == 6


def test_a_label_out_of_reach_leaves_the_train_and_then_the_network() -> None:
    network = Network(groups=1, per_group=1)
    tag = next(iter(network.air.tags.values()))
    network.air.pass_hours(SYNC_LOST_MS - 1)
    assert tag.label.state is LabelState.SYNCHRONIZED
    network.air.pass_hours(SYNC_LOST_MS)
    assert tag.label.state is LabelState.UNSYNCHRONIZED
    network.air.pass_hours(SYNC_LOST_MS + UNASSOCIATE_MS)
    assert tag.label.state is LabelState.UNASSOCIATED
    assert tag.label.address is None


def test_a_label_that_lost_its_battery_shows_no_flip_and_keeps_its_picture() -> None:
    network = Network(groups=1, per_group=1)
    tag = next(iter(network.air.tags.values()))
    network.ask_all(c.DisplayImage, 0, 0)
    network.ask_all(c.DisplayTimedImage, 0, 1, network.absolute(60_000))
    network.run_until_quiet()
    tag.label.reset(network.now_ms)
    network.run_to(120_000)
    assert tag.shown.image[:1] == b"A"
    assert tag.label.state is LabelState.UNSYNCHRONIZED


def test_queues_have_a_limit_and_strangers_no_queue() -> None:
    network = Network(groups=1, per_group=1)
    for _ in range(WAITING_PER_GROUP_MAX):
        network.planner.ask(EslAddress(0, 0), c.Ping(0))
    with pytest.raises(QueueFull):
        network.planner.ask(EslAddress(0, 0), c.Ping(0))
    with pytest.raises(EslRefused):
        network.planner.ask(EslAddress(0, 1), c.Ping(1))


def test_a_forgotten_label_ends_what_waits_for_it() -> None:
    network = Network(groups=1, per_group=1)
    token = network.planner.ask(EslAddress(0, 0), c.Ping(0))
    network.planner.forget(EslAddress(0, 0))
    network.turn()
    assert [(each.token, each.response) for each in network.told] == [(token, None)]


@pytest.mark.parametrize(
    "wrong", [{"subevents": 129}, {"subevents": 29}, {"slots": 24}, {"slots": 0}, {"interval_units": 1_200}]
)
def test_a_train_that_does_not_fit_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(EslRefused):
        Train(**wrong)


def test_the_common_train_carries_7140_labels() -> None:
    assert Train().labels_max == 7_140
    assert Train().interval_us == 1_541_250
    assert Train().slot_us(1, 2, 3) == 1_541_250 + 2 * 55_000 + 37_500 + 3 * 750


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.tuples(*(st.integers(0, 40) for _ in range(4))),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=40),
)
def test_every_order_ends_once_and_no_label_is_believed_that_did_not_obey(
    seed: int, chances: tuple[int, ...], orders: list[tuple[int, int, int]]
) -> None:
    network = Network(groups=2, per_group=6, seed=seed)
    faults = network.air.faults
    faults.packet_lost_percent, faults.answer_lost_percent, faults.answer_garbled_percent, faults.busy_percent = chances
    faults.capacity_percent = chances[0]
    addresses = network.addresses()
    asked: dict[int, tuple[EslAddress, int]] = {}
    for label, image, turns in orders:
        address = addresses[label]
        token = network.planner.ask(address, c.DisplayImage(address.esl_id, 0, image))
        asked[token] = (address, image)
        for _ in range(turns):
            network.turn()
    network.run_until_quiet()
    network.turn()
    ended = [each.token for each in network.told if each.token]
    assert sorted(ended) == sorted(asked)
    shown = {tag.label.address: {each.image[:1] for each in tag.history} for tag in network.air.tags.values()}
    for each in network.told:
        if isinstance(each.response, DisplayState):
            assert asked[each.token] == (each.address, each.response.image)
            assert b"AB"[each.response.image :][:1] in shown[each.address]
