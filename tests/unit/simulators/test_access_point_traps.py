"""Every trap of the real device is a switch: with it the access point misbehaves as the firmware does, without it not."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import msgspec
import pytest

from protocols.esl.image import NO_IMAGE_HASH
from protocols.esl.oepl_events import ErrorNews, LogNews, block_of, complete_of, timeout_of
from protocols.esl.oepl_leds import flashing, write_pattern
from protocols.esl.oepl_records import TagRecord, read_page, write_backup
from protocols.esl.oepl_requests import (
    ApConfigChange,
    ApConfigRequest,
    HttpRequest,
    ImageUpload,
    RebootRequest,
    RequestRefused,
    RestoreRequest,
    SetTime,
    TagCommand,
    TagConfigChange,
    TagPageRequest,
    read_request,
    write_request,
)
from simulators.oepl_ap.access_point import ApSettings
from simulators.oepl_ap.answers import Answer, answer
from simulators.oepl_ap.settings import CLEAN, FAITHFUL, real_times
from tests.unit.simulators.test_access_point import REAL, A, B, C, Run, digests


def without(trap: str, settings: ApSettings = REAL) -> ApSettings:
    """The real device, but for one trap."""
    return replace(settings, traps=replace(FAITHFUL, **{trap: False}))


def say(run: Run, request: ImageUpload | TagCommand | ApConfigChange | SetTime | TagConfigChange | RebootRequest) -> Answer:
    return answer(run.point, read_request(write_request(request)))


def test_faithful_has_all_and_clean_has_none() -> None:
    assert all(getattr(FAITHFUL, trap.name) for trap in fields(FAITHFUL))
    assert not any(getattr(CLEAN, trap.name) for trap in fields(CLEAN))
    assert replace(REAL, clean=True).in_force == CLEAN


@pytest.mark.parametrize(("trap", "shown"), [(None, digests(A, B)), ("keeps_older_images", digests(B))])
def test_a_newer_image_and_the_queued_one(trap: str | None, shown: list[str]) -> None:
    run = Run(REAL if trap is None else without(trap))
    run.upload(A)
    run.seconds(2)
    run.upload(B)
    run.seconds(60)
    assert run.shown[1:] == shown


@pytest.mark.parametrize(("trap", "credited"), [(None, A), ("credits_first_in_queue", B)])
def test_a_completion_is_credited(trap: str | None, credited: object) -> None:
    """B is on the air when its queue is emptied and A takes its place: A gets the credit."""
    run = Run(REAL if trap is None else without(trap))
    run = Run(replace(run.point.settings, transfer_ms=20_000))
    run.upload(B)
    while not any(isinstance(news, LogNews) and block_of(news) for news in run.news):
        run.seconds(0.25)
    run.seconds(15)
    known = run.point.known[run.mac]
    queued = known.queue[0]
    if trap is None:
        run.point.clear(run.mac)
    run.upload(A)
    run.seconds(8)
    assert any(isinstance(news, LogNews) and complete_of(news) == run.mac for news in run.news)
    assert run.record_hash == (A.image_hash if credited is A else queued.image_hash)


@pytest.mark.parametrize(("trap", "invented"), [(None, True), ("invents_hashes", False)])
def test_a_completion_nobody_waits_for(trap: str | None, invented: bool) -> None:
    run = Run(REAL if trap is None else without(trap))
    run.point.faults.duplicate_complete_percent = 100
    run.upload(A)
    run.seconds(60)
    assert (run.record_hash != A.image_hash) is invented
    assert run.count == 1 + invented


@pytest.mark.parametrize(("trap", "early"), [(None, True), ("tells_before_drawn", False)])
def test_a_completion_and_the_panel(trap: str | None, early: bool) -> None:
    run = Run(replace(REAL if trap is None else without(trap), refresh_ms=20_000))
    run.upload(A)
    while run.count == 0:
        run.seconds(1)
    assert (run.shown[-1] != A.planes.digest()) is early


@pytest.mark.parametrize(("trap", "dropped"), [(None, True), ("drops_queue_on_timeout", False)])
def test_twenty_minutes_of_silence(trap: str | None, dropped: bool) -> None:
    run = Run(REAL if trap is None else without(trap))
    run.point.set_silent(run.mac, silent=True)
    run.upload(A)
    run.seconds(22 * 60)
    assert (run.point.known[run.mac].record.pending == 0) is dropped
    assert ([timeout_of(news) for news in run.news if isinstance(news, ErrorNews)] == [run.mac]) is dropped


@pytest.mark.parametrize(("trap", "waited"), [(None, True), ("few_radio_slots", False)])
def test_a_radio_without_a_free_slot(trap: str | None, waited: bool) -> None:
    """One slot, taken by a label nobody hears: the other waits silently until the first is given up."""
    run = Run(replace(REAL if trap is None else without(trap), radio_slots=1))
    silent = list(run.point.tags)[1]
    run.point.set_silent(silent, silent=True)
    assert run.point.upload(silent, B.picture)
    run.seconds(3)
    run.upload(A)
    run.seconds(19 * 60)
    assert (run.count == 0) is waited
    run.seconds(5 * 60)
    assert run.record_hash == A.image_hash


@pytest.mark.parametrize(("trap", "lost"), [(None, True), ("unknown_block_cancels_all", False)])
def test_a_label_that_asks_for_a_block_no_longer_queued(trap: str | None, lost: bool) -> None:
    run = Run(replace(REAL if trap is None else without(trap), transfer_ms=20_000))
    run.upload(A)
    while not any(isinstance(news, LogNews) and block_of(news) for news in run.news):
        run.seconds(0.25)
    run.point.clear(run.mac)
    run.upload(B)
    run.seconds(150)
    assert (run.shown[-1] != B.planes.digest()) is lost
    assert A.planes.digest() not in run.shown


@pytest.mark.parametrize(("trap", "lost"), [(None, True), ("loses_queue_on_restart", False)])
@pytest.mark.parametrize("seconds", [0, 2], ids=["not yet drawn", "queued"])
def test_what_waits_and_a_restart(trap: str | None, lost: bool, seconds: int) -> None:
    run = Run(REAL if trap is None else without(trap))
    run.upload(A)
    run.seconds(seconds)
    run.point.reboot()
    run.point.power_on(run.mono_ms, run.now_ms)
    run.seconds(100)
    assert (run.shown[-1] != A.planes.digest()) is lost


@pytest.mark.parametrize(("trap", "resent"), [(None, True), ("resends_last_file", False)])
def test_a_refresh_without_an_upload(trap: str | None, resent: bool) -> None:
    run = Run(REAL if trap is None else without(trap))
    run.upload(A)
    run.seconds(60)
    run.upload(B)
    run.seconds(60)
    assert run.record_hash == B.image_hash
    run.point.tags[run.mac].stored_hash = NO_IMAGE_HASH
    run.point.refresh(run.mac)
    run.seconds(100)
    assert (run.record_hash, run.count) == ((B.image_hash, 3) if resent else (NO_IMAGE_HASH, 2))


def test_a_refresh_of_a_record_that_names_no_file() -> None:
    run = Run(REAL)
    run.upload(A)
    run.seconds(60)
    assert say(run, TagConfigChange(run.mac, (("modecfgjson", "{}"),))).status == 200
    run.seconds(60)
    run.point.tags[run.mac].stored_hash = NO_IMAGE_HASH
    run.point.refresh(run.mac)
    run.seconds(100)
    assert (run.record_hash, run.count) == (NO_IMAGE_HASH, 1)


@pytest.mark.parametrize(("trap", "set_back"), [(None, True), ("saves_seldom", False)])
def test_a_power_cut_and_the_records(trap: str | None, set_back: bool) -> None:
    run = Run(REAL if trap is None else without(trap))
    run.seconds(260)
    run.upload(A)
    run.seconds(45)
    run.point.cut_power()
    run.point.power_on(run.mono_ms, run.now_ms)
    run.seconds(1)
    assert ((run.record_hash, run.count) == (NO_IMAGE_HASH, 0)) is set_back


@pytest.mark.parametrize(("trap", "counted"), [(None, True), ("commands_look_like_images", False)])
def test_a_light_and_the_record(trap: str | None, counted: bool) -> None:
    run = Run(REAL if trap is None else without(trap))
    run.upload(A)
    run.seconds(60)
    pattern = write_pattern(flashing("red", 7))
    run.point.flash(run.mac, pattern)
    run.seconds(45)
    light = run.point.tags[run.mac].light
    assert light is not None
    assert light.lasts_ms == 7_000
    expected = (pattern[:8].hex() + "0" * 16, 2) if counted else (A.image_hash, 1)
    assert (run.record_hash, run.count) == expected


@pytest.mark.parametrize(("trap", "wraps"), [(None, True), ("paging_wraps", False)])
def test_the_page_from_position_260_on(trap: str | None, wraps: bool) -> None:
    run = Run(REAL if trap is None else without(trap))
    for number in range(300):
        run.point.known.setdefault(f"{number:016X}", run.point.known[run.mac].on_disk()).change(mac=f"{number:016X}")
    body = answer(run.point, TagPageRequest(position=260)).body
    tags = list(run.point.known)
    assert read_page(body).tags[0].mac == run.point.known[tags[4 if wraps else 260]].record.mac


@pytest.mark.parametrize(("trap", "restarts"), [(None, True), ("reboots_at_night", False)])
def test_at_four_minutes_to_four(trap: str | None, restarts: bool) -> None:
    midnight_ms = 1_790_035_200_000 - 1_790_035_200_000 % 86_400_000
    run = Run(replace(REAL if trap is None else without(trap), stop_ms=5_000))
    now_ms = midnight_ms + 60 * 60_000
    run.point.power_on(run.mono_ms, now_ms)
    start = run.mono_ms
    while run.mono_ms < start + 3 * 3_600_000 and not run.point.wants_restart:
        run.mono_ms += 1_000
        run.point.step(run.mono_ms, now_ms + run.mono_ms - start)
        if run.point.state.stopped:
            assert say(run, ImageUpload(run.mac, A.picture)).status == 409
    assert run.point.wants_restart is restarts
    if restarts:
        assert (now_ms + run.mono_ms - start - midnight_ms) // 60_000 == 3 * 60 + 56
        assert any(isinstance(news, ErrorNews) and news.text == "REBOOTING" for news in run.point.take_news())


@pytest.mark.parametrize(("trap", "awake"), [(None, True), ("awake_while_watched", False)])
def test_an_open_web_socket_keeps_labels_awake_unless_stopsleep_is_0(trap: str | None, awake: bool) -> None:
    def longest_sleep(stopsleep: str) -> int:
        run = Run(replace(REAL if trap is None else without(trap), idle_sleep=True))
        run.point.config["stopsleep"] = stopsleep
        run.point.state.listeners = 1
        run.upload(A)
        run.seconds(700)
        seen: list[int] = []
        for _ in range(1_500):
            run.seconds(1)
            if not seen or run.point.known[run.mac].record.lastseen != seen[-1]:
                seen.append(run.point.known[run.mac].record.lastseen)
        return max(b - a for a, b in itertools.pairwise(seen))

    assert longest_sleep("1") == (40 if awake else 600)
    assert longest_sleep("0") == 600


@pytest.mark.parametrize(("trap", "asleep"), [(None, True), ("lost_labels_sleep", False)])
def test_labels_of_an_access_point_that_was_away_for_long(trap: str | None, asleep: bool) -> None:
    run = Run(REAL if trap is None else without(trap))
    run.point.cut_power()
    run.seconds(15 * 60)
    run.point.power_on(run.mono_ms, run.now_ms)
    run.seconds(5 * 60)
    assert (run.mac not in run.point.known) is asleep
    run.seconds(60 * 60)
    assert run.mac in run.point.known


@pytest.mark.parametrize(("trap", "crashes"), [(None, True), ("crashes_on_half_a_window", False)])
def test_half_a_sleep_window(trap: str | None, crashes: bool) -> None:
    run = Run(REAL if trap is None else without(trap))
    said = say(run, ApConfigChange((("sleeptime1", "22"),)))
    assert (said.cut, run.point.wants_restart) == (crashes, crashes)


@pytest.mark.parametrize(("trap", "status"), [(None, 200), ("says_ok_to_nobody", 400)])
def test_settings_for_a_label_nobody_knows(trap: str | None, status: int) -> None:
    run = Run(REAL if trap is None else without(trap))
    said = say(run, TagConfigChange("00000000000000FF", (("alias", "x"),)))
    assert (said.status, said.body) == (status, b"Error while saving: mac not found")


def test_one_label_at_a_time_is_a_trap_too() -> None:
    def done(settings: ApSettings) -> int:
        run = Run(replace(settings, label_count=60, check_in_ms=1_000, transfer_ms=500))
        for mac in run.point.tags:
            run.point.upload(mac, A.picture)
        run.seconds(8)
        return sum(tag.stored_hash == A.image_hash for tag in run.point.tags.values())

    assert done(REAL) <= 16
    assert done(without("one_label_at_a_time")) == 60


# What is no trap, but the device's own.


def test_nothing_is_drawn_in_the_hours_of_sleep_nor_while_it_starts() -> None:
    run = Run(replace(real_times(REAL), idle_sleep=False))
    run.point.power_on(run.mono_ms, run.now_ms)
    assert say(run, ImageUpload(run.mac, A.picture)) == Answer(409, body=b"Come back later")
    run.seconds(31)
    hour = run.now_ms // 3_600_000 % 24
    say(run, ApConfigChange((("sleeptime1", str(hour)), ("sleeptime2", str((hour + 1) % 24)))))
    run.seconds(60)
    run.upload(A)
    run.seconds(100)
    assert run.count == 0
    say(run, ApConfigChange((("sleeptime1", "0"), ("sleeptime2", "0"))))
    run.seconds(100)
    assert run.record_hash == A.image_hash


def test_a_label_of_an_unknown_type_is_never_drawn_and_tried_again_every_five_minutes() -> None:
    run = Run()
    kind = run.point.tags[run.mac].kind
    run.point.tags[run.mac].kind = replace(kind, hardware_type=0xEE)
    run.seconds(45)
    run.upload(A)
    run.seconds(11 * 60)
    refused = [news for news in run.news if isinstance(news, ErrorNews) and "tag type 238" in news.text]
    assert (len(refused), run.count) == (3, 0)


def test_a_label_switched_on_again_shows_nothing_and_says_so() -> None:
    run = Run()
    run.upload(A)
    run.seconds(60)
    run.point.shelf.switch_on_again(run.mac)
    assert run.shown[-1] != A.planes.digest()
    run.seconds(1)
    record = run.point.known[run.mac].record
    assert (record.hash, record.wakeup_reason, record.updatecount) == (NO_IMAGE_HASH, 0xFC, 1)
    run.seconds(100)
    assert run.shown[-1] == A.planes.digest(), "the access point sends the file it kept"


def test_locked_doors() -> None:
    for lock, enters in (("0", True), ("1", False), ("2", True)):
        run = Run()
        stranger = run.point.shelf.take_away(run.mac)
        run.point.forget(run.mac)
        run.point.config["lock"] = lock
        run.point.shelf.switch_on_again(next(iter(run.point.tags)))
        run.point.shelf.bring(stranger)
        run.seconds(45)
        assert (run.mac in run.point.known) is (enters and lock != "2")
        if lock == "2":
            run.point.shelf.switch_on_again(run.mac)
            run.seconds(1)
            assert run.mac in run.point.known


def test_settings_are_numbers_of_eight_bits_behind_texts_about_parts() -> None:
    run = Run()
    say(run, ApConfigChange((("maxsleep", "300"), ("alias", "a" * 40), ("unknown", "1"), ("sleeptime2", "6"))))
    told = msgspec.json.decode(answer(run.point, ApConfigRequest()).body)
    assert (told["C6"], told["apstate"]) == ("1", "1")
    assert (told["maxsleep"], told["alias"], told["sleeptime2"], told["stopsleep"]) == (44, "a" * 31, 0, 1)
    assert "unknown" not in told


def test_the_clock_can_be_set_and_labels_are_seen_by_it() -> None:
    run = Run()
    assert say(run, SetTime(1_700_000_000)).body == b"ok"
    assert run.point.system().currtime == 1_700_000_000
    run.seconds(50)
    assert 0 <= run.point.known[run.mac].record.lastseen - 1_700_000_000 <= 50


def test_late_labels_and_low_batteries_are_counted_once_a_minute() -> None:
    run = Run()
    run.point.tags[run.mac].battery_mv = 2_390
    run.point.set_silent(list(run.point.tags)[1], silent=True)
    run.seconds(20 * 60)
    assert (run.point.system(counted=True).lowbattcount, run.point.system(counted=True).timeoutcount) == (1, 1)
    assert '"lowbattcount"' not in msgspec.json.encode(run.point.system()).decode()


def test_purge_deletes_the_records_of_labels_long_gone() -> None:
    run = Run()
    gone = list(run.point.tags)[1]
    run.point.set_silent(gone, silent=True)
    run.seconds(15 * 60)
    say(run, TagCommand(run.mac, "purge"))
    assert gone not in run.point.known
    assert run.mac in run.point.known


def test_a_malformed_address_is_answered_by_nobody() -> None:
    body = write_request(ImageUpload("0000021A00000001", b"x")).body.replace(b"0000021A00000001", b"zz")
    with pytest.raises(RequestRefused) as refused:
        read_request(HttpRequest("POST", "/imgupload", f"multipart/form-data; boundary={body[2:45].decode()}", body))
    assert (refused.value.status, refused.value.text) == (200, "")


def test_a_restored_table_takes_the_place_of_the_present_one() -> None:
    run = Run()
    answer(run.point, RestoreRequest(write_backup((TagRecord(mac=run.mac, alias="kept", pending=4),))))
    assert [(known.record.alias, known.record.pending) for known in run.point.known.values()] == [("kept", 0)]


def test_deep_sleep_is_for_ever() -> None:
    run = Run()
    say(run, TagCommand(run.mac, "deepsleep"))
    run.seconds(50)
    seen = run.point.known[run.mac].record.lastseen
    run.seconds(3_600)
    assert run.point.known[run.mac].record.lastseen == seen


def test_three_images_at_once_end_with_the_newest_on_every_device() -> None:
    for settings in (REAL, replace(REAL, clean=True)):
        run = Run(settings)
        for rendered in (A, B, C):
            run.upload(rendered)
            run.seconds(2)
        run.seconds(120)
        assert run.shown[-1] == C.planes.digest()


def test_ten_thousand_labels_in_one_process_under_a_virtual_clock() -> None:
    """All check in within one rhythm; a thousand get a new image and show it, each served once, by one radio."""
    run = Run(replace(REAL, label_count=10_000, transfer_ms=30, radio_slots=2_000))
    assert len(run.point.known) == 10_000
    changed = list(run.point.tags)[::10]
    run.news.clear()
    for mac in changed:
        assert run.point.upload(mac, A.picture)
    for _ in range(60):
        run.step_to(run.point.due_ms(), limit=run.mono_ms + 1_000)
    assert all(run.point.tags[mac].shown.planes_digest == A.planes.digest() for mac in changed)
    served = [complete_of(news) for news in run.news if isinstance(news, LogNews) and complete_of(news)]
    assert sorted(map(str, served)) == sorted(changed)
