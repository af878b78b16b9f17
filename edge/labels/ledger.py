"""What one label may be showing: the pure half of the label ledger (decision record 2).

A label's state is a set of images: the one it confirmed last, everything sent since, and former ones until the dwell
(the time a customer needs from shelf to till) is over. Each image carries the price of the item it names. Nothing leaves
the set by hope: only a confirmation of a later image plus dwell, or a person who says the label is gone.

The dwell runs on the monotonic clock of this boot; after a restart it starts anew, so a wrong wall clock never shortens it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace

from protocols.contract.values import EvidenceLevel

NO_HASH = "0" * 32
"""How an access point says that a tag holds no image."""
IMAGES_KEPT = 16
"""Images remembered per label after they left the set, so that a label falling back to one is recognised."""


@dataclass(frozen=True, slots=True)
class ItemPrice:
    """A price of one item, as an image shows it."""

    item_id: str
    price_minor: int
    price_revision: int


@dataclass(frozen=True, slots=True)
class LabelImage:
    """One image sent (or found) on a label. `image_no` grows in the order of sending across the whole box."""

    image_no: int
    label_id: str
    item_id: str | None
    """None: a blank image."""
    price_minor: int | None
    price_revision: int
    content_hash: str
    """Of what the image says, known before rendering."""
    image_hash: str
    """As the access point will report it once the tag holds the image: 32 lower hex digits."""
    sent_at_ms: int
    sent_mono_ms: int
    """Of this boot; after a restart the instant of the restart."""
    baseline_count: int
    """The tag's update count known before this image could have arrived; once confirmed, the count that came with it.

    Durable: after a restart an old report must still not prove a new image (`known_count`)."""
    evidence: EvidenceLevel | None = None
    confirmed_at_ms: int | None = None
    superseded: bool = False
    """A later image was confirmed; the price still binds until the dwell is over."""
    until_mono_ms: int | None = None
    retired: bool = False
    """No longer in the set."""
    more: tuple[ItemPrice, ...] = ()
    """Prices of further items on the same image."""

    @property
    def prices(self) -> tuple[ItemPrice, ...]:
        """Every price on the image, in the order they are printed."""
        if self.item_id is None or self.price_minor is None:
            return self.more
        return (ItemPrice(self.item_id, self.price_minor, self.price_revision), *self.more)

    @property
    def confirmed(self) -> bool:
        """Whether the tag was proven to hold it."""
        return self.evidence in (EvidenceLevel.TRANSFERRED, EvidenceLevel.SHOWN)


@dataclass(frozen=True, slots=True)
class LabelBook:
    """One label: its binding and its images, oldest first."""

    label_id: str
    item_id: str | None
    access_point: str
    hardware_type: int
    images: tuple[LabelImage, ...] = ()
    removed: bool = False
    more_items: tuple[str, ...] = ()
    """Further items on the same label, in the order they are printed."""

    @property
    def items(self) -> tuple[str, ...]:
        """Everything it is bound to."""
        return () if self.item_id is None else (self.item_id, *self.more_items)

    @property
    def latest(self) -> LabelImage | None:
        """The image sent (or found) last: what the label should end up showing."""
        return self.images[-1] if self.images else None


@dataclass(frozen=True, slots=True)
class TagReport:
    """What an access point tells about a tag. `pending` is the length of the access point's queue for it."""

    image_hash: str
    update_count: int
    pending: int


class Verdict(enum.Enum):
    """What a report proves."""

    NOTHING_NEW = "nothing_new"
    CONFIRMED = "confirmed"
    FELL_BACK = "fell_back"
    """The tag holds an image that had left the set: it is on the shelf again."""
    UNKNOWN_IMAGE = "unknown_image"
    """The tag holds nothing, or something this box never sent."""


@dataclass(frozen=True, slots=True)
class Observation:
    """The outcome of a report: the label's new book, and the image it is about (if any)."""

    verdict: Verdict
    book: LabelBook
    image: LabelImage | None = None


def record_sent(book: LabelBook, image: LabelImage) -> LabelBook:
    """The book with one more image that may be showing. Must be durable before the first byte of the image leaves."""
    return replace(book, images=(*book.images, image))


def mark_queued(book: LabelBook, image_no: int) -> LabelBook:
    """The access point stored the image: no proof that the tag has it."""
    images = tuple(
        replace(image, evidence=EvidenceLevel.QUEUED) if image.image_no == image_no and image.evidence is None else image
        for image in book.images
    )
    return replace(book, images=images)


