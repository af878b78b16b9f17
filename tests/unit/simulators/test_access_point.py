"""The simulated access point on a clock of its own: the real device's traps, one by one (facts: newproto.cpp, web.cpp)."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from protocols.clock import SeededRandom
from protocols.esl.image import NO_IMAGE_HASH
from protocols.esl.oepl_events import ErrorNews, LogNews, News, TagNews, Upload, timeout_of
from protocols.labels.content import LabelContent
from protocols.labels.renderer import LabelRenderer, Rendered
from simulators.oepl_ap.access_point import AccessPoint, ApSettings

REAL = ApSettings(label_count=3)
STEP_MS = 250
RENDERER = LabelRenderer()


def label(price_minor: int) -> Rendered:
    return RENDERER.render(LabelContent(name="Tea", price_minor=price_minor, currency="EUR"), 1)


A, B, C = label(100), label(200), label(300)


class Run:
    """An access point, stepped."""

    def __init__(self, settings: ApSettings = REAL) -> None:
        self.point = AccessPoint(settings, SeededRandom(3))
        self.mono_ms = 1_000
        self.news: list[News] = []
        self.point.power_on(self.mono_ms, self.now_ms)
        self.mac = next(iter(self.point.tags))
        self.seconds(45)

    @property
    def now_ms(self) -> int:
        return 1_790_000_000_000 + self.mono_ms

    def seconds(self, count: float) -> None:
        end = self.mono_ms + int(count * 1000)
        while self.mono_ms < end:
            self.mono_ms += STEP_MS
            self.point.step(self.mono_ms, self.now_ms)
            self.news += self.point.take_news()

    def step_to(self, due_ms: int, *, limit: int) -> None:
        """Steps as wide as the access point allows, up to `limit`."""
        while self.mono_ms < limit:
            self.mono_ms = min(limit, max(due_ms, self.mono_ms + 20))
            self.point.step(self.mono_ms, self.now_ms)
            self.news += self.point.take_news()
            due_ms = self.point.due_ms()

    def upload(self, rendered: Rendered) -> None:
        assert self.point.upload(self.mac, rendered.picture)

    @property
    def shown(self) -> list[str]:
        """Planes the panel showed, in order."""
        return [each.planes_digest for each in self.point.tags[self.mac].history]

    @property
    def record_hash(self) -> str:
        return self.point.known[self.mac].record.hash

    @property
    def count(self) -> int:
        return self.point.known[self.mac].record.updatecount


def digests(*rendered: Rendered) -> list[str]:
    return [each.planes.digest() for each in rendered]


def test_labels_become_known_by_checking_in() -> None:
    point = AccessPoint(REAL, SeededRandom(1))
    point.power_on(0, 0)
    assert not point.known
    assert not point.upload(next(iter(point.tags)), A.picture)
    run = Run()
    assert len(run.point.known) == 3
    assert {tag.mac for news in run.news if isinstance(news, TagNews) for tag in news.tags} == set(run.point.tags)


def test_an_image_is_shown_and_counted_with_the_foretold_hash() -> None:
    run = Run()
    run.upload(A)
    run.seconds(50)
    assert (run.record_hash, run.count) == (A.image_hash, 1)
    assert run.shown[-1] == A.planes.digest()
    assert any(isinstance(news, Upload) for news in run.news)


def test_the_transfer_is_told_before_the_panel_has_drawn() -> None:
    run = Run(replace(REAL, refresh_ms=30_000))
    run.upload(A)
    while run.count == 0:
        run.seconds(1)
    assert run.shown[-1] != A.planes.digest()
    clean = Run(replace(REAL, refresh_ms=30_000, clean=True))
    clean.upload(A)
    while clean.count == 0:
        clean.seconds(1)
    assert clean.shown[-1] == A.planes.digest()


def test_a_newer_image_does_not_replace_a_queued_one() -> None:
    run = Run()
    run.upload(A)
    run.seconds(2)
    run.upload(B)
    run.seconds(60)
    assert run.shown[-2:] == digests(A, B)
    assert run.count == 2
    clean = Run(replace(REAL, clean=True))
    clean.upload(A)
    clean.seconds(2)
    clean.upload(B)
    clean.seconds(60)
    assert A.planes.digest() not in clean.shown
    assert clean.shown[-1] == B.planes.digest()


def test_clear_takes_the_older_image_out() -> None:
    run = Run()
    run.upload(A)
    run.seconds(2)
    assert run.point.clear(run.mac)
    run.upload(B)
    run.seconds(60)
    assert A.planes.digest() not in run.shown
    assert run.shown[-1] == B.planes.digest()


def test_the_image_the_label_has_is_not_sent_and_an_older_one_in_the_queue_stays() -> None:
    run = Run()
    run.upload(A)
    run.seconds(60)
    run.upload(B)
    run.seconds(2)
    run.upload(A)
    run.seconds(60)
    assert LogNews(text="new image is the same as current image. not updating tag.") in run.news
    assert run.shown[-1] == B.planes.digest()


def test_a_silent_label_is_given_up_after_twenty_minutes() -> None:
    run = Run()
    run.point.set_silent(run.mac, silent=True)
    run.upload(A)
    run.seconds(2)
    run.upload(B)
    run.seconds(15 * 60)
    assert run.point.known[run.mac].record.pending == 2
    run.seconds(6 * 60)
    assert run.point.known[run.mac].record.pending == 0
    assert [timeout_of(news) for news in run.news if isinstance(news, ErrorNews)] == [run.mac]
    run.point.set_silent(run.mac, silent=False)
    run.seconds(60)
    assert run.record_hash == NO_IMAGE_HASH


@pytest.mark.parametrize("orderly", [True, False])
def test_a_restart_forgets_undelivered_images(orderly: bool) -> None:
    run = Run(replace(REAL, save_ms=30_000))
    run.upload(A)
    run.seconds(60)
    run.point.set_silent(run.mac, silent=True)
    run.upload(B)
    run.seconds(2)
    if orderly:
        run.point.reboot()
    else:
        run.point.cut_power()
    run.seconds(5)
    run.point.power_on(run.mono_ms, run.now_ms)
    assert run.point.system().uptime == 0
    run.point.set_silent(run.mac, silent=False)
    run.seconds(60)
    assert run.record_hash == A.image_hash
    assert run.shown[-1] == A.planes.digest()


def test_a_power_cut_forgets_what_was_not_saved_and_the_label_says_again_what_it_has() -> None:
    run = Run()
    run.seconds(260)
    run.upload(A)
    run.seconds(45)
    assert run.count == 1
    run.point.cut_power()
    run.point.power_on(run.mono_ms, run.now_ms)
    run.seconds(45)
    assert (run.record_hash, run.count) == (NO_IMAGE_HASH, 0)
    run.upload(A)
    run.seconds(60)
    assert (run.record_hash, run.count) == (A.image_hash, 1)
    assert run.shown.count(A.planes.digest()) == 1


def test_a_lost_confirmation_is_made_good_at_the_next_check_in() -> None:
    run = Run()
    run.point.faults.lost_complete_percent = 100
    run.upload(A)
    run.seconds(43)
    assert run.shown[-1] == A.planes.digest()
    assert run.count == 0
    run.point.faults.lost_complete_percent = 0
    run.seconds(60)
    assert run.count == 1
    assert run.shown.count(A.planes.digest()) == 1


def test_a_confirmation_nobody_waits_for_leaves_a_hash_of_nothing() -> None:
    run = Run()
    run.point.faults.duplicate_complete_percent = 100
    run.upload(A)
    run.seconds(60)
    assert run.count == 2
    assert run.record_hash not in (A.image_hash, NO_IMAGE_HASH)


def test_a_full_radio_waits_and_a_full_flash_loses() -> None:
    run = Run()
    run.point.faults.radio_full = True
    run.upload(A)
    run.seconds(120)
    assert run.shown[-1] != A.planes.digest()
    run.point.faults.radio_full = False
    run.seconds(100)  # At one check-in the radio takes it, at the next the label.
    assert run.shown[-1] == A.planes.digest()
    run.point.faults.flash_full = True
    run.upload(B)
    run.seconds(60)
    assert B.planes.digest() not in run.shown


def test_one_radio_serves_one_label_at_a_time() -> None:
    run = Run(replace(REAL, label_count=60, check_in_ms=1_000, transfer_ms=500))
    for mac in run.point.tags:
        run.point.upload(mac, A.picture)
    before = [tag for tag in run.point.tags.values() if tag.stored_hash == A.image_hash]
    run.seconds(11)
    done = [tag for tag in run.point.tags.values() if tag.stored_hash == A.image_hash]
    assert not before
    assert 10 <= len(done) <= 22


def test_no_jpeg_is_an_error_and_nothing_is_sent() -> None:
    run = Run()
    assert run.point.upload(run.mac, struct.pack("<I", 7) * 20)
    run.seconds(60)
    assert ErrorNews(text="invalid jpg") in run.news
    assert run.count == 0


def test_the_same_seed_goes_wrong_in_the_same_way() -> None:
    def story() -> list[str]:
        run = Run()
        run.point.faults.lost_complete_percent = run.point.faults.failed_transfer_percent = 40
        for rendered in (A, B, C):
            run.upload(rendered)
            run.seconds(90)
        return [repr(news) for news in run.news]

    assert story() == story()
