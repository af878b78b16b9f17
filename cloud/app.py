"""The people API of headquarters: every subject's routes, one way to ask, one way to refuse. OpenAPI 3.1 at `/openapi.json`.

Reads and writes need `Authorization: Bearer <token>` from `POST /api/v1/login`. A write may carry an `Idempotency-Key`.
Refusals are RFC 9457 problem documents. Lists go page by page with `after` = the `next` of the page before.
"""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from cloud.audit.api import router as audit_router
from cloud.campaigns.api import router as campaigns_router
from cloud.campaigns.progress_api import router as campaign_progress_router
from cloud.catalogue.api import router as catalogue_router
from cloud.catalogue.recalls_api import router as recalls_router
from cloud.clock import SystemClock, SystemRandom, id_source
from cloud.db.pool import Database
from cloud.deliveries.api import router as deliveries_router
from cloud.devices.api import router as devices_router
from cloud.devices.device_tables_api import router as device_tables_router
from cloud.epcis import problems as epcis_problems
from cloud.epcis.api import router as epcis_router
from cloud.epcis.capture_api import router as epcis_capture_router
from cloud.epcis.headers import CAPTURE_BYTES_MAX, CAPTURES
from cloud.glance.api import router as glance_router
from cloud.imports.api import UPLOAD_BYTES_MAX, UPLOADS
from cloud.imports.api import router as imports_router
from cloud.imports.checks import Checks
from cloud.invoices.api import router as invoices_router
from cloud.markdowns.api import router as markdowns_router
from cloud.members.api import router as members_router
from cloud.organisation.api import router as organisation_router
from cloud.pricing.api import router as pricing_router
from cloud.pricing.book_api import router as price_book_router
from cloud.pricing.log_api import router as price_log_router
from cloud.pricing.price_books_api import router as price_books_router
from cloud.promotions.api import router as promotions_router
from cloud.promotions.try_api import router as promotion_trials_router
from cloud.releases.api import router as releases_router
from cloud.reports.api import router as reports_router
from cloud.reservations.api import router as reservations_router
from cloud.returns.api import router as returns_router
from cloud.sales.api import router as sales_router
from cloud.sales.days_api import router as sales_days_router
from cloud.settings import HqSettings
from cloud.shelf_rules.api import router as shelf_rules_router
from cloud.staff.api import router as staff_router
from cloud.stock.api import router as stock_router
from cloud.stored_value.api import router as stored_value_router
from cloud.stores.api import router as stores_router
from cloud.stores.till_api import router as store_tills_router
from cloud.telemetry.api import router as telemetry_router
from cloud.templates.api import router as templates_router
from cloud.templates.drawing import DrawingRoom
from cloud.templates.drawing_api import router as template_drawing_router
from cloud.tills.api import router as tills_router
from cloud.users.api import router as users_router
from cloud.web import problems
from cloud.web.access import Hq
from cloud.web.headers import GuardedHeaders, RequestIds
from cloud.web.health import router as health_router
from cloud.web.limits import BodyLimit
from cloud.web.metrics import ApiMetrics, Counted
from cloud.web.metrics import router as metrics_router
from cloud.web.scrape import ScrapeDoor, scrape_token
from cloud.web.server import Tls, listen, serve

VERSION = "1"

ROUTERS: tuple[APIRouter, ...] = (
    health_router,
    metrics_router,
    users_router,
    organisation_router,
    catalogue_router,
    pricing_router,
    price_books_router,
    price_log_router,
    price_book_router,
    staff_router,
    stores_router,
    store_tills_router,
    sales_router,
    sales_days_router,
    returns_router,
    invoices_router,
    stock_router,
    deliveries_router,
    reservations_router,
    shelf_rules_router,
    markdowns_router,
    epcis_router,
    epcis_capture_router,
    reports_router,
    imports_router,
    audit_router,
    releases_router,
    campaigns_router,
    campaign_progress_router,
    devices_router,
    device_tables_router,
    glance_router,
    telemetry_router,
    templates_router,
    template_drawing_router,
    recalls_router,
    tills_router,
    promotions_router,
    promotion_trials_router,
    members_router,
    stored_value_router,
)


def create_app(hq: Hq, door: ScrapeDoor | None = None) -> FastAPI:
    """The API over the given parts; the caller opens and closes the database. `door`: who may read `/metrics`."""
    app = FastAPI(
        title="Tallystick headquarters",
        version=VERSION,
        description=__doc__,
        docs_url=None,  # its pages load scripts from elsewhere; any OpenAPI viewer reads /openapi.json
        redoc_url=None,
        responses={"default": {"description": "A refusal: what, why and what to do", "model": problems.Problem}},
    )
    app.state.hq = hq
    app.state.metrics = ApiMetrics(door)
    problems.install(app)
    epcis_problems.install(app)
    app.add_middleware(BodyLimit, larger={UPLOADS: UPLOAD_BYTES_MAX, CAPTURES: CAPTURE_BYTES_MAX})
    app.state.import_checks = Checks(hq)
    app.state.drawing_room = DrawingRoom()
    app.add_middleware(GuardedHeaders)
    app.add_middleware(RequestIds, ids=hq.ids)
    app.add_middleware(Counted, metrics=app.state.metrics, clock=hq.clock)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document; problems under their own media type, which FastAPI has no way to say."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for path in document["paths"].values():
            for operation in path.values():
                content = operation["responses"]["default"]["content"]
                told_as = next(iter(content))  # the route's own media type: JSON, or the plain text of a list of tags
                content[problems.PROBLEM_JSON] = content.pop(told_as)
        app.openapi_schema = document
    return app.openapi_schema


async def run(settings: HqSettings, stop: asyncio.Event) -> None:
    """Serve the people API until `stop` is set.

    Raises `SettingsError` before `init`, `CannotListen`, and `psycopg_pool.PoolTimeout` without a database.
    """
    listening = listen(settings.api.host, settings.api.port, "API")
    try:
        async with Database(settings.app_conninfo(), application="tallystick-api") as database:
            hq = Hq(database, SystemClock(), SystemRandom(), id_source(), stop)
            open_to_all = settings.api.loopback and not settings.metrics_token_always
            door = ScrapeDoor("" if open_to_all else scrape_token(settings))
            await serve(create_app(hq, door), listening, stop, tls=Tls.of(settings.tls_cert, settings.tls_key))
    finally:
        listening.close()
