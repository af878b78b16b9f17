"""CSV in the dialects spreadsheets write: which encoding, which delimiter, which lines. Pure.

Encoding: a byte-order mark decides; else UTF-8 if the bytes are that; else UTF-16 by where its zero bytes stand; else
GB18030 if the characters are those Chinese text is made of. Anything else is refused: text of another code page would
turn into wrong letters without a sign. Delimiter: the one of `,` `;` tab that stands in the heading outside quotes; when
several do, the one that leads to headings the import knows. A first line `sep=;` is obeyed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator

from cloud.tables.columns import said
from cloud.tables.values import (
    CELL_LENGTH_MAX,
    COLUMNS_MAX,
    ROWS_MAX,
    Cell,
    LineProblem,
    ReadOptions,
    Row,
    TableRefused,
    Tick,
    too_many_rows,
)

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
"""Each with the name it has in options and on screens."""
COMMON_HAN_SHARE = 0.9
"""Of the characters beyond ASCII so many must be of GB 2312, which holds those of everyday text."""
TICK_ROWS = 2_000

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def decode(content: bytes, chosen: str = "") -> tuple[str, str]:
    """The text and its encoding. Raises `TableRefused`: `encoding` when it is none of ours or could be several."""
    mark = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), None)
    if mark is not None and chosen in {"", mark[1]}:
        return _decoded(content[len(mark[0]) :], mark[1]), mark[1]
    if chosen:
        if chosen not in ENCODINGS:
            raise TableRefused("encoding", f"'{chosen}' is no encoding this reads.", f"One of: {', '.join(ENCODINGS)}.")
        return _decoded(content, chosen), chosen
    if wide := _utf16(content):
        return _decoded(content, wide), wide
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if _looks_chinese(content):
        return content.decode("gb18030"), "gb18030"
    raise TableRefused(
        "encoding",
        "The file is neither UTF-8, UTF-16 nor clearly GB18030.",
        "Save it as 'CSV UTF-8', or as an Excel workbook.",
        "encoding",
    )


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise TableRefused(
            "encoding",
            f"Byte {error.start + 1} of the file is not {encoding.upper()}.",
            "Choose another encoding, or save the file as 'CSV UTF-8'.",
            "encoding",
        ) from error


def _utf16(content: bytes) -> str:
    """UTF-16 without a mark: the digits, delimiters and line ends of any table have a zero byte each."""
    sample = content[:4096]
    if b"\0" not in sample or len(content) % 2:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if even and odd:
        return ""
    return "utf-16-le" if odd else "utf-16-be"


def _looks_chinese(content: bytes) -> bool:
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        return False
    foreign = [character for character in text if not character.isascii()]
    common = sum(_in_gb2312(character) for character in foreign)
    return common >= COMMON_HAN_SHARE * len(foreign)


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def find_delimiter(text: str, chosen: str, known: Collection[str]) -> tuple[str, int]:
    """The delimiter, and how many lines a `sep=` line takes (0 or 1). `known`: headings in small letters.

    Raises `TableRefused`: `delimiter` when several could be meant, or an unknown one was chosen.
    """
    said = _SEP_LINE.match(text)
    if chosen:
        by_name = {name: mark for mark, name in DELIMITERS.items()}
        delimiter = by_name.get(chosen, chosen)
        if delimiter not in DELIMITERS:
            raise TableRefused("delimiter", f"'{chosen}' is no delimiter this reads.", "One of: comma, semicolon, tab.")
        return delimiter, int(said is not None)
    if said is not None and said[1] in DELIMITERS:
        return said[1], 1
    heading = _first_record(text)
    present = [mark for mark in DELIMITERS if mark in _outside_quotes(heading)]
    if len(present) > 1:
        fitting = {mark: _known_headings(heading, mark, known) for mark in present}
        best = max(fitting.values())
        present = [mark for mark, count in fitting.items() if count == best] if best else present
    if len(present) > 1:
        names = " / ".join(DELIMITERS[mark] for mark in present)
        raise TableRefused(
            "delimiter",
            f"The heading can be split in several ways: {names}.",
            "Choose the delimiter.",
            "delimiter",
        )
    return (present[0] if present else ","), 0


def _first_record(text: str) -> str:
    """The first line with something in it; a line break inside quotes does not end it."""
    quotes = 0
    start = len(text) - len(text.lstrip("\r\n"))
    for place in range(start, len(text)):
        character = text[place]
        quotes += character == '"'
        if character in "\r\n" and quotes % 2 == 0:
            return text[start:place]
    return text[start:]


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[0::2])


def _known_headings(heading: str, delimiter: str, known: Collection[str]) -> int:
    cells = next(csv.reader([heading], delimiter=delimiter), [])
    return sum(said(cell) in known for cell in cells)


def rows_of(text: str, delimiter: str, skip: int, tick: Tick, problems: list[LineProblem]) -> Iterator[Row]:
    """Every line with something in it. What cannot be read is added to `problems`. Raises `TableRefused`."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    count = 0
    try:
        line_no = 1
        for cells in reader:
            begun, line_no = line_no, reader.line_num + 1
            if begun <= skip or not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > ROWS_MAX + 1:
                raise too_many_rows()
            if len(cells) > COLUMNS_MAX:
                problems.append(LineProblem(begun, "", f"more than {COLUMNS_MAX} columns", "Take the others out."))
                continue
            if count % TICK_ROWS == 0:
                tick(count)
            yield Row(begun, tuple(_cell(begun, cell, problems) for cell in cells))
    except csv.Error as error:
        raise TableRefused(
            "not_csv",
            f"Line {reader.line_num} cannot be read as CSV: {error}.",
            "Look for a quotation mark that is never closed, or save the file again.",
        ) from error


def _cell(line_no: int, text: str, problems: list[LineProblem]) -> Cell:
    if len(text) > CELL_LENGTH_MAX:
        problems.append(LineProblem(line_no, "", f"a cell longer than {CELL_LENGTH_MAX} characters", "Shorten it."))
        return None
    return text if text.strip() else None


def read_csv(
    content: bytes, options: ReadOptions, known: Collection[str], tick: Tick
) -> tuple[list[Row], list[LineProblem], str, str]:
    """(lines, problems, encoding, name of the delimiter). Raises `TableRefused`."""
    text, encoding = decode(content, options.encoding)
    if "\0" in text:
        raise TableRefused("not_csv", "The file holds zero characters: it is no text.", "Save it as 'CSV UTF-8'.")
    delimiter, skip = find_delimiter(text, options.delimiter, known)
    problems: list[LineProblem] = []
    rows = list(rows_of(text, delimiter, skip, tick, problems))
    return rows, problems, encoding, DELIMITERS[delimiter]
