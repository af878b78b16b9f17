"""What an access point's word about a label proves: pure decisions over the ledger.

An access point's record speaks only of what went through that access point. Its hash may be old: another one may have
changed the label since, or its database was lost with its power. What it may bring, from its queue or as its last file once
more, is open until a later image is proven through it, or until it can bring nothing any more.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from edge.labels.ledger import LabelBook, LabelImage, Level, TagReport, in_set, known_count, via, with_level
from protocols.contract.values import EvidenceLevel


class Verdict(enum.Enum):
    """What a report proves."""

    NOTHING_NEW = "nothing_new"
    CONFIRMED = "confirmed"
    FELL_BACK = "fell_back"
    """The tag holds an image that had left the set: it is on the shelf again."""
    MAY_HAVE_FALLEN_BACK = "may_have_fallen_back"
    """The same, unless it is old news of an access point that lost its newest records in a power cut."""
    HELD_SOME_TIME = "held_some_time"
    """The tag has held an image of another access point than its current one; nobody knows which of the two came later."""
    UNKNOWN_IMAGE = "unknown_image"
    """The tag holds nothing, or something this box never sent."""


@dataclass(frozen=True, slots=True)
class Observation:
    """The outcome of a report: the label's new book, and the image it is about (if any)."""

    verdict: Verdict
    book: LabelBook
    image: LabelImage | None = None


def observe(
    book: LabelBook,
    report: TagReport,
    *,
    now_ms: int,
    mono_ms: int,
    dwell_ms: int,
    settle_ms: int,
    holders: frozenset[str] = frozenset(),
) -> Observation:
    """Read a tag record against the ledger.

    An image counts as held by the tag when the reported hash is its own and either the tag's update count grew since
    the image was sent (so a late, older report proves nothing), or nothing is queued any more and `settle_ms` passed
    since sending (the access point found the image equal to what the tag has). Of several images with one hash the
    earliest open one is meant: the later ones may still come. `dwell_ms`: how long former prices bind from now on.
    `holders`: access points that may send the last file they have for the label once more.
    """
    about = [image for image in book.images if via(image, report.access_point) and image.image_hash == report.image_hash]
    for image in about:
        if image.open and _proven(image, report, mono_ms, settle_ms):
            if not _is_later(image, book.current):
                return Observation(Verdict.HELD_SOME_TIME, book, image)
            leave = partial(_leave, holders=holders - {report.access_point}, mono_ms=mono_ms, dwell_ms=dwell_ms)
            return _confirm(book, image, report, now_ms=now_ms, leave=leave)
    current = book.current
    if any(image.open or image is current for image in about):
        return Observation(Verdict.NOTHING_NEW, book)
    if not about:
        return Observation(Verdict.UNKNOWN_IMAGE, book)
    return Observation(_back_to_an_old_one(book, report), book, about[-1])


def _is_later(image: LabelImage, current: LabelImage | None) -> bool:
    """Whether a proven image came after the current one. One queue is served in order; of two, one may tell late."""
    return current is None or via(image, current.access_point) or image.after_no == current.image_no


def held_some_time(
    book: LabelBook,
    image: LabelImage,
    report: TagReport,
    *,
    image_no: int,
    now_ms: int,
    mono_ms: int,
    holders: frozenset[str] = frozenset(),
) -> LabelBook:
    """The image may be on the label now, or was there before the current one: it stays until a still later one is proven.

    Its price is entered anew behind everything sent so far. Its place keeps the access point's count, and stays open when
    that one is of the `holders` (as in `observe`): it may send it again.
    """
    count = max(image.baseline_count, report.update_count)
    told = with_level(replace(image, evidence=None, baseline_count=count, sent_mono_ms=mono_ms), Level.HELD, now_ms)
    if report.access_point not in holders:
        told = replace(told, superseded=True, retired=True)
    images = tuple(told if each is image else each for each in book.images)
    return replace(book, images=_behind(images, (image,), first_no=image_no, mono_ms=mono_ms))


def _back_to_an_old_one(book: LabelBook, report: TagReport) -> Verdict:
    known = known_count(book, report.access_point)
    current = book.current
    if report.update_count > known and (current is None or via(current, report.access_point)):
        return Verdict.FELL_BACK
    # With the same count it is what this access point did last: old, if another one changed the label since.
    if report.update_count == known and (current is None or not via(current, report.access_point)):
        return Verdict.NOTHING_NEW
    return Verdict.MAY_HAVE_FALLEN_BACK


