"""The simulation must notice planted bugs: each of these mistakes fails within a bounded number of schedules."""
# ruff: noqa: ARG005 - a planted bug has the signature of what it replaces

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from protocols.sync import hq_hello, hq_role, release
from protocols.sync.feed_follower import FeedFollower
from protocols.sync.store_role import StoreSession
from protocols.sync.uplink import StreamUplink
from tests.sim.sync import hq as hq_model
from tests.sim.sync import schedule
from tests.sim.sync.disk import Disk
from tests.sim.sync.world import Broken

SEEDS = range(250)

Patch = Callable[[pytest.MonkeyPatch], None]


def store_deletes_what_is_only_acknowledged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schedule, "deletable_upto", lambda table, before_ms: table.acked_upto)
    patch.setattr(schedule, "YOUNG_MS", 0)


def hq_accepts_beyond_a_hole(patch: pytest.MonkeyPatch) -> None:
    right = hq_role._place

    def place(cursor: Any, batch: Any, record: Any) -> Any:
        decision = right(cursor, batch, record)
        if decision.outcome != "gap":
            return decision
        moved = replace(cursor, seq=batch.header.to_seq, hash=batch.last)
        return replace(decision, outcome="accept", cursor=moved, facts=batch.facts, first_seq=batch.header.from_seq)

    patch.setattr(hq_role, "_place", place)


def hq_sees_no_fork(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(hq_hello, "_fork_needed", lambda record, hello, cursors: None)


def hq_believes_whoever_speaks(patch: pytest.MonkeyPatch) -> None:
    """Without fences the chain hash still keeps two boxes apart, so both must go."""
    patch.setattr(hq_role, "find_lease", lambda record, fence: record.confirmed or next(iter(record.offered), None))
    right = hq_role._place

    def place(cursor: Any, batch: Any, record: Any) -> Any:
        skip = cursor.seq + 1 - batch.header.from_seq
        if 0 <= skip <= len(batch.hashes):
            cursor = replace(cursor, hash=batch.hashes[skip - 1] if skip else batch.prev)
        return right(cursor, batch, record)

    patch.setattr(hq_role, "_place", place)


def hq_answers_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    right = hq_model.Hq._commit

    def commit(self: Any, worker: int) -> None:
        inbox = list(self._inboxes[worker])
        before = self.tables.copy()
        for channel, payload, say in inbox:
            say(self._decide(channel, payload))
        self.tables = before
        right(self, worker)

    patch.setattr(hq_model.Hq, "_commit", commit)


def store_never_goes_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StreamUplink, "_rewind", lambda self, word, now_ms: [])


def store_goes_back_on_a_late_ack(patch: pytest.MonkeyPatch) -> None:
    right = StreamUplink.heard
    patch.setattr(StreamUplink, "heard", lambda self, word, now_ms: right(self, replace(word, back=True), now_ms))


def store_answers_late_requests_for_a_hello(patch: pytest.MonkeyPatch) -> None:
    right = StoreSession._hello_wanted

    def wanted(self: Any, message: Any) -> Any:
        return right(self, msgspec.structs.replace(message, fence=self._fence))

    patch.setattr(StoreSession, "_hello_wanted", wanted)


def store_forgets_its_facts_when_it_adopts(patch: pytest.MonkeyPatch) -> None:
    right = Disk.adopt
    patch.setattr(Disk, "adopt", lambda self, effect, now_ms: right(self, replace(effect, rechain=()), now_ms))


def store_ignores_a_feed_that_differs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FeedFollower, "hinted", lambda self, head, now_ms, greeting=False: [])
    patch.setattr(FeedFollower, "tick", lambda self, now_ms: [])


def store_forgets_to_send_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StreamUplink, "timed_out", lambda self, now_ms: None)


def store_takes_up_each_feed_by_itself(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(release, "_shorten", lambda lines, counts, waits: False)


def store_forgets_what_it_staged(patch: pytest.MonkeyPatch) -> None:
    """A restarted box follows on from what is in force, and applies what should have waited."""
    right = FeedFollower._apply_next

    def apply_next(self: Any) -> Any:
        self._staged.clear()
        if self._queue[0].header.release is not None:
            self._queue[0] = replace(self._queue[0], header=msgspec.structs.replace(self._queue[0].header, release=None))
        return right(self)

    patch.setattr(FeedFollower, "_apply_next", apply_next)


PLANTED: list[Patch] = [
    store_takes_up_each_feed_by_itself,
    store_forgets_what_it_staged,
    store_deletes_what_is_only_acknowledged,
    hq_accepts_beyond_a_hole,
    hq_sees_no_fork,
    hq_believes_whoever_speaks,
    hq_answers_before_the_commit,
    store_never_goes_back,
    store_goes_back_on_a_late_ack,
    store_answers_late_requests_for_a_hello,
    store_forgets_its_facts_when_it_adopts,
    store_ignores_a_feed_that_differs,
    store_forgets_to_send_again,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    for seed in SEEDS:
        try:
            schedule.run_schedule(seed)
        except Broken as found:
            print(f"found at seed {seed}: {found}")
            return
    pytest.fail(f"{len(SEEDS)} schedules and nothing noticed")
