"""`seed-demo`: goods, prices, and optionally stores with staff, for demos and tests. Safe to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cloud import demo_goods, demo_promotions
from cloud.clock import SystemClock
from cloud.commands.ground import Say, application, authority_of
from cloud.commands.stores import KEY_NAME, add_one
from cloud.db.pool import Scope
from cloud.settings import HqSettings
from cloud.stores import broker_files, store
from cloud.stores.domain import StoreSettings

TIME_ZONE = "Europe/Berlin"
HEADER = ("Tallystick demo shop", "Tel. 030 555 0100")
FOOTER = ("Thank you!",)


async def seed(settings: HqSettings, *, items: int, stores: Sequence[str], chain: bool, out: Path | None, say: Say) -> None:
    """Load the demo's goods and prices, add the named stores with staff, write their credentials to `out`/ID.

    With `chain` a second price zone and the ten stores of the demo's chain.
    """
    places = [
        *(
            demo_goods.DemoStore(store_id, f"Demo shop {number}", demo_goods.DEMO_ZONE.zone)
            for number, store_id in enumerate(stores, 1)
        ),
        *(demo_goods.DEMO_CHAIN if chain else ()),
    ]
    async with application(settings) as database:
        async with database.transaction(Scope.everything()) as tx:
            seeded = await demo_goods.seed(tx, now_ms=SystemClock().now_ms(), items=items)
            if chain:
                await demo_goods.seed_second_zone(tx, now_ms=SystemClock().now_ms(), items=items)
        known = "there already" if seeded.catalogue_version is None else f"catalogue version {seeded.catalogue_version}"
        say(f"goods: {seeded.items} items, {known}; prices in zone {demo_goods.DEMO_ZONE.zone}")
        for place in places:
            store_id = place.store_id
            async with database.transaction(Scope.everything()) as tx:
                is_new = await store.get_store(tx, store_id) is None
            if is_new:
                folder = (out or settings.folder.root / "stores") / store_id
                (folder / KEY_NAME).unlink(missing_ok=True)  # of a run that did not come to its end
                new = StoreSettings(store_id, place.name, place.zone, TIME_ZONE, HEADER, FOOTER)
                await add_one(database, settings, authority_of(settings), new, folder)
                say(f"store {store_id} added; credentials in {folder}")
            async with database.transaction(Scope.everything()) as tx:
                people = await demo_goods.seed_staff(tx, store_id, now_ms=SystemClock().now_ms())
        if places:
            await broker_files.refresh(database, settings.folder, authority_of(settings), settings.broker_reload)
            for person in people:
                say(f"staff {person.staff_id}  {person.name}  PIN {person.pin}  ({', '.join(person.rights)})")


async def seed_promotions(settings: HqSettings, *, say: Say) -> None:
    """Publish the demo's promotions in its first zone; those that are there already stay as they are."""
    async with application(settings) as database, database.transaction(Scope.everything()) as tx:
        made = await demo_promotions.seed(tx, now_ms=SystemClock().now_ms())
    say(f"promotions: {', '.join(made)}" if made else "promotions: there already")
