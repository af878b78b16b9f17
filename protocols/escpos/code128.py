"""CODE128 data as ESC/POS carries it: `{A`, `{B`, `{C` choose the code set, `{{` is a brace."""

from __future__ import annotations

_SETS = {b"{A": "A", b"{B": "B", b"{C": "C"}
_PRINT_NOTHING = {b"{1", b"{2", b"{3", b"{4", b"{S"}
"""Function codes and shift."""


def read_code128(data: bytes) -> str | None:
    """The text of a bar code's data, or None when the data is none: no code set, a wrong one, or no pair of digits."""
    code_set, text, at = "", "", 0
    while at < len(data):
        pair, byte = data[at : at + 2], data[at]
        at += 2 if byte == ord("{") else 1
        if byte == ord("{"):
            if pair in _SETS:
                code_set = _SETS[pair]
            elif pair == b"{{" and code_set != "C":
                text += "{"
            elif pair not in _PRINT_NOTHING:
                return None
        elif code_set == "C" and byte <= 99:
            text += f"{byte:02d}"
        elif code_set in {"A", "B"} and 0x20 <= byte <= 0x7E:
            text += chr(byte)
        else:
            return None
    return text if code_set and text else None
