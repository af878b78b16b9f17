"""Every route of the people API, with one call that succeeds and whom it is for. A route that is missing fails the tests.

To add one: its method and path as FastAPI knows them, `reach` (whose rows it touches), `right`, an example of path, query
and body (or `content`: the body as it stands) in which {store}, {item}, {zone}, {alarm}, {mark} and the other names of
`Chain.names` stand for things of the store in question, and how many audit rows the successful call leaves: 1 for a write
(the default), 0 for a question that is asked with POST.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from cloud.users.domain import Right
from protocols.labels.built_in import built_in
from protocols.labels.template import Purpose
from tests.support.hq_api import PASSWORD


class Reach(enum.Enum):
    """Whose rows a route touches."""

    OPEN = "nobody's; needs no token"
    OWN = "the caller's own account"
    SHARED = "what everybody may read: goods, prices"
    ROWS = "rows of many stores: those in scope"
    STORE = "the store in its path"
    CHAIN = "the whole chain: for whom that is the scope"


@dataclass(frozen=True)
class Route:
    """One route and a call of it."""

    reach: Reach
    right: Right | None = Right.READ
    at: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    content: str | None = None
    audit_rows: int = 1


@dataclass(frozen=True)
class Request:
    """A call with everything filled in."""

    method: str
    path: str
    query: Mapping[str, str]
    body: object
    content: str | None


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """(method, path) of every route, also of those left out of the OpenAPI document."""
    return {(method, route.path) for route in _leaves(app.routes) for method in route.methods}


def _leaves(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (inside := getattr(route, "original_router", None)) is not None:  # FastAPI keeps an included router whole
            yield from _leaves(inside.routes)


def request_of(key: tuple[str, str], names: Mapping[str, str]) -> Request:
    """The route's example about the store these names belong to."""
    method, path = key
    route = ROUTES[key]
    values = {name: text.format_map(names) for name, text in {"store_id": "{store}", **route.at}.items()}
    query = {name: text.format_map(names) for name, text in route.query.items()}
    content = None if route.content is None else route.content.format_map(names)
    return Request(method, path.replace(":path}", "}").format_map(values), query, _filled(route.body, names), content)


def _filled(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return value.format_map(names)
    if isinstance(value, dict):
        return {key: _filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, names) for inner in value]
    return value


def writing() -> Iterator[tuple[str, str]]:
    """Routes that are not GET."""
    return (key for key in ROUTES if key[0] != "GET")


def literal(value: object) -> object:
    """A value of an example whose braces are its own."""
    if isinstance(value, str):
        return value.replace("{", "{{").replace("}", "}}")
    if isinstance(value, dict):
        return {key: literal(inner) for key, inner in value.items()}
    return [literal(inner) for inner in value] if isinstance(value, list) else value


V1 = "/api/v1"
TEMPLATE = literal(msgspec.to_builtins(built_in(Purpose.MEMBER)))
PROMOTION = {"kind": "percent_off", "promotion_id": "tenth", "name": "10 % off", "starts_ms": 0, "off_bp": 1000}
PUBLISHED = {"template_id": "furnished", "version": "1"}
ONE_ITEM = {"item_id": "{item}"}
PERSON = {"name": "Mei", "role": "viewer"}
DAYS = {"from_date": "{first_day}", "upto_date": "{last_day}"}
SETTINGS = {"name": "{mark} shop", "zone": "{zone}", "time_zone": "Europe/Berlin"}

