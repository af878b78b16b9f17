"""The label's role: its states, what it answers where, and what it passes over."""

from __future__ import annotations

import pytest

from protocols.ble_esl import commands as c
from protocols.ble_esl import gatt
from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.gatt import EslAddress
from protocols.ble_esl.label import SYNC_LOST_MS, UNASSOCIATE_MS, Label, LabelKind, LabelState
from protocols.ble_esl.responses import BasicState, EslError, Failed, read_responses
from protocols.ble_esl.sealed import KeyMaterial, seal_for_group

KEY, ANSWERS = KeyMaterial(bytes(range(24))), KeyMaterial(bytes(range(1, 25)))
ME = EslAddress(5, 7)


def made() -> tuple[Label, list[bytes]]:
    drawn: list[bytes] = []
    return Label(LabelKind(), lambda image, _now_ms: drawn.append(image)), drawn


def configure(label: Label, *, train: bool = True) -> None:
    label.write(gatt.ESL_ADDRESS, ME.to_bytes(), 0)
    label.write(gatt.AP_SYNC_KEY, KEY.material, 0)
    label.write(gatt.RESPONSE_KEY, ANSWERS.material, 0)
    label.write(gatt.ABSOLUTE_TIME, (1_000).to_bytes(4, "little"), 0)
    if train:
        label.take_train()
    label.control(c.write_command(c.UpdateComplete(7)), 0)


def joined() -> tuple[Label, list[bytes]]:
    label, drawn = made()
    label.connected(0)
    configure(label)
    label.store(0, 0, b"picture")
    assert label.state is LabelState.SYNCHRONIZED
    return label, drawn


def packet(*commands: c.Command, group: int = 5, key: KeyMaterial = KEY) -> bytes:
    return seal_for_group(group, b"".join(map(c.write_command, commands)), key, b"\1\2\3\4\5")


def test_the_way_into_the_network_and_out_of_it() -> None:
    label, _ = made()
    assert label.state is LabelState.UNASSOCIATED
    label.connected(0)
    assert label.state is LabelState.CONFIGURING
    configure(label, train=False)
    assert label.state is LabelState.CONFIGURING, "without the train's timing nothing is complete"
    label.disconnected(0)
    assert label.state is LabelState.UNASSOCIATED
    assert label.address is None
    label.connected(0)
    configure(label)
    assert label.state is LabelState.SYNCHRONIZED
    label.connected(1)
    assert label.state is LabelState.UPDATING
    label.control(c.write_command(c.UpdateComplete(7)), 2)
    assert label.state is LabelState.SYNCHRONIZED
    label.connected(3)
    label.disconnected(4)
    assert label.state is LabelState.UNSYNCHRONIZED, "a connection without Update Complete"
    label.tick(4 + UNASSOCIATE_MS)
    assert label.state is LabelState.UNASSOCIATED


def test_a_label_that_hears_its_group_stays() -> None:
    label, _ = joined()
    for hour in range(1, 5):
        label.hear(packet(c.Ping(1)), hour * (SYNC_LOST_MS - 1))
        label.tick(hour * (SYNC_LOST_MS - 1))
    assert label.state is LabelState.SYNCHRONIZED


def test_the_slot_is_the_index_of_the_last_command_that_names_it() -> None:
    label, drawn = joined()
    heard = label.hear(packet(c.Ping(1), c.Ping(7), c.Ping(2), c.DisplayImage(7, 0, 0), c.Ping(3)), 0)
    assert heard is not None
    assert (heard[0], heard[1].hex()) == (3, "100200110000")
    assert drawn == [b"picture"]


def test_broadcasts_are_obeyed_and_not_answered() -> None:
    label, drawn = joined()
    assert label.hear(packet(c.DisplayImage(c.EVERY_LABEL, 0, 0)), 0) is None
    assert drawn == [b"picture"]


@pytest.mark.parametrize("other", [packet(c.Ping(7), group=4), packet(c.Ping(7), key=ANSWERS), b"\x02\x31\x00", b""])
def test_packets_of_others_are_passed_over(other: bytes) -> None:
    label, _ = joined()
    assert label.hear(other, 0) is None


def test_on_a_connection_it_hears_nothing_else() -> None:
    label, _ = joined()
    label.connected(0)
    assert label.hear(packet(c.Ping(7)), 0) is None


def test_an_answer_without_room_says_so_in_place_of_the_last() -> None:
    label, _ = joined()
    heard = label.hear(packet(*[c.Ping(7)] * 20), 0)
    assert heard is not None
    answers = list(read_responses(heard[1]))
    assert heard[0] == 19
    assert len(heard[1]) <= 48
    assert answers[0] == BasicState(synchronised=True)
    assert answers[-1] == Failed(EslError.CAPACITY_LIMIT)


def test_a_busy_label_does_nothing_and_asks_to_be_asked_again() -> None:
    label, drawn = joined()
    label.busy = True
    heard = label.hear(packet(c.DisplayImage(7, 0, 0)), 0)
    assert heard == (0, bytes.fromhex("000a"))
    assert drawn == []


def test_the_control_point() -> None:
    label, _ = joined()
    label.service_needed = True
    assert label.control(c.write_command(c.Ping(8)), 0) == Failed(EslError.INVALID_PARAMETERS)
    assert label.control(c.write_command(c.Ping(7)), 0) == BasicState(service_needed=True, synchronised=True)
    assert label.control(c.write_command(c.ServiceReset(7)), 0) == BasicState(synchronised=True)
    assert label.control(c.write_command(c.FactoryReset(7)), 0) is None
    assert (label.state, label.images) == (LabelState.UNASSOCIATED, {})


def test_what_cannot_be_written_or_read_is_refused() -> None:
    label, _ = made()
    for characteristic, value in (
        (gatt.ESL_ADDRESS, b"\0"),
        (gatt.ESL_ADDRESS, b"\xff\0"),
        (gatt.AP_SYNC_KEY, bytes(23)),
        (gatt.ABSOLUTE_TIME, bytes(3)),
        (gatt.IMAGE_INFO, b"\0"),
    ):
        with pytest.raises(EslRefused):
            label.write(characteristic, value, 0)
    with pytest.raises(EslRefused):
        label.read(gatt.AP_SYNC_KEY)
    with pytest.raises(EslRefused):
        label.store(2, 0, b"")
    assert gatt.read_sensors(label.read(gatt.SENSOR_INFO)) == (gatt.INPUT_VOLTAGE,)
    assert gatt.read_displays(label.read(gatt.DISPLAY_INFO)) == (label.kind.display,)
