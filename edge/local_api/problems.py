"""What the API says when it refuses: RFC 9457 problem documents with a stable code."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:tallystick:problem:"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class Refused(Exception):
    """Ends a request with a problem document."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


_TITLES = {
    400: "The request cannot be understood",
    401: "Who are you?",
    403: "This is not allowed",
    404: "There is no such thing",
    405: "This cannot be done here",
    409: "This contradicts what is stored",
    413: "The request is too large",
    422: "The request is not valid",
    429: "Too many tries",
    503: "The box cannot do this now",
}


def problem_response(status: int, code: str, detail: str) -> Response:
    """The document as a response."""
    title = _TITLES.get(status, "Refused")
    problem = Problem(type=TYPE_PREFIX + code, title=title, status=status, detail=detail, code=code)
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return Response(msgspec.json.encode(problem), status_code=status, media_type=PROBLEM_JSON, headers=headers)
