"""What people may do in a store, by name: the rights matrix of tills and staff screens.

A right that is missing, or whose limit is passed, can be lent by a second person who has it (`Approval`).
"""

from __future__ import annotations

TILL = "till"
VOID = "void"
"""Void a line, lower a quantity, abandon a sale."""
DRAWER = "drawer"
"""Open the drawer outside a sale."""
PRICE = "price"
"""Another price for a line; limit: basis points below the list price."""
DISCOUNT = "discount"
"""Something off by hand; limit: basis points of the line or basket."""
OVERRIDE = "override"
"""Sell what the scan refused: expired, recalled, a serial number sold before."""
REFUND = "refund"
"""Take goods back with a receipt; limit: minor units."""
REFUND_WITHOUT_RECEIPT = "refund_without_receipt"
"""Take goods back without; limit: minor units."""
REVERSE = "reverse"
"""Give a tender back, settle a payment in doubt."""
CASH = "cash"
"""Put cash into the drawer or take it out; limit: minor units."""
VARIANCE = "variance"
"""Close a shift with a difference above the store's limit."""
REPRINT = "reprint"
"""Print another receipt than the till's last one again."""
REPORT = "report"
"""See what a till should hold: X report."""
GIFT_CARD = "gift_card"
"""Sell or load gift cards; limit: minor units."""
LABELS = "labels"
DEVICES = "devices"
STOCK = "stock"
"""Receive, count, move goods between places."""
WRITE_OFF = "write_off"
"""Write goods off; limit: minor units at the list price. Send goods to another store."""
COUNT = "count"
"""Allow a count's differences above the store's limit."""
GATE = "gate"
"""Say what an alarm at the exit was, and silence it."""

RIGHTS = frozenset({
    TILL, VOID, DRAWER, PRICE, DISCOUNT, OVERRIDE, REFUND, REFUND_WITHOUT_RECEIPT, REVERSE, CASH, VARIANCE, REPRINT, REPORT,
    GIFT_CARD, LABELS, DEVICES, STOCK, WRITE_OFF, COUNT, GATE,
})  # fmt: skip

LIMITED = frozenset({PRICE, DISCOUNT, REFUND, REFUND_WITHOUT_RECEIPT, CASH, GIFT_CARD, WRITE_OFF})
"""Rights that may carry a limit."""
