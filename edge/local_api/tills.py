"""Till operations: list, state, commands (the WebSocket's HTTP twin), who may log in."""

from __future__ import annotations

import uuid

from edge.catalogue import lookup
from edge.checkout import store
from edge.checkout.reasons import reason
from edge.checkout.till import Till
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.local_api.shapes import (
    RecentReceipt,
    RecentReceipts,
    StaffList,
    StaffName,
    TaxClassList,
    TaxClassName,
    TillList,
    TillName,
)
from edge.staff import service as staff
from protocols.contract.till import TillAnswer, TillRequest, TillState


def find_till(call: Call) -> Till:
    """The till named in the path. Raises `Refused`."""
    till = call.shop.tills.get(call.path["till_id"])
    if till is None:
        raise Refused(404, "unknown_till", reason("unknown_till", till_id=call.path["till_id"][:40]).text)
    return till


def check_request(request: TillRequest) -> TillRequest:
    """A command's id must be a UUID: it is remembered across tills and restarts. Raises `Refused`."""
    try:
        uuid.UUID(request.id)
    except ValueError:
        raise Refused(422, "command_id", f"The command id {request.id[:40]!r} is not a UUID.") from None
    return request


async def list_tills(call: Call) -> TillList:
    tills = call.shop.tills.items()
    return TillList(
        tills=tuple(TillName(till_id=name, mode=till.state().mode, page=f"/till/{name}") for name, till in tills)
    )


async def till_state(call: Call) -> TillState:
    return find_till(call).state()


async def till_staff(call: Call) -> StaffList:
    find_till(call)
    people = staff.all_active(call.shop.desk.reader())
    names = [
        StaffName(staff_id=each.staff_id, name=each.name, language=each.language) for each in people if "till" in each.rights
    ]
    return StaffList(staff=tuple(names))


RECEIPTS_SHOWN = 4


async def till_receipts(call: Call) -> RecentReceipts:
    """What a cashier may be asked to print again; as little as fits on the screen."""
    till_id = find_till(call).setup.till_id
    rows = store.last_receipts(call.shop.desk.reader(), till_id, RECEIPTS_SHOWN)
    return RecentReceipts(
        receipts=tuple(
            RecentReceipt(receipt=receipt, closed_at_ms=closed_at_ms, total_minor=total_minor)
            for receipt, closed_at_ms, total_minor in rows
        )
    )


async def tax_classes(call: Call) -> TaxClassList:
    rows = lookup.tax_classes(call.shop.desk.reader())
    return TaxClassList(
        tax_classes=tuple(TaxClassName(tax_class=code, name=name, rate_bp=rate) for code, name, rate in rows)
    )


async def command(call: Call) -> TillAnswer:
    return await find_till(call).ask(check_request(call.body_as(TillRequest)))


ENDPOINTS = (
    Endpoint(method="GET", path="/v1/tills", summary="The tills of this store", handler=list_tills, response=TillList),
    Endpoint(
        method="GET",
        path="/v1/tills/{till_id}/state",
        summary="What the till's screen shows now",
        handler=till_state,
        response=TillState,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/v1/tills/{till_id}/staff",
        summary="Who may log in at the till",
        handler=till_staff,
        response=StaffList,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/v1/tills/{till_id}/receipts",
        summary="The till's last receipts, newest first",
        handler=till_receipts,
        response=RecentReceipts,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/v1/tax-classes",
        summary="The tax classes of the catalogue",
        handler=tax_classes,
        response=TaxClassList,
    ),
    Endpoint(
        method="POST",
        path="/v1/tills/{till_id}/commands",
        summary="Carry out one command once; repeated with the same id it gives the same answer",
        handler=command,
        request=TillRequest,
        response=TillAnswer,
        problems=(404, 422),
    ),
)
