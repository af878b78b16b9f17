"""What every use case at a till works with, and the two ways to finish one: durably, or in the basket file."""

from __future__ import annotations

import contextlib
import datetime
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from edge.catalogue import lookup
from edge.catalogue.lookup import Zone
from edge.checkout import basket_store, last_unit, store
from edge.checkout.asking import Payments
from edge.checkout.basket import TOTAL_MINOR_MAX, Basket
from edge.checkout.open_baskets import OpenBaskets
from edge.checkout.ports import Headquarters, LabelPrices, NoHeadquarters, NoOffers, NoPads, Offers, PadReaders, Scales
from edge.checkout.pricing import SCAN_NODE_BUDGET, PricedBasket, price_basket
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
from protocols.promotions.bundle import Bundle
from protocols.scanners.routes import OwnNumber

T = TypeVar("T")


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
    offers: Offers = field(default_factory=NoOffers)
    payments: Payments = field(default_factory=Payments)
    headquarters: Headquarters = field(default_factory=NoHeadquarters)
    pads: PadReaders = field(default_factory=NoPads)
    open_baskets: OpenBaskets = field(default_factory=OpenBaskets)
    numbers: tuple[OwnNumber, ...] = ()
    """Numbers the chain gives out itself, and what they mean when they are scanned."""

    def reader(self) -> Connection:
        """The store database, for reading."""
        return self.store.reader()

    def zone(self) -> Zone:
        """The price zone. Raises `Refusal` while no catalogue has arrived."""
        zone = lookup.zone(self.reader())
        if zone is None or not store.has_items(self.reader()):
            raise Refusal("setup_missing")
        return zone

    def new_basket(self) -> Basket:
        """An empty basket: promotions and their instant are pinned now, and nothing changes them until it is paid."""
        return Basket(
            sale_id=self.ids.new(),
            opened_at_ms=self.clock.now_ms(),
            priced_at_ms=lookup.pricing_now_ms(self.reader(), self.clock),
            bundle_hash=self.offers.current().hash,
        )

    def priced(self, basket: Basket, *, node_budget: int = SCAN_NODE_BUDGET) -> PricedBasket:
        """What a basket comes to, with the promotions it has pinned."""
        zone, bundle = self.zone(), self.bundle_of(basket)
        offset = self.utc_offset_minutes(basket) if bundle.promotions else 0
        return price_basket(basket, zone, bundle, utc_offset_minutes=offset, node_budget=node_budget)

    def bundle_of(self, basket: Basket) -> Bundle:
        """The promotions a basket has pinned; should the store have lost them, those of now."""
        if not basket.bundle_hash:
            return Bundle()
        current = self.offers.current()
        if current.hash == basket.bundle_hash:
            return current
        return self.offers.by_hash(basket.bundle_hash) or current

    def with_basket(self, session: Session, basket: Basket) -> Session:
        """The session with a changed basket, priced once: view and payment read what is kept here."""
        return _with_basket(session, basket, self.priced(basket), session.beyond)

    def utc_offset_minutes(self, basket: Basket) -> int:
        """Of the store's time zone at the instant the basket has pinned."""
        at_ms = basket.priced_at_ms or basket.opened_at_ms
        zone = zoneinfo.ZoneInfo(lookup.time_zone(self.reader()))
        offset = datetime.datetime.fromtimestamp(at_ms // 1000, zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds()) // 60

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

        await self.store.write(run, durable=durable, brief=True)
        return Step(session, answer)

    async def commit(self, run: Callable[[Tx], T]) -> T:
        """One short transaction of the store database, durable when this returns. Other tills' may be committed with it."""
        return await self.store.write(run, brief=True)

    async def finish_shown(self, session: Session, command_id: str) -> Step:
        """Keep the answer of a command that changed nothing but what the screen shows."""

        def run(tx: Tx) -> None:
            basket_store.keep_answer(tx, command_id, session.till_id, self.clock.now_ms(), DONE)

        await self.baskets.write(run, durable=False, brief=True)
        return Step(session)

    async def finish_basket(self, session: Session, command_id: str, basket: Basket, answer: StoredAnswer = DONE) -> Step:
        """Price the changed basket, and keep it and the answer, in one transaction of the basket file."""
        priced = self.priced(basket)
        if priced.total_minor > TOTAL_MINOR_MAX:
            raise Refusal("total_too_high")
        beyond = last_unit.check(self.reader(), self.open_baskets, session.basket, basket, session.beyond)
        self.open_baskets.note(session.till_id, basket)
        after = _with_basket(session, basket, priced, beyond)

        def run(tx: Tx) -> None:
            basket_store.put_basket(tx, session.till_id, basket)
            basket_store.keep_answer(tx, command_id, session.till_id, self.clock.now_ms(), answer)

        await self.baskets.write(run, durable=False, brief=True)
        return Step(after, answer)

    async def keep_basket(self, till_id: str, basket: Basket) -> None:
        """Note an open basket that the store database holds already: should this fail, the next start finds it there."""
        with contextlib.suppress(StoreFull, StoreBusy):
            await self.baskets.write(lambda tx: basket_store.put_basket(tx, till_id, basket), durable=False)

    async def drop_basket(self, till_id: str) -> None:
        """Forget the basket of a sale that has ended, in the store database, durably.

        A failure changes nothing: the next start drops such a basket, and the next scan overwrites it.
        """
        with contextlib.suppress(StoreFull, StoreBusy):
            await self.baskets.write(lambda tx: basket_store.drop_basket(tx, till_id), durable=False)


def _with_basket(session: Session, basket: Basket, priced: PricedBasket, beyond: frozenset[str]) -> Session:
    return replace(session, basket=basket, priced=priced, choices=(), repriced=(), beyond=beyond)


def seat_of(session: Session) -> Seat:
    """Who sells where. Raises `Refusal` without cashier or shift."""
    cashier, shift = session.need_cashier(), session.need_shift()
    return Seat(till_id=session.till_id, cashier_id=cashier.staff_id, shift_id=shift.shift_id)
