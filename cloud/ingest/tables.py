"""The tables ingest fills with COPY, and the text format of their rows.

A row is one line of COPY text (tab-separated, `\\n` at its end) whose last column, `ingest_rev`, is `REV`: which step takes
the fact is known only under the store's lock, so the mark is replaced when the block of a batch is complete.
NULL is the control character `NULL`, so that no ordinary text needs a look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NULL = "\x01"
REV = "\x02"
END = f"\t{REV}\n"
"""Last column and end of every row."""

_ESCAPED = re.compile(r"[\\\x00-\x1f]")
_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, eq=False)
class Table:
    """A table of migration 0200. `key` identifies a fact within its store; `columns` are in the order rows are written."""

    name: str
    key: str
    columns: tuple[str, ...]


def escape(text: str) -> str:
    """A value as COPY text. NUL cannot be stored; PostgreSQL refuses the escape and the fact goes to quarantine."""
    return _ESCAPED.sub(lambda found: _NAMED.get(found[0]) or f"\\x{ord(found[0]):02x}", text)


def _table(name: str, key: str, columns: str) -> Table:
    return Table(name, key, ("store_id", *columns.split(), "ingest_rev"))


SALE = _table(
    "sale",
    "sale_id",
    "sale_id incarnation seq event_id command_id till_id cashier_id shift_id receipt_till_id receipt_incarnation"
    " receipt_number currency tax_mode place total_minor tax_minor rounding_minor promotion_bundle price_feed_version"
    " member_id opened_at_ms closed_at_ms clock business_date line_count proved points_earned return_id order_id presale_id"
    " member_fresh training",
)
SALE_LINE = _table(
    "sale_line",
    "sale_id",
    "sale_id line_no item_id name gtin quantity grams stock_thousandths place unit_price_minor price_revision"
    " list_price_minor price_reason label_revision net_minor tax_class tax_rate_bp tax_minor batch serial"
    " discounts overrides line_kind expires tare_grams reference bases epcs",
)
TENDER = _table("tender", "sale_id", "sale_id tender_no kind amount_minor change_minor reference attempt_id units")
SALE_COUPON = _table(
    "sale_coupon",
    "sale_id",
    "sale_id coupon_id promotion_id saved_minor reservation_id at_ms business_date",
)
GOODS_RETURN = _table(
    "goods_return",
    "return_id",
    "return_id incarnation seq event_id command_id till_id cashier_id shift_id receipt_till_id receipt_incarnation"
    " receipt_number currency tax_mode sale_id sold_store_id sold_receipt policy total_minor tax_minor rounding_minor"
    " member_id points_taken_back points_given_back unverified exchange_sale_id at_ms business_date line_count",
)
GOODS_RETURN_LINE = _table(
    "goods_return_line",
    "return_id",
    "return_id return_no sale_id sold_store_id sold_line_no item_id name gtin quantity grams stock_thousandths place reason"
    " refund_minor tax_class tax_rate_bp tax_minor first_unit shares overrides batch serial epcs at_ms business_date",
)
RETURN_TENDER = _table(
    "return_tender", "return_id", "return_id tender_no kind amount_minor reference attempt_id units at_ms"
)
PAYMENT_ASKED = _table(
    "payment_asked", "event_id", "event_id at_ms attempt_id sale_id till_id method amount_minor terminal_id reverses_id"
)
PAYMENT_ENDED = _table(
    "payment_ended",
    "event_id",
    "event_id at_ms attempt_id sale_id till_id method amount_minor outcome how reference card_tail reason approver_id",
)
CASH_MOVE = _table(
    "cash_move", "event_id", "event_id at_ms move_id shift_id till_id cashier_id amount_minor why approver_id"
)
TILL_EVENT = _table(
    "till_event",
    "event_id",
    "event_id at_ms code till_id cashier_id approver_id sale_id shift_id item_id amount_minor detail before after",
)
PRESALE = _table("presale", "event_id", "event_id at_ms presale_id sale_id item_id quantity deposit_minor note")
STOCK_MOVE = _table(
    "stock_move",
    "move_id",
    "move_id incarnation seq event_id item_id place quantity_thousandths reason reference at_ms business_date batch expires"
    " serial staff_id approver_id",
)
GOODS_RECEIPT = _table(
    "goods_receipt",
    "receipt_id",
    "receipt_id event_id at_ms place how reference staff_id device_id line_count business_date asn_id transfer_id",
)
GOODS_LEFT = _table("goods_left", "passage_id", "passage_id event_id at_ms device_id epc gtin item_id business_date")
STOCK_COUNT = _table(
    "stock_count",
    "count_id",
    "count_id line_no event_id at_ms place staff_id item_id expected_thousandths counted_thousandths business_date batch"
    " expires missing_epcs found_epcs how blind whole approver_id",
)
RELOCATION = _table(
    "relocation",
    "relocation_id",
    "relocation_id event_id at_ms from_place to_place how reference staff_id device_id line_count business_date",
)
TRANSFER = _table(
    "transfer",
    "transfer_id",
    "transfer_id event_id at_ms to_store_id place reference staff_id line_count business_date",
)
GOODS_LINE = _table(
    "goods_line",
    "document_id",
    "kind document_id line_no event_id at_ms item_id gtin quantity_thousandths expected_thousandths batch expires epcs"
    " serials business_date",
)
WRITE_OFF = _table(
    "write_off",
    "write_off_id",
    "write_off_id event_id at_ms place reason staff_id approver_id note line_count business_date",
)
RESERVATION_ANSWER = _table(
    "reservation_answer",
    "event_id",
    "reservation_id event_id at_ms order_id line_no incarnation seq state why staff_id item_id wanted_thousandths"
    " held_thousandths business_date",
)
MARKDOWN_PROPOSAL = _table(
    "markdown_proposal",
    "proposal_id",
    "proposal_id event_id at_ms item_id place batch expires quantity_thousandths off_bp business_date",
)
BOOK_COMPARISON = _table(
    "book_comparison",
    "comparison_id",
    "comparison_id event_id at_ms place items equal pieces_missing pieces_extra business_date",
)
BOOK_COMPARISON_LINE = _table(
    "book_comparison_line", "comparison_id", "comparison_id item_id book_thousandths seen_thousandths"
)
GATE_ALARM = _table("gate_alarm", "alarm_id", "alarm_id event_id at_ms device_id epc gtin item_id siren business_date")
GATE_ALARM_END = _table("gate_alarm_end", "event_id", "event_id at_ms alarm_id outcome staff_id sale_id")
FITTING = _table(
    "fitting",
    "session_id",
    "session_id event_id at_ms device_id room epc gtin item_id entered_ms left_ms tried_on outcome business_date",
)
OPENING_REFUSED = _table("opening_refused", "event_id", "event_id at_ms import_id line_no item_id place reason")
LINE_VOID = _table("line_void", "event_id", "event_id at_ms sale_id till_id cashier_id item_id quantity net_minor")
SALE_ABANDONED = _table("sale_abandoned", "event_id", "event_id at_ms sale_id till_id cashier_id total_minor line_count")
SHIFT_OPENING = _table("shift_opening", "event_id", "event_id at_ms shift_id till_id cashier_id float_minor")
SHIFT_CLOSING = _table(
    "shift_closing",
    "event_id",
    "event_id at_ms shift_id till_id cashier_id sale_count expected_minor counted_minor difference_minor cash_in_minor"
    " cash_out_minor why approver_id z_number business_date",
)
SHIFT_TENDER = _table("shift_tender", "event_id", "shift_id kind event_id expected_minor counted_minor sales refunds_minor")
DRAWER_OPENING = _table("drawer_opening", "event_id", "event_id at_ms till_id cashier_id reason approver_id")
FEED_APPLIED = _table("feed_applied", "event_id", "event_id at_ms feed_id epoch version state_hash how")
LABEL_BOUND = _table("label_bound", "event_id", "event_id at_ms label_id item_id staff_id more_items")
LABEL_PLACED = _table("label_placed", "event_id", "event_id at_ms label_id aisle shelf slot staff_id")
LABEL_SHOWN = _table(
    "label_shown",
    "event_id",
    "event_id at_ms label_id item_id price_revision price_minor evidence sent_at_ms confirmed_at_ms",
)
LABEL_REMOVED = _table("label_removed", "event_id", "event_id at_ms label_id item_id staff_id")
SHELF_AUDIT = _table(
    "shelf_audit",
    "audit_id",
    "audit_id event_id at_ms how scope seed population currency opened_at_ms staff_id line_count checked_count correct_count"
    " overcharge_count undercharge_count missing_count unchecked_count overcharge_minor undercharge_minor accuracy_bp passed"
    " business_date",
)
SHELF_AUDIT_LINE = _table(
    "shelf_audit_line",
    "audit_id",
    "audit_id line_no event_id at_ms item_id label_id stratum sampled promotion finding seen_minor till_minor price_revision"
    " currency business_date",
)
DEVICE_STATE = _table("device_state", "event_id", "event_id at_ms device_id device_kind state reason")
DEVICE_TABLE_TOLD = _table("device_table_told", "event_id", "event_id at_ms in_force text revision outcome reason")
BOX_ALARM = _table("box_alarm", "event_id", "event_id at_ms alarm detail")
MEASURED = _table("measured", "event_id", "event_id at_ms instants series left_out")
MEASUREMENT = _table("measurement", "at_ms", "device_id metric at_ms value")
TELEMETRY_DIRTY = _table("telemetry_dirty", "bucket_ms", "bucket_ms")
FACTS_SHED = _table("facts_shed", "event_id", "event_id at_ms from_seq to_seq reason")

COPY_ORDER: tuple[Table, ...] = (
    SALE,
    SALE_LINE,
    TENDER,
    SALE_COUPON,
    GOODS_RETURN,
    GOODS_RETURN_LINE,
    RETURN_TENDER,
    PAYMENT_ASKED,
    PAYMENT_ENDED,
    CASH_MOVE,
    TILL_EVENT,
    PRESALE,
    STOCK_MOVE,
    GOODS_RECEIPT,
    GOODS_LEFT,
    STOCK_COUNT,
    RELOCATION,
    TRANSFER,
    GOODS_LINE,
    WRITE_OFF,
    RESERVATION_ANSWER,
    MARKDOWN_PROPOSAL,
    BOOK_COMPARISON,
    BOOK_COMPARISON_LINE,
    GATE_ALARM,
    GATE_ALARM_END,
    FITTING,
    OPENING_REFUSED,
    LINE_VOID,
    SALE_ABANDONED,
    SHIFT_OPENING,
    SHIFT_CLOSING,
    SHIFT_TENDER,
    DRAWER_OPENING,
    FEED_APPLIED,
    LABEL_BOUND,
    LABEL_PLACED,
    LABEL_SHOWN,
    LABEL_REMOVED,
    SHELF_AUDIT,
    SHELF_AUDIT_LINE,
    DEVICE_STATE,
    DEVICE_TABLE_TOLD,
    BOX_ALARM,
    FACTS_SHED,
    MEASURED,
    MEASUREMENT,
    TELEMETRY_DIRTY,
)
"""Every table, in the order one transaction fills them."""
