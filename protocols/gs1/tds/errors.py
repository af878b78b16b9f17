"""What a code that cannot be an EPC raises."""

from __future__ import annotations


class EpcRefused(ValueError):
    """The bits, the URI or the element string are no legal EPC. `code` is the stable reason."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
