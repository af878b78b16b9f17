"""What one label may be showing: the pure half of the label ledger (decision record 2). What reports prove: `proof`.

A label's state is a set of images: the one it confirmed last, everything sent since, and former ones until the dwell
(the time a customer needs from shelf to till) is over. Each image carries the price of the item it names. Nothing leaves
the set by hope: only a confirmation of a later image plus dwell, or a person who says the label is gone.

Several access points may hold images for one label. Each serves its own queue in order, but nothing orders one queue
against another. So a confirmation takes out only what the same access point was given before; what another one may bring,
from its queue or as its last file once more, stays open until that one can bring nothing any more (`proof.withdraw`), and
then until a still later image is confirmed.

The dwell runs on the monotonic clock of this boot; after a restart it starts anew, so a wrong wall clock never shortens it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace

from protocols.contract.values import EvidenceLevel

NO_HASH = "0" * 32
"""How an access point says that a tag holds no image."""
OPEN_KEPT = 24
"""Unproven images of a label remembered one by one. Policy when reached: the oldest keeps its prices in the set and is not
recognised any more; of several such with the same prices one is kept."""
LAST_FILES_KEPT = 24
"""Images that may be an access point's last file for a label. Policy when reached: older ones are not thought of, if it was
given that many and told of none."""
IMAGES_KEPT = 16
"""Images remembered per label after they left the set, so that a label falling back to one is recognised."""


class Level(enum.StrEnum):
    """How far an image got, by the steps of an OpenEPaperLink access point. Only `HELD` and `SHOWN` free a price."""

    STORED = "A"
    """The access point answered the upload: the file is on its flash, no more."""
    QUEUED = "B"
    """It made the planes and has something waiting for the label."""
    EQUAL = "C"
    """It found the image equal to what the label said it holds; nothing went over the air."""
    POLLED = "D"
    """The label asked for news after the image was stored."""
    BLOCKS = "E"
    """The label fetched blocks of it."""
    HELD = "F"
    """The label said that the transfer is complete; its panel may still be drawing."""
    SHOWN = "G"
    """The label said that its panel shows it."""
    DROPPED = "H"
    """The access point gave up and dropped it."""


_HELD_LEVELS = frozenset({Level.EQUAL, Level.HELD, Level.SHOWN})

Proof = tuple[Level, int]
"""A step and when it was first seen (wall clock, ms)."""


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

    access_point: str = ""
    """Whose queue it went into. Empty: it is in no queue any more, or nobody knows whose; the label may have it."""
    proofs: tuple[Proof, ...] = ()
    after_no: int = 0
    """The image proven to be current when this one was sent: what was on the label for certain before this one. 0: none."""

    @property
    def open(self) -> bool:
        """It may be on the panel, or still come; nothing was proven."""
        return not (self.confirmed or self.superseded or self.retired)

    @property
    def was_held(self) -> bool:
        """Its access point once said that the label holds it: that one may keep it as the label's last file."""
        return any(level in _HELD_LEVELS for level, _ in self.proofs)

    @property
    def level(self) -> Level | None:
        """The furthest step seen."""
        return max((level for level, _ in self.proofs), default=None)

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
    def current(self) -> LabelImage | None:
        """The image that was proven to be on the label last."""
        return next((image for image in reversed(self.images) if image.confirmed and not image.superseded), None)

    @property
    def latest(self) -> LabelImage | None:
        """What the label should end up showing: the newest image on its way, else the current one."""
        on_the_way = (image for image in reversed(self.images) if image.open and via(image, self.access_point))
        return next(on_the_way, None) or self.current

    @property
    def strays(self) -> tuple[LabelImage, ...]:
        """Images that another access point may still deliver."""
        return tuple(image for image in self.images if image.open and not via(image, self.access_point))


@dataclass(frozen=True, slots=True)
class TagReport:
    """What an access point tells about a tag. `pending` is the length of the access point's queue for it."""

    image_hash: str
    update_count: int
    pending: int
    access_point: str = ""
    """Who tells it; empty: there is only one."""
    shown: bool = False
    """The hash is proven to be on the panel."""
    first_boot: bool = False
    """The label was switched on and holds nothing."""
    one_by_one: bool = False
    """Its count grows by one for each "transfer complete", and each is taken for the first image in its queue."""


