"""Any split of a stream gives the same messages; impossible lengths end the connection; memory stays bounded."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.llrp.errors import FramingLost
from protocols.llrp.framer import Framer


def frame(body: bytes) -> bytes:
    return b"\x04\x3d" + (10 + len(body)).to_bytes(4, "big") + bytes(4) + body


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(0, 400), max_size=30))
def test_any_split_gives_the_same_messages(bodies: list[bytes], cuts: list[int]) -> None:
    frames = [frame(body) for body in bodies]
    stream = b"".join(frames)
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    framer = Framer()
    found: list[bytes] = []
    for begin, end in itertools.pairwise(places):
        found += framer.feed(stream[begin:end])
    assert found == frames
    assert framer.buffered_bytes == 0


@pytest.mark.parametrize("length", [0, 3, 9, 2**20 + 1, 2**32 - 1])
def test_an_impossible_length_is_named_after_what_came_before_it(length: int) -> None:
    framer = Framer()
    bad = b"\x04\x3d" + length.to_bytes(4, "big") + bytes(4)
    assert framer.feed(frame(b"good") + bad) == [frame(b"good")]
    with pytest.raises(FramingLost, match=str(length)):
        framer.feed(b"")


def test_a_message_of_the_largest_size_passes_and_no_more_is_held() -> None:
    framer = Framer(message_bytes_max=100)
    assert framer.feed(frame(bytes(90))[:50]) == []
    assert framer.buffered_bytes == 50
    assert framer.feed(frame(bytes(90))[50:]) == [frame(bytes(90))]
    with pytest.raises(FramingLost):
        framer.feed(frame(bytes(91)))
