"""Till, terminal and acquirer held against each other: which line is which, and what is wrong first."""

from hypothesis import given
from hypothesis import strategies as st

from cloud.tills.reconcile import NEAR_MS, AcquirerLine, Finding, Movement, reconcile


def ours(
    attempt_id: str, amount_minor: int = 1_000, *, at_ms: int = 0, reference: str = "", tail: str = "", booked: bool = True
) -> Movement:
    return Movement(attempt_id, "sale", "1", "card", amount_minor, at_ms, reference, tail, booked)


def theirs(
    line_no: int, amount_minor: int = 1_000, *, attempt_id: str = "", reference: str = "", at_ms: int = 0, tail: str = ""
) -> AcquirerLine:
    return AcquirerLine(line_no, reference, attempt_id, "card", amount_minor, "EUR", at_ms, tail)


def findings(mine: list[Movement], other: list[AcquirerLine], *, have_file: bool = True) -> list[Finding]:
    return [pair.finding for pair in reconcile(mine, other, have_file=have_file)]


def test_the_attempt_says_which_line_it_is() -> None:
    assert findings([ours("a"), ours("b")], [theirs(2, attempt_id="b"), theirs(3, attempt_id="a")]) == [Finding.AGREES] * 2


def test_an_amount_that_differs_is_shown_with_its_difference() -> None:
    (pair,) = reconcile([ours("a", 1_000)], [theirs(2, 950, attempt_id="a")])
    assert (pair.finding, pair.difference_minor) == (Finding.AMOUNT_DIFFERS, -50)


def test_without_an_attempt_the_reference_says_it() -> None:
    assert findings([ours("a", reference="R1")], [theirs(2, reference="R1")]) == [Finding.AGREES]


def test_without_either_amount_card_and_time_say_it_when_only_one_can_be_meant() -> None:
    assert findings([ours("a", tail="1234")], [theirs(2, at_ms=60_000, tail="1234")]) == [Finding.AGREES]
    assert findings([ours("a", tail="1234")], [theirs(2, tail="9999")]) == [Finding.ONLY_TILL, Finding.ONLY_ACQUIRER]
    assert findings([ours("a")], [theirs(2, at_ms=NEAR_MS + 1)]) == [Finding.ONLY_TILL, Finding.ONLY_ACQUIRER]
    twice = findings([ours("a"), ours("b")], [theirs(2)])
    assert twice == [Finding.ONLY_TILL, Finding.ONLY_TILL, Finding.ONLY_ACQUIRER]


def test_money_taken_without_a_sale_comes_first_even_if_the_acquirer_has_it() -> None:
    found = reconcile([ours("a"), ours("b", booked=False)], [theirs(2, attempt_id="a"), theirs(3, attempt_id="b")])
    assert [(pair.finding, pair.ours.attempt_id if pair.ours else "") for pair in found] == [
        (Finding.NOT_BOOKED, "b"),
        (Finding.AGREES, "a"),
    ]


def test_a_charge_and_its_refund_are_two_lines_of_the_same_reference() -> None:
    mine = [ours("a", 1_000, reference="R"), ours("b", -1_000, reference="R")]
    other = [theirs(2, -1_000, reference="R"), theirs(3, 1_000, reference="R")]
    assert findings(mine, other) == [Finding.AGREES] * 2


def test_a_charge_the_acquirer_took_twice_is_one_too_many() -> None:
    assert findings([ours("a")], [theirs(2, attempt_id="a"), theirs(3, attempt_id="a")]) == [
        Finding.ONLY_ACQUIRER,
        Finding.AGREES,
    ]


def test_before_the_file_is_there_nothing_is_missing_from_it() -> None:
    assert findings([ours("a"), ours("b", booked=False)], [], have_file=False) == [Finding.NOT_BOOKED, Finding.AGREES]


AMOUNTS = st.sampled_from([100, 200, -100])
OURS = st.lists(st.builds(ours, st.sampled_from("abcd"), AMOUNTS, reference=st.sampled_from(["", "R", "S"])), max_size=6)
THEIRS = st.lists(
    st.builds(
        theirs, st.integers(2, 9), AMOUNTS, attempt_id=st.sampled_from(["", *"abcd"]), reference=st.sampled_from(["", "R"])
    ),
    max_size=6,
)


@given(OURS, THEIRS)
def test_every_line_is_shown_once_and_the_differences_add_up(mine: list[Movement], other: list[AcquirerLine]) -> None:
    pairs = reconcile(mine, other)
    assert sorted(map(repr, mine)) == sorted(repr(pair.ours) for pair in pairs if pair.ours)
    assert sorted(map(repr, other)) == sorted(repr(pair.theirs) for pair in pairs if pair.theirs)
    total = sum(line.amount_minor for line in other) - sum(line.amount_minor for line in mine)
    assert sum(pair.difference_minor for pair in pairs) == total
