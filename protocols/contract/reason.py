"""Why something was refused or is degraded."""

from __future__ import annotations

import msgspec


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """A stable code, English text, and the values the text names.

    Screens translate `code` with `params`; `text` is the English fallback.
    """

    code: str
    text: str
    params: dict[str, str] = {}
