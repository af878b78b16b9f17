"""Walking into a JSON answer by a path, and comparing what is there with what was expected."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from simulators.scenario.steps import Expect

_PART = re.compile(r"\.?([A-Za-z_]\w*)|\[(-?\d+)\]|\[(\w+)=([^\]]+)\]")
TOLD_MAX = 200


class NotThere(LookupError):
    """The path leads nowhere; the text says where it ends."""


def look(answer: bytes, path: str) -> Any:
    """The value at a path of a JSON answer. Raises `NotThere`."""
    found: Any = msgspec.json.decode(answer)
    for part in _PART.finditer(path):
        name, index, key, value = part.groups()
        if name == "length" and isinstance(found, list | str):
            found = len(found)
        elif name is not None and isinstance(found, dict) and name in found:
            found = found[name]
        elif index is not None and isinstance(found, list) and -len(found) <= int(index) < len(found):
            found = found[int(index)]
        elif key is not None and isinstance(found, list):
            fitting = [each for each in found if isinstance(each, dict) and told(each.get(key)) == value]
            if not fitting:
                raise NotThere(f"nothing has {key}={value}")
            found = fitting[0]
        else:
            raise NotThere(f"there is no {part.group(0)}")
    return found


def told(value: Any) -> str:
    """A value as it is written in YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if not isinstance(value, dict | list) else msgspec.json.encode(value).decode()


def falls_short(expect: Expect, value: Any) -> str:
    """Why a value is not as expected; empty: it is."""
    text = told(value)
    shown = text if len(text) <= TOLD_MAX else f"{text[:TOLD_MAX]} ..."
    if expect.equals is not None and text != expect.equals:
        return f"expected {expect.equals}, it is {shown}"
    if expect.differs is not None and text == expect.differs:
        return f"expected anything but {shown}"
    if expect.contains is not None and expect.contains not in text:
        return f"expected '{expect.contains}' in it, it is {shown}"
    if expect.lacks is not None and expect.lacks in text:
        return f"expected no '{expect.lacks}' in it, it is {shown}"
    number = value if isinstance(value, int) else None
    if expect.at_least is not None and (number is None or number < expect.at_least):
        return f"expected at least {expect.at_least}, it is {shown}"
    if expect.at_most is not None and (number is None or number > expect.at_most):
        return f"expected at most {expect.at_most}, it is {shown}"
    return ""