def fall_back(
    book: LabelBook,
    found: LabelImage,
    *,
    image_no: int,
    now_ms: int,
    mono_ms: int,
    dwell_ms: int,
    update_count: int = 0,
    holders: frozenset[str] = frozenset(),
) -> LabelBook:
    """The label shows `found` again: enter it as a new, confirmed image; what it showed stays for its dwell.

    What is on its way stays open: it may still come. `holders` as in `observe`.
    """
    again = replace(
        _anew(found, image_no=image_no, now_ms=now_ms, mono_ms=mono_ms),
        evidence=EvidenceLevel.TRANSFERRED,
        confirmed_at_ms=now_ms,
        baseline_count=max(found.baseline_count, update_count),
        proofs=((Level.HELD, now_ms),),
    )
    others = holders - {found.access_point}
    images = tuple(
        image if image.open else _leave(image, holders=others, mono_ms=mono_ms, dwell_ms=dwell_ms) for image in book.images
    )
    return replace(book, images=(*images, again))


def may_have_fallen_back(
    book: LabelBook, found: LabelImage, *, image_no: int, now_ms: int, mono_ms: int, update_count: int = 0
) -> LabelBook:
    """The label may show `found` again, or the report is old news: it joins the set, and nothing leaves it.

    When the count grew the label has held it since: then its price is also entered behind everything sent so far. Two image
    numbers from `image_no` on are used.
    """
    known = known_count(book, found.access_point)
    maybe = _anew(found, image_no=image_no, now_ms=now_ms, mono_ms=mono_ms)
    images = (*book.images, replace(maybe, baseline_count=max(known, update_count)))
    if update_count > known:
        images = _behind(images, (found,), first_no=image_no + 1, mono_ms=mono_ms)
    return replace(book, images=images)


def took_unknown(book: LabelBook, report: TagReport, *, grew: bool) -> bool:
    """Whether a label took an image nobody knows from an access point: that one's count grew (since its last word, or over
    what the ledger has of it), and it is not the one that is to bring the newest image: of that one it says that the newest
    image is lost."""
    latest = book.latest
    elsewhere = latest is None or latest.access_point != report.access_point
    return elsewhere and (grew or 0 < known_count(book, report.access_point) < report.update_count)


def enter_unknown(book: LabelBook, report: TagReport, *, image_no: int, now_ms: int, mono_ms: int) -> LabelBook:
    """It may hold something without a name, behind everything sent so far: only an image sent from now on ends that."""
    last = next((image for image in reversed(book.images) if image.access_point == report.access_point), None)
    unknown = LabelImage(
        image_no=image_no,
        label_id=book.label_id,
        item_id=None,
        price_minor=None,
        price_revision=0,
        content_hash="",
        image_hash="",
        sent_at_ms=now_ms,
        sent_mono_ms=mono_ms,
        baseline_count=0,
    )
    told = None if last is None else replace(last, baseline_count=max(last.baseline_count, report.update_count))
    images = tuple(told if told is not None and image is last else image for image in book.images)
    return replace(book, images=_behind(images, (unknown,), first_no=image_no, mono_ms=mono_ms))


def withdraw(book: LabelBook, access_point: str, *, first_no: int, mono_ms: int, settle_ms: int) -> LabelBook:
    """An access point that is not the label's own can bring nothing more: nothing waits there, and it sends no file again.

    Each of its open images may have come before, unheard of. So it stays in the set, entered anew behind everything sent so
    far: only an image sent from now on can take it out. Image numbers from `first_no` on are used. Images too young to be in
    the access point's queue yet stay as they are.
    """
    gone = [
        image for image in book.strays if image.access_point == access_point and mono_ms - image.sent_mono_ms >= settle_ms
    ]
    if not gone:
        return book
    # Its place stays known: it may be the access point's last file, which an upload makes it think of again.
    kept = tuple(replace(image, superseded=True, retired=True) if image in gone else image for image in book.images)
    return replace(book, images=_behind(kept, gone, first_no=first_no, mono_ms=mono_ms))


def booted(book: LabelBook, *, first_no: int, mono_ms: int) -> LabelBook:
    """The label was switched on: for want of power it may never have drawn what it said to hold.

    A count from before the boot proves a transfer and no panel. So each price of the set may be on the panel, and is
    entered anew behind everything sent so far: only an image sent from now on can take it out. Nothing to do when the panel
    has long drawn the current image and nothing else was sent. Image numbers from `first_no` on are used, at most one for
    each image of the set.
    """
    maybe = in_set(book)
    if all(image is book.current for image in maybe):
        return book
    # A blank panel asks for nothing.
    return replace(
        book, images=_behind(book.images, (image for image in maybe if image.prices), first_no=first_no, mono_ms=mono_ms)
    )