def via(image: LabelImage, access_point: str) -> bool:
    """Whether an access point's word can be about this image."""
    return not image.access_point or not access_point or image.access_point == access_point


def record_sent(book: LabelBook, image: LabelImage, *, before_no: int = 0) -> LabelBook:
    """The book with one more image that may be showing. Must be durable before the first byte of the image leaves.

    An access point that takes no upload after all may send the last file it has once more. When the label was served
    elsewhere since, that is an image of the past: what may be that file joins the set under `LAST_FILES_KEPT` numbers from
    `before_no` on (0: leave it).
    """
    current = book.current
    after_no = 0 if current is None else current.image_no
    former = may_be_last_of(book, image.access_point) if before_no else ()
    again = tuple(
        replace(
            last,
            image_no=before_no + number,
            evidence=None,
            confirmed_at_ms=None,
            superseded=False,
            until_mono_ms=None,
            retired=False,
            sent_at_ms=image.sent_at_ms,
            sent_mono_ms=image.sent_mono_ms,
            baseline_count=max(image.baseline_count, last.baseline_count),
            proofs=(),
            after_no=after_no,
        )
        for number, last in enumerate(former)
        if (last.superseded or last.retired) and not _comes_again(book, last)
    )
    return replace(book, images=_bounded((*book.images, *again, replace(image, after_no=after_no))))


def may_be_last_of(book: LabelBook, access_point: str) -> tuple[LabelImage, ...]:
    """Which images may be the last file an access point keeps for the label: the one it told of last, and later ones, whose
    arrival nobody may have heard of; one that has lost its name meanwhile, too. At most the newest `LAST_FILES_KEPT`, oldest
    first."""
    found: list[LabelImage] = []
    for each in reversed(book.images):
        if each.access_point == access_point:
            found.append(each)
            if each.was_held or len(found) == LAST_FILES_KEPT:
                break
    return tuple(reversed(found))


def _comes_again(book: LabelBook, last: LabelImage) -> bool:
    return any(each.open and each.image_hash == last.image_hash and _bind_alike(each, last) for each in book.images)


def _bounded(images: tuple[LabelImage, ...]) -> tuple[LabelImage, ...]:
    """Make the oldest open images nameless beyond `OPEN_KEPT`: they bind the till and leave the set as before."""
    named = [image for image in images if image.open and image.image_hash]
    if len(named) <= OPEN_KEPT:
        return images
    oldest = named[0]
    nameless = replace(oldest, image_hash="", content_hash="", evidence=None)
    kept: list[LabelImage] = []
    for image in images:
        if image is oldest:
            kept.append(nameless)
        elif not (image.open and not image.image_hash and _bind_alike(image, nameless)):
            kept.append(image)
    return tuple(kept)


def _bind_alike(one: LabelImage, other: LabelImage) -> bool:
    pairs = [[(price.item_id, price.price_minor) for price in image.prices] for image in (one, other)]
    return one.access_point == other.access_point and pairs[0] == pairs[1]


def sent_anew(book: LabelBook, image_no: int, update_count: int) -> LabelBook:
    """An image goes out once more: what was counted before proves nothing of it any longer."""
    images = tuple(
        replace(image, evidence=None, baseline_count=max(image.baseline_count, update_count))
        if image.image_no == image_no and image.open
        else image
        for image in book.images
    )
    return replace(book, images=images)


def mark_queued(book: LabelBook, image_no: int) -> LabelBook:
    """The access point stored the image: no proof that the tag has it."""
    images = tuple(
        replace(image, evidence=EvidenceLevel.QUEUED) if image.image_no == image_no and image.evidence is None else image
        for image in book.images
    )
    return replace(book, images=images)


def note_level(book: LabelBook, image_no: int, level: Level, now_ms: int) -> LabelBook:
    """Remember when a step was first seen."""
    images = tuple(with_level(image, level, now_ms) if image.image_no == image_no else image for image in book.images)
    return replace(book, images=images)


def with_level(image: LabelImage, level: Level, now_ms: int) -> LabelImage:
    """The image with one more step, unless it is known."""
    if any(known is level for known, _ in image.proofs):
        return image
    return replace(image, proofs=(*image.proofs, (level, now_ms)))


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


