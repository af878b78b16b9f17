"""States of devices: at once on screens, settled to HQ."""

from __future__ import annotations

import re

import pytest
import structlog

from edge.devices.board import SETTLE_MS, Board
from edge.devices.log_lines import LOSSES_AN_HOUR_MAX
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


def test_a_state_says_since_when_and_a_new_reason_does_not_move_that() -> None:
    clock = FakeClock(now_ms=1_000)
    board = Board({"printer-1": "printer"}, clock)
    assert board.views()[0].since_ms == 1_000
    clock.advance(500)
    board.take(_told(DeviceState.DEGRADED, "the paper is out"))
    clock.advance(500)
    board.take(_told(DeviceState.DEGRADED, "the cover is open"))
    assert (board.views()[0].reason, board.views()[0].since_ms) == ("the cover is open", 1_500)
    board.take(_told(DeviceState.READY))
    assert board.views()[0].since_ms == 2_000


def test_a_device_taken_out_is_told_once_more_and_then_forgotten() -> None:
    clock = FakeClock()
    board = Board({"printer-1": "printer", "scale-1": "scale"}, clock)
    heard: list[str] = []
    board.listen(heard.append)
    board.take(_told(DeviceState.READY))
    board.leave("printer-1")
    board.take(_told(DeviceState.STOPPED))
    assert [view.device_id for view in board.views()] == ["scale-1"]
    assert [(fact.device_id, fact.state) for fact in board.news()] == [("printer-1", "stopped")]
    board.enter("printer-1", "printer")
    assert board.views()[-1].state == "starting"
    assert heard == ["printer-1", "printer-1"]


def _lines(text: str, event: str) -> list[str]:
    return [line for line in text.splitlines() if event in line]


def test_a_loss_is_logged_once_and_so_is_the_return(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    clock = FakeClock()
    board = Board({"printer-1": "printer"}, clock)
    board.take(_told(DeviceState.READY))
    for _ in range(100):
        board.take(_told(DeviceState.RETRYING, "no answer"))
        board.take(_told(DeviceState.RETRYING, "it was unplugged"))
        board.take(_told(DeviceState.STARTING))
        clock.advance(10_000)
    board.take(_told(DeviceState.READY))
    text = capsys.readouterr().out
    assert len(_lines(text, "device lost")) == 1
    assert "no answer" in text
    [back] = _lines(text, "device back")
    assert "1000" in back, "for how long it was away"


def test_a_flapping_device_does_not_fill_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    clock = FakeClock()
    board = Board({"printer-1": "printer"}, clock)
    for _ in range(240):
        board.take(_told(DeviceState.RETRYING, "no answer"))
        clock.advance(15_000)
        board.take(_told(DeviceState.READY))
        clock.advance(15_000)
    text = capsys.readouterr().out
    assert len(_lines(text, "device lost")) == len(_lines(text, "device back")) == 2 * LOSSES_AN_HOUR_MAX
    assert f"losses_kept_back={120 - LOSSES_AN_HOUR_MAX}" in re.sub(r"\x1b\[[0-9;]*m", "", text)
