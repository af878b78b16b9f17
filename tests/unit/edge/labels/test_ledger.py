"""The set of prices a label may be showing (invariant 2), read as a specification."""

from __future__ import annotations

from dataclasses import replace

from edge.labels.ledger import (
    NO_HASH,
    OPEN_KEPT,
    LabelBook,
    LabelImage,
    TagReport,
    bind,
    expire,
    forget_old,
    known_count,
    lowest_for,
    mark_queued,
    price_set,
    record_sent,
    remove,
    restarted,
    sent_anew,
)
from edge.labels.proof import (
    Verdict,
    booted,
    came_back,
    enter_unknown,
    fall_back,
    held_some_time,
    may_have_fallen_back,
    observe,
    took_unknown,
    withdraw,
)
from protocols.contract.values import EvidenceLevel

DWELL = 60_000
SETTLE = 45_000


def image(number: int, price: int, *, item: str = "milk", image_hash: str | None = None, baseline: int = 0) -> LabelImage:
    return LabelImage(
        image_no=number,
        label_id="L1",
        item_id=item,
        price_minor=price,
        price_revision=number,
        content_hash=f"content-{item}-{price}",
        image_hash=image_hash or f"{price:032x}",
        sent_at_ms=number,
        sent_mono_ms=0,
        baseline_count=baseline,
    )


def book(*images: LabelImage) -> LabelBook:
    made = LabelBook(label_id="L1", item_id="milk", access_point="ap", hardware_type=1)
    for each in images:
        made = record_sent(made, each)
    return made


def seen(of: LabelImage, count: int, pending: int = 0) -> TagReport:
    return TagReport(of.image_hash, count, pending)


def watch(of: LabelBook, report: TagReport, mono_ms: int = 0):  # type: ignore[no-untyped-def]
    return observe(of, report, now_ms=1_000, mono_ms=mono_ms, dwell_ms=DWELL, settle_ms=SETTLE)


def price_at(of: LabelBook, mono_ms: int) -> frozenset[tuple[str, int]]:
    """What the label may be showing once the holds that are over by then were ended."""
    return price_set(expire(of, mono_ms)[0])


def test_what_an_access_point_may_send_again_is_not_forgotten_with_its_name() -> None:
    """Seed 1009 of the label soak: so many images were on their way that the held one lost its name, and then its price."""
    first = replace(image(1, 100), access_point="west")
    ledger = watch(record_sent(book(), first), told(first, 1, "west")).book
    ledger = record_sent(ledger, replace(image(2, 150), access_point="west"))
    nameless = tuple(replace(each, image_hash="", superseded=True, retired=True, evidence=None) for each in ledger.images)
    ledger = replace(ledger, images=nameless)
    again = record_sent(ledger, replace(image(60, 170), access_point="west"), before_no=10)
    assert price_set(again) == {("milk", 100), ("milk", 150), ("milk", 170)}
    assert (
        len(record_sent(again, replace(image(99, 170), access_point="west"), before_no=70).images) == len(again.images) + 1
    )


def test_a_complete_told_twice_proves_nothing_of_what_stood_next_in_the_queue() -> None:
    """Seed 1080 of the label soak: the access point had put its last file before ours, and counted it twice."""
    old, new = image(1, 99), image(2, 150, baseline=4)
    ledger = mark_queued(record_sent(watch(book(old), seen(old, 1)).book, new), 2)
    told_twice = replace(seen(new, 6), one_by_one=True)
    ledger = watch(ledger, told_twice, mono_ms=10 * SETTLE).book
    assert price_set(ledger) == {("milk", 99), ("milk", 150)}
    ledger = sent_anew(ledger, 2, 6)
    assert watch(ledger, told_twice, mono_ms=10 * SETTLE).verdict is Verdict.NOTHING_NEW, "nor when it is sent once more"
    done = watch(ledger, replace(seen(new, 7), one_by_one=True), mono_ms=10 * SETTLE)
    assert done.verdict is Verdict.CONFIRMED
    assert price_at(done.book, 11 * SETTLE + DWELL) == {("milk", 150)}


def test_a_sent_image_joins_the_set_beside_the_confirmed_one() -> None:
    old, new = image(1, 100), image(2, 120, baseline=1)
    ledger = watch(book(old), seen(old, 1)).book
    ledger = record_sent(ledger, new)
    assert price_at(ledger, 0) == {("milk", 100), ("milk", 120)}