def expire(book: LabelBook, mono_ms: int) -> tuple[LabelBook, tuple[int, ...]]:
    """Take out what outlived its hold: nothing else ends one, and `edge.labels.holds` says when that may be asked.

    Returns the book and the numbers of the images that left the set.
    """
    gone = tuple(
        image.image_no
        for image in book.images
        if not image.retired and image.until_mono_ms is not None and image.until_mono_ms <= mono_ms
    )
    if not gone or book.removed:
        return book, ()
    images = tuple(replace(image, retired=True) if image.image_no in gone else image for image in book.images)
    return replace(book, images=images), gone


def remove(book: LabelBook) -> LabelBook:
    """A person journalled that the label is gone: all its prices leave the set at once.

    What was in the set stays as it is, and running dwells stand still: it comes back with the label (`proof.came_back`).
    """
    images = tuple(replace(image, until_mono_ms=None) for image in book.images)
    return replace(book, item_id=None, more_items=(), images=images, removed=True)


def bind(
    book: LabelBook, *, item_id: str | None, access_point: str, hardware_type: int, more_items: tuple[str, ...] = ()
) -> LabelBook:
    """Bind the label to an item and perhaps further ones (None: unbind). Of one that was removed: `proof.came_back` next."""
    return replace(
        book,
        item_id=item_id,
        more_items=() if item_id is None else more_items,
        access_point=access_point,
        hardware_type=hardware_type,
        removed=False,
    )


def in_set(book: LabelBook) -> tuple[LabelImage, ...]:
    """The images this label may be showing, or a customer may have just read."""
    return () if book.removed else tuple(image for image in book.images if not image.retired)


def price_set(book: LabelBook) -> frozenset[tuple[str, int]]:
    """(item, price in minor units) pairs this label may be showing."""
    return frozenset((price.item_id, price.price_minor) for image in in_set(book) for price in image.prices)


@dataclass(frozen=True, slots=True)
class LabelPrice:
    """A price a label may be showing, with the revision it came from."""

    price_minor: int
    revision: int


def lowest_for(books: Iterable[LabelBook], item_id: str) -> LabelPrice | None:
    """The lowest price of an item that any of these labels may be showing; None when no label carries the item."""
    lowest: tuple[int, int] | None = None
    for book in books:
        for image in in_set(book):
            if image.item_id == item_id and image.price_minor is not None:
                shown = (image.price_minor, -image.price_revision)
                lowest = shown if lowest is None else min(lowest, shown)
            for price in image.more:
                if price.item_id == item_id:
                    shown = (price.price_minor, -price.price_revision)
                    lowest = shown if lowest is None else min(lowest, shown)
    return None if lowest is None else LabelPrice(lowest[0], -lowest[1])


def restarted(book: LabelBook, *, mono_ms: int, dwell_ms: int) -> LabelBook:
    """The book as read after a restart: running dwells start anew, settling starts anew."""
    images = tuple(
        replace(
            image,
            sent_mono_ms=mono_ms,
            until_mono_ms=mono_ms + dwell_ms if image.superseded and not (image.retired or book.removed) else None,
        )
        for image in book.images
    )
    return replace(book, images=images)


def known_count(book: LabelBook, access_point: str = "") -> int:
    """The highest update count of an access point this box is sure of: the baseline of the next image sent through it."""
    return max((image.baseline_count for image in book.images if via(image, access_point)), default=0)


def forget_old(book: LabelBook) -> tuple[LabelBook, tuple[int, ...]]:
    """Drop the oldest images that left the set beyond `IMAGES_KEPT`, but not what an access point may keep as its last file.

    Returns the book and the numbers dropped.
    """
    points = {each.access_point for each in book.images}
    lasts = {each.image_no for point in points for each in may_be_last_of(book, point)}
    retired = [image.image_no for image in book.images if image.retired and image.image_no not in lasts]
    dropped = frozenset(retired[:-IMAGES_KEPT]) if len(retired) > IMAGES_KEPT else frozenset()
    if not dropped:
        return book, ()
    return replace(book, images=tuple(image for image in book.images if image.image_no not in dropped)), tuple(
        sorted(dropped)
    )