def came_back(book: LabelBook, *, first_no: int, mono_ms: int) -> LabelBook:
    """A label that was removed is bound again: what was in its set then is in it now, behind everything sent so far.

    Whatever it took or did not draw meanwhile was heard by nobody. Image numbers as for `booted`.
    """
    if all(image.retired for image in book.images):  # removed by an older release, which kept no set
        book = replace(book, images=tuple(replace(image, retired=image.superseded) for image in book.images))
    after = booted(book, first_no=first_no, mono_ms=mono_ms)
    images = tuple(replace(image, retired=True) if image.superseded else image for image in after.images)
    return replace(after, images=images)


def _behind(
    images: tuple[LabelImage, ...], found: Iterable[LabelImage], *, first_no: int, mono_ms: int
) -> tuple[LabelImage, ...]:
    """The images, and the prices of `found` behind everything sent so far, without a name: no access point can speak of
    them, their hash must not be met by what one believes. Of several with the same prices one is entered."""
    by_prices = {_pairs(image): image for image in found}
    kept = tuple(image for image in images if not (_is_nameless(image) and _pairs(image) in by_prices))
    entered = (
        replace(
            _anew(image, image_no=first_no + number, now_ms=image.sent_at_ms, mono_ms=mono_ms),
            access_point="",
            image_hash="",
            baseline_count=0,
        )
        for number, image in enumerate(by_prices.values())
    )
    return (*kept, *entered)


def _is_nameless(image: LabelImage) -> bool:
    return image.open and not image.access_point and not image.image_hash


def _pairs(image: LabelImage) -> tuple[tuple[str, int], ...]:
    return tuple((price.item_id, price.price_minor) for price in image.prices)


def _anew(found: LabelImage, *, image_no: int, now_ms: int, mono_ms: int) -> LabelImage:
    return replace(
        found,
        image_no=image_no,
        sent_at_ms=now_ms,
        sent_mono_ms=mono_ms,
        evidence=None,
        confirmed_at_ms=None,
        superseded=False,
        until_mono_ms=None,
        retired=False,
        proofs=(),
    )


def counted_twice(image: LabelImage, report: TagReport) -> bool:
    """Whether more than one image was counted since this one was sent.

    A label's doubled "complete" for what stood before it in the queue is taken for this one as well.
    """
    return report.one_by_one and report.update_count > image.baseline_count + 1


def _proven(image: LabelImage, report: TagReport, mono_ms: int, settle_ms: int) -> bool:
    if counted_twice(image, report):
        return False
    if report.update_count > image.baseline_count:
        return True
    return report.pending == 0 and image.evidence is EvidenceLevel.QUEUED and mono_ms - image.sent_mono_ms >= settle_ms


def _confirm(
    book: LabelBook, image: LabelImage, report: TagReport, *, now_ms: int, leave: Callable[[LabelImage], LabelImage]
) -> Observation:
    held = Level.HELD if report.update_count > image.baseline_count else Level.EQUAL
    confirmed = with_level(
        replace(
            image,
            evidence=EvidenceLevel.SHOWN if report.shown else EvidenceLevel.TRANSFERRED,
            confirmed_at_ms=now_ms,
            baseline_count=max(image.baseline_count, report.update_count),
            access_point=image.access_point or report.access_point,
        ),
        Level.SHOWN if report.shown else held,
        now_ms,
    )
    position = book.images.index(image)

    def after(index: int, each: LabelImage) -> LabelImage:
        if each is image:
            return confirmed
        if each.open and not via(each, report.access_point):
            return each  # Another access point may still bring it.
        if each.open and index > position:
            # It must move the count once more before it is believed: its hash may be the same.
            return replace(each, baseline_count=max(each.baseline_count, report.update_count))
        return leave(each)

    images = tuple(after(index, each) for index, each in enumerate(book.images))
    return Observation(Verdict.CONFIRMED, replace(book, images=images), confirmed)


def _leave(image: LabelImage, *, holders: frozenset[str], mono_ms: int, dwell_ms: int) -> LabelImage:
    """A later image is proven. One that another access point may send again, as its last file, is open once more."""
    if image.access_point in holders and not (image.superseded or image.retired):
        return replace(image, evidence=None, confirmed_at_ms=None, sent_mono_ms=mono_ms)
    return _supersede(image, mono_ms, dwell_ms)


def _supersede(image: LabelImage, mono_ms: int, dwell_ms: int) -> LabelImage:
    if image.superseded or image.retired:
        return image
    return replace(image, superseded=True, until_mono_ms=mono_ms + dwell_ms)