def test_confirmation_alone_does_not_free_the_old_price_the_dwell_does() -> None:
    old, new = image(1, 100), image(2, 120, baseline=1)
    ledger = record_sent(watch(book(old), seen(old, 1)).book, new)
    confirmed = watch(ledger, seen(new, 2), mono_ms=5_000)
    assert confirmed.verdict is Verdict.CONFIRMED
    assert confirmed.image is not None
    assert confirmed.image.evidence is EvidenceLevel.TRANSFERRED
    assert price_at(confirmed.book, 5_000 + DWELL - 1) == {("milk", 100), ("milk", 120)}
    assert price_at(confirmed.book, 5_000 + DWELL) == {("milk", 120)}
    settled, gone = expire(confirmed.book, 5_000 + DWELL)
    assert gone == (1,)
    assert price_at(settled, 0) == {("milk", 120)}


def test_stored_on_the_access_point_proves_nothing() -> None:
    old, new = image(1, 100), image(2, 120, baseline=1)
    ledger = mark_queued(record_sent(watch(book(old), seen(old, 1)).book, new), 2)
    still = watch(ledger, seen(old, 1, pending=1), mono_ms=10 * SETTLE)
    assert still.verdict is Verdict.NOTHING_NEW
    assert lowest_for([still.book], "milk") is not None
    assert lowest_for([still.book], "milk").price_minor == 100  # type: ignore[union-attr]


def test_back_to_an_earlier_price_is_confirmed_only_by_a_new_transfer() -> None:
    """100, 120, 100: a report of the first 100 must not count as the third image, or 120 could still arrive."""
    first, second, third = image(1, 100), image(2, 120, baseline=1), image(3, 100, baseline=1)
    ledger = watch(book(first), seen(first, 1)).book
    ledger = record_sent(record_sent(ledger, second), third)
    assert watch(ledger, seen(first, 1, pending=1), mono_ms=1).verdict is Verdict.NOTHING_NEW
    after_second = watch(ledger, seen(second, 2), mono_ms=2)
    assert after_second.image is not None
    assert after_second.image.image_no == 2
    assert watch(after_second.book, seen(third, 2), mono_ms=3).verdict is not Verdict.CONFIRMED
    after_third = watch(after_second.book, seen(third, 3), mono_ms=4)
    assert after_third.image is not None
    assert after_third.image.image_no == 3


def test_an_image_equal_to_the_shown_one_is_confirmed_once_nothing_is_queued_and_time_has_passed() -> None:
    first, second, third = image(1, 100), image(2, 120, baseline=1), image(3, 100, baseline=1)
    ledger = mark_queued(record_sent(record_sent(watch(book(first), seen(first, 1)).book, second), third), 3)
    assert watch(ledger, seen(first, 1), mono_ms=SETTLE - 1).verdict is Verdict.NOTHING_NEW
    assert watch(ledger, seen(first, 1, pending=1), mono_ms=SETTLE).verdict is Verdict.NOTHING_NEW
    done = watch(ledger, seen(first, 1), mono_ms=SETTLE)
    assert done.verdict is Verdict.CONFIRMED
    assert price_at(done.book, SETTLE + DWELL) == {("milk", 100)}


def test_a_late_report_from_before_proves_nothing() -> None:
    first, second, third = image(1, 100), image(2, 120, baseline=1), image(3, 100, baseline=2)
    ledger = watch(book(first), seen(first, 1)).book
    ledger = watch(record_sent(ledger, second), seen(second, 2)).book
    ledger = record_sent(ledger, third)
    late = watch(ledger, seen(first, 1))
    assert late.verdict is not Verdict.CONFIRMED


def test_a_label_falling_back_to_an_old_image_brings_its_price_back() -> None:
    old, new = image(1, 100), image(2, 120, baseline=1)
    ledger = watch(record_sent(watch(book(old), seen(old, 1)).book, new), seen(new, 2)).book
    ledger, _ = expire(ledger, DWELL)
    report = seen(old, 3)
    fallen = watch(ledger, report, mono_ms=DWELL)
    assert fallen.verdict is Verdict.FELL_BACK
    assert fallen.image is not None
    again = fall_back(fallen.book, fallen.image, image_no=3, now_ms=5, mono_ms=DWELL, dwell_ms=DWELL)
    assert ("milk", 100) in price_at(again, 10 * DWELL)


