"""The box's API over a counter, asked in process: the real application, without a port."""

from __future__ import annotations

import uuid

import httpx
import msgspec

from edge.alerts.desk import AlertDesk, AlertSources
from edge.audits.service import AuditService
from edge.checkout.alarms import AlarmBoard
from edge.checkout.ports import Quiet
from edge.labels.lights import LabelFinder
from edge.labels.places import PlaceService
from edge.labels.service import LabelService
from edge.local_api.app import make_app
from edge.local_api.shapes import StaffKey
from edge.local_api.shop import Shop
from edge.local_api.staff_keys import StaffKeys
from edge.rfid.hall import TagHall
from edge.rfid.service import PortalService
from edge.rfid.tag_orders import TagOrders
from edge.stock.drafts import DraftService
from edge.stock.quarantine import QuarantineDesk
from edge.stock.reservations import ReservationDesk
from edge.stock.service import StockService
from edge.surroundings import NoDevices, NoHq
from protocols.clock import SeededRandom
from protocols.contract.till import TillCommand, TillRequest
from tests.support.counter import Counter
from tests.support.goods import ANN, PIN

BASE = "http://127.0.0.1:8080"


class Api:
    """The application over a counter, asked in process."""

    def __init__(
        self,
        counter: Counter,
        labels: LabelService | None = None,
        portals: PortalService | None = None,
        finder: LabelFinder | None = None,
        hall: TagHall | None = None,
        tag_orders: TagOrders | None = None,
    ) -> None:
        self.counter = counter
        desk = counter.desk
        self.alarms = AlarmBoard()
        self.shop = Shop(
            software="1.2.3",
            boot_number=1,
            desk=desk,
            tills={"1": counter.till},
            stock=StockService(counter.store, desk.journal, counter.clock),
            drafts=DraftService(counter.store, desk.journal, counter.clock),
            reservations=ReservationDesk(counter.store, desk.journal, counter.clock),
            quarantine=QuarantineDesk(counter.store, desk.journal, counter.clock),
            alerts=AlertDesk(
                AlertSources(
                    store=counter.store,
                    journal=desk.journal,
                    clock=counter.clock,
                    alarms=self.alarms,
                    devices=NoDevices(),
                    labels=labels,
                    hq=NoHq(),
                    talks_to_hq=False,
                )
            ),
            audits=AuditService(counter.store, desk.journal, counter.clock, labels or desk.labels),
            places=PlaceService(counter.store, desk.journal, counter.clock),
            finder=finder,
            labels=labels,
            portals=portals,
            hall=hall,
            tag_orders=tag_orders,
            devices=NoDevices(),
            hq=NoHq(),
            around=Quiet(),
            keys=StaffKeys(desk.pins, counter.clock, SeededRandom(1)),
        )
        self.app = make_app(self.shop, names=("till.shop.lan",))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=BASE)

    async def command(self, command: TillCommand, command_id: str | None = None) -> httpx.Response:
        request = TillRequest(id=command_id or str(uuid.uuid4()), command=command)
        return await self.http.post("/v1/tills/1/commands", content=msgspec.json.encode(request))

    async def key(self, staff_id: str = ANN) -> dict[str, str]:
        answer = await self.http.post("/v1/staff/login", json={"staff_id": staff_id, "pin": PIN})
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {msgspec.json.decode(answer.content, type=StaffKey).key}"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:tallystick:problem:{body['code']}"
    assert body["detail"]
    return answer.status_code, body["code"]
