"""The light of a label: bytes written down by hand, and every pattern back again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.esl.image import NO_IMAGE_HASH
from protocols.esl.oepl_leds import (
    COLOURS,
    SECONDS_MAX,
    STOP,
    Flashes,
    LedPattern,
    PatternRefused,
    flashing,
    is_own_pattern,
    read_pattern,
    write_pattern,
)

groups = st.builds(
    Flashes,
    colour=st.integers(0, 255),
    count=st.integers(0, 15),
    gap_ticks=st.integers(0, 15),
    pause_ticks=st.integers(0, 255),
)
patterns = st.builds(
    LedPattern,
    groups=st.lists(groups, max_size=3).filter(lambda made: not made or made[-1] != Flashes()).map(tuple),
    rounds=st.integers(1, 254),
    brightness=st.integers(1, 16),
)


def test_bytes_of_a_pattern() -> None:
    pattern = LedPattern(
        (Flashes(0x3C, count=3, gap_ticks=1, pause_ticks=10), Flashes(0xE4, 2, 5, 0)), rounds=3, brightness=9
    )
    assert write_pattern(pattern).hex() == "813c130ae452000000000200"
    assert pattern.lasts_ms == (3 * 1 + 10 + 2 * 5) * 3 * 100


@pytest.mark.parametrize("colour", sorted(COLOURS))
def test_a_flash_lasts_as_long_as_was_asked(colour: str) -> None:
    pattern = flashing(colour, 12)
    assert pattern.lasts_ms == 12_000
    assert write_pattern(pattern) == bytes((0x11, COLOURS[colour], 0x25, 0, 0, 0, 0, 0, 0, 0, 11, 0))


@given(patterns)
def test_patterns_survive_the_wire(pattern: LedPattern) -> None:
    assert read_pattern(write_pattern(pattern)) == pattern


@given(st.binary(max_size=14))
def test_any_bytes_are_a_pattern_or_refused(data: bytes) -> None:
    try:
        pattern = read_pattern(data)
    except PatternRefused:
        assert len(data) != 12 or (data[10] == 255 or data[10] == 254)
        return
    assert pattern == STOP or read_pattern(write_pattern(pattern)) == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        LedPattern(rounds=0),
        LedPattern(rounds=255),
        LedPattern(brightness=17),
        LedPattern((Flashes(1, count=16),)),
        LedPattern((Flashes(256),)),
        LedPattern((Flashes(1),) * 4),
    ],
)
def test_what_does_not_fit_is_refused(pattern: LedPattern) -> None:
    with pytest.raises(PatternRefused):
        write_pattern(pattern)


def test_a_wrong_colour_or_time_is_refused_with_the_choice() -> None:
    with pytest.raises(PatternRefused, match="red, green"):
        flashing("pink", 5)
    for seconds in (0, SECONDS_MAX + 1):
        with pytest.raises(PatternRefused, match="1 to 254"):
            flashing("red", seconds)


def test_our_patterns_are_told_from_images() -> None:
    for colour in COLOURS:
        assert is_own_pattern(write_pattern(flashing(colour, 200))[:8].hex() + "0" * 16)
    assert is_own_pattern(write_pattern(STOP)[:8].hex() + "0" * 16)
    assert read_pattern(write_pattern(STOP)) == STOP
    assert not is_own_pattern(NO_IMAGE_HASH)
    assert not is_own_pattern("9e107d9d372bb6820000000000000000")