def test_old_news_after_a_power_cut_adds_a_price_and_takes_none_away() -> None:
    """An access point that lost its newest records tells of an image the label no longer shows."""
    old, new = image(1, 100), image(2, 80, baseline=1)
    ledger = watch(record_sent(watch(book(old), seen(old, 1)).book, new), seen(new, 2)).book
    ledger, _ = expire(ledger, DWELL)
    report = seen(old, 1)
    found = watch(ledger, report, mono_ms=DWELL)
    assert found.verdict is Verdict.MAY_HAVE_FALLEN_BACK
    assert found.image is not None
    maybe = may_have_fallen_back(found.book, found.image, image_no=3, now_ms=5, mono_ms=DWELL)
    assert price_at(maybe, 100 * DWELL) == {("milk", 100), ("milk", 80)}, (
        "the lower price binds the till for as long as it takes"
    )
    assert watch(maybe, report, mono_ms=DWELL).verdict is Verdict.NOTHING_NEW, "told once, entered once"


def test_a_blank_or_foreign_image_is_told_and_frees_nothing() -> None:
    old = image(1, 100)
    ledger = watch(book(old), seen(old, 1)).book
    assert watch(ledger, TagReport(NO_HASH, 2, 0)).verdict is Verdict.UNKNOWN_IMAGE
    assert price_at(watch(ledger, TagReport("f" * 32, 2, 0)).book, 0) == {("milk", 100)}


def test_rebinding_keeps_the_old_items_price_until_the_new_image_is_proven() -> None:
    milk = image(1, 100)
    ledger = watch(book(milk), seen(milk, 1)).book
    ledger = bind(ledger, item_id="bread", access_point="ap", hardware_type=1)
    bread = image(2, 300, item="bread", baseline=1)
    ledger = record_sent(ledger, bread)
    assert price_at(ledger, 0) == {("milk", 100), ("bread", 300)}
    done = watch(ledger, seen(bread, 2)).book
    assert price_at(done, DWELL) == {("bread", 300)}


def test_only_a_person_takes_an_unreachable_label_out_and_binding_brings_it_back() -> None:
    old, new = image(1, 100), image(2, 120, baseline=1)
    ledger = record_sent(watch(book(old), seen(old, 1)).book, new)
    assert lowest_for([remove(ledger)], "milk") is None
    back = came_back(bind(remove(ledger), item_id="milk", access_point="ap", hardware_type=1), first_no=3, mono_ms=0)
    assert price_at(back, 0) == {("milk", 100), ("milk", 120)}


def test_a_label_that_comes_back_brings_its_whole_set_until_a_later_image_is_proven() -> None:
    """A price within its dwell too: nobody looked at the panel since the label was taken away."""
    old, new = image(1, 100), image(2, 120, baseline=1)
    ledger = watch(record_sent(watch(book(old), seen(old, 1)).book, new), seen(new, 2), mono_ms=0).book
    gone = restarted(remove(ledger), mono_ms=5, dwell_ms=DWELL)
    assert expire(gone, 10 * DWELL) == (gone, ())
    back = came_back(bind(gone, item_id="milk", access_point="ap", hardware_type=1), first_no=3, mono_ms=10 * DWELL)
    assert price_at(back, 100 * DWELL) == {("milk", 100), ("milk", 120)}
    later = image(9, 120, image_hash="a" * 32, baseline=2)
    done = watch(record_sent(back, later), TagReport(later.image_hash, 3, 0), mono_ms=100 * DWELL).book
    assert price_at(done, 101 * DWELL) == {("milk", 120)}


def test_a_label_that_had_settled_comes_back_as_it_was() -> None:
    only = image(1, 100)
    ledger = watch(book(only), seen(only, 1)).book
    back = came_back(bind(remove(ledger), item_id="milk", access_point="ap", hardware_type=1), first_no=3, mono_ms=0)
    assert back == ledger


def test_a_restart_starts_the_dwell_anew() -> None:
    old, new = image(1, 100), image(2, 120, baseline=1)
    ledger = watch(record_sent(watch(book(old), seen(old, 1)).book, new), seen(new, 2), mono_ms=0).book
    after = restarted(ledger, mono_ms=0, dwell_ms=DWELL)
    assert price_at(after, DWELL - 1) == {("milk", 100), ("milk", 120)}
    assert price_at(after, DWELL) == {("milk", 120)}


def test_the_lowest_over_all_labels_counts() -> None:
    one, two = book(image(1, 250)), book(replace(image(2, 199), label_id="L2"))
    lowest = lowest_for([one, two], "milk")
    assert lowest is not None
    assert (lowest.price_minor, lowest.revision) == (199, 2)
    assert lowest_for([one, two], "bread") is None


