"""`/metrics` of the people API: its requests by route template, its database pool, and the chain in figures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.db import pool
from cloud.db.queries import load_queries
from cloud.refusals import Unauthenticated
from cloud.web.access import HqParts
from cloud.web.scrape import MEDIA_TYPE, ScrapeDoor, by_label, gauge, pool_families, text_of
from protocols.clock import Clock

Q = load_queries(__file__, "metrics.sql")
router = APIRouter()
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
OTHER = "other"
"""The label of whatever is not known: foreign methods and paths no route has."""


class ApiMetrics:
    """What the API counts of itself; one registry of its own per application. Put at `app.state.metrics`."""

    def __init__(self, door: ScrapeDoor | None = None) -> None:
        self.door = door or ScrapeDoor()
        self.registry = CollectorRegistry(auto_describe=True)
        labels = ["method", "route", "status"]
        self.requests = Counter("tallystick_api_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "tallystick_api_seconds",
            "Time to the end of the answer",
            ["method", "route"],
            buckets=SECONDS,
            registry=self.registry,
        )


class Counted:
    """ASGI middleware: counts and times each request under its route's template."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics, clock: Clock) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        begun_ms = self._clock.monotonic_ms()
        try:
            await self._app(scope, receive, noting)
        finally:
            method = scope["method"] if scope["method"] in METHODS else OTHER
            route = getattr(scope.get("route"), "path", OTHER)
            self._metrics.requests.labels(method, route, f"{status // 100}xx").inc()
            self._metrics.seconds.labels(method, route).observe((self._clock.monotonic_ms() - begun_ms) / 1000)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, hq: HqParts) -> Response:
    """For Prometheus: text format 0.0.4."""
    api = request.app.state.metrics
    assert isinstance(api, ApiMetrics)
    if not api.door.opens(request.headers.get("authorization", "")):
        raise Unauthenticated("no_token", "Metrics need their token.", "Send `Authorization: Bearer` and metrics.token.")
    async with hq.database.transaction(pool.Scope.everything(), reading=True) as tx:
        chain = [family async for family in _chain(tx, hq.clock.now_ms())]
    own = generate_latest(api.registry)
    return Response(own + text_of([*pool_families(hq.database), *chain]), media_type=MEDIA_TYPE)


async def _rows(tx: pool.Connection, query: str, **values: int) -> list[tuple[object, ...]]:
    return await (await tx.execute(Q[query], values)).fetchall()


async def _chain(tx: pool.Connection, now_ms: int) -> AsyncIterator[Metric]:
    ((stores, online, offline),) = await _rows(tx, "stores", now_ms=now_ms)
    counts = {"online": online, "offline": offline, "never_seen": stores - online - offline}  # type: ignore[operator]
    yield by_label("tallystick_stores", "Stores by their line", "state", counts)
    devices = {str(state): float(str(count)) for state, count in await _rows(tx, "devices")}
    yield by_label("tallystick_devices", "Devices of all stores by state", "state", devices)
    for query, name, words in (
        ("quarantine", "tallystick_facts_quarantined", "Facts that could not be made into rows"),
        ("alarms", "tallystick_alarms_unseen", "Alarms nobody has marked as seen"),
    ):
        ((count,),) = await _rows(tx, query)
        yield gauge(name, words, float(str(count)))
    feeds = await _rows(tx, "feeds")
    yield by_label("tallystick_feeds", "Feeds by kind", "kind", {str(row[0]): float(str(row[1])) for row in feeds})
    published = CounterMetricFamily("tallystick_feed_versions", "Versions published, by kind of feed", labels=["kind"])
    for kind, _, versions in feeds:
        published.add_metric([str(kind)], float(str(versions)))
    yield published