def observe(book: LabelBook, report: TagReport, *, now_ms: int, mono_ms: int, dwell_ms: int, settle_ms: int) -> Observation:
    """Read a tag record against the ledger.

    An image counts as held by the tag when the reported hash is its own and either the tag's update count grew since
    the image was sent (so a late, older report proves nothing), or nothing is queued any more and `settle_ms` passed
    since sending (the access point found the image equal to what the tag has). Of several images with one hash the
    earliest open one is meant: the later ones may still come.
    """
    position = _last_confirmed(book)
    for index in range(position + 1, len(book.images)):
        image = book.images[index]
        if image.image_hash == report.image_hash and not image.retired and _proven(image, report, mono_ms, settle_ms):
            return _confirm(book, index, report, now_ms=now_ms, mono_ms=mono_ms, dwell_ms=dwell_ms)
    if position >= 0 and book.images[position].image_hash == report.image_hash:
        return Observation(Verdict.NOTHING_NEW, book)
    if any(image.image_hash == report.image_hash for image in book.images[position + 1 :]):
        return Observation(Verdict.NOTHING_NEW, book)
    for image in reversed(book.images[: max(position, 0)]):
        if image.image_hash == report.image_hash:
            return Observation(Verdict.FELL_BACK, book, image)
    return Observation(Verdict.UNKNOWN_IMAGE, book)


def shown_by_another_box(
    label_id: str, item_id: str, price: LabelPrice, *, image_no: int, now_ms: int, mono_ms: int
) -> LabelImage:
    """An image that a former box sent and this one has never seen: only a confirmation of a later one takes it out."""
    return LabelImage(
        image_no=image_no,
        label_id=label_id,
        item_id=item_id,
        price_minor=price.price_minor,
        price_revision=price.revision,
        content_hash="",
        image_hash="",
        sent_at_ms=now_ms,
        sent_mono_ms=mono_ms,
        baseline_count=0,
    )


def counter_set_back(book: LabelBook, report: TagReport) -> bool:
    """Whether a report counts fewer updates than the last confirmation did.

    An access point that lost its newest records in a power cut tells such old news; a label that really fell back counts on.
    """
    position = _last_confirmed(book)
    return position >= 0 and report.update_count < book.images[position].baseline_count


def may_have_fallen_back(book: LabelBook, found: LabelImage, *, image_no: int, now_ms: int, mono_ms: int) -> LabelBook:
    """The label may show `found` again, or the report is old news: it joins the set, and nothing leaves it."""
    maybe = replace(
        found,
        image_no=image_no,
        sent_at_ms=now_ms,
        sent_mono_ms=mono_ms,
        baseline_count=book.images[_last_confirmed(book)].baseline_count,
        evidence=None,
        confirmed_at_ms=None,
        superseded=False,
        until_mono_ms=None,
        retired=False,
    )
    return replace(book, images=(*book.images, maybe))


def fall_back(book: LabelBook, found: LabelImage, *, image_no: int, now_ms: int, mono_ms: int, dwell_ms: int) -> LabelBook:
    """The label shows `found` again: enter it as a new, confirmed image; all others stay for their dwell."""
    again = replace(
        found,
        image_no=image_no,
        sent_at_ms=now_ms,
        sent_mono_ms=mono_ms,
        evidence=EvidenceLevel.TRANSFERRED,
        confirmed_at_ms=now_ms,
        superseded=False,
        until_mono_ms=None,
        retired=False,
    )
    images = tuple(_supersede(image, mono_ms, dwell_ms) for image in book.images)
    return replace(book, images=(*images, again))


def expire(book: LabelBook, mono_ms: int) -> tuple[LabelBook, tuple[int, ...]]:
    """Take out what outlived its dwell. Returns the book and the numbers of the images that left the set."""
    gone = tuple(
        image.image_no
        for image in book.images
        if not image.retired and image.until_mono_ms is not None and image.until_mono_ms <= mono_ms
    )
    if not gone:
        return book, ()
    images = tuple(replace(image, retired=True) if image.image_no in gone else image for image in book.images)
    return replace(book, images=images), gone


def remove(book: LabelBook) -> LabelBook:
    """A person journalled that the label is gone: all its prices leave the set at once."""
    images = tuple(replace(image, retired=True) for image in book.images)
    return replace(book, item_id=None, more_items=(), images=images, removed=True)