def test_memory_per_label_is_bounded() -> None:
    ledger = book()
    for number in range(1, 60):
        each = image(number, 100 + number, baseline=number - 1)
        ledger = watch(record_sent(ledger, each), seen(each, number)).book
        ledger, _ = expire(ledger, DWELL)
        ledger, _ = forget_old(ledger)
    assert len(ledger.images) <= 18
    assert price_at(ledger, DWELL) == {("milk", 159)}


def test_a_label_out_of_reach_keeps_every_price_and_a_bounded_memory() -> None:
    """Prices change for a year and nothing is ever proven: each of them binds, and the book stays small."""
    prices = [100, 120, 90, 95]
    ledger = book()
    for number in range(1, 1_000):
        ledger = record_sent(ledger, image(number, prices[number % 4], image_hash=f"{number:032x}"))
    assert len(ledger.images) <= OPEN_KEPT + len(prices)
    assert price_at(ledger, 10**9) == {("milk", price) for price in prices}
    newest = ledger.images[-1]
    done = watch(ledger, seen(newest, 1)).book
    assert price_at(done, DWELL) == {("milk", newest.price_minor or 0)}


def via(of: LabelImage, access_point: str) -> LabelImage:
    return replace(of, access_point=access_point)


def told(of: LabelImage, count: int, access_point: str, pending: int = 0) -> TagReport:
    return TagReport(of.image_hash, count, pending, access_point)


def test_what_another_access_point_holds_stays_until_it_holds_nothing_and_a_later_image_is_proven() -> None:
    """Sent to one access point, then served through another: the first may still deliver."""
    stray, new = via(image(1, 80), "east"), via(image(2, 120), "west")
    ledger = replace(record_sent(record_sent(replace(book(), access_point="west"), stray), new))
    proven = watch(ledger, told(new, 1, "west"), mono_ms=SETTLE).book
    assert price_at(proven, 10 * DWELL) == {("milk", 80), ("milk", 120)}
    assert [each.image_no for each in proven.strays] == [1]
    early = withdraw(proven, "east", first_no=3, mono_ms=SETTLE - 1, settle_ms=SETTLE)
    assert early == proven, "too young to be in its queue"
    empty = withdraw(proven, "east", first_no=3, mono_ms=SETTLE, settle_ms=SETTLE)
    assert not empty.strays
    assert price_at(empty, 10 * DWELL) == {("milk", 80), ("milk", 120)}, "it may have been delivered unheard of"
    again = via(image(4, 120, image_hash="a" * 32, baseline=1), "west")
    done = watch(record_sent(empty, again), told(again, 2, "west"), mono_ms=SETTLE).book
    assert price_at(done, SETTLE + DWELL) == {("milk", 120)}


def test_an_access_point_that_confirms_late_frees_nothing() -> None:
    """It was out of reach when the label took its image; meanwhile another one changed the label."""
    first, second = via(image(1, 80), "east"), via(image(2, 120), "west")
    ledger = record_sent(record_sent(replace(book(), access_point="west"), first), second)
    ledger = watch(ledger, told(second, 1, "west")).book
    late = watch(ledger, told(first, 1, "east"))
    assert late.verdict is Verdict.HELD_SOME_TIME
    assert late.image is not None
    after = held_some_time(late.book, late.image, told(first, 1, "east"), image_no=3, now_ms=0, mono_ms=0)
    assert price_at(after, 10 * DWELL) == {("milk", 80), ("milk", 120)}
    assert watch(after, told(first, 1, "east")).verdict is Verdict.NOTHING_NEW, "told once, entered once"
    assert known_count(after, "east") == 1


def test_the_last_file_of_an_access_point_joins_the_set_when_it_serves_the_label_again() -> None:
    """Its firmware sends it once more when it is asked to forget and then takes no upload."""
    old, other = via(image(1, 80), "east"), via(image(2, 120), "west")
    ledger = watch(record_sent(replace(book(), access_point="east"), old), told(old, 1, "east")).book
    ledger = record_sent(replace(ledger, access_point="west"), other)
    ledger, _ = expire(watch(ledger, told(other, 1, "west")).book, DWELL)
    assert price_at(ledger, DWELL) == {("milk", 120)}
    back = record_sent(replace(ledger, access_point="east"), via(image(4, 130, baseline=1), "east"), before_no=3)
    assert price_at(back, DWELL) == {("milk", 80), ("milk", 120), ("milk", 130)}
    assert watch(back, told(old, 2, "east"), mono_ms=DWELL).verdict is Verdict.CONFIRMED


