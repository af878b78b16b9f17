"""YAML files as frozen structs, with every complaint at its line and column.

Scalars reach the struct as their own text (`strict=False` makes numbers and booleans of them where a field wants one), so a
barcode with leading zeros, a time `8:30` and the word `no` mean what is written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

Shape = TypeVar("Shape")
Plain = dict[str, Any] | list[Any] | str | None
NODES_MAX = 200_000
BYTES_MAX = 32 * 1024 * 1024
_VALUE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlRefused(ValueError):
    """The file cannot be used; the text is `file:line:column: what is wrong and what would be right`."""

    def __init__(self, name: str, line: int, column: int, why: str) -> None:
        super().__init__(f"{name}:{line}:{column}: {why}")
        self.line = line
        self.column = column


class YamlSource:
    """One file, parsed. `plain` is what it says; `place` tells where a path of it stands."""

    def __init__(self, name: str, text: str, values: Mapping[str, str] | None = None) -> None:
        """`values`: what `${name}` in a text stands for; the file's own `let` adds to it. Raises `YamlRefused`."""
        self.name = name
        self._places: dict[str, tuple[int, int]] = {}
        self._count = 0
        self._values = dict(values or {})
        if len(text) > BYTES_MAX:
            raise YamlRefused(name, 1, 1, f"is larger than {BYTES_MAX} bytes. Split it with include.")
        try:
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
            raise YamlRefused(name, line, column, f"is not valid YAML: {error.problem or error.context}.") from error
        except yaml.YAMLError as error:
            raise YamlRefused(name, 1, 1, f"is not valid YAML: {str(error).splitlines()[0]}.") from error
        if root is None:
            raise YamlRefused(name, 1, 1, "is empty.")
        if not isinstance(root, yaml.MappingNode):
            raise YamlRefused(name, 1, 1, "begin with keys, `key: value`.")
        self._learn(root)
        self.plain = self._take(root, "$")

    def refuse(self, path: str, why: str) -> YamlRefused:
        """A complaint about a path such as `$.steps[3].scan.code`; the nearest part of it that is written down is named."""
        while path not in self._places and path != "$":
            path = path[: max(path.rfind("."), path.rfind("["))] if max(path.rfind("."), path.rfind("[")) > 0 else "$"
        line, column = self._places.get(path, (1, 1))
        return YamlRefused(self.name, line, column, why)

    def read(self, kind: type[Shape], dec_hook: Callable[[type, object], object] | None = None) -> Shape:
        """The whole file as `kind`. Raises `YamlRefused`."""
        try:
            return msgspec.convert(self.plain, kind, strict=False, dec_hook=dec_hook)
        except msgspec.ValidationError as error:
            raise self._explain(str(error), kind) from error

    def _learn(self, root: yaml.MappingNode) -> None:
        for key, value in root.value:
            if key.value == "let" and isinstance(value, yaml.MappingNode):
                for name, text in value.value:
                    if isinstance(text, yaml.ScalarNode):
                        self._values[name.value] = text.value

    def _take(self, node: yaml.Node, path: str) -> Any:
        self._places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        self._count += 1
        if self._count > NODES_MAX:  # an alias that refers to itself, or a bomb of aliases
            raise self.refuse(path, f"more than {NODES_MAX} values. Split the file with include.")
        match node:
            case yaml.MappingNode():
                found: dict[str, Any] = {}
                for key, value in node.value:
                    if not isinstance(key, yaml.ScalarNode):
                        raise YamlRefused(self.name, key.start_mark.line + 1, key.start_mark.column + 1, "a key is a word.")
                    here = f"{path}.{key.value}"
                    if key.value in found:
                        raise YamlRefused(
                            self.name, key.start_mark.line + 1, key.start_mark.column + 1,
                            f"the key '{key.value}' is there twice. Keep one.",
                        )  # fmt: skip
                    self._places[here] = (key.start_mark.line + 1, key.start_mark.column + 1)
                    found[key.value] = self._take(value, here)
                return found
            case yaml.SequenceNode():
                return [self._take(each, f"{path}[{index}]") for index, each in enumerate(node.value)]
            case _:
                return self._scalar(node, path)

    def _scalar(self, node: yaml.Node, path: str) -> str | None:
        plain = getattr(node, "style", None) is None
        if plain and node.value in {"", "~", "null"}:
            return None

        def value_of(found: re.Match[str]) -> str:
            if found[1] not in self._values:
                known = ", ".join(sorted(self._values)) or "none; write them under let:"
                raise self.refuse(path, f"there is no value '{found[1]}'. Known: {known}.")
            return self._values[found[1]]

        return _VALUE.sub(value_of, str(node.value))

    def _explain(self, message: str, kind: type) -> YamlRefused:
        what, _, where = message.partition(" - at `")
        path = where.rstrip("`") if where else "$"
        unknown = re.search(r"unknown field `(.*)`", what)
        if unknown is not None:
            key = unknown.group(1)
            fields = fields_at(kind, path)
            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
            hint = f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(fields)}."
            return self.refuse(f"{path}.{key}", f"unknown key '{key}'. {hint}")
        missing = re.search(r"missing required field `(.*)`", what)
        if missing is not None:
            return self.refuse(path, f"the key '{missing.group(1)}' is missing{_below(path)}.")
        key = path.rpartition(".")[2]
        return self.refuse(path, f"wrong value for '{key}': {what[0].lower()}{what[1:]}.")


def _below(path: str) -> str:
    return "" if path == "$" else f" in '{path.removeprefix('$.')}'"


def fields_at(kind: type, path: str) -> list[str]:
    """The keys that may stand at a path of a struct."""
    here: list[type] = [kind]
    for name in re.findall(r"\.(\w+)", path):
        here = [
            found
            for each in here
            for field in msgspec.structs.fields(each)
            if field.encode_name == name
            for found in _structs_in(field.type)
        ]
    return [field.encode_name for each in here for field in msgspec.structs.fields(each)]


def _structs_in(annotation: Any) -> list[type]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _structs_in(part)]


def read_text(path: Path, option: str) -> str:
    """The file's text. Raises `YamlRefused` in words a person can act on; `option`: how the file is named."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise YamlRefused(str(path), 1, 1, f"cannot be read: {error.strerror}. {option}") from error
    except UnicodeDecodeError as error:
        raise YamlRefused(str(path), 1, 1, "is not UTF-8 text.") from error
