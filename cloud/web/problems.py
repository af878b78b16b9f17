"""Refusals as RFC 9457 problem documents: stable `type` and `code`, the field at fault and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from cloud.refusals import Conflict, Forbidden, Invalid, Missing, Refused, TooMany, Unauthenticated

log = structlog.get_logger("cloud.web")

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:tallystick:problem:"

STATUS_OF: dict[type[Refused], HTTPStatus] = {
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Missing: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
}


class ProblemField(BaseModel):
    """One bad input."""

    pointer: str = Field(description="JSON pointer into the request", examples=["/price_minor"])
    detail: str
    remedy: str = ""


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:tallystick:problem:invalid"])
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable name of the problem")
    remedy: str = Field(default="", description="What to do about it")
    errors: list[ProblemField] = []


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """The problem as an HTTP answer."""
    return JSONResponse(problem.model_dump(), problem.status, headers=headers, media_type=PROBLEM_JSON)


def _pointer(path: str) -> str:
    return "/" + path.lstrip("/")


async def _on_refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    status = STATUS_OF[type(error)]
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after_seconds)
    problem = Problem(
        type=TYPE_PREFIX + error.code,
        title=status.phrase,
        status=status,
        detail=error.detail,
        code=error.code,
        remedy=error.remedy,
        errors=[ProblemField(pointer=_pointer(row.field), detail=row.problem, remedy=row.remedy) for row in error.problems],
    )
    return problem_response(problem, headers)


def _places(location: Sequence[int | str]) -> str:
    inside = location[1:] if location and location[0] in {"body", "query", "path", "header"} else location
    return "/" + "/".join(str(part) for part in inside)


async def _on_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [ProblemField(pointer=_places(row["loc"]), detail=row["msg"]) for row in error.errors()]
    detail = f"{errors[0].pointer}: {errors[0].detail}" if errors else "The request cannot be read."
    remedy = "See the request's schema in /openapi.json."
    problem = Problem(
        type=TYPE_PREFIX + "invalid",
        title=HTTPStatus.UNPROCESSABLE_ENTITY.phrase,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        detail=detail,
        code="invalid",
        remedy=remedy,
        errors=errors,
    )
    return problem_response(problem)


async def _on_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    problem = Problem(type=TYPE_PREFIX + code, title=phrase, status=error.status_code, detail=error.detail, code=code)
    return problem_response(problem, dict(error.headers or {}))


def install(app: FastAPI) -> None:
    """Let every error leave the API as a problem document."""
    for kind in STATUS_OF:
        app.add_exception_handler(kind, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
