"""What every use case at a till works with, and the two ways to finish one: durably, or in the basket file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.catalogue import lookup
from edge.catalogue.lookup import Zone
from edge.checkout import basket_store, store
from edge.checkout.basket import Basket, Totals, totals
from edge.checkout.ports import Headquarters, LabelPrices, NoHeadquarters, Scales
from edge.checkout.printing import PrintQueue
from edge.checkout.reasons import Refusal
from edge.checkout.sale import Seat, Terms
from edge.checkout.session import DONE, Session, Step, StoredAnswer
from edge.figures import Figures
from edge.staff.service import PinCheck
from edge.store_db.connection import Connection
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from edge.store_db.second_copy import SecureCopy
from protocols.clock import Clock, IdSource
from protocols.contract.feed_rows import price_feed


@dataclass(frozen=True, slots=True)
class Desk:
    """The store's means, shared by its tills."""

    store_id: str
    language: str
    store: StoreFile
    baskets: StoreFile
    journal: Journal
    second_copy: SecureCopy
    clock: Clock
    ids: IdSource
    pins: PinCheck
    labels: LabelPrices
    scales: Scales
    prints: PrintQueue
    figures: Figures = field(default_factory=Figures)
    headquarters: Headquarters = field(default_factory=NoHeadquarters)

    def reader(self) -> Connection:
        """The store database, for reading."""
        return self.store.reader()

    def zone(self) -> Zone:
        """The price zone. Raises `Refusal` while no catalogue has arrived."""
        zone = lookup.zone(self.reader())
        if zone is None or not store.has_items(self.reader()):
            raise Refusal("setup_missing")
        return zone

    def totals(self, basket: Basket) -> Totals:
        """What a basket comes to."""
        zone = self.zone()
        return totals(basket, zone.tax_mode, zone.cash_rounding_minor)

    def terms(self) -> Terms:
        """What a sale closed now is subject to."""
        zone = self.zone()
        version = store.feed_version(self.reader(), price_feed(zone.zone))
        return Terms(store_id=self.store_id, currency=zone.currency, tax_mode=zone.tax_mode, price_feed_version=version)

    async def finish(
        self,
        session: Session,
        command_id: str,
        change: Callable[[Tx], None],
        *,
        answer: StoredAnswer = DONE,
        durable: bool = True,
    ) -> Step:
        """Change the store database and keep the answer, in one transaction."""

        def run(tx: Tx) -> None:
            change(tx)
            store.keep_answer(tx, command_id, session.till_id, self.clock.now_ms(), answer)

        await self.store.write(run, durable=durable)
        return Step(session, answer)

    async def finish_basket(self, session: Session, command_id: str, basket: Basket) -> Step:
        """Keep the changed basket and the answer, in one transaction of the basket file."""

        def run(tx: Tx) -> None:
            basket_store.put_basket(tx, session.till_id, basket)
            basket_store.keep_answer(tx, command_id, session.till_id, self.clock.now_ms(), DONE)

        await self.baskets.write(run, durable=False)
        return Step(session)

    async def drop_basket(self, till_id: str) -> None:
        """Forget the basket of a sale that has ended, in the store database, durably.

        A failure changes nothing: the next start drops such a basket, and the next scan overwrites it.
        """
        with contextlib.suppress(StoreFull, StoreBusy):
            await self.baskets.write(lambda tx: basket_store.drop_basket(tx, till_id), durable=False)


def seat_of(session: Session) -> Seat:
    """Who sells where. Raises `Refusal` without cashier or shift."""
    cashier, shift = session.need_cashier(), session.need_shift()
    return Seat(till_id=session.till_id, cashier_id=cashier.staff_id, shift_id=shift.shift_id)