MEMBER = {"member_id": "{mark}member_id1"}
CARD = {"account_id": "card-1"}
NOTICE = {
    "reference": "Note 12",
    "sender": "Dairy",
    "expected_ms": "{soon_ms}",
    "lines": [{"item_id": "{item}", "quantity_thousandths": 12_000, "batch": "B7", "expires": "2027-01-31"}],
}
EPCIS_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EPCIS_EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-27T10:00:00.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:0614141.812345.6789"],
    "action": "OBSERVE",
    "bizStep": "shipping",
    "disposition": "in_transit",
    "readPoint": {"id": "urn:epc:id:sgln:0614141.00777.0"},
}
EPCIS_DOCUMENT = {
    "@context": [EPCIS_CONTEXT],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-11-27T10:00:00.000Z",
    "epcisBody": {"eventList": [{**EPCIS_EVENT, "eventTime": "2026-11-27T11:00:00.000+01:00"}]},
}
EPCIS_VALUES = {
    "eventTypes": "ObjectEvent",
    "epcs": "urn:epc:id:sgtin:0614141.812345.6789",
    "bizSteps": "retail_selling",
    "bizLocations": "urn:tallystick:loc:shared:floor",
    "readPoints": "urn:tallystick:loc:shared:floor",
    "dispositions": "retail_sold",
}
RESERVATION = {"reservation_id": "{mark}reservation_id1"}
WHOLE_CHAIN = {"level": "chain", "level_id": "all"}
SHELF = {"device_id": "{mark}device_id1", "antenna": "1"}

ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/metrics"): Route(Reach.OPEN, None),  # has a door of its own: cloud/web/scrape.py
    ("GET", "/health/live"): Route(Reach.OPEN, None),
    ("GET", "/health/ready"): Route(Reach.OPEN, None),
    ("POST", f"{V1}/login"): Route(Reach.OPEN, None, body={"login": "viewer", "password": PASSWORD}),
    # One's own account.
    ("POST", f"{V1}/logout"): Route(Reach.OWN),
    ("GET", f"{V1}/me"): Route(Reach.OWN),
    ("GET", f"{V1}/me/tokens"): Route(Reach.OWN),
    ("POST", f"{V1}/me/tokens"): Route(Reach.OWN, body={"label": "nightly export"}),
    ("DELETE", f"{V1}/me/tokens/{{token_id}}"): Route(Reach.OWN, at={"token_id": "{own_token}"}),
    ("PUT", f"{V1}/me/password"): Route(
        Reach.OWN, body={"old_password": PASSWORD, "new_password": "five small boats at sea"}
    ),
    # People.
    ("GET", f"{V1}/people"): Route(Reach.CHAIN, Right.PEOPLE_WRITE),
    ("POST", f"{V1}/people"): Route(Reach.CHAIN, Right.PEOPLE_WRITE, body={**PERSON, "login": "mei"}),
    ("PUT", f"{V1}/people/{{login}}"): Route(
        Reach.CHAIN,
        Right.PEOPLE_WRITE,
        at={"login": "viewer.two"},
        body={**PERSON, "all_stores": False, "regions": ["east"]},
    ),
    ("POST", f"{V1}/people/{{login}}/password"): Route(Reach.CHAIN, Right.PEOPLE_WRITE, at={"login": "viewer.two"}),
    ("DELETE", f"{V1}/people/{{login}}"): Route(Reach.CHAIN, Right.PEOPLE_WRITE, at={"login": "viewer.two"}),
    # The organisation.
    ("GET", f"{V1}/organisation"): Route(Reach.SHARED),
    ("PUT", f"{V1}/organisation"): Route(Reach.CHAIN, Right.ORGANISATION_WRITE, body={"name": "Green grocers"}),
    ("GET", f"{V1}/regions"): Route(Reach.ROWS),
    ("GET", f"{V1}/store-names"): Route(Reach.ROWS),
    ("PUT", f"{V1}/regions/{{region_id}}"): Route(
        Reach.CHAIN, Right.ORGANISATION_WRITE, at={"region_id": "west"}, body={"name": "Wild west"}
    ),
    ("DELETE", f"{V1}/regions/{{region_id}}"): Route(Reach.CHAIN, Right.ORGANISATION_WRITE, at={"region_id": "empty"}),
    ("PUT", f"{V1}/stores/{{store_id}}/region"): Route(Reach.CHAIN, Right.ORGANISATION_WRITE, body={"region_id": "default"}),
    # Goods.
    ("GET", f"{V1}/items"): Route(Reach.SHARED),
    ("POST", f"{V1}/items/named"): Route(Reach.SHARED, body={"codes": ["{item}"]}, audit_rows=0),
    ("GET", f"{V1}/items/{{item_id}}"): Route(Reach.SHARED, at=ONE_ITEM),
    ("PUT", f"{V1}/items/{{item_id}}"): Route(
        Reach.CHAIN,
        Right.PRODUCTS_WRITE,
        at={"item_id": "MINT"},
        body={"style_id": "S-101", "name": "Mint", "tax_class": "reduced"},
    ),
    ("PUT", f"{V1}/styles/{{style_id}}"): Route(
        Reach.CHAIN, Right.PRODUCTS_WRITE, at={"style_id": "S-101"}, body={"name": "Bananas of the week"}
    ),
    ("GET", f"{V1}/tax-classes"): Route(Reach.SHARED),
    ("PUT", f"{V1}/tax-classes/{{tax_class}}"): Route(
        Reach.CHAIN, Right.PRODUCTS_WRITE, at={"tax_class": "reduced"}, body={"name": "Reduced", "rate_bp": 900}
    ),
    ("PUT", f"{V1}/barcodes/{{code}}"): Route(
        Reach.CHAIN, Right.PRODUCTS_WRITE, at={"code": "9529999999993"}, body={"item_id": "{item}"}
    ),
    ("GET", f"{V1}/product-recalls"): Route(Reach.SHARED),
    ("PUT", f"{V1}/product-recalls/{{recall_id}}"): Route(
        Reach.CHAIN, Right.PRODUCTS_WRITE, at={"recall_id": "2026-7"}, body={"item_id": "{item}", "reason": "glass"}
    ),
    ("DELETE", f"{V1}/product-recalls/{{recall_id}}"): Route(Reach.CHAIN, Right.PRODUCTS_WRITE, at={"recall_id": "there"}),
    ("DELETE", f"{V1}/barcodes/{{code}}"): Route(Reach.CHAIN, Right.PRODUCTS_WRITE, at={"code": "101"}),
    # Prices.
    ("GET", f"{V1}/zones"): Route(Reach.SHARED),
    ("PUT", f"{V1}/zones/{{zone}}"): Route(
        Reach.CHAIN,
        Right.PRICES_WRITE,
        at={"zone": "{zone}"},
        body={"currency": "EUR", "minor_digits": 2, "tax_mode": "inclusive", "cash_rounding_minor": 5},
    ),
    ("GET", f"{V1}/zones/{{zone}}/guard"): Route(Reach.SHARED, at={"zone": "{zone}"}),
    ("PUT", f"{V1}/zones/{{zone}}/guard"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"zone": "{zone}"}, body={"change_percent": 40, "below_cost": True}
    ),
    ("GET", f"{V1}/items/{{item_id}}/prices"): Route(Reach.SHARED, at=ONE_ITEM),
    ("GET", f"{V1}/zones/{{zone}}/prices"): Route(Reach.SHARED, at={"zone": "{zone}"}),
    ("GET", f"{V1}/zones/{{zone}}/prices/{{item_id}}/history"): Route(Reach.SHARED, at={"zone": "{zone}", **ONE_ITEM}),
    ("GET", f"{V1}/zones/{{zone}}/price-changes"): Route(Reach.SHARED, at={"zone": "{zone}"}),
    ("GET", f"{V1}/zones/{{zone}}/landing/{{version}}"): Route(Reach.ROWS, at={"zone": "north", "version": "2"}),
    ("PUT", f"{V1}/zones/{{zone}}/prices/{{item_id}}"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"zone": "north", **ONE_ITEM}, body={"price_minor": 123, "reason": "{mark}"}
    ),
    ("POST", f"{V1}/zones/{{zone}}/price-changes"): Route(
        Reach.CHAIN,
        Right.PRICES_WRITE,
        at={"zone": "north"},
        body={
            "changes": [
                {"item_id": "{item}", "price_minor": 222},
                {"item_id": "W101", "price_minor": 333, "effective_from_ms": 1_800_000_000_000},
            ]
        },
    ),
    ("DELETE", f"{V1}/zones/{{zone}}/prices/{{item_id}}/revisions/{{revision}}"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"zone": "north", "item_id": "W101", "revision": "2"}
    ),
    ("GET", f"{V1}/zones/{{zone}}/book"): Route(Reach.SHARED, at={"zone": "{zone}"}),
    ("GET", f"{V1}/zones/{{zone}}/book.{{ending}}"): Route(Reach.SHARED, at={"zone": "{zone}", "ending": "csv"}),
    ("GET", f"{V1}/zones/{{zone}}/future-prices"): Route(Reach.SHARED, at={"zone": "{zone}"}),
    ("GET", f"{V1}/price-books"): Route(Reach.ROWS),
    ("PUT", f"{V1}/price-books/{{book_id}}"): Route(
        Reach.CHAIN,
        Right.PRICES_WRITE,
        at={"book_id": "winter"},
        body={"name": "Winter", "zone": "north", "price_kind": "promotion", "priority": 10},
    ),
    ("GET", f"{V1}/price-books/{{book_id}}/prices"): Route(Reach.SHARED, at={"book_id": "zone.{zone}"}),
    ("POST", f"{V1}/price-books/{{book_id}}/price-changes"): Route(
        Reach.CHAIN,
        Right.PRICES_WRITE,
        at={"book_id": "zone.north"},
        body={"changes": [{"item_id": "W102", "price_minor": 222, "reason": "{mark}"}]},
    ),
    ("POST", f"{V1}/price-books/{{book_id}}/recalls"): Route(
        Reach.CHAIN,
        Right.PRICES_WRITE,
        at={"book_id": "zone.north"},
        body={"prices": [{"item_id": "W103", "revision": 1}], "reason": "{mark}"},
    ),
    ("POST", f"{V1}/price-books/{{book_id}}/effect"): Route(
        Reach.ROWS,
        at={"book_id": "zone.{zone}"},
        body={"changes": [{"item_id": "{item}", "price_minor": 222}], "day": "{last_day}"},
        audit_rows=0,
    ),
    ("GET", f"{V1}/items/{{item_id}}/price-timeline"): Route(Reach.STORE, at=ONE_ITEM, query={"store_id": "{store}"}),
    ("GET", f"{V1}/items/{{item_id}}/price-log"): Route(Reach.ROWS, at=ONE_ITEM),
    ("GET", f"{V1}/items/{{item_id}}/costs"): Route(Reach.CHAIN, Right.PRICES_WRITE, at=ONE_ITEM),
    ("PUT", f"{V1}/items/{{item_id}}/costs/{{currency}}"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={**ONE_ITEM, "currency": "EUR"}, body={"cost_minor": 55}
    ),
    # Goods and prices together.
    ("POST", f"{V1}/products/{{item_id}}"): Route(
        Reach.CHAIN,
        Right.PRODUCTS_WRITE,
        at={"item_id": "BASIL"},
        body={
            "item": {"style_id": "S-101", "name": "Basil", "tax_class": "reduced"},
            "prices": [{"zone": "{zone}", "price_minor": 179}],
        },
    ),
    ("GET", f"{V1}/releases"): Route(Reach.SHARED),
    ("GET", f"{V1}/releases/{{release_id}}"): Route(Reach.ROWS, at={"release_id": "{release}"}),
    # Campaigns.
    ("GET", f"{V1}/campaigns"): Route(Reach.SHARED),
    ("POST", f"{V1}/campaigns"): Route(
        Reach.CHAIN,
        Right.PRICES_WRITE,
        body={"name": "Week 40", "lines": [{"zone": "{zone}", "item_id": "{item}", "price_minor": 199}]},
    ),
    ("GET", f"{V1}/campaigns/{{campaign_id}}"): Route(Reach.SHARED, at={"campaign_id": "{campaign_everywhere}"}),
    ("PUT", f"{V1}/campaigns/{{campaign_id}}"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"campaign_id": "{campaign_to_change}"}, body={"name": "Week 41"}
    ),
    ("DELETE", f"{V1}/campaigns/{{campaign_id}}"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"campaign_id": "{campaign_to_discard}"}
    ),
    ("GET", f"{V1}/campaigns/{{campaign_id}}/lines"): Route(Reach.SHARED, at={"campaign_id": "{campaign_everywhere}"}),
    ("PUT", f"{V1}/campaigns/{{campaign_id}}/lines"): Route(
        Reach.CHAIN,
        Right.PRICES_WRITE,
        at={"campaign_id": "{campaign_to_fill}"},
        body={"lines": [{"zone": "{zone}", "item_id": "{item}", "price_minor": 199}]},
    ),
    ("POST", f"{V1}/campaigns/{{campaign_id}}/file"): Route(
        Reach.CHAIN,
        Right.PRICES_WRITE,
        at={"campaign_id": "{campaign_to_load}"},
        query={"zone": "{zone}", "name": "week 40.csv"},
        content="item,price\n{item},1.23\n",
    ),
    **{
        ("POST", f"{V1}/campaigns/{{campaign_id}}/{verb}"): Route(
            Reach.CHAIN, Right.PRICES_WRITE, at={"campaign_id": f"{{campaign_{name}}}"}, body=body
        )
        for verb, name, body in (
            ("check", "to_check", None),
            ("approval-request", "to_ask", None),
            ("decision", "to_decide", {"approve": True}),
            ("publish", "to_publish", None),
            ("recall", "to_recall", {"reason": "{mark}"}),
        )
    },
    ("POST", f"{V1}/campaigns/{{campaign_id}}/rings/{{ring_no}}/open"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"campaign_id": "{campaign_to_open}", "ring_no": "2"}
    ),
    **{
        ("GET", f"{V1}/campaigns/{{campaign_id}}/{part}"): Route(Reach.ROWS, at={"campaign_id": "{campaign_everywhere}"})
        for part in ("effect", "progress", "stragglers")
    },
    ("GET", f"{V1}/campaigns/{{campaign_id}}/stores/{{store_id}}/labels"): Route(
        Reach.STORE, at={"campaign_id": "{campaign_everywhere}"}
    ),
    # Imports: they reach over every store and every zone, so nobody of some stores brings or sees one.
    ("GET", f"{V1}/import-kinds"): Route(Reach.CHAIN),
    ("GET", f"{V1}/imports"): Route(Reach.CHAIN),
    ("POST", f"{V1}/imports/{{kind}}"): Route(
        Reach.CHAIN,
        Right.PRICES_WRITE,
        at={"kind": "prices"},
        query={"zone": "{zone}", "name": "week 40.csv"},
        content="item,price\n{item},1.23\n",
    ),
    **{
        ("GET", f"{V1}/imports/{{import_id}}{part}"): Route(Reach.CHAIN, at={"import_id": "{import_in_force}"})
        for part in ("", "/problems", "/refused-by-stores")
    },
    ("POST", f"{V1}/imports/{{import_id}}/check"): Route(
        Reach.CHAIN, Right.STORES_WRITE, at={"import_id": "{import_to_check}"}
    ),
    ("POST", f"{V1}/imports/{{import_id}}/apply"): Route(
        Reach.CHAIN, Right.STORES_WRITE, at={"import_id": "{import_to_apply}"}
    ),
    ("DELETE", f"{V1}/imports/{{import_id}}"): Route(
        Reach.CHAIN, Right.STORES_WRITE, at={"import_id": "{import_to_discard}"}
    ),
    ("POST", f"{V1}/imports/{{import_id}}/undo"): Route(
        Reach.CHAIN, Right.STORES_WRITE, at={"import_id": "{import_in_force}"}
    ),
    # Staff and stores.
    ("GET", f"{V1}/stores/{{store_id}}/staff"): Route(Reach.STORE),
    ("PUT", f"{V1}/stores/{{store_id}}/staff/{{staff_id}}"): Route(
        Reach.STORE, Right.STAFF_WRITE, at={"staff_id": "07"}, body={"name": "Kim", "pin": "2580"}
    ),
    ("GET", f"{V1}/stores"): Route(Reach.ROWS),
    ("POST", f"{V1}/stores"): Route(Reach.CHAIN, Right.STORES_WRITE, body={**SETTINGS, "store_id": "newcomer"}),
    ("GET", f"{V1}/stores/{{store_id}}"): Route(Reach.STORE),
    ("GET", f"{V1}/stores/{{store_id}}/settings"): Route(Reach.STORE),
    ("PUT", f"{V1}/stores/{{store_id}}/settings"): Route(Reach.STORE, Right.STORES_WRITE, body=SETTINGS),
    ("GET", f"{V1}/stores/{{store_id}}/certificates"): Route(Reach.STORE),
    ("POST", f"{V1}/stores/{{store_id}}/revocations"): Route(Reach.STORE, Right.STORES_WRITE, body={"reason": "stolen"}),
    ("POST", f"{V1}/stores/{{store_id}}/orders"): Route(Reach.STORE, Right.STORES_WRITE, body={"kind": "new_incarnation"}),
    ("POST", f"{V1}/stores/{{store_id}}/alarms/{{alarm_id}}/seen"): Route(
        Reach.STORE, Right.ALARMS_WRITE, at={"alarm_id": "{alarm}"}
    ),
    # What stores sent.
    ("GET", f"{V1}/sales"): Route(Reach.ROWS),
    ("GET", f"{V1}/sales/stream"): Route(Reach.ROWS, query={"wait_seconds": "0"}),
    ("GET", f"{V1}/sales/counts"): Route(Reach.ROWS),
    ("GET", f"{V1}/sales/{{store_id}}/{{sale_id}}"): Route(Reach.STORE, at={"sale_id": "{mark}sale_id1"}),
    ("GET", f"{V1}/stores/{{store_id}}/stock"): Route(Reach.STORE),
    ("GET", f"{V1}/items/{{item_id}}/stock"): Route(Reach.ROWS, at=ONE_ITEM),
    ("GET", f"{V1}/stores/{{store_id}}/stock/{{item_id}}/moves"): Route(Reach.STORE, at=ONE_ITEM),
    ("GET", f"{V1}/stores/{{store_id}}/goods-received"): Route(Reach.STORE),
    ("GET", f"{V1}/stores/{{store_id}}/goods-left"): Route(Reach.STORE),
    ("GET", f"{V1}/stock/regions"): Route(Reach.ROWS),
    ("GET", f"{V1}/regions/{{region_id}}/stock"): Route(Reach.ROWS, at={"region_id": "west"}),
    ("GET", f"{V1}/stores/{{store_id}}/stock-items"): Route(Reach.STORE),
    ("GET", f"{V1}/stores/{{store_id}}/stock-batches"): Route(Reach.STORE),
    ("GET", f"{V1}/product-recalls/{{recall_id}}/stores"): Route(Reach.ROWS, at={"recall_id": "lasting"}),
    # Goods on their way, held for customers, and the rules of shelves.
    ("GET", f"{V1}/deliveries"): Route(Reach.ROWS),
    ("GET", f"{V1}/stores/{{store_id}}/deliveries/{{asn_id}}/lines"): Route(Reach.STORE, at={"asn_id": "{mark}asn_id1"}),
    ("PUT", f"{V1}/stores/{{store_id}}/deliveries/{{asn_id}}"): Route(
        Reach.STORE, Right.STOCK_WRITE, at={"asn_id": "A-{store}"}, body=NOTICE
    ),
    ("POST", f"{V1}/stores/{{store_id}}/deliveries/{{asn_id}}/tags"): Route(  # of the notice above
        Reach.STORE, Right.STOCK_WRITE, at={"asn_id": "A-{store}"}, body={}
    ),
    ("GET", f"{V1}/stores/{{store_id}}/deliveries/{{asn_id}}/tags.csv"): Route(Reach.STORE, at={"asn_id": "{mark}asn_id1"}),
    ("DELETE", f"{V1}/stores/{{store_id}}/deliveries/{{asn_id}}"): Route(
        Reach.STORE, Right.STOCK_WRITE, at={"asn_id": "to-withdraw"}
    ),
    ("GET", f"{V1}/transfers"): Route(Reach.ROWS),
    ("GET", f"{V1}/transfers/{{from_store_id}}/{{transfer_id}}/lines"): Route(
        Reach.STORE, at={"from_store_id": "{store}", "transfer_id": "{mark}transfer_id1"}
    ),
    ("GET", f"{V1}/reservations"): Route(Reach.ROWS),
    ("GET", f"{V1}/items/{{item_id}}/reserved"): Route(Reach.ROWS, at=ONE_ITEM),
    ("GET", f"{V1}/stores/{{store_id}}/reservations/{{reservation_id}}"): Route(Reach.STORE, at=RESERVATION),
    ("PUT", f"{V1}/stores/{{store_id}}/reservations/{{reservation_id}}"): Route(
        Reach.STORE,
        Right.STOCK_WRITE,
        at={"reservation_id": "R-{store}"},
        body={
            "order_id": "O-1",
            "due_ms": "{soon_ms}",
            "until_ms": "{soon_ms}",
            "lines": [{"item_id": "{item}", "quantity_thousandths": 1_000}],
        },
    ),
    ("DELETE", f"{V1}/stores/{{store_id}}/reservations/{{reservation_id}}"): Route(
        Reach.STORE, Right.STOCK_WRITE, at=RESERVATION
    ),
    ("GET", f"{V1}/stock-rules"): Route(Reach.ROWS),
    ("GET", f"{V1}/stores/{{store_id}}/stock-rules"): Route(Reach.STORE),
    ("PUT", f"{V1}/stock-rules/{{level}}/{{level_id}}"): Route(
        Reach.CHAIN, Right.STOCK_WRITE, at=WHOLE_CHAIN, body={"negative_stock": "warn", "size_gap_keys": ["M"]}
    ),
    ("DELETE", f"{V1}/stock-rules/{{level}}/{{level_id}}"): Route(Reach.CHAIN, Right.STOCK_WRITE, at=WHOLE_CHAIN),
    ("GET", f"{V1}/stock-minima"): Route(Reach.ROWS),
    ("PUT", f"{V1}/stock-minima/{{level}}/{{level_id}}/{{item_id}}"): Route(
        Reach.CHAIN, Right.STOCK_WRITE, at={**WHOLE_CHAIN, **ONE_ITEM}, body={"minimum_thousandths": 3_000}
    ),
    ("DELETE", f"{V1}/stock-minima/{{level}}/{{level_id}}/{{item_id}}"): Route(
        Reach.CHAIN, Right.STOCK_WRITE, at={**WHOLE_CHAIN, **ONE_ITEM}
    ),
    ("GET", f"{V1}/stores/{{store_id}}/shelf-plans"): Route(Reach.STORE),
    ("PUT", f"{V1}/stores/{{store_id}}/shelf-plans/{{device_id}}/{{antenna}}"): Route(
        Reach.STORE, Right.STOCK_WRITE, at=SHELF, body={"name": "Jeans", "item_ids": ["{item}"]}
    ),
    ("DELETE", f"{V1}/stores/{{store_id}}/shelf-plans/{{device_id}}/{{antenna}}"): Route(
        Reach.STORE, Right.STOCK_WRITE, at=SHELF
    ),
    # EPCIS.
    ("GET", "/epcis/events"): Route(Reach.ROWS),
    ("GET", "/epcis/events/{event_id:path}"): Route(Reach.STORE, at={"event_id": "{mark}event_id1"}),
    ("POST", "/epcis/capture"): Route(Reach.CHAIN, Right.STOCK_WRITE, body=literal(EPCIS_DOCUMENT)),
    ("POST", "/epcis/events"): Route(
        Reach.CHAIN, Right.STOCK_WRITE, body=literal({**EPCIS_EVENT, "@context": EPCIS_CONTEXT})
    ),
    ("GET", "/epcis/capture"): Route(Reach.CHAIN),
    ("GET", "/epcis/capture/{capture_id}"): Route(Reach.CHAIN, at={"capture_id": "lasting"}),
    ("GET", "/epcis/queries"): Route(Reach.CHAIN),
    ("POST", "/epcis/queries"): Route(
        Reach.CHAIN, Right.STOCK_WRITE, body={"name": "sold", "query": {"EQ_bizStep": ["retail_selling"]}}
    ),
    ("GET", "/epcis/queries/{name}"): Route(Reach.CHAIN, at={"name": "lasting"}),
    ("GET", "/epcis/queries/{name}/events"): Route(Reach.CHAIN, at={"name": "lasting"}),
    ("DELETE", "/epcis/queries/{name}"): Route(Reach.CHAIN, Right.STOCK_WRITE, at={"name": "sold"}),
    **{
        ("GET", f"/epcis/{name}"): Route(Reach.ROWS)
        for name in ("eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions")
    },
    **{
        ("GET", f"/epcis/{name}/{{value:path}}/events"): Route(Reach.ROWS, at={"value": value})
        for name, value in EPCIS_VALUES.items()
    },
    ("GET", f"{V1}/markdown-proposals"): Route(Reach.ROWS),
    ("POST", f"{V1}/stores/{{store_id}}/markdown-proposals/{{proposal_id}}/accept"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"proposal_id": "to-accept"}, body={}
    ),
    ("POST", f"{V1}/stores/{{store_id}}/markdown-proposals/{{proposal_id}}/decline"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"proposal_id": "to-decline"}, body={"reason": "{mark}"}
    ),
    ("GET", f"{V1}/sales/daily"): Route(Reach.ROWS, query={"from": "{first_day}", "to": "{last_day}"}),
    ("GET", f"{V1}/reports"): Route(Reach.SHARED),
    ("GET", f"{V1}/reports/{{name}}"): Route(Reach.ROWS, at={"name": "goods-received"}, query=DAYS),
    ("GET", f"{V1}/reports/{{name}}/csv"): Route(Reach.ROWS, at={"name": "count-differences"}, query=DAYS),
    # Tills.
    ("GET", f"{V1}/stores/{{store_id}}/till-settings"): Route(Reach.STORE),
    ("PUT", f"{V1}/stores/{{store_id}}/till-settings"): Route(
        Reach.STORE,
        Right.STORES_WRITE,
        body={
            "variance_limit_minor": 300,
            "cash_warning_minor": 100_000,
            "return_days": 14,
            "no_receipt_days": 7,
            "refund_cash_max_minor": 5_000,
            "return_policy": ["{mark}"],
            "loss": [{"what": "no_sale", "most": 2, "within_minutes": 30}],
        },
    ),
    ("GET", f"{V1}/shifts"): Route(Reach.ROWS, query={"from": "{first_day}", "to": "{last_day}"}),
    ("GET", f"{V1}/stores/{{store_id}}/shifts/{{shift_id}}"): Route(Reach.STORE, at={"shift_id": "{mark}shift_id1"}),
    ("GET", f"{V1}/stores/{{store_id}}/reconciliation/{{day}}"): Route(Reach.STORE, at={"day": "{now_day}"}),
    ("POST", f"{V1}/stores/{{store_id}}/acquirer-files"): Route(
        Reach.STORE,
        Right.STAFF_WRITE,
        query={"name": "acquirer.csv"},
        content="reference,amount_minor,at\n{mark}r,100,2026-11-20T10:00:00Z\n",
    ),
    ("DELETE", f"{V1}/stores/{{store_id}}/acquirer-files/{{file_id}}"): Route(
        Reach.STORE, Right.STAFF_WRITE, at={"file_id": "{mark}file_id1"}
    ),
    ("GET", f"{V1}/stores/{{store_id}}/days/{{day}}/poslog"): Route(Reach.STORE, at={"day": "{sale_day}"}),
    # How the stores do.
    ("GET", f"{V1}/devices"): Route(Reach.ROWS),
    ("GET", f"{V1}/devices/counts"): Route(Reach.ROWS),
    ("GET", f"{V1}/stores/{{store_id}}/devices"): Route(Reach.STORE),
    ("GET", f"{V1}/stores/{{store_id}}/devices/health"): Route(Reach.STORE),
    ("GET", f"{V1}/stores/{{store_id}}/device-table"): Route(Reach.STORE),
    ("PUT", f"{V1}/stores/{{store_id}}/device-table"): Route(
        Reach.STORE,
        Right.STORES_WRITE,
        body={"text": '[[devices]]\nid = "{mark}"\nkind = "escpos_tcp"\nhost = "127.0.0.1"\n', "seen_revision": 0},
    ),
    ("GET", f"{V1}/stores/{{store_id}}/telemetry"): Route(Reach.STORE),
    ("GET", f"{V1}/stores/{{store_id}}/telemetry/{{metric}}"): Route(
        Reach.STORE, at={"metric": "{mark}metric1"}, query={"device_id": "{mark}device_id1"}
    ),
    ("GET", f"{V1}/glance/stores"): Route(Reach.ROWS),
    ("GET", f"{V1}/glance/totals"): Route(Reach.ROWS),
    ("GET", f"{V1}/glance/sales"): Route(Reach.ROWS, query={"store_id": "{store}"}),
    ("GET", f"{V1}/audit"): Route(Reach.ROWS, Right.AUDIT_READ),
    # What labels look like.
    # Promotions.
    ("GET", f"{V1}/promotions"): Route(Reach.ROWS),
    ("POST", f"{V1}/promotions"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, body={"zone": "{zone}", "rule": PROMOTION, "reason": "autumn"}
    ),
    ("GET", f"{V1}/promotions/{{promotion_id}}"): Route(Reach.SHARED, at={"promotion_id": "trial-{zone}"}),
    ("PUT", f"{V1}/promotions/{{promotion_id}}"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"promotion_id": "to-change"}, body={"rule": PROMOTION, "after_revision": 1}
    ),
    ("DELETE", f"{V1}/promotions/{{promotion_id}}"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"promotion_id": "to-discard"}
    ),
    **{
        ("POST", f"{V1}/promotions/{{promotion_id}}/{verb}"): Route(
            Reach.CHAIN, Right.PRICES_WRITE, at={"promotion_id": promotion_id}, body=body
        )
        for verb, promotion_id, body in (
            ("check", "to-check", None),
            ("approval-request", "to-ask", None),
            ("decision", "to-decide", {"approve": True}),
            ("publish", "to-publish", {"stores": []}),
            ("recall", "to-recall", {"reason": "wrong goods"}),
        )
    },
    ("POST", f"{V1}/promotions/{{promotion_id}}/what-if"): Route(
        Reach.SHARED, at={"promotion_id": "trial-{zone}"}, body={"day": "{last_day}"}, audit_rows=0
    ),
    ("POST", f"{V1}/promotion-previews"): Route(
        Reach.SHARED, body={"zone": "{zone}", "rule": PROMOTION, "lines": [{"item_id": "{item}", "pieces": 2}]}, audit_rows=0
    ),
    ("GET", f"{V1}/promotion-days"): Route(Reach.SHARED, query={"zone": "{zone}"}),
    ("GET", f"{V1}/promotion-scope-words"): Route(Reach.SHARED),
    ("GET", f"{V1}/return-clashes"): Route(Reach.ROWS),
    ("POST", f"{V1}/stores/{{store_id}}/invoices"): Route(
        Reach.STORE, Right.STORES_WRITE, body={"sale_id": "sale-to-invoice", "buyer_name": "Ms Lin"}
    ),
    ("GET", f"{V1}/stores/{{store_id}}/invoices/{{sale_id}}"): Route(Reach.STORE, at={"sale_id": "{mark}sale_id1"}),
    ("GET", f"{V1}/invoices"): Route(Reach.ROWS),
    ("GET", f"{V1}/invoice-documents"): Route(Reach.ROWS),
    ("POST", f"{V1}/invoice-documents/{{document_id}}/end"): Route(
        Reach.STORE, Right.STORES_WRITE, at={"document_id": "{mark}document_id1"}, body={"number": "n-{store}"}
    ),
    ("GET", f"{V1}/templates"): Route(Reach.ROWS),
    ("GET", f"{V1}/templates/{{template_id}}"): Route(Reach.SHARED, at=PUBLISHED),
    ("GET", f"{V1}/templates/{{template_id}}/versions/{{version}}"): Route(Reach.SHARED, at=PUBLISHED),
    ("POST", f"{V1}/templates/{{template_id}}/versions"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"template_id": "members"}, body={"template": TEMPLATE, "after_version": 0}
    ),
    ("DELETE", f"{V1}/templates/{{template_id}}"): Route(Reach.CHAIN, Right.PRICES_WRITE, at={"template_id": "unused"}),
    ("POST", f"{V1}/templates/{{template_id}}/versions/{{version}}/publications"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"template_id": "offers", "version": "1"}, body={"stores": ["{store}"]}
    ),
    ("GET", f"{V1}/template-publications"): Route(Reach.ROWS),
    ("POST", f"{V1}/template-publications/{{publication}}/rollback"): Route(
        Reach.CHAIN, Right.PRICES_WRITE, at={"publication": "1"}, body={"reason": "too small"}
    ),
    ("GET", f"{V1}/built-in-templates"): Route(Reach.SHARED),
    ("GET", f"{V1}/label-panels"): Route(Reach.SHARED),
    ("PUT", f"{V1}/label-panels"): Route(Reach.CHAIN, Right.PRICES_WRITE, body={"hardware_types": [1, 2]}),
    ("POST", f"{V1}/template-previews"): Route(
        Reach.SHARED, body={"template": TEMPLATE, "item_id": "{item}", "hardware_types": [1]}, audit_rows=0
    ),
    ("POST", f"{V1}/template-checks"): Route(Reach.SHARED, body={"template": TEMPLATE}, audit_rows=0),
    # Members and stored value.
    ("GET", f"{V1}/members"): Route(Reach.ROWS),
    ("GET", f"{V1}/stores/{{store_id}}/members/{{member_id}}"): Route(Reach.STORE, at=MEMBER),
    ("PUT", f"{V1}/stores/{{store_id}}/members/{{member_id}}"): Route(
        Reach.STORE, Right.MEMBERS_WRITE, at={"member_id": "M-{store}"}, body={"name": "Ms Li"}
    ),
    ("GET", f"{V1}/member-policy"): Route(Reach.SHARED),
    ("PUT", f"{V1}/member-policy"): Route(
        Reach.CHAIN, Right.VALUE_WRITE, body={"believe_seconds": 3600, "points_per_unit": 100}
    ),
    ("GET", f"{V1}/stored-value/accounts"): Route(Reach.CHAIN),
    ("GET", f"{V1}/stored-value/accounts/{{account_id}}"): Route(Reach.CHAIN, at=CARD),
    ("POST", f"{V1}/stored-value/gift-cards"): Route(
        Reach.CHAIN, Right.VALUE_WRITE, body={"amount_minor": 5_000, "currency": "EUR"}
    ),
    ("POST", f"{V1}/stored-value/coupons"): Route(Reach.CHAIN, Right.VALUE_WRITE, body={"promotion_id": "P-1", "count": 3}),
    ("GET", f"{V1}/stored-value/coupon-batches"): Route(Reach.CHAIN),
    ("POST", f"{V1}/stored-value/accounts/{{account_id}}/adjustments"): Route(
        Reach.CHAIN, Right.VALUE_WRITE, at=CARD, body={"amount": -100, "reason": "{mark}"}
    ),
    ("PUT", f"{V1}/stored-value/accounts/{{account_id}}/blocked"): Route(
        Reach.CHAIN, Right.VALUE_WRITE, at=CARD, body={"blocked": True, "reason": "{mark}"}
    ),
    ("GET", f"{V1}/stored-value/clashes"): Route(Reach.ROWS, query={"settled": "true"}),
    ("POST", f"{V1}/stores/{{store_id}}/stored-value-clashes/{{clash_id}}/seen"): Route(
        Reach.STORE, Right.ALARMS_WRITE, at={"clash_id": "{clash}"}, body={"how": "written off"}
    ),
    ("GET", f"{V1}/stored-value/allowances"): Route(Reach.CHAIN),
    ("PUT", f"{V1}/stored-value/allowances"): Route(
        Reach.CHAIN,
        Right.VALUE_WRITE,
        body={"value_kind": "points", "per_transaction": 100, "per_account_day": 100, "per_outage": 1_000},
    ),
    ("GET", f"{V1}/stored-value/check"): Route(Reach.CHAIN),
}
