"""Routes of the edge API. Refusals are RFC 9457 problem documents.

POST /v1/edge/{store}/messages/{channel}     one message; the answer is frames of `down` messages
GET  /v1/feeds/{feed}/head                   the feed as it stands
GET  /v1/feeds/{feed}/deltas?epoch=&after=   deltas after a version, as frames; 410: take the snapshot
GET  /v1/feeds/{feed}/deltas?epoch=&from=&to=   the same for a range that never changes (cacheable for ever)
GET  /v1/feeds/{feed}/snapshot               the whole feed
POST /v1/edge/{store}/questions              one question of a till, answered at once
GET  /v1/edge/{store}/handover?incarnation=  what the store's former box had reported of stock and labels
GET  /v1/health                              both sides trust each other
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse

from cloud.db.pool import Connection, Database, Scope
from cloud.edge_api.handover import hand_over
from cloud.edge_api.peer import SCOPE_KEY, Peer
from cloud.edge_api.questions import Busy, QuestionDoor
from cloud.feeds import store as feeds
from cloud.feeds.snapshots import FeedMissing, SnapshotShelf
from cloud.ingest.inbox import Inbox, Incoming
from cloud.refusals import Forbidden, Invalid, Missing
from cloud.stores.domain import feeds_of
from cloud.stores.store import is_living
from cloud.web import problems
from cloud.web.limits import BodyLimit
from cloud.web.problems import TYPE_PREFIX, Problem, problem_response
from protocols.clock import Clock
from protocols.contract.handover import encode_handover
from protocols.contract.questions import QuestionError
from protocols.sync import limits
from protocols.sync.messages import DownMessage, MessageError, encode_message
from protocols.sync.packing import CONTENT_TYPE_FRAMES, pack_frames
from protocols.sync.snapshot import CONTENT_TYPE_SNAPSHOT
from protocols.sync.topics import POSTABLE, Channel

ANSWER_SECONDS = 30.0
BUSY_RETRY_SECONDS = 5
BODY_BYTES_MAX = limits.MESSAGE_BYTES_MAX + limits.HEADER_BYTES_MAX
DELTAS_BYTES_MAX = 2 * limits.DELTA_PLAIN_BYTES_MAX
FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"


@dataclass(frozen=True)
class EdgeParts:
    """What the edge API stands on; put at `app.state.parts`."""

    database: Database
    inbox: Inbox
    shelf: SnapshotShelf
    clock: Clock


def create_app(parts: EdgeParts) -> FastAPI:
    """The API over the given parts; the caller runs the committer of `parts.inbox`."""
    app = FastAPI(title="Tallystick edge API", openapi_url=None)
    app.state.parts = parts
    app.state.questions = QuestionDoor(parts.database)
    problems.install(app)
    app.add_middleware(BodyLimit, bytes_max=BODY_BYTES_MAX)
    app.include_router(router)
    return app


router = APIRouter()


def _parts(request: Request) -> EdgeParts:
    parts = request.app.state.parts
    assert isinstance(parts, EdgeParts)
    return parts


def _peer(request: Request) -> Peer:
    peer = request.scope.get(SCOPE_KEY)
    return peer if isinstance(peer, Peer) else Peer("", "")


def _questions(request: Request) -> QuestionDoor:
    door = request.app.state.questions
    assert isinstance(door, QuestionDoor)
    return door


Parts = Annotated[EdgeParts, Depends(_parts)]
Questions = Annotated[QuestionDoor, Depends(_questions)]
Client = Annotated[Peer, Depends(_peer)]


async def _admit(tx: Connection, peer: Peer) -> None:
    if not peer.name or not await is_living(tx, peer.name, peer.serial):
        raise Forbidden(
            "certificate_refused",
            f"The certificate {peer.serial or '(none)'} of '{peer.name}' is revoked or none that HQ gave out.",
            "Ask headquarters for new credentials of this store.",
        )


def _own_path(store_id: str, peer: Peer) -> None:
    if store_id != peer.name:
        raise Forbidden(
            "not_your_store", f"The certificate is of store '{peer.name}', the path of '{store_id}'.", "Use your own path."
        )


@router.get("/v1/health")
async def health(parts: Parts, peer: Client) -> dict[str, str]:
    """Are both sides there, and do they trust each other?"""
    async with parts.database.transaction(Scope.everything()) as tx:
        await _admit(tx, peer)
    return {"status": "ok", "store": peer.name}


@router.post("/v1/edge/{store_id}/messages/{channel:path}")
async def message(store_id: str, channel: str, request: Request, parts: Parts, peer: Client) -> Response:
    """One message of a store; answered when it is committed."""
    _own_path(store_id, peer)
    postable = {each.value: each for each in POSTABLE}
    if channel not in postable:
        raise Missing("no_channel", f"There is no channel '{channel}'.", f"One of: {', '.join(sorted(postable))}.")
    async with parts.database.transaction(Scope.everything()) as tx:
        await _admit(tx, peer)
    answers = await _exchange(parts, store_id, postable[channel], await request.body())
    if answers is None:
        return _busy()
    return Response(pack_frames(encode_message(answer) for answer in answers), media_type=CONTENT_TYPE_FRAMES)


@router.post("/v1/edge/{store_id}/questions")
async def question(store_id: str, request: Request, parts: Parts, door: Questions, peer: Client) -> Response:
    """One question of a till, answered at once, or 503."""
    _own_path(store_id, peer)
    async with parts.database.transaction(Scope.everything()) as tx:
        await _admit(tx, peer)
    try:
        answer = await door.ask(store_id, await request.body(), parts.clock.now_ms())
    except QuestionError as error:
        raise Invalid("bad_question", str(error), "See protocols/contract/questions.py.") from error
    except Busy:
        return _busy()
    return Response(answer, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/v1/edge/{store_id}/handover")
async def handover(
    store_id: str, incarnation: Annotated[int, Query(ge=1, le=2**62)], parts: Parts, peer: Client
) -> Response:
    """What a new box is told of the one before it."""
    _own_path(store_id, peer)
    async with parts.database.transaction(Scope.everything()) as tx:
        await _admit(tx, peer)
        found = await hand_over(tx, store_id, incarnation, parts.clock.now_ms())
    return Response(encode_handover(found), media_type="application/json", headers={"Cache-Control": "no-store"})


async def _exchange(parts: EdgeParts, store_id: str, channel: Channel, body: bytes) -> list[DownMessage] | None:
    """The answers to a message; None when there is no room or no time. Raises `Invalid` for what is no message."""
    waiting: asyncio.Future[list[DownMessage]] = asyncio.get_running_loop().create_future()
    if not parts.inbox.offer(Incoming(store_id, channel, body, parts.clock.now_ms(), waiting)):
        return None
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await waiting
    except TimeoutError:
        return None
    except MessageError as error:
        raise Invalid("bad_message", str(error), error.remedy or "See docs/protocol.md.") from error


def _busy() -> Response:
    problem = Problem(
        type=f"{TYPE_PREFIX}busy",
        title=HTTPStatus.SERVICE_UNAVAILABLE.phrase,
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        detail="Headquarters is busy or its database is away. Nothing is lost: send it again later.",
        code="busy",
    )
    return problem_response(problem, {"Retry-After": str(BUSY_RETRY_SECONDS)})


def _gone(feed_id: str, why: str) -> Response:
    problem = Problem(
        type=f"{TYPE_PREFIX}deltas_gone",
        title=HTTPStatus.GONE.phrase,
        status=HTTPStatus.GONE,
        detail=f"{feed_id}: {why}",
        code="deltas_gone",
        remedy=f"Take the snapshot: GET /v1/feeds/{feed_id}/snapshot",
    )
    return problem_response(problem)


async def _feed(tx: Connection, peer: Peer, feed_id: str) -> feeds.FeedVersion:
    """The feed as it stands, if this store follows it."""
    await _admit(tx, peer)
    zone = await feeds.zone_of(tx, peer.name)
    if zone is None or feed_id not in feeds_of(peer.name, zone):
        detail = f"Store '{peer.name}' does not follow the feed '{feed_id}'."
        raise Forbidden("not_your_feed", detail, "Follow the feeds that the hello's answer names.")
    found = await feeds.feed_version(tx, feed_id)
    if found is None:
        raise Missing("no_feed", f"The feed '{feed_id}' is empty still.")
    return found


@router.get("/v1/feeds/{feed_id:path}/head")
async def head(feed_id: str, request: Request, parts: Parts, peer: Client) -> Response:
    """HQ's own word on a feed."""
    async with parts.database.transaction(Scope.everything()) as tx:
        found = await _feed(tx, peer, feed_id)
        heads = await feeds.heads_of(tx, [feed_id], await feeds.db_epoch(tx))
    headers = {"ETag": f'"{found.epoch}.{found.version}"', "Cache-Control": ASK_AGAIN}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(encode_message(heads[feed_id]), media_type="application/json", headers=headers)


