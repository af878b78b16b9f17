"""States of devices: at once on screens, settled to HQ."""

from __future__ import annotations

from edge.devices.board import SETTLE_MS, Board
from edge.devices.scales import ScaleReadings
from protocols.clock import FakeClock
from protocols.device_events import DeviceState, DeviceStateEvent, WeightRead, WeightState


def _told(state: DeviceState, reason: str = "", device_id: str = "printer-1") -> DeviceStateEvent:
    return DeviceStateEvent(device_id=device_id, device_kind="whatever", state=state, reason=reason)


def test_a_device_is_starting_until_it_speaks_and_screens_hear_of_each_change() -> None:
    board = Board({"printer-1": "printer", "scale-1": "scale"}, FakeClock())
    heard: list[str] = []
    board.listen(heard.append)
    assert [(view.device_id, view.device_kind, view.state) for view in board.views()] == [
        ("printer-1", "printer", "starting"),
        ("scale-1", "scale", "starting"),
    ]
    board.take(_told(DeviceState.READY))
    board.take(_told(DeviceState.READY))
    board.take(_told(DeviceState.DEGRADED, "the paper is out"))
    assert heard == ["printer-1", "printer-1"]
    assert board.views()[0].reason == "the paper is out"
    assert not board.is_ready("printer-1")
    assert not board.is_ready("nobody")


def test_hq_is_told_a_state_that_stands_and_never_the_flapping_between() -> None:
    clock = FakeClock()
    board = Board({"printer-1": "printer"}, clock)
    board.take(_told(DeviceState.READY))
    assert board.news() == []
    clock.advance(SETTLE_MS)
    assert [(fact.state, fact.device_kind) for fact in board.news()] == [("ready", "printer")]
    for _ in range(20):
        board.take(_told(DeviceState.RETRYING, "no answer"))
        clock.advance(SETTLE_MS // 3)
        board.take(_told(DeviceState.READY))
        clock.advance(SETTLE_MS // 3)
        assert board.news() == []
    clock.advance(SETTLE_MS)
    assert board.news() == [], "it is as it was told"
    board.take(_told(DeviceState.FAILED, "unplugged"))
    clock.advance(SETTLE_MS)
    assert [(fact.state, fact.reason) for fact in board.news()] == [("failed", "unplugged")]


def test_a_device_nobody_set_up_is_ignored() -> None:
    board = Board({}, FakeClock())
    board.take(_told(DeviceState.READY))
    assert board.views() == ()


def test_a_weight_carries_its_instant_and_goes_with_the_scale() -> None:
    clock = FakeClock()
    scales = ScaleReadings(clock)
    assert scales.latest("scale-1") is None
    first = WeightRead(device_id="scale-1", state=WeightState.STABLE, grams=500)
    assert scales.take(first)
    clock.advance(200)
    assert not scales.take(first), "the same weight is no news"
    reading = scales.latest("scale-1")
    assert reading is not None
    assert (reading.grams, reading.at_mono_ms) == (500, clock.monotonic_ms())
    scales.forget("scale-1")
    assert scales.latest("scale-1") is None
