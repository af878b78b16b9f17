"""Nobody is charged more than a label may be showing: random shelves, access points that lose things, and killed boxes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest

from edge.labels.ledger import (
    LabelBook,
    LabelImage,
    TagReport,
    bind,
    expire,
    known_count,
    lowest_for,
    mark_queued,
    record_sent,
    restarted,
)
from edge.labels.plan import Wanted, plan
from edge.labels.proof import Verdict, fall_back, observe

DWELL = 60
SETTLE = 40
ITEMS = ("milk", "bread")
LABELS = ("L0", "L1")
PRICES = (90, 100, 120)

Op = tuple[str, int, int]
WEIGHTS = {
    "price": 4, "send": 4, "send_lost": 2, "send_answer_lost": 1, "transfer": 4, "give_up": 1, "ap_restart": 1,
    "report": 4, "stale_report": 1, "kill": 1, "wait": 3, "rebind": 1,
}  # fmt: skip
SEEDS = 60
RUNS_PER_SEED = 25
STEPS = 120


@dataclass
class Tag:
    """The piece of plastic: what it really shows, and what the access point holds for it."""

    shows: LabelImage | None = None
    count: int = 0
    queue: list[LabelImage] = field(default_factory=list)
    old_reports: list[TagReport] = field(default_factory=list)

    def report(self) -> TagReport:
        made = TagReport(self.shows.image_hash if self.shows else "0" * 32, self.count, len(self.queue))
        self.old_reports.append(made)
        return made


class Shop:
    """A store box (ledger and plan as the service uses them) beside physical labels."""

    def __init__(self) -> None:
        self.mono = 0
        self.force = dict.fromkeys(ITEMS, 100)
        self.revision = 1
        self.next_no = 1
        self.tags = {label: Tag() for label in LABELS}
        self.books = {label: LabelBook(label, ITEMS[0], "ap", 1) for label in LABELS}
        self.durable = dict(self.books)
        self.last_reports: dict[str, int] = dict.fromkeys(LABELS, 0)
        self.recently_shown: list[tuple[int, str, int]] = []

    def wanted(self, label: str) -> Wanted:
        item = self.books[label].item_id
        assert item is not None
        price = self.force[item]
        return Wanted(label, item, price, self.revision, f"{item}/{price}")

    def keep(self, book: LabelBook) -> None:
        """A durable transaction of the service."""
        self.books[book.label_id] = self.durable[book.label_id] = book

    def charge(self, item: str) -> int:
        lowest = lowest_for(self.books.values(), item)
        return min(self.force[item], lowest.price_minor) if lowest else self.force[item]

    def send(self, reaches: bool, answered: bool) -> None:
        for each in plan([(self.books[label], self.wanted(label)) for label in LABELS])[:1]:
            wanted = each.wanted
            image = LabelImage(
                image_no=self.next_no,
                label_id=each.label_id,
                item_id=wanted.item_id,
                price_minor=wanted.price_minor,
                price_revision=wanted.price_revision,
                content_hash=wanted.content_hash,
                image_hash=wanted.content_hash.encode().hex().ljust(32, "0"),
                sent_at_ms=self.mono,
                sent_mono_ms=self.mono,
                baseline_count=max(self.last_reports[each.label_id], known_count(self.books[each.label_id])),
            )
            self.next_no += 1
            self.keep(record_sent(self.books[each.label_id], image))
            self.upload(image, each.clear_first, reaches, answered)

    def upload(self, image: LabelImage, clear_first: bool, reaches: bool, answered: bool) -> None:
        tag = self.tags[image.label_id]
        if not reaches:
            return
        if clear_first:
            tag.queue.clear()
        if tag.shows is None or tag.shows.image_hash != image.image_hash or tag.queue:
            tag.queue.append(image)
        if answered:
            self.keep(mark_queued(self.books[image.label_id], image.image_no))

    def resend(self) -> None:
        for label in LABELS:
            latest = self.books[label].latest
            if latest is not None and not latest.confirmed:
                image = replace(latest, sent_mono_ms=self.mono)
                book = self.books[label]
                self.keep(replace(book, images=(*book.images[:-1], image)))
                self.upload(image, True, reaches=True, answered=True)

    def read(self, label: str, report: TagReport) -> None:
        seen = observe(self.books[label], report, now_ms=self.mono, mono_ms=self.mono, dwell_ms=DWELL, settle_ms=SETTLE)
        self.last_reports[label] = max(self.last_reports[label], report.update_count)
        if seen.verdict is Verdict.CONFIRMED:
            self.keep(seen.book)
        elif seen.verdict is Verdict.FELL_BACK and seen.image is not None:
            self.keep(
                fall_back(seen.book, seen.image, image_no=self.next_no, now_ms=self.mono, mono_ms=self.mono, dwell_ms=DWELL)
            )
            self.next_no += 1

    def apply(self, op: Op) -> None:
        name, which, value = op
        label, item = LABELS[which % len(LABELS)], ITEMS[which % len(ITEMS)]
        tag = self.tags[label]
        if name == "price":
            self.force[item] = PRICES[value % len(PRICES)]
            self.revision += 1
        elif name.startswith("send"):
            self.send(reaches=name != "send_lost", answered=name == "send")
        elif name == "transfer" and tag.queue:
            if tag.shows is not None:
                self.recently_shown.append((self.mono + DWELL, tag.shows.item_id or "", tag.shows.price_minor or 0))
            tag.shows = tag.queue.pop(0)
            tag.count += 1
        elif name == "give_up":
            tag.queue.clear()
        elif name == "ap_restart":
            for each in self.tags.values():
                each.queue.clear()
            self.resend()
        elif name == "report":
            self.read(label, tag.report())
        elif name == "stale_report" and tag.old_reports:
            # An old report is late by less than the settling time, by the choice of that time.
            self.read(label, tag.old_reports[-1])
        elif name == "kill":
            self.books = {key: restarted(book, mono_ms=self.mono, dwell_ms=DWELL) for key, book in self.durable.items()}
            self.last_reports = dict.fromkeys(LABELS, 0)
        elif name == "wait":
            self.mono += (1, 20, 41, 61)[value]
            for each in self.tags.values():
                each.old_reports.clear()
            for book in list(self.books.values()):
                shorter, gone = expire(book, self.mono)
                if gone:
                    self.keep(shorter)
        elif name == "rebind":
            self.keep(bind(self.books[label], item_id=ITEMS[value % 2], access_point="ap", hardware_type=1))

    def check(self) -> None:
        for tag in self.tags.values():
            if tag.shows is not None and tag.shows.item_id is not None and tag.shows.price_minor is not None:
                assert self.charge(tag.shows.item_id) <= tag.shows.price_minor
        for until, item, price in self.recently_shown:
            if until > self.mono and item:
                assert self.charge(item) <= price


def random_ops(seed: int) -> list[Op]:
    rng = random.Random(seed)
    names = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=STEPS)
    return [(name, 0 if rng.random() < 0.7 else 1, rng.randrange(4)) for name in names]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_till_never_charges_more_than_a_label_shows(seed: int) -> None:
    for run in range(RUNS_PER_SEED):
        shop = Shop()
        for op in random_ops(seed * 1_000 + run):
            shop.apply(op)
            shop.check()


@pytest.mark.parametrize("seed", range(20))
def test_once_the_air_is_clear_every_label_shows_the_tills_price(seed: int) -> None:
    shop = Shop()
    for op in random_ops(900_000 + seed):
        shop.apply(op)
    for _ in range(12):
        for _ in LABELS:
            shop.send(reaches=True, answered=True)
        shop.resend()
        for label in LABELS:
            shop.apply(("transfer", LABELS.index(label), 0))
            shop.apply(("transfer", LABELS.index(label), 0))
            shop.apply(("report", LABELS.index(label), 0))
        shop.apply(("wait", 0, 3))
        for label in LABELS:
            shop.apply(("report", LABELS.index(label), 0))
    for label in LABELS:
        shows = shop.tags[label].shows
        item = shop.books[label].item_id
        assert shows is not None
        assert item is not None
        assert (shows.item_id, shows.price_minor) == (item, shop.force[item])
        assert shop.charge(item) == shop.force[item]
