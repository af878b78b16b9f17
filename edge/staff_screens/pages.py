"""Every page of the staff screens, as one web application."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.staff_screens import (
    alerts_page,
    audit_page,
    audit_report_page,
    audits_page,
    devices_page,
    doors_page,
    draft_list_page,
    draft_page,
    exits_page,
    expiring_page,
    find_page,
    home_page,
    labels_page,
    login_page,
    look_up_page,
    lots_page,
    orders_page,
    place_page,
    recalls_page,
    rooms_page,
    sensors_page,
    shelf_page,
    shortages_page,
    smart_shelves_page,
    tags_page,
)
from edge.staff_screens.visitor import Screens

LOOK = Path(__file__).with_name("look")
COOKIE = "tallystick_staff"
"""A name of its own: browsers send cookies to every port of a host."""
SESSION_SECONDS = 365 * 24 * 3600
"""How long a device is remembered (its language, what waits); keys end earlier."""
PAGES = (
    login_page,
    home_page,
    look_up_page,
    draft_list_page,
    draft_page,
    orders_page,
    expiring_page,
    shortages_page,
    lots_page,
    recalls_page,
    labels_page,
    shelf_page,
    place_page,
    audits_page,
    audit_page,
    audit_report_page,
    doors_page,
    exits_page,
    rooms_page,
    smart_shelves_page,
    find_page,
    tags_page,
    sensors_page,
    devices_page,
    alerts_page,
)
GUARDS = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class _GuardedHeaders:
    """ASGI middleware: no page of ours stands inside another, no type is guessed, no address is told to others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in GUARDS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def staff_app(screens: Screens, secret: str, *, secure: bool) -> FastAPI:
    """The application over a box. `secret` signs the session cookie; `secure` sends it over TLS only."""
    for page in PAGES:
        page.install(screens)
    nicegui_app.add_static_files("/look", LOOK)
    app = FastAPI(title="Tallystick staff screens", openapi_url=None)
    app.add_middleware(_GuardedHeaders)
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
        reconnect_timeout=30.0,
        show_welcome_message=False,
        tailwind=False,
    )
    return app
