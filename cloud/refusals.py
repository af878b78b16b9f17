"""How a use case says no: a stable code, plain words, the field at fault and the remedy. Pure.

The HTTP layer turns these into RFC 9457 problems; nothing below it knows about status codes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one input. `field` is a path such as `price_minor` or `changes/3/item_id`."""

    field: str
    problem: str
    remedy: str


class Refused(Exception):
    """A use case did not happen, and nothing changed. `code` is stable; `detail` and `remedy` are for people."""

    def __init__(self, code: str, detail: str, remedy: str = "", problems: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.problems = problems


class Invalid(Refused):
    """The input cannot be right, whatever the state."""

    @classmethod
    def field(cls, field: str, problem: str, remedy: str) -> Invalid:
        """One bad field."""
        return cls("invalid", f"{field}: {problem}", remedy, (FieldProblem(field, problem, remedy),))

    @classmethod
    def fields(cls, problems: list[FieldProblem]) -> Invalid:
        """Several bad fields at once, so that nobody corrects them one by one."""
        first = problems[0]
        count = len(problems)
        detail = (
            f"{first.field}: {first.problem}"
            if count == 1
            else f"{count} fields are wrong; first {first.field}: {first.problem}"
        )
        return cls("invalid", detail, first.remedy, tuple(problems))


class Missing(Refused):
    """The thing named does not exist, or may not be seen by the one who asks."""


class Conflict(Refused):
    """The input would be right in another state."""


class Unauthenticated(Refused):
    """Nobody, or nobody known, asks."""


class Forbidden(Refused):
    """A known person asks for what their role or scope does not allow."""


class TooMany(Refused):
    """Asked too often; `retry_after_seconds` says when to come back."""

    def __init__(self, code: str, detail: str, retry_after_seconds: int) -> None:
        super().__init__(code, detail, f"Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds
