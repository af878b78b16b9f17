"""The run: a whole chain of real processes, two tills full of shoppers, and everything that may break, broken once."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy.api_calls import CallFailed, Json, call, rows
from deploy.chain import replace_box
from deploy.processes import ProcessFailed
from deploy.shop_set_up import bind_labels, hq_token, items, stock_the_shelves
from deploy.system import STORE_ID, TILLS, DemoStaff, Logins, System
from edge.clock import SystemClock
from edge.devices.fonts import font_files
from edge.labels.content import label_content
from edge.labels.shelf import CatalogueShelf
from edge.store_db.database import Database
from protocols.clock import SeededRandom
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.renderer import LabelRenderer
from simulators.world import Goods, Shopper, World
from tests.smoke.breaking import Event, Plan
from tests.smoke.checks import (
    Findings,
    Picture,
    box_stock,
    check_charged,
    check_receipts,
    check_sales,
    check_stock,
    hq_received,
    hq_sales,
    hq_stock,
    stored_sales,
)
from tests.smoke.shoppers import Lane, Notes
from tests.support.till_client import TillClient
from tests.support.waiting import until

SALES = 330
TAGS_DELIVERED = 12
SALES_AFTER_SWAP = 30
SALES_ON_THE_CARD = 6
"""Made while HQ does not hear: they reach it from the dead box's card alone."""
LABELS = 200
PRICES_CHANGED = 50
BROKER_AWAY_SECONDS = 20.0
INGEST_AWAY_SECONDS = 3.0
QUIET_SECONDS = 180.0
HARDWARE_TYPE = 1
FEEDS_TO_SELL_WITH = {"catalogue", "price", "setup", "staff"}


