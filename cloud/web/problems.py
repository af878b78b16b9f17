"""Refusals as RFC 9457 problem documents: stable `type` and `code`, the field at fault and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from cloud.refusals import Conflict, Forbidden, Invalid, Missing, Refused, TooMany, Unauthenticated
from cloud.web.access import note_refused

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


async def _on_refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    if isinstance(error, Forbidden):
        await note_refused(request, error.code, error.detail)
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


def _problem(status: HTTPStatus, code: str, detail: str, remedy: str, retry_after_seconds: int = 0) -> JSONResponse:
    problem = Problem(type=TYPE_PREFIX + code, title=status.phrase, status=status, detail=detail, code=code, remedy=remedy)
    return problem_response(problem, {"Retry-After": str(retry_after_seconds)} if retry_after_seconds else None)


def too_large(bytes_max: int) -> JSONResponse:
    """The answer to a body above the limit."""
    detail = f"The request is larger than {bytes_max} bytes."
    return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail, "Send it in several requests.")


async def _on_database_away(_request: Request, error: Exception) -> JSONResponse:
    """No connection, too many waiting, a statement that took too long, a deadlock: nothing was written, ask again."""
    log.warning("the database did not answer", error=f"{type(error).__name__}: {error}")
    detail = "The database does not answer at the moment. Nothing was changed."
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "database_away", detail, "Try again in a moment.", 2)


async def _on_row_security(request: Request, error: Exception) -> JSONResponse:
    """The database itself refused rows outside the person's scope."""
    log.warning("row security refused a write", error=str(error))
    detail = "That is outside your stores."
    await note_refused(request, "scope_too_small", detail)
    return _problem(HTTPStatus.FORBIDDEN, "scope_too_small", detail, "Ask an administrator.")


async def _on_anything(request: Request, error: Exception) -> JSONResponse:
    """A mistake of ours: the log has it, the answer does not."""
    log.error("a request failed", method=request.method, path=request.url.path, exc_info=error)
    detail = "Something went wrong at headquarters. It has been written to the log."
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail, "Tell operations when and where it happened.")


def install(app: FastAPI) -> None:
    """Let every error leave the API as a problem document."""
    app.add_exception_handler(psycopg.OperationalError, _on_database_away)
    app.add_exception_handler(psycopg.errors.InsufficientPrivilege, _on_row_security)
    app.add_exception_handler(PermissionError, _on_row_security)
    app.add_exception_handler(Exception, _on_anything)
    for kind in STATUS_OF:
        app.add_exception_handler(kind, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
