"""What is kept of a change: no secrets, no more than its bound, always readable."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.audit.domain import RECORDED_BYTES_MAX, SECRET_FIELDS, Entry, recorded
from protocols.contract.feed_rows import ZoneRow


@dataclass(frozen=True)
class Member:
    name: str
    pin_hash: str
    rights: tuple[str, ...] = ()


def test_nothing_stays_nothing() -> None:
    assert recorded(None) == ""


def test_structs_dataclasses_and_mappings_become_plain_json() -> None:
    zone = json.loads(recorded(ZoneRow(zone="north", currency="EUR")))
    assert (zone["zone"], zone["currency"], "kind" in zone) == ("north", "EUR", False)
    assert json.loads(recorded(Member("Kim", "x", ("till",)))) == {"name": "Kim", "rights": ["till"]}
    assert recorded({"name": "Küche 厨房"}) == '{"name":"Küche 厨房"}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "price_minor", *SECRET_FIELDS]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=3))
def test_no_secret_is_kept_at_any_depth(rows: list[object]) -> None:
    def names(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for inner in value.values() for name in names(inner)}
        return {name for inner in value for name in names(inner)} if isinstance(value, list) else set()

    assert not names(json.loads(recorded(rows))) & SECRET_FIELDS


@given(st.lists(st.text(max_size=RECORDED_BYTES_MAX // 4), max_size=12))
def test_what_is_kept_is_bounded_and_says_how_much_is_left_off(rows: list[str]) -> None:
    text = recorded(rows)
    assert len(text.encode()) <= RECORDED_BYTES_MAX
    kept = json.loads(text)
    if kept != rows:
        assert kept[:-1] == rows[: len(kept) - 1]
        assert kept[-1] == {"rows_left_off": len(rows) - len(kept) + 1}


def test_one_value_that_is_too_long_is_counted() -> None:
    text = recorded({"name": "x" * (RECORDED_BYTES_MAX + 1)})
    assert json.loads(text)["bytes_left_off"] > RECORDED_BYTES_MAX


@pytest.mark.parametrize("action", ["", "price", "Price.changed", "price.changed.twice", "price changed"])
def test_an_action_is_a_subject_and_a_verb(action: str) -> None:
    with pytest.raises(ValueError, match=r"subject\.verb"):
        Entry(action, "x")
