"""The label ledger's rows: labels, their bindings, and every image that may be showing. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from edge.labels.ledger import ItemPrice, LabelBook, LabelImage, Level, Proof
from edge.store_db.connection import Connection, Row, SqlValue
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.values import EvidenceLevel

QUERIES = load("edge.labels", "labels.sql")


@dataclass(frozen=True, slots=True)
class LabelAim:
    """What a label should show, and since when (wall clock) it has not been proven to. None: it has."""

    content_hash: str = ""
    price_revision: int = 0
    behind_since_ms: int | None = None


def read_all(connection: Connection) -> tuple[dict[str, LabelBook], dict[str, LabelAim], int]:
    """All labels with their images, their aims, and the next free image number."""
    books: dict[str, LabelBook] = {}
    aims: dict[str, LabelAim] = {}
    for row in connection.execute(QUERIES["all_labels"]):
        label_id, item_id, access_point, hardware_type, removed, wanted_hash, wanted_revision, behind_since_ms, more = row
        books[label_id] = LabelBook(
            label_id,
            item_id,
            access_point,
            hardware_type,
            removed=bool(removed),
            more_items=msgspec.json.decode(more, type=tuple[str, ...]),
        )
        aims[label_id] = LabelAim(wanted_hash, wanted_revision, behind_since_ms)
    images: dict[str, list[LabelImage]] = {label_id: [] for label_id in books}
    next_no = 1
    for row in connection.execute(QUERIES["all_images"]):
        image = _image_of(row)
        images[image.label_id].append(image)
        next_no = image.image_no + 1
    return {label_id: replace(book, images=tuple(images[label_id])) for label_id, book in books.items()}, aims, next_no


def put_label(tx: Tx, book: LabelBook, *, bound_at_ms: int, behind_since_ms: int | None) -> None:
    """Write a binding."""
    values = (
        book.label_id,
        book.item_id,
        book.access_point,
        book.hardware_type,
        int(book.removed),
        bound_at_ms,
        behind_since_ms,
        msgspec.json.encode(book.more_items).decode(),
    )
    tx.execute(QUERIES["put_label"], values)


def put_aim(tx: Tx, label_id: str, aim: LabelAim) -> None:
    """Write what a label should show."""
    tx.execute(QUERIES["put_wanted"], (aim.content_hash, aim.price_revision, aim.behind_since_ms, label_id))


def put_images(tx: Tx, before: LabelBook | None, after: LabelBook) -> None:
    """Write the images that differ, drop those forgotten."""
    known = {image.image_no: image for image in before.images} if before is not None else {}
    changed = [image for image in after.images if known.get(image.image_no) != image]
    tx.executemany(QUERIES["put_image"], (_row_of(image) for image in changed))
    kept = {image.image_no for image in after.images}
    _drop(tx, (image_no for image_no in known if image_no not in kept))


def _drop(tx: Tx, image_numbers: Iterable[int]) -> None:
    tx.executemany(QUERIES["drop_image"], ((image_no,) for image_no in image_numbers))


def _row_of(image: LabelImage) -> tuple[SqlValue, ...]:
    return (
        image.image_no,
        image.label_id,
        image.item_id,
        image.price_minor,
        image.price_revision,
        image.content_hash,
        image.image_hash,
        image.sent_at_ms,
        image.baseline_count,
        image.evidence.value if image.evidence is not None else None,
        image.confirmed_at_ms,
        int(image.superseded),
        int(image.retired),
        msgspec.json.encode(image.more).decode(),
        image.access_point,
        " ".join(f"{level.value}{at_ms}" for level, at_ms in image.proofs),
        image.after_no,
    )


def _image_of(row: Row) -> LabelImage:
    (
        image_no,
        label_id,
        item_id,
        price_minor,
        price_revision,
        content_hash,
        image_hash,
        sent_at_ms,
        baseline_count,
        evidence,
        confirmed_at_ms,
        superseded,
        retired,
        more,
        access_point,
        proofs,
        after_no,
    ) = row
    return LabelImage(
        image_no=image_no,
        label_id=label_id,
        item_id=item_id,
        price_minor=price_minor,
        price_revision=price_revision,
        content_hash=content_hash,
        image_hash=image_hash,
        sent_at_ms=sent_at_ms,
        sent_mono_ms=0,
        baseline_count=baseline_count,
        evidence=EvidenceLevel(evidence) if evidence is not None else None,
        confirmed_at_ms=confirmed_at_ms,
        superseded=bool(superseded),
        retired=bool(retired),
        more=msgspec.json.decode(more, type=tuple[ItemPrice, ...]),
        access_point=access_point,
        proofs=tuple(_proof_of(word) for word in proofs.split()),
        after_no=after_no,
    )


def _proof_of(word: str) -> Proof:
    return Level(word[0]), int(word[1:])