Version = Annotated[int | None, Query(ge=0, le=2**62)]


@router.get("/v1/feeds/{feed_id:path}/deltas")
async def deltas(
    feed_id: str,
    parts: Parts,
    peer: Client,
    epoch: str,
    after: Version = None,
    first: Annotated[int | None, Query(alias="from", ge=1, le=2**62)] = None,
    to: Version = None,
) -> Response:
    """Deltas of one epoch: after a version, or a range from..to."""
    if (after is None) == (first is None) or (first is None) != (to is None):
        raise Invalid.field("after", "either after, or from and to", "See docs/protocol.md, Feeds.")
    async with parts.database.transaction(Scope.everything()) as tx:
        found = await _feed(tx, peer, feed_id)
        begin = after if after is not None else (first or 1) - 1
        end = found.version if to is None else to
        if epoch != found.epoch:
            return _gone(feed_id, f"epoch {epoch} is over, it is {found.epoch} now")
        if begin < found.deltas_after or begin > found.version:
            return _gone(feed_id, f"deltas are there from {found.deltas_after + 1} to {found.version}")
        if end > found.version or end < begin:
            raise Invalid.field(
                "to", f"{end} is not between {begin} and {found.version}", "Ask for versions that are there."
            )
        rows = await feeds.deltas(tx, feed_id, begin, end, DELTAS_BYTES_MAX)
    complete = to is not None and len(rows) == end - begin
    headers = {"ETag": f'"{epoch}.{begin + 1}-{begin + len(rows)}"', "Cache-Control": FOR_EVER if complete else ASK_AGAIN}
    return Response(pack_frames(delta for _, delta in rows), media_type=CONTENT_TYPE_FRAMES, headers=headers)


@router.get("/v1/feeds/{feed_id:path}/snapshot")
async def snapshot(feed_id: str, request: Request, parts: Parts, peer: Client) -> Response:
    """The whole feed as one version has it."""
    async with parts.database.transaction(Scope.everything()) as tx:
        found = await _feed(tx, peer, feed_id)
    try:
        file = await parts.shelf.newest(feed_id, found.epoch, found.version)
    except FeedMissing:
        raise Missing("no_feed", f"The feed '{feed_id}' is empty still.") from None
    headers = {"ETag": f'"{file.tag}"', "Cache-Control": ASK_AGAIN}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return FileResponse(file.path, media_type=CONTENT_TYPE_SNAPSHOT, headers=headers)
