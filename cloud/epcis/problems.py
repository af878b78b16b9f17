"""Refusals of the EPCIS interface: RFC 9457 problems with the types of the standard (EPCIS 2.0 section 12.3)."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request, Response

PROBLEM_JSON = "application/problem+json"


class EpcisProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem document."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = ""


class EpcisRefused(Exception):
    """`kind`: an exception of the standard without its prefix, such as `ValidationException`."""

    def __init__(self, kind: str, status: int, detail: str) -> None:
        super().__init__(detail)
        self.problem = EpcisProblem(
            type=f"epcisException:{kind}", title=HTTPStatus(status).phrase, status=status, detail=detail
        )


async def _answer(_request: Request, error: Exception) -> Response:
    assert isinstance(error, EpcisRefused)
    return Response(msgspec.json.encode(error.problem), error.problem.status, media_type=PROBLEM_JSON)


def install(app: FastAPI) -> None:
    """Let these refusals leave as the standard wants them."""
    app.add_exception_handler(EpcisRefused, _answer)
