"""The two lines of a customer display, from the same state as the customer's page, in both languages and any charset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.checkout.display_lines import WORDS, DisplayLook, lines_of, newest
from protocols.contract.customer_display import CustomerLine, CustomerPaid, CustomerState
from protocols.escpos.charsets import CHINESE, unencodable
from protocols.escpos.columns import text_columns

ENGLISH, CHINA = DisplayLook(charset="cp437"), DisplayLook(charset=CHINESE, language="zh")
MILK = CustomerLine(line_no="1", name="Milk 1 l", name_zh="牛奶一升", quantity=1, net_minor=129)
TEA = CustomerLine(line_no="2", name="Green tea, a very long name", name_zh="绿茶", quantity=3, net_minor=1_050)
APPLES = CustomerLine(line_no="3", name="Äpfel", quantity=1, grams=512, net_minor=205)
EMPTY = CustomerState(till_id="1", store_name="Corner Shop", revision=1, mode="welcome", currency="EUR")
SALE = replace(EMPTY, mode="sale", lines=(MILK, TEA), total_minor=1_179, remaining_minor=1_179)
PAID = CustomerPaid(receipt="1-1-7", due_minor=1_179, tendered_minor=2_000, change_minor=821)


def shown(state: CustomerState, look: DisplayLook = ENGLISH, before: tuple[CustomerLine, ...] = ()) -> list[str]:
    return [line.strip() for line in lines_of(state, look, before)]


def test_a_scanned_line_and_the_total() -> None:
    assert lines_of(SALE, ENGLISH) == ("3xGreen tea, a 10.50", "TOTAL          11.79")
    assert lines_of(SALE, CHINA) == ("3x绿茶         10.50", "合计           11.79")


def test_idle_closed_paying_and_change() -> None:
    assert shown(EMPTY) == ["Welcome", "Corner Shop"]
    assert shown(EMPTY, CHINA) == ["欢迎光临", "Corner Shop"]
    assert shown(EMPTY, replace_idle(ENGLISH, "Fresh fish today")) == ["Fresh fish today", "Corner Shop"]
    assert shown(replace(EMPTY, mode="closed"), CHINA) == ["暂停收款", "请到其他收银台"]
    assert shown(replace(SALE, payment="asking")) == ["Pay at the terminal", "TO PAY         11.79"]
    assert shown(replace(SALE, payment="unknown")) == ["Please wait", "TO PAY         11.79"]
    assert shown(replace(SALE, paid_minor=500, remaining_minor=679)) == ["TOTAL          11.79", "TO PAY          6.79"]
    assert shown(replace(EMPTY, mode="paid", paid=PAID)) == ["CHANGE          8.21", "Thank you"]
    exact = replace(PAID, tendered_minor=1_179, change_minor=0)
    assert shown(replace(EMPTY, mode="paid", paid=exact), CHINA) == ["合计           11.79", "谢谢惠顾"]


def test_the_line_that_changed_is_shown_not_the_last_of_all() -> None:
    more_milk = replace(MILK, quantity=2, net_minor=258)
    assert newest((more_milk, TEA), (MILK, TEA)) == more_milk
    assert newest((MILK, TEA), (MILK, TEA)) == TEA
    assert newest((MILK, TEA, APPLES), (MILK, TEA)) == APPLES
    cheaper = tuple(replace(each, net_minor=each.net_minor - 10) for each in (MILK, TEA))
    assert newest((*cheaper, APPLES), (MILK, TEA)) == APPLES, "an offer changed the others"


def test_what_a_display_cannot_write_is_said_in_the_other_language() -> None:
    only_chinese = replace(MILK, name="牛奶一升", name_zh="牛奶一升")
    assert shown(replace(SALE, lines=(only_chinese,)))[0].endswith("1.29")
    poor = DisplayLook(charset="cp437", language="zh")
    assert poor.words == WORDS["en"]
    assert shown(replace(SALE, lines=(MILK,)), poor)[0].startswith("Milk 1 l")
    assert shown(replace(SALE, lines=(APPLES,)))[0].startswith("Äpfel")


def test_every_word_is_there_in_both_languages_and_fits() -> None:
    assert set(WORDS["en"]) == set(WORDS["zh"])
    for words in WORDS.values():
        assert all(text_columns(word) <= 20 for word in words.values())
    assert not unencodable("".join(WORDS["zh"].values()), CHINESE)


@given(
    st.text(max_size=40),
    st.text(st.sampled_from("牛奶 abÄ"), max_size=30),
    st.integers(-(10**9), 10**9),
    st.integers(1, 10**6),
    st.sampled_from([ENGLISH, CHINA]),
    st.sampled_from(["sale", "paid", "welcome", "closed"]),
)
@pytest.mark.parametrize("minor_digits", [0, 2, 3])
def test_both_lines_are_always_twenty_columns(
    minor_digits: int, name: str, name_zh: str, minor: int, quantity: int, look: DisplayLook, mode: str
) -> None:
    line = CustomerLine(line_no="1", name=name, name_zh=name_zh, quantity=quantity, net_minor=minor)
    paid = replace(PAID, change_minor=abs(minor)) if mode == "paid" else None
    state = replace(SALE, mode=mode, lines=() if paid else (line,), total_minor=minor, minor_digits=minor_digits, paid=paid)
    assert [text_columns(each) for each in lines_of(state, look)] == [20, 20]


def replace_idle(look: DisplayLook, idle: str) -> DisplayLook:
    return DisplayLook(look.columns, look.charset, look.language, idle)
