"""The ASGI application: route table, static till page, guard, problems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from importlib import resources
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from edge.checkout.reasons import reason
from edge.local_api import (
    alerts,
    audits,
    box,
    draft_checks,
    drafts,
    goods,
    look_up,
    openapi,
    rfid,
    sensors,
    shelf,
    shelf_map,
    stock_orders,
    stock_tasks,
    tag_work,
    tags,
    tills,
)
from edge.local_api.customer_socket import CustomerSocket
from edge.local_api.endpoint import ANY_STAFF, BODY_BYTES_MAX, Call, Endpoint, Json, Text
from edge.local_api.guard import Guard
from edge.local_api.problems import Refused, problem_response
from edge.local_api.shop import Shop
from edge.local_api.till_socket import TillSocket
from edge.staff.service import Staff
from edge.store_db.errors import StoreBusy, StoreFull
from edge.telemetry.exposition import MEDIA_TYPE

ENDPOINTS: tuple[Endpoint, ...] = (
    *box.ENDPOINTS,
    *tills.ENDPOINTS,
    *goods.ENDPOINTS,
    *look_up.ENDPOINTS,
    *drafts.ENDPOINTS,
    *draft_checks.ENDPOINTS,
    *stock_tasks.ENDPOINTS,
    *stock_orders.ENDPOINTS,
    *shelf.ENDPOINTS,
    *shelf_map.ENDPOINTS,
    *audits.ENDPOINTS,
    *rfid.ENDPOINTS,
    *tags.ENDPOINTS,
    *tag_work.ENDPOINTS,
    *sensors.ENDPOINTS,
    *alerts.ENDPOINTS,
)

_NO_STORE = {"cache-control": "no-store"}
_PAGE_POLICY = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; frame-ancestors 'none'"


class TillPageFiles(StaticFiles):
    """The till page's files: always asked for anew, and its service worker may serve `/till`."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """A file with our headers."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "no-cache"
        response.headers["service-worker-allowed"] = "/till"
        return response


def make_app(shop: Shop, *, names: Sequence[str] = ()) -> Starlette:
    """The application of a running box. `names`: host names it answers to beside loopback's."""
    page_folder = Path(str(resources.files("edge") / "till_page"))
    document = openapi.document(ENDPOINTS, shop.software)
    human_page = openapi.page(ENDPOINTS, shop.desk.store_id, list(shop.tills))

    async def describe(_request: Request) -> Response:
        return Response(document, media_type="application/json")

    async def explain(_request: Request) -> Response:
        return HTMLResponse(human_page)

    def page_of_till(request: Request, file: str) -> Response:
        if request.path_params["till_id"] not in shop.tills:
            raise Refused(404, "unknown_till", reason("unknown_till", till_id=request.path_params["till_id"][:40]).text)
        headers = {"cache-control": "no-cache", "content-security-policy": _PAGE_POLICY}
        return FileResponse(page_folder / file, headers=headers)

    async def till_page(request: Request) -> Response:
        return page_of_till(request, "index.html")

    async def customer_page(request: Request) -> Response:
        return page_of_till(request, "customer.html")

    async def customer_socket(socket: WebSocket) -> None:
        till = shop.tills.get(socket.path_params["till_id"])
        if till is None:
            await socket.close(1008, "unknown till")
            return
        await CustomerSocket(socket, till).serve()

    async def till_socket(socket: WebSocket) -> None:
        till = shop.tills.get(socket.path_params["till_id"])
        if till is None:
            await socket.close(1008, "unknown till")
            return
        await TillSocket(socket, till).serve()

    async def metrics(_request: Request) -> Response:
        """For Prometheus. Behind the same door as everything here: loopback, or TLS with a client certificate."""
        if shop.exposition is None:
            raise Refused(404, "no_metrics", "This box was built without metrics.")
        return Response(shop.exposition.text(), media_type=MEDIA_TYPE, headers=_NO_STORE)

    routes: list[BaseRoute] = [
        Route("/", explain),
        Route("/metrics", metrics),
        Route("/openapi.json", describe),
        Route("/till/{till_id}", till_page),
        Route("/tills/{till_id}/customer", customer_page),
        WebSocketRoute("/v1/tills/{till_id}/ws", till_socket),
        WebSocketRoute("/v1/tills/{till_id}/customer/ws", customer_socket),
        *(Route(each.path, _route(shop, each), methods=[each.method]) for each in ENDPOINTS),
        Mount("/till_page", TillPageFiles(directory=page_folder, check_dir=False)),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, names=names)],
        exception_handlers={Refused: _on_refused, HTTPException: _on_http, StoreFull: _on_full, StoreBusy: _on_busy},
    )


def _route(shop: Shop, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """The door of one endpoint: who asks, what they send, the handler, the answer as JSON."""
    decoder: msgspec.json.Decoder[object] | None = None
    if endpoint.request is not None:
        decoder = msgspec.json.Decoder(endpoint.request)

    async def handle(request: Request) -> Response:
        token = _token(request)
        staff = _staff(shop, endpoint, token)
        body = None if decoder is None else await _body(request, decoder)
        call = Call(
            shop=shop, path=request.path_params, query=dict(request.query_params), body=body, staff=staff, token=token
        )
        return _response(await endpoint.handler(call))

    return handle


def _response(answer: object) -> Response:
    match answer:
        case Text():
            return Response(answer.body, media_type=answer.media_type, headers=_NO_STORE)
        case Json():
            return Response(answer.body, media_type="application/json", headers={"cache-control": "no-cache"})
        case _:
            return Response(msgspec.json.encode(answer), media_type="application/json", headers=_NO_STORE)


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _staff(shop: Shop, endpoint: Endpoint, token: str) -> Staff | None:
    if endpoint.right is None:
        return None
    person = shop.keys.holder(shop.desk.reader(), token)
    if person is None:
        raise Refused(401, "login_needed", "Log in first: POST /v1/staff/login, then send the key as bearer token.")
    if endpoint.right != ANY_STAFF and endpoint.right not in person.rights:
        raise Refused(403, "not_allowed", reason("not_allowed", right=endpoint.right).text)
    return person


async def _body(request: Request, decoder: msgspec.json.Decoder[object]) -> object:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY_BYTES_MAX:
            raise Refused(413, "too_large", f"The body is larger than {BODY_BYTES_MAX} bytes.")
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise Refused(422, "invalid", f"{error}") from error
    except msgspec.DecodeError as error:
        raise Refused(400, "malformed", f"The body is not JSON: {error}") from error


async def _on_refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem_response(error.status, error.code, error.detail)


async def _on_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = "See / for what this box can do." if error.status_code == 404 else error.detail
    return problem_response(error.status_code, f"http_{error.status_code}", detail)


async def _on_full(_request: Request, _error: Exception) -> Response:
    return problem_response(503, "disk_full", reason("disk_full").text)


async def _on_busy(_request: Request, _error: Exception) -> Response:
    return problem_response(503, "box_busy", reason("box_busy").text)
