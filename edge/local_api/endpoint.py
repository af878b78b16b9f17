"""How the API's route table is written: one `Endpoint` per operation, from which routing and OpenAPI both follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from edge.local_api.problems import Refused
from edge.local_api.shop import Shop
from edge.staff.service import Staff

B = TypeVar("B")

BODY_BYTES_MAX = 64 * 1024
ANY_STAFF = ""
"""The right everybody has who has a key."""


@dataclass(frozen=True, slots=True)
class Text:
    """An answer that is text and not JSON."""

    body: str
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Json:
    """An answer that is JSON already."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a handler sees it. `staff` is who asks, where the endpoint wants to know."""

    shop: Shop
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: object
    staff: Staff | None
    token: str

    def body_as(self, kind: type[B]) -> B:
        """The decoded body; its type is the endpoint's `request`."""
        assert isinstance(self.body, kind)
        return self.body

    def who(self) -> Staff:
        """Who asks. Only for endpoints with a right."""
        if self.staff is None:
            raise Refused(401, "login_needed", "Log in first: POST /v1/staff/login, then send the key as bearer token.")
        return self.staff


Handler = Callable[[Call], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation. `right`: what the member of staff who asks must be allowed to do (or `ANY_STAFF`); None: anybody."""

    method: str
    path: str
    summary: str
    handler: Handler
    response: object
    request: type | None = None
    query: Mapping[str, str] | None = None
    right: str | None = None
    problems: tuple[int, ...] = ()
