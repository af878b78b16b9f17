"""The bounded inbox and the credit it leaves to stores."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.committer import RATE_WINDOW_MS, Credit
from cloud.ingest.inbox import Inbox, Incoming
from protocols.sync import limits
from protocols.sync.topics import Channel


def message(channel: Channel = Channel.UP_TXN, size: int = 10) -> Incoming:
    return Incoming("S001", channel, bytes(size), 0)


@given(st.lists(st.one_of(st.integers(1, 400), st.none(), st.just(0)), max_size=200))
async def test_it_never_holds_more_than_it_may_and_keeps_the_order(steps: list[int | None]) -> None:
    inbox = Inbox(waiting_max=8, bytes_max=1_000)
    held: list[Incoming] = []
    for step in steps:
        if step is None:
            if held:
                assert await inbox.take() is held.pop(0)
            continue
        offered = message(Channel.UP_OPS, step) if step else message(Channel.HELLO, 1)
        if inbox.offer(offered):
            held.append(offered)
        assert len(inbox) == len(held) <= 16
        assert sum(len(each.payload) for each in held) <= 2 * (1_000 + 400)


def test_a_full_inbox_lowers_the_credit_and_an_empty_one_gives_all() -> None:
    inbox = Inbox(waiting_max=100)
    credit = Credit()
    credit.committed([f"S{number:03d}" for number in range(50)], 0)
    assert credit.per_minute(inbox) == limits.CREDIT_FULL
    for _ in range(90):
        assert inbox.offer(message())
    lowered = credit.per_minute(inbox)
    assert 1 <= lowered < 50
    credit.committed(["S001"], 10 * RATE_WINDOW_MS)
    assert credit.per_minute(inbox) <= 6, "what is long past no longer counts"
