"""Every word on the staff screens stands in both catalogues, with the same values in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message

import edge.staff_screens
from edge.alerts.domain import TEXTS as ALERT_TEXTS
from edge.alerts.domain import AlertKind
from edge.audits.domain import Scope
from edge.audits.refusals import TEXTS as AUDIT_TEXTS
from edge.audits.sample import How
from edge.labels.ledger import Level
from edge.labels.lights import Lit
from edge.locale.catalogue import LANGUAGES, load
from edge.staff_screens.words import language_for, words_of
from edge.stock.refusals import TEXTS as STOCK_TEXTS
from protocols.audits import Finding
from protocols.contract.values import Place

FOLDER = Path(edge.staff_screens.__file__).parent
VALUE = re.compile(r"\{(\w+)\}")


def said() -> Iterator[tuple[str, str]]:
    """Every sentence the pages say, with its plural (or nothing)."""
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "say":
                yield str(node.args[0].value), ""
            elif name == "say_many":
                assert isinstance(node.args[1], ast.Constant)
                yield str(node.args[0].value), str(node.args[1].value)


def values(text: object) -> set[str]:
    return set(VALUE.findall(str(text)))


def check(message: Message | None, what: str, wanted: set[str]) -> None:
    assert message is not None, f"no words for {what!r}"
    forms = message.string if isinstance(message.string, list | tuple) else [message.string]
    for form in forms:
        assert form, what
        assert values(form) == wanted, what


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_with_its_values(language: str) -> None:
    catalogue = load(language)
    sentences = list(said())
    assert len(sentences) > 80
    for one, many in sentences:
        check(catalogue.get((one, many) if many else one), one, values(one))
    for context, texts in (("reason", STOCK_TEXTS), ("reason", AUDIT_TEXTS), ("alert", ALERT_TEXTS)):
        for code, text in texts.items():
            check(catalogue.get(code, context=context), code, values(text))
    for kind in AlertKind:
        check(catalogue.get(kind.value, context="alert_todo"), kind, set())
    for place in Place:
        check(catalogue.get(place.value, context="place"), place, set())
    for context, codes in (("label_level", Level), ("audit_finding", Finding), ("audit_scope", Scope), ("audit_how", How)):
        for code in codes:
            check(catalogue.get(code.value, context=context), code.value, set())
    for lit in set(Lit) - {Lit.ORDERED}:
        check(catalogue.get(lit.value, context="lit"), lit.value, set())
    for state in ("shown", "pending", "unreachable", "removed", "unbound"):
        check(catalogue.get(state, context="label_state"), state, set())


def test_a_language_is_found_by_what_the_browser_wants() -> None:
    assert language_for("zh-CN,zh;q=0.9,en;q=0.8") == "zh_CN"
    assert language_for("fr-FR,en-GB;q=0.5") == "en"
    assert language_for("fr") == "en"


def test_a_reason_without_words_or_values_falls_back_to_the_boxs_own() -> None:
    words = words_of("zh_CN")
    assert words.reason("reason", "check_digit", "english", {"code": "4"}) != "english"
    assert words.reason("reason", "check_digit", "english", {}) == "english"
    assert words.reason("reason", "never_heard_of", "english", {}) == "english"


def test_what_a_driver_says_is_translated_by_its_template() -> None:
    words = words_of("zh_CN")
    assert words.heard("the paper is out") == "纸已用完"
    assert words.heard("the printer cannot be reached: Connection refused") == "连接不上打印机：Connection refused"
    assert words.heard("10.0.0.7:9100 does not answer") == "10.0.0.7:9100 没有应答"
    assert words.heard("waiting for its turn, 7 labels are in line") == "排队等待，队列中有 7 个价签"
    assert words.heard("something nobody foresaw") == "something nobody foresaw"
    assert words_of("en").heard("the printer cannot be reached: x") == "the printer cannot be reached: x"
