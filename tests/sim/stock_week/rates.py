"""How often things go wrong in a store, each with the reason for the figure.

Public sources: NRF (National Retail Security Surveys 2022 and 2023: shrink 1.4 to 1.6 % of sales, about two thirds of it
theft); warehouses (WERC: 99 % of lines picked right and better); Auburn RFID Lab (audits of 2013 and 2014: 3.5 % of items
with a tagging fault; stores without RFID 63 to 65 % right by item); ECR Retail Loss (2019: 60 % of records wrong). What no
source tells is marked "judged".

A first set, with judged figures two to three times as high, lost more items in a quarter than any audit found; the judged
ones were lowered once, and picking errors and theft set to their sources. Left alone for a quarter, 67 % of the items are
right now (both places together), about what those audits found. They were not fitted to the accuracy by item and place.
"""

from __future__ import annotations

VARIANTS_OF_A_STYLE = 5
"""Sizes of one garment in one colour."""
PIECES_ON_FLOOR = (2, 6)
PIECES_IN_BACK_ROOM = (1, 6)
"""Of an item when the last stocktake ended."""
WEEKS_SINCE_STOCKTAKE = 4
"""So long the store has gone on without a count when the week begins (judged)."""

SOLD_PER_ITEM_AND_DAY = 0.12
"""Pieces: a 5,000-item store sells 600 a day, and turns its stock over eight times a year."""
BASKET_PIECES_MAX = 3
PAD_SHARE = 0.6
"""Of the baskets, at tills with a pad (judged: the others are scanned)."""
TWO_VARIANTS_SHARE = 0.25
"""Of the baskets, hold two variants of one style."""
SCANNED_TWICE_SHARE = 0.05
"""Of those, the cashier scans one of the two twice (judged: same price, same look; about 1 piece in 150)."""

RETURNED_SHARE = 0.08
"""Of the pieces sold."""
RETURN_TO_BACK_ROOM_SHARE = 0.15
"""Of the returns are laid in the back room though the till books them to the floor (judged)."""

STOLEN_SHARE = 0.010
"""Pieces, of those sold."""
STOLEN_BY_EXIT_SHARE = 0.6
"""With the tag on, through the exit; the rest in a foil bag, with the tag torn off, or by the staff's door."""

DELIVERY_DAYS = frozenset({0, 2, 4})
SHORT_SHARE, OVER_SHARE, MISPICKED_SHARE = 0.005, 0.002, 0.005
"""Of the lines of a delivery: one piece too few, one too many, one of another variant."""
REFILL_TRIP_PIECES = 15
REFILL_FORGOTTEN_SHARE = 0.05
"""Of the trips with goods to the floor nobody books (judged: one in twenty)."""
MISPLACED_SHARE = 0.01
"""Pieces, of those sold, that are carried to the back room unbooked: from fitting rooms, from the wrong shelf (judged)."""
TRANSFER_DAYS = frozenset({1, 3})
TRANSFER_LINES_SHARE = 0.004
"""Of the items, in one transfer to another store, and as many in one from there."""
TRANSFER_WRONG_SHARE = 0.03
"""Of its lines another variant lies in the box."""

DAMAGED_SHARE = 0.005
"""Pieces, of those sold, that are thrown away."""
DAMAGED_UNBOOKED_SHARE = 0.5
DATED_ITEMS_SHARE = 0.05
"""Of the items have a date (cosmetics, food at the till)."""
DATED_DAYS = 60
"""From delivery to the date."""
EXPIRED_UNBOOKED_SHARE = 0.3

DEAD_TAG_SHARE = 0.007
"""Of the pieces: with five or six pieces of an item that is Auburn's 3.5 % of items."""
HIDDEN_SHARE = 0.015
"""Of the pieces hang behind metal or deep in a stack: as if they were two to five metres away."""
STRAY_SHARE = 0.001
"""Of the pieces of the other place are heard through the wall (judged)."""
RECOUNTED_WRONG_SHARE = 0.05
"""Of the items a person counts by hand with a list: one piece off (a third of the error of a count of everything)."""
NOT_LOOKED_FOR_SHARE = 0.05
"""Of the lines that a door left open, staff book as it says instead of looking for them."""
