"""How the bench's control API is written: one `Endpoint` per operation, from which routing and OpenAPI both follow.

A kind of device has a module `control_<kind>` with a function `endpoints(bench)`; `control` lists them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.web import CannotListen

BODY_BYTES_MAX = 1024 * 1024
Body = TypeVar("Body", bound=msgspec.Struct)
Device = TypeVar("Device")


class Refused(Exception):
    """Answered as it stands."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class File:
    """An answer that is not JSON."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a handler sees it."""

    path: Mapping[str, str]
    body: msgspec.Struct | None = None

    def body_as(self, kind: type[Body]) -> Body:
        """The decoded body; its type is the endpoint's `takes`."""
        assert isinstance(self.body, kind)
        return self.body


Answer = msgspec.Struct | Sequence[msgspec.Struct] | File | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation. `takes`: the JSON body of a POST. `gives`: what the JSON answer is; None: a file, or nothing (204)."""

    path: str
    summary: str
    act: Callable[[Call], Answer | Awaitable[Answer]]
    takes: type[msgspec.Struct] | None = None
    gives: object = None

    @property
    def method(self) -> str:
        """GET looks, POST does."""
        return "GET" if self.takes is None else "POST"


def found(devices: Mapping[str, Device], call: Call) -> Device:
    """The device named in the path. Raises `Refused`."""
    device_id = call.path["id"]
    if device_id not in devices:
        raise Refused(404, f"there is no '{device_id}' here; here are: {', '.join(devices) or 'none'}")
    return devices[device_id]


async def ask(endpoints: Sequence[Endpoint], method: str, path: str, body: bytes | None) -> bytes:
    """Carry out one operation without a web between: what its answer would hold. Raises `Refused`, `CannotListen`."""
    parts = path.split("/")
    for endpoint in endpoints:
        wanted = endpoint.path.split("/")
        same = len(parts) == len(wanted) and all(
            there == here or there.startswith("{") for there, here in zip(wanted, parts, strict=True)
        )
        if endpoint.method != method or not same:
            continue
        names = {there[1:-1]: here for there, here in zip(wanted, parts, strict=True) if there.startswith("{")}
        order = None if endpoint.takes is None else _decoded(body or b"{}", endpoint.takes)
        said = endpoint.act(Call(names, order))
        found = await said if isinstance(said, Awaitable) else said
        match found:
            case None:
                return b""
            case File():
                return found.content
            case _:
                return msgspec.json.encode(found)
    raise Refused(404, f"there is no {method} {path}")


def _decoded(body: bytes, kind: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.json.decode(body, type=kind, strict=False)  # numbers of a YAML file are text
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Refused(400, str(error)) from error


def route(endpoint: Endpoint) -> Route:
    """The door of one endpoint. Commands are JSON objects, so that no other web page can send them."""

    async def answer(request: Request) -> Response:
        try:
            body = None if endpoint.takes is None else await _body(request, endpoint.takes)
            said = endpoint.act(Call(request.path_params, body))
            return _response(await said if isinstance(said, Awaitable) else said)
        except Refused as refused:
            return Response(str(refused), refused.status)
        except CannotListen as taken:
            return Response(str(taken), 409)

    return Route(endpoint.path, answer, methods=[endpoint.method])


def _response(said: Answer) -> Response:
    match said:
        case None:
            return Response(status_code=204)
        case File():
            return Response(said.content, media_type=said.media_type, headers={"cache-control": "no-cache"})
        case _:
            return Response(msgspec.json.encode(said), media_type="application/json", headers={"cache-control": "no-store"})


async def _body(request: Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused(415, "send a JSON object with content-type application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise Refused(413, f"at most {BODY_BYTES_MAX} bytes")
    return _decoded(bytes(body) or b"{}", kind)


def describe(endpoints: Sequence[Endpoint]) -> dict[str, object]:
    """The API as an OpenAPI 3.1 document."""
    types = [each for endpoint in endpoints for each in (endpoint.takes, endpoint.gives) if each is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    named = iter(schemas)
    paths: dict[str, dict[str, object]] = {}
    for endpoint in endpoints:
        takes = None if endpoint.takes is None else next(named)
        gives = None if endpoint.gives is None else next(named)
        operation: dict[str, object] = {"summary": endpoint.summary, "responses": _answers(endpoint, gives)}
        if takes is not None:
            operation["requestBody"] = {"content": {"application/json": {"schema": takes}}}
        names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
        if names:
            string = {"type": "string"}
            operation["parameters"] = [{"name": name, "in": "path", "required": True, "schema": string} for name in names]
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tallystick simulator bench", "version": "2"},
        "paths": paths,
        "components": {"schemas": components},
    }


def _answers(endpoint: Endpoint, gives: dict[str, object] | None) -> dict[str, object]:
    answers: dict[str, object] = {"404": {"description": "no such device"}} if "{id}" in endpoint.path else {}
    if gives is not None:
        answers["200"] = {"description": "ok", "content": {"application/json": {"schema": gives}}}
    elif endpoint.takes is None:
        answers["200"] = {"description": "a file"}
    else:
        answers |= {"204": {"description": "done"}, "400": {"description": "why not, as text"}}
    return answers
