"""What staff would do on a new store's first morning, through the APIs: bind labels, count the first stock in."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator

from deploy.api_calls import CallFailed, Json, call, rows
from deploy.system import Logins, System, wait_for

PAGE = 100
STOCKED_ITEMS = 40
GOODS_OFFERED = 24
GRAMS_TO_TRY, GRAMS_APART = 235, 185
EAN_DIGITS = 13
PIECES = 50_000
"""Fifty pieces or kilograms, in thousandths."""


def bind_labels(system: System, logins: Logins, *, count: int) -> int:
    """Bind the access point's labels to items that have a price, one each; returns how many are bound."""
    key = _staff_key(system, logins)
    bound = {str(row["label_id"]) for row in rows(call("GET", f"{system.box_url}/v1/labels"), "labels") if row["item_id"]}
    tags = [str(row["mac"]) for row in rows(call("GET", f"{system.labels_url}/labels.json"), "labels")][:count]
    wanted = [(tag, item) for tag, item in zip(tags, items(system, logins), strict=False) if tag not in bound]
    if wanted:
        wait_for("the catalogue in the box", lambda: _has_price(system, str(wanted[0][1]["item_id"])))
    for tag, item in wanted:
        body = {"item_id": item["item_id"], "access_point": "labels-1"}
        call("PUT", f"{system.box_url}/v1/labels/{tag}", body, token=key)
    return len(bound) + len(wanted)


def stock_the_shelves(system: System, logins: Logins) -> None:
    """Opening stock for the first items, unless there is stock already."""
    if rows(call("GET", f"{system.box_url}/v1/stock"), "balances"):
        return
    key = _staff_key(system, logins)
    for item in itertools.islice(items(system, logins), STOCKED_ITEMS):
        body = {
            "move_id": str(uuid.uuid4()),
            "item_id": item["item_id"],
            "quantity_thousandths": PIECES,
            "reason": "opening",
        }
        call("POST", f"{system.box_url}/v1/stock/moves", body, token=key)


def codes_to_try(system: System, logins: Logins) -> list[tuple[str, str]]:
    """A few codes with words about them: weighed goods, single pieces, a case."""
    weighed = [(item, " (by weight: put something on the scale)") for item in itertools.islice(items(system, logins), 2)]
    pieces = [(item, "") for item in itertools.islice(items(system, logins), 20, 24)]
    return [(code, f"{item['name']}{words}") for item, words in (*weighed, *pieces) if (code := _first_code(item))]


def offer_goods(system: System, logins: Logins) -> None:
    """Put the codes to try on the bench's page, to be scanned and weighed there."""
    goods = [
        {
            "code": code,
            "name": str(item["name"]),
            "name_zh": str(item.get("name_zh") or ""),
            "symbology": "ean_upc" if len(code) == EAN_DIGITS else "code128",
            "grams": GRAMS_TO_TRY + number * GRAMS_APART if item["weighed"] else None,
        }
        for number, item in enumerate(itertools.islice(items(system, logins), GOODS_OFFERED))
        if (code := _first_code(item))
    ]
    call("POST", f"{system.simulators_url}/goods", {"goods": goods})


def items(system: System, logins: Logins) -> Iterator[Json]:
    """All items of headquarters, in the order of their ids; weighed goods first."""
    token = hq_token(system, logins)
    pages: list[Json] = []
    after = ""
    while True:
        page = call("GET", f"{system.api_url}/api/v1/items?limit={PAGE}&after={after}", token=token)
        pages += rows(page, "rows")
        after = str(page.get("next") or "")
        if not after:
            break
    yield from sorted(pages, key=lambda item: (not item["weighed"], str(item["item_id"])))


def hq_token(system: System, logins: Logins) -> str:
    """A session of the demo's administrator."""
    body = {"login": "admin", "password": logins.admin_password}
    return str(call("POST", f"{system.api_url}/api/v1/login", body)["token"])


def _staff_key(system: System, logins: Logins) -> str:
    person = next(each for each in logins.staff if "labels" in each.rights)
    answer: list[Json] = []

    def logged_in() -> bool:
        try:
            answer.append(call("POST", f"{system.box_url}/v1/staff/login", {"staff_id": person.staff_id, "pin": person.pin}))
        except CallFailed:
            return False
        return True

    wait_for("the store's staff in the box", logged_in)
    return str(answer[0]["key"])


def _has_price(system: System, item_id: str) -> bool:
    try:
        return call("GET", f"{system.box_url}/v1/items/{item_id}").get("price_minor") is not None
    except CallFailed:
        return False


def _first_code(item: Json) -> str:
    codes = item.get("barcodes")
    if not isinstance(codes, list) or not codes or not isinstance(codes[0], dict):
        return ""
    return str(codes[0].get("gtin", "")).removeprefix("0")