@dataclass(slots=True)
class Smoke:
    """One run. `execute` returns what was found."""

    system: System
    seed: int
    say: Callable[[str], None]
    notes: Notes = field(default_factory=Notes)
    found: Findings = field(default_factory=Findings)
    prices: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    changes: list[Json] = field(default_factory=list)
    _bound: dict[str, str] = field(default_factory=dict)
    _door: asyncio.Event = field(default_factory=asyncio.Event)
    """Closed while the box is being replaced: shoppers wait."""
    _resting: int = 0
    _paid_before_swap: int | None = None

    async def execute(self) -> Findings:
        """Start, sell and break, wait for quiet, check."""
        logins = await asyncio.to_thread(self._start)
        goods = await asyncio.to_thread(self._goods, logins)
        self._door.set()
        plan = Plan(self._events(logins), self.say)
        await self._shop(logins, goods, plan)
        await plan.finish()
        self.found.counts["broken"] = len(plan.begun)
        self.say(f"{len(self.notes.paid)} sales; waiting until everything has arrived")
        await asyncio.to_thread(self._wait_quiet)
        await asyncio.to_thread(self._check)
        return self.found

    def _start(self) -> Logins:
        system = self.system
        system.start_simulators()
        system.start_database()
        logins = system.set_up()
        system.start_broker()
        system.start_hq(console=False)
        system.start_box()
        system.group.wait_ready("simulators", "api", "box")
        bind_labels(system, logins, count=LABELS)
        stock_the_shelves(system, logins)
        self._wait_labels("every label to show its first price")
        return logins

    def _goods(self, logins: Logins) -> list[Goods]:
        """What is on the shelf: every item with its first code; prices as they are now."""
        token = hq_token(self.system, logins)
        for row in self._pages(f"{self.system.api_url}/api/v1/zones/north/prices", token):
            if isinstance(row["price_minor"], int):
                self.prices[str(row["item_id"])].add(row["price_minor"])
        found = []
        for item in items(self.system, logins):
            codes = item["barcodes"]
            assert isinstance(codes, list)
            if codes and str(item["item_id"]) in self.prices:
                weighed = bool(item["weighed"])
                found.append(Goods(str(codes[0]["gtin"]), weighed, popularity=4 if weighed else 1))
        weighed_items = sum(goods.weighed for goods in found)
        self.found.counts |= {"items": len(found), "weighed_items": weighed_items, "labels": LABELS}
        return found[:LABELS]

    def _pages(self, url: str, token: str) -> list[Json]:
        found: list[Json] = []
        after = ""
        while True:
            page = call("GET", f"{url}?limit=100{after}", token=token)
            found += rows(page, "rows")
            if not page.get("next"):
                return found
            after = f"&after={page['next']}"

    async def _shop(self, logins: Logins, goods: list[Goods], plan: Plan) -> None:
        async with asyncio.TaskGroup() as tasks:
            cashiers = [person for person in logins.staff if {"till", "void"} <= set(person.rights.split(", "))]
            for number, (till, person) in enumerate(zip(TILLS, cashiers, strict=True)):
                shoppers = World(self.seed * len(TILLS) + number, goods).shoppers()
                tasks.create_task(self._lane(till, shoppers, plan, person))

    async def _lane(self, till: str, shoppers: Iterator[Shopper], plan: Plan, person: DemoStaff) -> None:
        client = TillClient(self.system.box_url, till)

        async def put_weight(grams: int) -> None:
            url = f"{self.system.simulators_url}/scales/scale-{till}/weight"
            await asyncio.to_thread(call, "POST", url, {"grams": grams, "settle_ms": 150})

        async def after_sale() -> None:
            count = len(self.notes.paid)
            if count % 25 == 0:
                self.say(f"{count} sales")
            await plan.sold(count)

        async def mid_sale() -> None:
            await plan.basket_open(len(self.notes.paid))

        async def before_shopper() -> None:
            if not self._door.is_set():
                self._resting += 1
                await self._door.wait()
                self._resting -= 1
                await lane.open(person.staff_id, person.pin)

        lane = Lane(client, shoppers, self.notes, put_weight, after_sale, mid_sale, before_shopper)
        await lane.open(person.staff_id, person.pin)
        await lane.shop(self._sales_are_wanted)
        self.found.counts["asked_again"] = self.found.counts.get("asked_again", 0) + client.resent
        await client.close()

    def _sales_are_wanted(self) -> bool:
        before = self._paid_before_swap
        return len(self.notes.paid) < SALES or before is None or len(self.notes.paid) < before + SALES_AFTER_SWAP

    # What is broken.

    def _events(self, logins: Logins) -> list[Event]:
        backup = self.system.folder / "hq.backup"

        async def take_backup() -> None:
            await asyncio.to_thread(self.system.run_cloud, "backup", str(backup))

        async def put_back() -> None:
            await asyncio.to_thread(self.system.run_cloud, "restore", str(backup), "--force")
            await asyncio.to_thread(self._change_prices, logins)

        async def change_prices() -> None:
            await asyncio.to_thread(self._change_prices, logins)

        async def swap_box() -> None:
            await self._swap_box()

        async def deliver() -> None:
            await asyncio.to_thread(self._deliver, logins)

        return [
            Event(20, "backup of HQ", take_backup),
            Event(40, f"broker killed for {BROKER_AWAY_SECONDS:.0f} s", self._kill_broker),
            Event(42, f"{TAGS_DELIVERED} tagged pieces come through the door", deliver),
            Event(80, "HQ ingest killed", self._kill_ingest),
            Event(110, "box killed in the middle of a sale", self._kill_box, mid_sale=True),
            Event(140, f"{PRICES_CHANGED} prices changed at HQ", change_prices),
            Event(180, "box killed", self._kill_box),
            Event(200, "printer unplugged", self._unplug_printer),
            Event(230, "HQ put back to the backup, prices changed again", put_back),
            Event(270, "HQ ingest killed again", self._kill_ingest),
            Event(290, "box killed once more", self._kill_box),
            Event(310, "box dead for good, another one takes its place", swap_box),
        ]

    def _deliver(self, logins: Logins) -> None:
        """Through the air, the reader, LLRP and the box: every tag is received once, as stock and as a fact."""
        pieces = [item for item in items(self.system, logins) if not item["weighed"]]
        codes = [code for item in pieces for code in rows(item, "barcodes") if code["pack_quantity"] == 1]
        gtin = next(str(code["gtin"]) for code in codes if len(str(code["gtin"])) > 8)
        order: Json = {"gtin": gtin, "serials": list(range(1, TAGS_DELIVERED + 1)), "direction": "in"}
        call("POST", f"{self.system.simulators_url}/readers/door-1/passes", order)
        self._until("the delivery to be received", lambda: self._received() == TAGS_DELIVERED * 1_000)

    def _received(self) -> int:
        try:
            found = call("GET", f"{self.system.box_url}/v1/rfid/receipts")
        except CallFailed:
            return 0
        return sum(
            int(str(line["quantity_thousandths"])) for each in rows(found, "receipts") for line in rows(each, "lines")
        )

    async def _kill_broker(self) -> None:
        if self.system.environment.get("MQTT_URL"):
            self.say("the broker of MQTT_URL is not ours to kill")
            return
        self.system.group["broker"].kill()
        await asyncio.sleep(BROKER_AWAY_SECONDS)
        await asyncio.to_thread(self.system.start_broker)

    async def _kill_ingest(self) -> None:
        self.system.group["ingest"].kill()
        await asyncio.sleep(INGEST_AWAY_SECONDS)
        self.system.start_ingest()

    async def _kill_box(self) -> None:
        self.system.group["box"].kill()
        self.found.counts["box_kills"] = self.found.counts.get("box_kills", 0) + 1
        box = self.system.start_box()
        await asyncio.to_thread(box.wait_ready)

    async def _swap_box(self) -> None:
        """The box dies with sales HQ has not heard of; a new one comes with nothing on it, the old card is imported."""
        await asyncio.to_thread(self._wait_labels, "every label to show its price before the box dies")
        self.system.group["ingest"].kill()
        self.system.group["api"].kill()  # stores may speak over HTTPS too
        already = len(self.notes.paid)
        await until(lambda: len(self.notes.paid) >= already + SALES_ON_THE_CARD, seconds=QUIET_SECONDS)
        self._door.clear()
        await until(lambda: self._resting == len(TILLS), seconds=QUIET_SECONDS)
        card = self.system.store / "data"
        await asyncio.to_thread(self._new_box, card)
        self._paid_before_swap = len(self.notes.paid)
        self._door.set()

    def _new_box(self, card: Path) -> None:
        system = self.system
        replace_box(system)
        system.start_hq(console=False)
        system.start_box()
        system.group.wait_ready("api", "box")
        self._until("the new box to hold every feed", self._feeds_are_there)
        before = len(hq_sales(system.database_url(), STORE_ID))
        self.say(system.run_edge("import-card", "--config", str(system.store / "store.toml"), str(card)).strip())
        from_card = len(hq_sales(system.database_url(), STORE_ID)) - before
        self.found.counts["sales_from_the_card"] = from_card
        self.found.demand(from_card > 0, "the dead box's card held nothing that HQ lacked")
        self._wait_labels("every label to show its price through the new box, which took them over")

    def _feeds_are_there(self) -> bool:
        try:
            health = call("GET", f"{self.system.box_url}/v1/health")
        except CallFailed:
            return False
        there = {str(feed["feed_id"]).rpartition("/")[2] for feed in rows(health, "feeds") if feed["version"]}
        return bool(health["hq_online"]) and there >= FEEDS_TO_SELL_WITH

    async def _unplug_printer(self) -> None:
        url = f"{self.system.simulators_url}/printers/printer-1/plug"
        await asyncio.to_thread(call, "POST", url, {"plugged_in": False})
        await asyncio.sleep(5)
        await asyncio.to_thread(call, "POST", url, {"plugged_in": True})

    def _change_prices(self, logins: Logins) -> None:
        """Half up, half down; the same changes every time, so that a restored HQ comes to the same prices."""
        if not self.changes:
            rng = SeededRandom(self.seed)
            for item_id in sorted(self.prices)[: LABELS // 2 : 2][:PRICES_CHANGED]:
                now_minor = max(self.prices[item_id])
                moved = now_minor * (115 if rng.bytes(1)[0] % 2 else 85) // 100
                self.changes.append({"item_id": item_id, "price_minor": moved, "reason": "smoke"})
                self.prices[item_id].add(moved)
        body = {"changes": self.changes}
        self._until("HQ to take the price change", lambda: self._posted(logins, body))

    def _posted(self, logins: Logins, body: Json) -> bool:
        try:
            url = f"{self.system.api_url}/api/v1/zones/north/price-changes"
            call("POST", url, body, token=hq_token(self.system, logins))
        except CallFailed as error:
            self.say(f"HQ did not take the price change yet: {error}")
            return False
        return True

    # Quiet, and the checks.

    def _wait_quiet(self) -> None:
        self._until("HQ to hold everything", self._all_arrived)
        self._wait_labels("every label to show the price in force")
        self._until("the till to charge what the labels show", lambda: self._prices_at_the_till() is not None)

    def _all_arrived(self) -> bool:
        try:
            health = call("GET", f"{self.system.box_url}/v1/health")
        except CallFailed:
            return False
        streams = rows(health, "streams")
        behind = [stream for stream in streams if stream["acked_upto"] != stream["last_seq"]]
        return bool(health["hq_online"]) and not behind and self._prices_applied()

    def _prices_applied(self) -> bool:
        """The box carries the last price changes."""
        wanted = {str(change["item_id"]): change["price_minor"] for change in self.changes}
        return all(self._item(item_id)["price_minor"] == price for item_id, price in wanted.items())

    def _item(self, item_id: str) -> Json:
        return call("GET", f"{self.system.box_url}/v1/items/{item_id}")

    def _wait_labels(self, what: str) -> None:
        def all_shown() -> bool:
            try:
                labels = rows(call("GET", f"{self.system.box_url}/v1/labels"), "labels")
            except CallFailed:
                return False
            return len(labels) == LABELS and all(label["state"] == "shown" for label in labels)

        self._until(what, all_shown)

    def _prices_at_the_till(self) -> dict[str, int] | None:
        """Item to the price charged, once no item is charged less than its price."""
        found = {}
        for label in rows(call("GET", f"{self.system.box_url}/v1/labels"), "labels"):
            item = self._item(str(label["item_id"]))
            if item["charged_minor"] != item["price_minor"] or not isinstance(item["charged_minor"], int):
                return None
            found[str(label["item_id"])] = item["charged_minor"]
            self._bound[str(label["label_id"])] = str(label["item_id"])
        return found

    def _until(self, what: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + QUIET_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise ProcessFailed(f"waited {QUIET_SECONDS:.0f} s in vain for {what}")
            time.sleep(0.5)

    @property
    def _old_db(self) -> Path:
        """The file of the box that died."""
        return self.system.folder / "store" / "data" / "store.db"

    def _check(self) -> None:
        charged = self._prices_at_the_till() or {}
        labels = rows(call("GET", f"{self.system.labels_url}/labels.json"), "labels")
        self.system.group["box"].stop()
        store_db = self.system.store / "data" / "store.db"
        self._check_shelf(store_db, charged, labels)
        stored = [*stored_sales(self._old_db), *stored_sales(store_db)]
        database_url = self.system.database_url()
        check_sales(self.notes, stored, hq_sales(database_url, STORE_ID), self.found)
        check_receipts(stored, self.found)
        stock = {place: count for place, count in box_stock(store_db).items() if count}
        check_stock(stock, hq_stock(database_url, STORE_ID), self.found)
        self.found.counts["tags_received"] = tags = hq_received(database_url, STORE_ID, "portal") // 1_000
        self.found.demand(tags == TAGS_DELIVERED, f"HQ knows of {tags} pieces of the delivery of {TAGS_DELIVERED}")
        incarnations = {sale.incarnation for sale in stored}
        self.found.counts["incarnations"] = len(incarnations)
        self.found.demand(len(incarnations) == 2, f"receipts of incarnations {sorted(incarnations)}, two boxes were there")
        counts = self.found.counts
        counts |= {"weighed_lines": self.notes.weighed_lines, "voided_lines": self.notes.voided_lines}
        self.found.demand(len(stored) >= 300, f"only {len(stored)} sales were made")
        self.found.demand(self.notes.weighed_lines > 0, "nothing was weighed")
        self.found.demand(counts.get("box_kills", 0) == 3, "the box was not killed three times")
        self.found.wrong += self.notes.wrong

    def _check_shelf(self, store_db: Path, charged: dict[str, int], labels: list[Json]) -> None:
        """Each label's pixels against the one renderer; and what each label could show when something was charged."""
        pictures = self._pictures(store_db)
        shown: dict[str, list[list[Picture]]] = defaultdict(list)
        right = 0
        for label in labels:
            item_id = self._bound.get(str(label["mac"]))
            if item_id is None:
                continue
            prices = pictures[item_id]
            right += prices.get(str(label["planes_hash"])) == charged[item_id]
            shown[item_id].append(_history(label, prices))
        self.found.counts["labels_right"] = right
        self.found.demand(right == LABELS, f"only {right} of {LABELS} labels show the till's price")
        check_charged(self.notes.charged, shown, self.found)

    def _pictures(self, store_db: Path) -> dict[str, dict[str, int]]:
        """For each item on a label: what its label looks like at every price it ever had here, by the hash of the planes."""
        database = Database(store_db, kind="store")
        shelf = CatalogueShelf(database, SystemClock(trust_always=True))
        renderer = LabelRenderer(font_files((), SYSTEM_FONTS))
        found: dict[str, dict[str, int]] = {}
        for item_id in set(self._bound.values()):
            item = shelf.shelf_item(item_id)
            assert item is not None
            drawn = {price: renderer.render(label_content(replace(item, price_minor=price)), HARDWARE_TYPE)
                     for price in self.prices[item_id]}  # fmt: skip
            found[item_id] = {each.planes.digest(): price for price, each in drawn.items()}
        database.close()
        return found


def _history(label: Json, prices: dict[str, int]) -> list[Picture]:
    """What a label showed, in order, as prices."""
    history = label["history"]
    assert isinstance(history, list)
    pictures = [Picture(int(each["since_ms"]), prices.get(str(each["planes_hash"]))) for each in history]
    since_ms = label["since_ms"]
    assert isinstance(since_ms, int)
    if not pictures or pictures[-1].since_ms != since_ms:
        pictures.append(Picture(since_ms, prices.get(str(label["planes_hash"]))))
    return pictures
