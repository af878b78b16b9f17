"""What every scale protocol of the registry must keep: round trips, any split, any rubbish, no wrong weight ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.devices.kinds import scales
from protocols.device_events import WeightRead, WeightState
from protocols.scales.registry import PROTOCOLS
from protocols.scales.session import Unanswered
from simulators.load_cell import CAPACITY_GRAMS
from tests.support.platters import Pair

every_protocol = pytest.mark.parametrize("name", PROTOCOLS)


@every_protocol
@given(grams=st.integers(1, CAPACITY_GRAMS), tare=st.integers(0, 2_000))
def test_every_weight_comes_back_gross_or_net(name: str, grams: int, tare: int) -> None:
    pair = Pair(PROTOCOLS[name])
    pair.cell.put(tare, settle_ms=0)
    assert pair.poll() == pair.read(tare, WeightState.STABLE if tare else WeightState.ZERO)
    assert pair.cell.tare()
    pair.cell.put(min(CAPACITY_GRAMS, tare + grams), settle_ms=0)
    net_grams = pair.cell.gross_grams - tare
    pair.poll()
    assert pair.poll() == pair.read(net_grams, net=tare > 0)


@every_protocol
@pytest.mark.parametrize("state", [each for each in WeightState if each not in {WeightState.STABLE, WeightState.ZERO}])
def test_every_state_comes_back_without_grams(name: str, state: WeightState) -> None:
    pair = Pair(PROTOCOLS[name])
    pair.cell.put(500, settle_ms=0)
    pair.cell.hold(state)
    assert pair.poll() == WeightRead(device_id="s", state=state)


@every_protocol
@given(grams=st.integers(1, CAPACITY_GRAMS), sizes=st.lists(st.integers(1, 7), min_size=1))
def test_any_split_gives_the_same(name: str, grams: int, sizes: list[int]) -> None:
    def split(data: bytes) -> list[bytes]:
        pieces, at, turn = [], 0, 0
        while at < len(data):
            size = sizes[turn % len(sizes)]
            pieces.append(data[at : at + size])
            at, turn = at + size, turn + 1
        return pieces

    pair = Pair(PROTOCOLS[name])
    pair.cell.put(grams, settle_ms=0)
    assert pair.poll(split) == pair.read(grams)


@every_protocol
@given(grams=st.integers(1, CAPACITY_GRAMS), data=st.data())
def test_one_lost_doubled_or_foreign_byte_never_makes_another_weight(name: str, grams: int, data: st.DataObject) -> None:
    hit = data.draw(st.integers(0, 3))
    count = 0

    def spoil(answer: bytes) -> list[bytes]:
        nonlocal count
        count += 1
        if count - 1 != hit:
            return [answer]
        at = data.draw(st.integers(0, len(answer) - 1))
        match data.draw(st.sampled_from(["lost", "doubled", "noise", "late"])):
            case "lost":
                return [answer[:at] + answer[at + 1 :]]
            case "doubled":
                return [answer[:at] + answer[at : at + 1] + answer[at:]]
            case "noise":
                return [answer[:at] + data.draw(st.binary(min_size=1, max_size=1)) + answer[at:]]
            case _:
                return []

    pair = Pair(PROTOCOLS[name])
    pair.cell.put(grams, settle_ms=0)
    heard = [pair.poll(spoil), pair.poll(spoil)]
    weights = [each.grams for each in heard if isinstance(each, WeightRead) and each.grams is not None]
    assert set(weights) <= {grams}
    assert pair.poll() == pair.read(grams)


@every_protocol
@given(grams=st.integers(1, CAPACITY_GRAMS))
def test_everything_said_twice_is_heard_once(name: str, grams: int) -> None:
    pair = Pair(PROTOCOLS[name])
    pair.cell.put(grams, settle_ms=0)
    assert pair.poll(lambda answer: [answer, answer]) == pair.read(grams)
    assert pair.poll(lambda answer: [answer + answer]) == pair.read(grams)


@every_protocol
@given(pieces=st.lists(st.binary(max_size=40), max_size=20))
def test_rubbish_raises_on_neither_side_and_the_next_answer_is_heard(name: str, pieces: list[bytes]) -> None:
    pair = Pair(PROTOCOLS[name])
    pair.cell.put(310, settle_ms=0)
    pair.till.ask(0)
    for piece in pieces:
        pair.till.receive(piece)
        pair.till.to_send()
        pair.scale.receive(piece, 0)
    # What is left of the rubbish may spoil a command or two, never a weight.
    heard = [each for each in (pair.poll() for _ in range(3)) if isinstance(each, WeightRead)]
    assert {each.grams for each in heard} <= {pair.cell.gross_grams - pair.cell.tare_grams, None}
    pair.scale = pair.protocol.answering(pair.cell)
    pair.poll()
    assert pair.poll() == pair.read(
        pair.cell.gross_grams - pair.cell.tare_grams, pair.cell.state(), net=pair.cell.tare_grams > 0
    )


@every_protocol
def test_silence_is_told_at_the_deadline(name: str) -> None:
    session = PROTOCOLS[name].asking("s")
    assert session.deadline_ms is None
    assert session.expire(10_000) is None
    session.ask(100)
    deadline_ms = session.deadline_ms
    assert deadline_ms is not None
    assert session.expire(deadline_ms - 1) is None
    assert session.expire(deadline_ms) is Unanswered.SILENT
    assert session.receive(b"anything") is None


def test_the_settings_know_every_protocol_by_its_name() -> None:
    assert {kind.name for kind in scales.FAMILY.kinds} == set(PROTOCOLS)
    assert {kind.table.STANDS_AT for kind in scales.FAMILY.kinds} == {"scale"}
