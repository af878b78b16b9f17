"""What every scale protocol of the registry must keep: round trips, any split, any rubbish, no wrong weight ever."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.devices.kinds import scales
from protocols.device_events import WeightRead, WeightState
from protocols.scales.registry import PROTOCOLS
from protocols.scales.session import ALL_STATES, Unanswered
from simulators.load_cell import CAPACITY_GRAMS
from tests.support.platters import Pair

EXAMPLES = 15
"""Of each protocol; `test_fuzz` does the millions, under `soak`."""
every_protocol = pytest.mark.parametrize("name", PROTOCOLS)


def weights(name: str) -> st.SearchStrategy[int]:
    """What its simulated scale tells as stable."""
    return st.integers(PROTOCOLS[name].weighs_from_grams, CAPACITY_GRAMS)


def settled(pair: Pair) -> WeightRead | Unanswered:
    """The answer once what was disturbed is over: some scales want to be asked a few times before they repeat a weight."""
    for _ in range(5):
        pair.poll()
    return pair.poll()


@every_protocol
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_every_weight_comes_back_gross_or_net(name: str, data: st.DataObject) -> None:
    least = PROTOCOLS[name].weighs_from_grams
    tare = data.draw(st.just(0) | st.integers(least, 2_000), "tare")
    grams = data.draw(st.integers(least, CAPACITY_GRAMS - tare), "grams")
    pair = Pair(PROTOCOLS[name])
    pair.cell.put(tare, settle_ms=0)
    assert pair.poll() == pair.read(tare, WeightState.STABLE if tare else WeightState.ZERO)
    assert pair.cell.tare()
    pair.poll()  # some scales weigh the next load only after they showed zero
    pair.cell.put(tare + grams, settle_ms=0)
    for _ in range(3):
        pair.poll()
    assert pair.poll() == pair.read(grams, net=tare > 0)


@every_protocol
@pytest.mark.parametrize("state", sorted(ALL_STATES - {WeightState.STABLE, WeightState.ZERO}))
def test_every_state_comes_back_without_grams(name: str, state: WeightState) -> None:
    pair = Pair(PROTOCOLS[name])
    pair.cell.put(500, settle_ms=0)
    assert pair.poll() == pair.read(500)
    pair.cell.hold(state)
    for heard in (pair.poll(), pair.poll()):
        if state in pair.protocol.tells:
            assert heard == WeightRead(device_id="s", state=state)
        else:  # a wire without a word for it: never a weight, whatever else
            assert isinstance(heard, Unanswered) or heard.grams is None


@every_protocol
@settings(max_examples=EXAMPLES)
@given(data=st.data(), sizes=st.lists(st.integers(1, 7), min_size=1))
def test_any_split_gives_the_same(name: str, data: st.DataObject, sizes: list[int]) -> None:
    grams = data.draw(weights(name))

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
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_one_lost_doubled_or_foreign_byte_never_makes_another_weight(name: str, data: st.DataObject) -> None:
    grams = data.draw(weights(name))
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
    told = [each.grams for each in heard if isinstance(each, WeightRead) and each.grams is not None]
    assert set(told) <= {grams}
    last = settled(pair)
    assert last == pair.read(grams) or (isinstance(last, WeightRead) and last.state is WeightState.WEIGH_AGAIN)


@every_protocol
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_everything_said_twice_is_heard_once(name: str, data: st.DataObject) -> None:
    grams = data.draw(weights(name))
    pair = Pair(PROTOCOLS[name])
    pair.cell.put(grams, settle_ms=0)
    assert pair.poll(lambda answer: [answer, answer]) == pair.read(grams)
    pair.poll(lambda answer: [answer + answer])
    assert pair.poll(lambda answer: [answer + answer]) == pair.read(grams)


@every_protocol
@settings(max_examples=EXAMPLES)
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
    assert settled(pair) == pair.read(
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
    assert {kind.name for kind in scales.FAMILY.kinds} == {*PROTOCOLS, "modbus_scale"}
    assert {kind.table.STANDS_AT for kind in scales.FAMILY.kinds} == {"scale"}
