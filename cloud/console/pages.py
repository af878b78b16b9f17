"""Every page of the console, as one web application."""

from __future__ import annotations

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

from cloud.console import (
    accuracy_page,
    audit_page,
    book_page,
    books_page,
    campaign_page,
    campaigns_page,
    deliveries_page,
    devices_page,
    import_page,
    imports_page,
    invoices_page,
    landing_page,
    login_page,
    many_prices_page,
    markdowns_page,
    members_page,
    people_page,
    price_book_page,
    prices_page,
    products_page,
    promotion_page,
    promotions_page,
    recalls_page,
    regions_page,
    reports_page,
    reservations_page,
    return_clashes_page,
    sale_page,
    sales_days_page,
    sales_page,
    shift_page,
    staff_page,
    stock_page,
    stock_rules_page,
    store_devices_page,
    store_page,
    stored_value_page,
    stores_page,
    template_editor_page,
    templates_page,
    tills_page,
    timeline_page,
)
from cloud.console.main import LOOK, SESSION_SECONDS
from cloud.console.visitor import Console
from cloud.web.headers import GuardedHeaders

COOKIE = "tallystick_console"
"""A name of its own: browsers send cookies to every port of a host."""

PAGES = (
    login_page,
    stores_page,
    store_page,
    store_devices_page,
    devices_page,
    sales_page,
    sales_days_page,
    sale_page,
    tills_page,
    return_clashes_page,
    invoices_page,
    shift_page,
    prices_page,
    price_book_page,
    many_prices_page,
    books_page,
    book_page,
    timeline_page,
    imports_page,
    import_page,
    landing_page,
    campaigns_page,
    campaign_page,
    promotions_page,
    promotion_page,
    products_page,
    staff_page,
    members_page,
    stored_value_page,
    reports_page,
    regions_page,
    people_page,
    audit_page,
    templates_page,
    template_editor_page,
    stock_page,
    deliveries_page,
    reservations_page,
    recalls_page,
    markdowns_page,
    accuracy_page,
    stock_rules_page,
)


def console_app(console: Console, secret: str, *, secure: bool) -> FastAPI:
    """The application over an API. `secret` signs the session cookie; `secure` sends it over TLS only."""
    for page in PAGES:
        page.install(console)
    nicegui_app.add_static_files("/look", LOOK)
    app = FastAPI(title="Tallystick console", openapi_url=None)
    app.add_middleware(GuardedHeaders)
    ui.run_with(
        app,
        title="Tallystick",
        favicon=LOOK / "tally.svg",
        storage_secret=secret,
        session_middleware_kwargs={
            "session_cookie": COOKIE,
            "https_only": secure,
            "same_site": "lax",
            "max_age": SESSION_SECONDS,
        },
        reconnect_timeout=10.0,
        show_welcome_message=False,
        tailwind=False,
    )
    return app
