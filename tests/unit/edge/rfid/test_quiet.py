"""Who fell quiet is handed out once, in order, without looking at the others; one that went and came back is there once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.rfid.quiet import QuietQueue


def test_a_key_that_was_heard_again_waits_on_and_one_that_is_gone_is_dropped() -> None:
    heard = {"a": 0, "b": 0, "c": 0}
    queue: QuietQueue[str] = QuietQueue(heard.get)
    for key in heard:
        queue.add(key, 0)
    heard["b"] = 50
    del heard["c"]
    assert queue.quiet_since(10) == ["a"]
    assert queue.quiet_since(51) == ["b"]
    assert len(queue) == 0


def test_a_key_that_went_and_came_back_is_handed_out_once() -> None:
    heard = {"a": 0}
    queue: QuietQueue[str] = QuietQueue(heard.get)
    queue.add("a", 0)
    heard["a"] = 7
    queue.add("a", 7)
    assert queue.quiet_since(8) == ["a"]
    assert queue.quiet_since(1_000) == []


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 100)), max_size=60), st.integers(0, 120))
def test_it_hands_out_just_what_a_look_at_all_would(reads: list[tuple[int, int]], before: int) -> None:
    heard: dict[int, int] = {}
    queue: QuietQueue[int] = QuietQueue(heard.get)
    for key, at_ms in reads:
        heard[key] = max(at_ms, heard.get(key, 0))
        queue.add(key, at_ms)
    assert sorted(queue.quiet_since(before)) == sorted(key for key, at_ms in heard.items() if at_ms < before)