def test_a_label_switched_on_anew_may_show_what_it_showed_before_its_last_proof() -> None:
    """It said that it holds the image, and lost its power before the panel had drawn it."""
    old, new = image(1, 80), image(2, 120)
    shown = watch(book(old), seen(old, 1)).book
    on_the_way = record_sent(shown, replace(new, baseline_count=1))

    proven_before = watch(on_the_way, seen(new, 2)).book
    told = booted(proven_before, first_no=3, mono_ms=DWELL - 1)
    assert price_at(told, 10 * DWELL) == {("milk", 80), ("milk", 120)}
    drawn = record_sent(told, image(9, 120, image_hash="a" * 32, baseline=2))
    drawn = watch(drawn, TagReport("a" * 32, 3, 0), mono_ms=DWELL).book
    assert price_at(drawn, 2 * DWELL) == {("milk", 120)}

    told_before = booted(on_the_way, first_no=3, mono_ms=0)
    late = watch(told_before, seen(new, 2)).book
    assert price_at(late, 10 * DWELL) == {("milk", 80), ("milk", 120)}, "the proof is from before the boot"

    settled, _ = expire(proven_before, DWELL)
    assert booted(settled, first_no=3, mono_ms=DWELL) is settled, "it has long drawn what it holds"


def test_boots_told_again_and_again_add_nothing() -> None:
    old, new = image(1, 80), image(2, 120)
    ledger = record_sent(watch(book(old), seen(old, 1)).book, replace(new, baseline_count=1))
    once = booted(ledger, first_no=3, mono_ms=0)
    again = booted(once, first_no=10, mono_ms=0)
    assert len(again.images) == len(once.images)
    assert price_at(again, 0) == price_at(once, 0)


def test_what_another_access_point_may_send_again_binds_until_it_cannot() -> None:
    """Proven there, then a later one proven elsewhere: the first may send its last file once more, and again."""
    old, new = via(image(1, 80), "east"), via(image(2, 120), "west")
    ledger = watch(record_sent(replace(book(), access_point="east"), old), told(old, 1, "east")).book
    ledger = record_sent(replace(ledger, access_point="west"), new)
    report, east = told(new, 1, "west"), frozenset({"east"})
    free = observe(ledger, report, now_ms=0, mono_ms=0, dwell_ms=DWELL, settle_ms=SETTLE).book
    assert price_at(free, DWELL) == {("milk", 120)}, "it has said that it sends nothing"
    held = observe(ledger, report, now_ms=0, mono_ms=0, dwell_ms=DWELL, settle_ms=SETTLE, holders=east).book
    assert price_at(restarted(held, mono_ms=0, dwell_ms=DWELL), 10 * DWELL) == {("milk", 80), ("milk", 120)}
    assert watch(held, told(old, 1, "east")).verdict is Verdict.NOTHING_NEW
    late = watch(held, told(old, 2, "east"))
    assert late.verdict is Verdict.HELD_SOME_TIME, "it did"
    assert late.image is not None
    again = held_some_time(late.book, late.image, told(old, 2, "east"), image_no=3, now_ms=0, mono_ms=0, holders=east)
    assert [each.access_point for each in again.strays] == ["east"], "and may do so once more"
    through_it = via(image(4, 130, baseline=2), "east")
    back = watch(record_sent(replace(again, access_point="east"), through_it), told(through_it, 3, "east")).book
    assert price_at(back, DWELL) == {("milk", 130)}, "its last file is the later one now"


def test_an_image_nobody_knows_is_drawn_over() -> None:
    old, new = via(image(1, 80), "east"), via(image(2, 120), "west")
    ledger = watch(record_sent(replace(book(), access_point="east"), old), told(old, 1, "east")).book
    ledger = watch(record_sent(replace(ledger, access_point="west"), new), told(new, 1, "west")).book
    foreign = TagReport("f" * 32, 2, 0, "east")
    assert watch(ledger, foreign).verdict is Verdict.UNKNOWN_IMAGE
    assert took_unknown(ledger, foreign, grew=False)
    entered = enter_unknown(ledger, foreign, image_no=3, now_ms=0, mono_ms=0)
    assert not took_unknown(entered, foreign, grew=False), "told once, entered once"
    assert entered.latest is not None
    assert (entered.latest.confirmed, entered.latest.content_hash) == (False, ""), "so the label is sent what it should hold"
    assert not took_unknown(ledger, TagReport("f" * 32, 2, 0, "west"), grew=True), "of its own one the newest image is lost"
    assert not took_unknown(ledger, TagReport("f" * 32, 7, 0, "north"), grew=False), "it had that before this box met it"