def bind(
    book: LabelBook, *, item_id: str | None, access_point: str, hardware_type: int, more_items: tuple[str, ...] = ()
) -> LabelBook:
    """Bind the label to an item and perhaps further ones (None: unbind).

    A label that comes back after removal shows what it showed before."""
    images = book.images
    if book.removed:
        position = max(_last_confirmed(book), 0)
        back = tuple(replace(image, retired=False, superseded=False, until_mono_ms=None) for image in images[position:])
        images = (*images[:position], *back)
    return replace(
        book,
        item_id=item_id,
        more_items=() if item_id is None else more_items,
        access_point=access_point,
        hardware_type=hardware_type,
        images=images,
        removed=False,
    )


def in_set(book: LabelBook, mono_ms: int) -> tuple[LabelImage, ...]:
    """The images this label may be showing, or a customer may have just read."""
    return tuple(
        image
        for image in book.images
        if not image.retired and (image.until_mono_ms is None or image.until_mono_ms > mono_ms)
    )


def price_set(book: LabelBook, mono_ms: int) -> frozenset[tuple[str, int]]:
    """(item, price in minor units) pairs this label may be showing."""
    return frozenset((price.item_id, price.price_minor) for image in in_set(book, mono_ms) for price in image.prices)


@dataclass(frozen=True, slots=True)
class LabelPrice:
    """A price a label may be showing, with the revision it came from."""

    price_minor: int
    revision: int


def lowest_for(books: Iterable[LabelBook], item_id: str, mono_ms: int) -> LabelPrice | None:
    """The lowest price of an item that any of these labels may be showing; None when no label carries the item."""
    lowest: LabelPrice | None = None
    for book in books:
        shown = (price for image in in_set(book, mono_ms) for price in image.prices if price.item_id == item_id)
        for price in shown:
            if lowest is None or (price.price_minor, -price.price_revision) < (lowest.price_minor, -lowest.revision):
                lowest = LabelPrice(price.price_minor, price.price_revision)
    return lowest


def restarted(book: LabelBook, *, mono_ms: int, dwell_ms: int) -> LabelBook:
    """The book as read after a restart: running dwells start anew, settling starts anew."""
    images = tuple(
        replace(
            image,
            sent_mono_ms=mono_ms,
            until_mono_ms=mono_ms + dwell_ms if image.superseded and not image.retired else None,
        )
        for image in book.images
    )
    return replace(book, images=images)


def forget_old(book: LabelBook) -> tuple[LabelBook, tuple[int, ...]]:
    """Drop the oldest images that left the set beyond `IMAGES_KEPT`. Returns the book and the numbers dropped."""
    retired = [image.image_no for image in book.images if image.retired]
    dropped = frozenset(retired[:-IMAGES_KEPT]) if len(retired) > IMAGES_KEPT else frozenset()
    if not dropped:
        return book, ()
    return replace(book, images=tuple(image for image in book.images if image.image_no not in dropped)), tuple(
        sorted(dropped)
    )


def known_count(book: LabelBook) -> int:
    """The highest update count of the tag this box is sure of: the baseline of the next image."""
    return max((image.baseline_count for image in book.images), default=0)


def _last_confirmed(book: LabelBook) -> int:
    """Index of the newest image proven to be on the tag, -1 when none is."""
    for index in range(len(book.images) - 1, -1, -1):
        if book.images[index].confirmed:
            return index
    return -1


def _proven(image: LabelImage, report: TagReport, mono_ms: int, settle_ms: int) -> bool:
    if report.update_count > image.baseline_count:
        return True
    return report.pending == 0 and image.evidence is EvidenceLevel.QUEUED and mono_ms - image.sent_mono_ms >= settle_ms


def _confirm(book: LabelBook, index: int, report: TagReport, *, now_ms: int, mono_ms: int, dwell_ms: int) -> Observation:
    confirmed = replace(
        book.images[index],
        evidence=EvidenceLevel.TRANSFERRED,
        confirmed_at_ms=now_ms,
        baseline_count=max(book.images[index].baseline_count, report.update_count),
    )
    earlier = tuple(_supersede(image, mono_ms, dwell_ms) for image in book.images[:index])
    # What was sent after it must move the count once more before it is believed: its hash may be the same.
    later = tuple(
        replace(image, baseline_count=max(image.baseline_count, report.update_count)) for image in book.images[index + 1 :]
    )
    return Observation(Verdict.CONFIRMED, replace(book, images=(*earlier, confirmed, *later)), confirmed)


def _supersede(image: LabelImage, mono_ms: int, dwell_ms: int) -> LabelImage:
    if image.superseded or image.retired:
        return image
    return replace(image, superseded=True, until_mono_ms=mono_ms + dwell_ms)
