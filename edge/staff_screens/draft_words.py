"""How the kinds of lists are spoken of, and where they may begin and end."""

from __future__ import annotations

from dataclasses import dataclass

from edge.staff_screens.answers import Draft
from edge.staff_screens.words import Words

KINDS = ("receipt", "count", "move", "transfer", "write_off")
PLACES = ("sales_floor", "back_room", "fitting_room", "transit", "quarantine")
REASONS = ("damaged", "expired", "stolen", "lost", "recalled", "own_use", "sample", "to_supplier")


@dataclass(frozen=True)
class DraftWords:
    """How a kind of list is spoken of."""

    kind: str
    title: str
    begin: str
    post: str
    posted: str
    first_place: str


def words_for(kind: str, words: Words) -> DraftWords:
    """The words of a kind."""
    say = words.say
    match kind:
        case "receipt":
            texts = (say("Receive"), say("Begin a receipt"), say("Book the receipt"), say("The goods are in stock."))
            place = "back_room"
        case "count":
            texts = (say("Count"), say("Begin a count"), say("Book the count"), say("The stock is corrected."))
            place = "sales_floor"
        case "move":
            texts = (say("Move"), say("Begin a move"), say("Book the move"), say("The goods stand at their new place."))
            place = "back_room"
        case "transfer":
            title, begin = say("Send"), say("Begin a transfer")
            texts = (title, begin, say("Book the transfer"), say("The goods are on their way to the other store."))
            place = "back_room"
        case _:
            title, begin = say("Write off"), say("Begin a write-off")
            texts = (title, begin, say("Book the write-off"), say("The goods are written off."))
            place = "sales_floor"
    return DraftWords(kind, *texts, place)


def target_of(draft: Draft, words: Words) -> str:
    """What a list is for, in words: the other place, the other store, the reason."""
    match draft.kind:
        case "move":
            return words.say("to {place}", place=words.name("place", draft.target))
        case "transfer":
            return words.say("to store {store}", store=draft.target)
        case "write_off":
            return words.name("write_off", draft.target)
        case _:
            return words.say("the whole place") if draft.whole else ""


def lot_words(batch: str, expires: str, words: Words) -> str:
    """A batch and its date in words; empty for neither."""
    if batch and expires:
        return words.say("Batch {batch} · until {date}", batch=batch, date=expires)
    if batch:
        return words.say("Batch {batch}", batch=batch)
    return words.say("until {date}", date=expires) if expires else ""
