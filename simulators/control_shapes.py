"""JSON shapes of the control API, and its description made from them."""

from __future__ import annotations

import msgspec


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every command's body."""


class Weight(Order, frozen=True, kw_only=True):
    """Put goods on the platter: all of them together, in grams. In motion for `settle_ms`."""

    grams: int
    settle_ms: int = 300


class ForcedState(Order, frozen=True, kw_only=True):
    """Hold the scale in `motion`, `under_zero`, `over_capacity` or `fault`; `stable` lets go, `zero` clears it."""

    state: str


class ScaleFaults(Order, frozen=True, kw_only=True):
    """What is wrong with the scale; what is left out is healed."""

    silent: bool = False
    garbage: bool = False
    split: bool = False


class Plug(Order, frozen=True, kw_only=True):
    """Pull the plug or put it in."""

    plugged_in: bool


class Switches(Order, frozen=True, kw_only=True):
    """Sensors of a printer; what is left out stays."""

    paper_out: bool | None = None
    paper_near_end: bool | None = None
    cover_open: bool | None = None
    offline: bool | None = None


class Drawer(Order, frozen=True, kw_only=True):
    """Push the drawer shut."""

    open: bool = False


class Restart(Order, frozen=True, kw_only=True):
    """Restart an access point. `orderly` false: the power is cut, what was not saved is lost."""

    down_ms: int = 500
    orderly: bool = True


class PointFaults(Order, frozen=True, kw_only=True):
    """What goes wrong at an access point; what is left out is healed. Percentages 0 to 100."""

    busy: bool = False
    flash_full: bool = False
    radio_full: bool = False
    missed_check_in_percent: int = 0
    lost_complete_percent: int = 0
    duplicate_complete_percent: int = 0
    failed_transfer_percent: int = 0
    lost_answer_percent: int = 0


class Reach(Order, frozen=True, kw_only=True):
    """Take a label out of reach, or bring it back."""

    silent: bool


class LineFaults(Order, frozen=True, kw_only=True):
    """What a bad line does; what is left out is healed. `way`: `to_target`, `to_client` or `both`."""

    drop_per_mille: int = 0
    delay_ms: int = 0
    jitter_ms: int = 0
    duplicate_per_mille: int = 0
    split: bool = False
    stall: bool = False
    disconnect_after_bytes: int | None = None
    refuse: bool = False
    way: str = "both"


class Cut(Order, frozen=True, kw_only=True):
    """Cut every connection of a line once."""


class ScaleView(msgspec.Struct, frozen=True):
    """A scale: its serial port, what it would say now, and what lies on it."""

    id: str
    port: str
    plugged_in: bool
    state: str
    load_grams: int


class PrinterView(msgspec.Struct, frozen=True, kw_only=True):
    """A printer; `receipts` is the number of the newest one."""

    id: str
    port: int
    plugged_in: bool
    connected: bool
    paper_out: bool
    paper_near_end: bool
    cover_open: bool
    drawer_open: bool
    drawer_kicks: int
    receipts: int


class PointView(msgspec.Struct, frozen=True, kw_only=True):
    """An access point; its labels are at `url`/labels. `waiting`: pictures not on their labels yet."""

    id: str
    url: str
    up: bool
    labels: int
    waiting: int
    faults: PointFaults


class ProxyView(msgspec.Struct, frozen=True):
    """A bad line in front of the device of the same id."""

    id: str
    connections: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`/state`."""

    seed: int
    scales: tuple[ScaleView, ...]
    printers: tuple[PrinterView, ...]
    access_points: tuple[PointView, ...]
    proxies: tuple[ProxyView, ...]


class ReceiptView(msgspec.Struct, frozen=True):
    """One receipt; its picture is at `receipts/{number}.png`."""

    number: int
    printed_at_ms: int
    text: str


class Receipts(msgspec.Struct, frozen=True):
    """The newest receipts, oldest first, and what is printed but not cut off yet."""

    receipts: tuple[ReceiptView, ...]
    hanging_out: str


_READS: dict[str, tuple[str, type[msgspec.Struct] | None]] = {
    "/state": ("Every device", State),
    "/printers/{id}/receipts": ("Receipts of a printer", Receipts),
    "/printers/{id}/receipts/{number}.png": ("A receipt as a picture", None),
    "/printers/{id}/receipts/{number}.txt": ("A receipt as text", None),
}
_ORDERS: dict[str, type[Order]] = {
    "/scales/{id}/weight": Weight,
    "/scales/{id}/state": ForcedState,
    "/scales/{id}/faults": ScaleFaults,
    "/scales/{id}/plug": Plug,
    "/printers/{id}/switches": Switches,
    "/printers/{id}/plug": Plug,
    "/printers/{id}/drawer": Drawer,
    "/access_points/{id}/restart": Restart,
    "/access_points/{id}/faults": PointFaults,
    "/access_points/{id}/labels/{mac}": Reach,
    "/proxies/{id}/faults": LineFaults,
    "/proxies/{id}/cut": Cut,
}


def openapi() -> dict[str, object]:
    """The API as an OpenAPI 3.1 document."""
    types = [State, Receipts, *dict.fromkeys(_ORDERS.values())]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, object]] = {}
    for path, (summary, shape) in _READS.items():
        content = {"application/json": {"schema": schema_of[shape]}} if shape is not None else {}
        paths[path] = {"get": {"summary": summary, "responses": {"200": {"description": "ok", "content": content}}}}
    for path, order in _ORDERS.items():
        paths[path] = {
            "post": {
                "summary": (order.__doc__ or "").strip(),
                "requestBody": {"content": {"application/json": {"schema": schema_of[order]}}},
                "responses": {
                    "204": {"description": "done"},
                    "400": {"description": "why not"},
                    "404": {"description": "no such"},
                },
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tallystick simulator bench", "version": "1"},
        "paths": paths,
        "components": {"schemas": components},
    }
