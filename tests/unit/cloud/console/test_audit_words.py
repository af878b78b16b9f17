"""How a row of the trail reads: only what changed, money as money, times as times, long lists cut."""

import datetime
import json

from cloud.console.answers import Zone
from cloud.console.audit_words import LINES_MAX, About, Change, Teller
from cloud.locale.catalogue import words_of

NOW = 1_790_000_000_000
EUROS = {"north": Zone(zone="north", currency="EUR", minor_digits=2)}
ENGLISH = Teller(words_of("en"), datetime.UTC, EUROS)
CHINESE = Teller(words_of("zh"), datetime.UTC, EUROS)


def test_only_what_changed_is_told() -> None:
    before = json.dumps({"name": "Kim", "rights": ["till"], "language": "en", "active": True})
    after = json.dumps({"name": "Kim Lee", "rights": ["till", "void"], "language": "en", "active": False})
    told = ENGLISH.tell(before, after, About())
    assert told.changes[0] == Change("Name", "Kim", "Kim Lee")
    assert told.changes[2] == Change("Active", "yes", "no")
    assert len(told.changes) == 3
    assert CHINESE.tell(before, after, About()).changes[2] == Change("有效", "是", "否")


def test_prices_are_told_by_item_as_money_and_a_start_only_when_it_is_to_come() -> None:
    before = json.dumps([{"item_id": "A1", "price_minor": 99}])
    after = [
        {"item_id": "A1", "price_minor": 129, "effective_from_ms": NOW, "effective_to_ms": None},
        {"item_id": "A2", "price_minor": 50, "effective_from_ms": NOW + 86_400_000, "effective_to_ms": None},
    ]
    told = ENGLISH.tell(before, json.dumps(after), About("north", NOW))
    assert told.changes == (Change("A1", "€0.99", "€1.29"), Change("A2", "", "€0.50, from 22 Sept 2026, 14:13"))


def test_long_lists_are_cut_and_what_is_left_off_is_counted() -> None:
    rows = [{"item_id": f"A{number}", "price_minor": number} for number in range(LINES_MAX + 3)]
    told = ENGLISH.tell("", json.dumps([*rows, {"rows_left_off": 4_000}]), About("north"))
    assert (len(told.changes), told.more) == (LINES_MAX, 4_003)


def test_nothing_and_the_unreadable_are_no_mistake() -> None:
    assert ENGLISH.tell("", "", About()).changes == ()
    assert ENGLISH.tell("", "not json", About()).changes == (Change("text", "", "not json"),)
    assert ENGLISH.tell("[1, 2]", "[2]", About()).changes == (Change("1", "1", ""), Change("2", "2", "2"))
