"""`find-scales` on real pseudo-terminals: by listening, by asking, nobody there, a port that is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.find_scales import lines
from firmware_bridges.links import SerialFormat, open_serial
from firmware_bridges.scale_discovery import Found, find_scale
from protocols.clock import FakeClock
from protocols.scales.registry import PROTOCOLS
from simulators.cables import SerialCable
from simulators.scale import ScaleSimulator


async def found_on(name: str, port: Path) -> tuple[Found, ScaleSimulator]:
    scale = ScaleSimulator(SerialCable(port), FakeClock(), PROTOCOLS[name])
    await scale.start()
    scale.set_weight(150, settle_ms=0)
    found = await find_scale(str(port), listen_ms=200, answer_ms=60)
    await scale.stop()
    return found, scale


@pytest.mark.parametrize("name", sorted(set(PROTOCOLS) - {"hid_scale"}))
async def test_a_scale_is_found_and_left_as_it_was(name: str, tmp_path: Path) -> None:
    found, scale = await found_on(name, tmp_path / "scale")
    assert name in {guess.protocol for guess in found.guesses}
    assert found.by_listening == scale.protocol.speaks_unasked
    assert (scale.cell.gross_grams, scale.cell.tare_grams) == (150, 0)
    told = lines([found], list)
    assert told[1:3] == ["[[devices]]", f'kind = "{found.guesses[0].protocol}"']
    assert told[-1] == f'port = "{tmp_path / "scale"}"'


async def test_nobody_and_a_port_that_is_taken_are_told(tmp_path: Path) -> None:
    cable = SerialCable(tmp_path / "silent")
    await cable.plug_in(lambda _data: None)
    nobody = await find_scale(str(tmp_path / "silent"), listen_ms=20, answer_ms=10)
    assert lines([nobody], list) == [f"# {tmp_path / 'silent'}: nobody answered"]
    link = open_serial(str(tmp_path / "silent"), 9_600, SerialFormat.EIGHT_NONE_ONE)
    taken = await find_scale(str(tmp_path / "silent"))
    assert "another program uses it" in lines([taken], list)[0]
    await link.close()
    await cable.unplug()
