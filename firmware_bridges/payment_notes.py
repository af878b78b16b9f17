"""Outcomes of the payment port as notes, and back."""

from __future__ import annotations

from firmware_bridges.payment_memory import Note
from protocols.payment.port import Approved, Cancelled, Declined, Ended, NotFound, NotSent


def ended_note(attempt_id: str, outcome: Ended, mark: str = "") -> Note:
    """How a payment ended."""
    match outcome:
        case Approved(amount, reference, tail):
            return Note(
                attempt_id=attempt_id,
                step="ended",
                mark=mark,
                ended="approved",
                amount_minor=amount,
                reference=reference,
                card_tail=tail,
            )
        case Declined(why):
            return Note(attempt_id=attempt_id, step="ended", mark=mark, ended="declined", why=why)
        case Cancelled():
            return Note(attempt_id=attempt_id, step="ended", mark=mark, ended="cancelled")
        case NotSent(why):
            return Note(attempt_id=attempt_id, step="ended", mark=mark, ended="not_found", why=why)
        case NotFound():
            return Note(attempt_id=attempt_id, step="ended", mark=mark, ended="not_found")


def outcome_in(note: Note) -> Ended:
    """The outcome of a note that has ended."""
    match note.ended:
        case "approved":
            return Approved(note.amount_minor, note.reference, note.card_tail)
        case "declined":
            return Declined(note.why)
        case "cancelled":
            return Cancelled()
        case _:
            return NotFound()
