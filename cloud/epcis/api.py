"""The EPCIS 2.0 REST interface under `/epcis`: events by query, resources to look around in, named queries.

Whoever may read sees the events of their stores; what names no store of ours is for people of the whole chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import unquote, urlencode

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.epcis import store
from cloud.epcis.answers import collection, one_event, query_document
from cloud.epcis.headers import ANSWERED, EpcFormat
from cloud.epcis.problems import EpcisRefused
from cloud.epcis.query import PAGE_DEFAULT, PAGE_MAX, paging_of, wanted_of
from cloud.epcis.store import COLUMNS, NamedQuery, Wanted
from cloud.refusals import Invalid
from cloud.web.access import Asking, ChainReader, Reader, StockRuler
from cloud.web.cursors import encode_cursor, number_cursor, text_cursor
from protocols.epcis.times import utc_text

router = APIRouter(prefix="/epcis", tags=["epcis"])
LD_JSON = "application/ld+json"
Parameters = Iterable[tuple[str, str]]
BY_RESOURCE = {
    "eventTypes": "eventType",
    "epcs": "MATCH_anyEPC",
    "bizSteps": "EQ_bizStep",
    "bizLocations": "EQ_bizLocation",
    "readPoints": "EQ_readPoint",
    "dispositions": "EQ_disposition",
}
"""Resources to look around in, and the query each stands for."""
PerPage = Annotated[int, Query(alias="perPage", ge=1, le=PAGE_MAX)]
Token = Annotated[str, Query(alias="nextPageToken")]


def answer(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer with the standard's headers."""
    return Response(body, status, headers={**ANSWERED, **(headers or {})}, media_type=LD_JSON)


def _place(token: str) -> int:
    try:
        return number_cursor(token)
    except Invalid as error:
        raise EpcisRefused("QueryParameterException", 400, "nextPageToken: not one of this list.") from error


def next_link(request: Request, kept: Parameters, token: str) -> dict[str, str]:
    """The Link header to the following page."""
    query = urlencode([*((name, value) for name, value in kept if name != "nextPageToken"), ("nextPageToken", token)])
    return {"Link": f'<{request.url.path}?{query}>; rel="next"'}


async def _page(request: Request, asking: Asking, parameters: list[tuple[str, str]], epc_format: str) -> Response:
    return await _asked(request, asking, wanted_of(parameters), epc_format)


async def _asked(
    request: Request, asking: Asking, wanted: Wanted, epc_format: str, name: str = "SimpleEventQuery"
) -> Response:
    per_page, token = paging_of(request.query_params.multi_items())
    async with asking.read() as tx:
        found = await store.events(tx, wanted, _place(token), per_page + 1)
    headers = {}
    if len(found) > per_page:
        found = found[:per_page]
        headers = next_link(request, request.query_params.multi_items(), encode_cursor(found[-1].place))
    return answer(query_document(found, name, epc_format, asking.now_ms), headers=headers)


@router.get("/events")
async def events(request: Request, asking: Reader, epc_format: EpcFormat) -> Response:
    """Events by query: `EQ_bizStep`, `GE_eventTime`, `LT_eventTime`, `EQ_readPoint`, `EQ_bizLocation`, `EQ_action`,
    `EQ_disposition`, `MATCH_epc`, `MATCH_anyEPC`, `eventType` …; page by page in the order they were recorded."""
    return await _page(request, asking, request.query_params.multi_items(), epc_format)


@router.get("/events/{event_id:path}")
async def event(event_id: str, asking: Reader, epc_format: EpcFormat) -> Response:
    """One event by its id."""
    async with asking.read() as tx:
        found = await store.events(tx, Wanted(event_ids=[unquote(event_id)]), 0, 1)
    if not found:
        raise EpcisRefused("NoSuchResourceException", 404, "There is no such event.")
    return answer(one_event(found[0], epc_format))


async def _names(request: Request, asking: Asking, resource: str, per_page: int, token: str) -> Response:
    try:
        place = text_cursor(token or None)
    except Invalid as error:
        raise EpcisRefused("QueryParameterException", 400, "nextPageToken: not one of this list.") from error
    async with asking.read() as tx:
        names = await store.names(tx, resource, place, per_page + 1)
    headers = {}
    if len(names) > per_page:
        names = names[:per_page]
        headers = next_link(request, request.query_params.multi_items(), encode_cursor(names[-1]))
    return answer(collection([name for name in names if name]), headers=headers)


