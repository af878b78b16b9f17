"""Facts about goods: what moved them, what was promised, and how well book and shelf agree.

Quantities are positive thousandths of the stock unit unless a field says otherwise. `batch` is the lot as printed, `expires`
an ISO date, `epcs` are tags by their EPC URI; all three are empty when nobody told them.
"""

from __future__ import annotations

import msgspec

from protocols.contract.values import Place


class GoodsLine(msgspec.Struct, frozen=True, kw_only=True):
    """So much of an item, of one batch."""

    line_no: int
    item_id: str
    quantity_thousandths: int
    batch: str = ""
    expires: str = ""
    epcs: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()


class GoodsRelocated(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="GoodsRelocated"):
    """Goods went from one place of the store to another: two moves a line (reason `relocation`), which sum to nothing."""

    relocation_id: str
    from_place: Place
    to_place: Place
    how: str
    """`scan` (a person said so) or `tag` (tags were seen to have moved)."""
    lines: tuple[GoodsLine, ...]
    reference: str = ""
    """What asked for it: a recall, a count, an order."""
    staff_id: str = ""
    device_id: str = ""


class TransferSent(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="TransferSent"):
    """Goods left for another store: moves of reason `transfer_out`. HQ makes the other store's advance shipping notice of
    it; its receipt (`GoodsReceived.asn_id`) ends the transfer."""

    transfer_id: str
    to_store_id: str
    place: Place
    lines: tuple[GoodsLine, ...]
    staff_id: str
    reference: str = ""


class StockWrittenOff(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="StockWrittenOff"):
    """Goods are stock no more: moves of reason `write_off`."""

    write_off_id: str
    place: Place
    reason: str
    """One of `WRITE_OFF_REASONS`."""
    lines: tuple[GoodsLine, ...]
    staff_id: str
    approver_id: str = ""
    """Who allowed it, when it was above what the person may."""
    note: str = ""


WRITE_OFF_REASONS = ("damaged", "expired", "stolen", "lost", "recalled", "own_use", "sample", "to_supplier")
"""Why goods stop being stock, as data of the contract: shrink at HQ is counted by them."""


class ReservedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What an order wanted of an item, and what the store holds for it."""

    item_id: str
    wanted_thousandths: int
    held_thousandths: int


class ReservationAnswered(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ReservationAnswered"):
    """The store answered, picked or gave up what HQ asked it to hold (`ReservationRow`). Moves no stock: the sale does."""

    reservation_id: str
    order_id: str
    state: str
    """`confirmed`, `partial`, `refused`, `picked`, `handed_over`, `released`."""
    lines: tuple[ReservedLine, ...]
    why: str = ""
    """`short` (not enough on hand), `sold` (a sale beat it), `cancelled`, `overdue`; empty: nothing to say."""
    staff_id: str = ""


class MarkdownProposed(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="MarkdownProposed"):
    """A batch comes near its date: the store proposes a price cut to HQ, which decides."""

    proposal_id: str
    """Of item, batch, place and step: the same proposal is made once."""
    item_id: str
    place: Place
    batch: str
    expires: str
    quantity_thousandths: int
    off_bp: int


class ComparedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Book and tags of an item differ. Signed: the book may be below zero."""

    item_id: str
    book_thousandths: int
    seen_thousandths: int


class BookCompared(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="BookCompared"):
    """The book of a place was held against what its tags say, without changing anything: accuracy at that moment."""

    comparison_id: str
    place: Place
    items: int
    """Items that were compared: those whose pieces are tagged."""
    equal: int
    """Items whose book equals the tags."""
    pieces_missing: int
    """Pieces the book has and no tag shows."""
    pieces_extra: int
    """Pieces the tags show and the book lacks."""
    lines: tuple[ComparedLine, ...] = ()
    """The items that differ most, at most `COMPARED_LINES_MAX`."""


COMPARED_LINES_MAX = 200
