"""Every word of the console exists in every language, with the same fields, and none is left over."""

import ast
import re
from pathlib import Path

import pytest

from cloud.audit.domain import Outcome, Via
from cloud.catalogue.domain import normalise_barcode
from cloud.console import prices_page
from cloud.console.audit_page import SUBJECTS
from cloud.console.frame import refusal
from cloud.console.hq import FieldAtFault, Problem
from cloud.locale.catalogue import LANGUAGES, language_for, read, words_of
from cloud.refusals import Invalid
from cloud.staff.domain import RIGHTS
from cloud.users.domain import Role

CONSOLE = Path(prices_page.__file__).parent
FIELD = re.compile(r"\{(\w+)\}")


def said() -> tuple[set[str], set[tuple[str, str]]]:
    """The texts given to `say` and `say_many` in the console's code."""
    plain: set[str] = set()
    plural: set[tuple[str, str]] = set()
    for path in CONSOLE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if name == "say" and texts:
                plain.add(texts[0])
            elif name in {"say_many", "many"} and len(texts) == 2:
                plural.add((texts[0], texts[1]))
    return plain, plural


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_its_fields_and_none_is_left_over(language: str) -> None:
    plain, plural = said()
    assert len(plain) > 100
    known_plain: set[str] = set()
    known_plural: set[tuple[str, str]] = set()
    for message in read(language):
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else " ".join(message.id)
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        assert all(forms), f"{source!r} is not translated"
        for form in forms:
            assert set(FIELD.findall(str(form))) <= set(FIELD.findall(source)), source
        if isinstance(message.id, str):
            assert set(FIELD.findall(source)) == set(FIELD.findall(str(forms[0]))), source
            if not message.context:
                known_plain.add(message.id)
        else:
            known_plural.add((message.id[0], message.id[1]))
    assert (plain - known_plain, known_plain - plain) == (set(), set())
    assert (plural - known_plural, known_plural - plural) == (set(), set())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    words = words_of(language)
    contexts: dict[str, set[str] | frozenset[str]] = {
        "role": set(Role),
        "right": RIGHTS,
        "feed": {"catalogue", "price", "setup", "staff"},
        "outcome": set(Outcome),
        "via": set(Via),
        "subject": set(SUBJECTS),
        "action": actions(),
    }
    assert {action.partition(".")[0] for action in actions()} == set(SUBJECTS)
    for context, codes in contexts.items():
        for code in codes:
            assert (context, str(code)) in words._plain


def actions() -> set[str]:
    """What use cases note in the audit trail, as the code has it; `{...}` in a text stands for added and changed."""
    found: set[str] = set()
    for path in CONSOLE.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Entry" and node.args:
                found |= _texts(node.args[0])
    return found


def _texts(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    assert isinstance(node, ast.JoinedStr), f"line {node.lineno}: write an audit entry's action where it can be read"
    subject = node.values[0]
    assert isinstance(subject, ast.Constant)
    return {f"{subject.value}{verb}" for verb in ("added", "changed")}


def test_plurals_follow_the_language() -> None:
    assert words_of("en").say_many("{n} item", "{n} items", 1) == "1 item"
    assert words_of("en").say_many("{n} item", "{n} items", 0) == "0 items"
    assert words_of("zh").say_many("{n} item", "{n} items", 2) == "2 件商品"


def test_sentences_of_the_api_are_understood_by_template() -> None:
    with pytest.raises(Invalid) as refused:
        normalise_barcode("9520000000013")
    words = words_of("zh")
    assert words.api(refused.value.problems[0].problem) == "校验位错误"
    assert words.api("there is no item 'A9'") == "没有商品“A9”"
    assert words.api("a sentence nobody knows") == "a sentence nobody knows"


def test_a_refusal_names_every_field() -> None:
    errors = (FieldAtFault(pointer="/pin", detail="digits in a row", remedy="Choose 4 to 8 digits nobody guesses first."),)
    problem = Problem(code="invalid", detail="pin: digits in a row", errors=errors)
    assert refusal(problem, words_of("en")) == "PIN: digits in a row. Choose 4 to 8 digits nobody guesses first."
    assert refusal(problem, words_of("zh")).startswith("PIN 码: 连续数字")


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("zh-Hans-CN,zh;q=0.9,en;q=0.8", "zh"), ("fr,en;q=0.5", "en"), ("", "en"), ("zh_CN", "zh"), ("de", "en")],
)
def test_the_browsers_wish_is_heard(wanted: str, language: str) -> None:
    assert language_for(wanted) == language
