"""The simulation must notice planted bugs: each of these mistakes breaks the promise within a bounded number of runs."""
# ruff: noqa: ARG005 - a planted bug has the signature of what it replaces

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from edge.labels import keeper, lane, ledger, proof, sightings
from edge.labels.proof import Observation
from protocols.contract.values import EvidenceLevel
from tests.sim.labels.judge import Overcharged
from tests.sim.labels.run import run
from tests.sim.labels.test_price_truth import fast  # noqa: F401
from tests.sim.labels.world import Plan, Unsettled

SEEDS = range(8)
EVENTS = 500

Patch = Callable[[pytest.MonkeyPatch], None]


def till_looks_at_no_label(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeper.LabelKeeper, "lowest_for", lambda self, item_id: None)


def no_dwell(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(proof, "_supersede", lambda image, mono_ms, dwell_ms: replace(image, superseded=True, retired=True))


def stored_is_taken_for_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(proof, "_proven", lambda image, report, mono_ms, settle_ms: image.evidence is EvidenceLevel.QUEUED)
    right = proof.observe

    def observe(book: Any, report: Any, **more: int) -> Observation:
        waiting = next((image for image in book.images if image.open and image.evidence is EvidenceLevel.QUEUED), None)
        told = report if waiting is None else replace(report, image_hash=waiting.image_hash)
        return right(book, told, **more)

    patch.setattr(sightings, "observe", observe)


def the_hash_alone_is_a_proof(patch: pytest.MonkeyPatch) -> None:
    """Of an image sent again and again, any late word would do."""
    patch.setattr(proof, "_proven", lambda image, report, mono_ms, settle_ms: True)


def the_ledger_stays_in_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeper.store, "put_images", lambda tx, before, after: None)


def a_restart_ends_every_dwell(patch: pytest.MonkeyPatch) -> None:
    def restarted(book: Any, *, mono_ms: int, dwell_ms: int) -> Any:
        return replace(book, images=tuple(image for image in book.images if not image.superseded))

    patch.setattr(keeper, "restarted", restarted)


def one_access_point_speaks_for_all(patch: pytest.MonkeyPatch) -> None:
    for module in (ledger, proof):
        patch.setattr(module, "via", lambda image, access_point: True)


def nothing_pending_is_taken_for_never_delivered(patch: pytest.MonkeyPatch) -> None:
    def withdraw(book: Any, access_point: str, **_more: int) -> Any:
        kept = tuple(image for image in book.images if image not in book.strays or image.access_point != access_point)
        return replace(book, images=kept)

    patch.setattr(sightings, "withdraw", withdraw)


def only_the_newest_image_counts(patch: pytest.MonkeyPatch) -> None:
    right = lane.record_sent

    def record_sent(book: Any, image: Any, *, before_no: int = 0) -> Any:
        kept = tuple(each for each in book.images if not each.open)
        return right(replace(book, images=kept), image, before_no=before_no)

    patch.setattr(lane, "record_sent", record_sent)


def what_was_lost_is_never_sent_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lane.Lane, "send_again", lambda self, label_id, reason: None)
    patch.setattr(lane.Lane, "access_point_restarted", lambda self: None)
    patch.setattr(lane.Lane, "tick", lambda self: None)


SOON_FOUND: tuple[Patch, ...] = (
    till_looks_at_no_label,
    stored_is_taken_for_shown,
    the_ledger_stays_in_memory,
    only_the_newest_image_counts,
)
FOUND_LATER: tuple[Patch, ...] = (
    no_dwell,
    the_hash_alone_is_a_proof,
    a_restart_ends_every_dwell,
    one_access_point_speaks_for_all,
    what_was_lost_is_never_sent_again,
    nothing_pending_is_taken_for_never_delivered,
)


@pytest.mark.parametrize("plant", SOON_FOUND, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(plant: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    _find(SEEDS)


@pytest.mark.soak
@pytest.mark.parametrize("plant", FOUND_LATER, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found_in_more_runs(plant: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    _find(range(60))


def _find(seeds: range) -> None:
    for seed in seeds:
        try:
            run(seed, Plan(events=EVENTS))
        except (Overcharged, Unsettled):
            return
    pytest.fail(f"{len(seeds)} runs noticed nothing")