def _resource(resource: str) -> None:
    """Add the two routes of a resource."""
    parameter = BY_RESOURCE[resource]
    assert resource == "epcs" or resource in COLUMNS

    @router.get(f"/{resource}", name=f"{resource} there are")
    async def names(
        request: Request, asking: Reader, _: EpcFormat, per_page: PerPage = PAGE_DEFAULT, token: Token = ""
    ) -> Response:
        """Those that occur in the events you see."""
        return await _names(request, asking, resource, per_page, token)

    @router.get(f"/{resource}/{{value:path}}/events", name=f"events of one of {resource}")
    async def events_of(value: str, request: Request, asking: Reader, epc_format: EpcFormat) -> Response:
        """The events with this value; the parameters of a query narrow them down."""
        parameters = [(parameter, unquote(value)), *request.query_params.multi_items()]
        return await _page(request, asking, parameters, epc_format)


for _name in BY_RESOURCE:
    _resource(_name)


class QueryBody(BaseModel):
    """A named query: its parameters, each a text or a list of texts."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    query: dict[str, str | list[str]]


class QueryView(BaseModel):
    name: str
    query: dict[str, str | list[str]]
    creationTime: str  # noqa: N815 - the standard's own spelling


_parameters = msgspec.json.Decoder(dict[str, str | list[str]])


def _view(found: NamedQuery) -> QueryView:
    return QueryView(name=found.name, query=_parameters.decode(found.query), creationTime=utc_text(found.created_ms))


def _flat(query: dict[str, str | list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, given in query.items() for value in ([given] if isinstance(given, str) else given)]


@router.get("/queries")
async def queries(asking: ChainReader, _: EpcFormat) -> list[QueryView]:
    """The named queries."""
    async with asking.read() as tx:
        return [_view(each) for each in await store.queries(tx)]


@router.post("/queries", status_code=201)
async def add_query(body: QueryBody, asking: StockRuler, _: EpcFormat) -> Response:
    """Keep a query under a name."""
    wanted_of(_flat(body.query))

    async def use_case(tx: Connection) -> Done[None]:
        kept = NamedQuery(body.name, msgspec.json.encode(body.query).decode(), asking.now_ms)
        if not await store.put_query(tx, kept, asking.person.login):
            raise EpcisRefused("ResourceAlreadyExistsException", 409, f"There is a query '{body.name}' already.")
        return Done(None, Entry("epcis_query.added", body.name, after=body.model_dump()))

    await asking.change(use_case)
    return answer(b"{}", status=201, headers={"Location": f"/epcis/queries/{body.name}"})


async def _query(asking: Asking, name: str) -> NamedQuery:
    async with asking.read() as tx:
        found = await store.query(tx, name)
    if found is None:
        raise EpcisRefused("NoSuchNameException", 404, f"There is no query '{name[:64]}'.")
    return found


@router.get("/queries/{name}")
async def query(name: str, asking: ChainReader, _: EpcFormat) -> QueryView:
    """One named query."""
    return _view(await _query(asking, name))


@router.get("/queries/{name}/events")
async def events_of_query(name: str, request: Request, asking: ChainReader, epc_format: EpcFormat) -> Response:
    """What a named query finds. Further parameters narrow it, such as `GE_recordTime` for what is new."""
    found = await _query(asking, name)
    kept = _flat(_parameters.decode(found.query))
    more = request.query_params.multi_items()
    twice = sorted({parameter for parameter, _ in kept} & {parameter for parameter, _ in more})
    if twice:
        raise EpcisRefused("QueryParameterException", 400, f"{twice[0]}: the query '{name}' has it already.")
    return await _asked(request, asking, wanted_of([*kept, *more]), epc_format, name)


@router.delete("/queries/{name}", status_code=204)
async def remove_query(name: str, asking: StockRuler, _: EpcFormat) -> Response:
    """Forget a named query."""

    async def use_case(tx: Connection) -> Done[None]:
        if not await store.remove_query(tx, name):
            raise EpcisRefused("NoSuchNameException", 404, f"There is no query '{name[:64]}'.")
        return Done(None, Entry("epcis_query.removed", name))

    await asking.change(use_case)
    return Response(status_code=204, headers=ANSWERED)
