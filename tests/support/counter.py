"""A till counter without a network: the real use cases over real files (or over a disk that can lose power)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge.catalogue import lookup
from edge.catalogue.apply import Applied, put_row
from edge.catalogue.seed import apply_seed
from edge.checkout.desk import Desk
from edge.checkout.ports import NoOffers, NoPads, Offers, PadReaders, Quiet, ShownPrice, WeightReading
from edge.checkout.printing import PrintQueue
from edge.checkout.session import TillSetup
from edge.checkout.till import Till, restore
from edge.staff.service import PinCheck
from edge.store_db import journal
from edge.store_db.database import Database, StoreFile, Tx
from edge.store_db.journal import Journal
from edge.store_db.second_copy import NoSecondMedium, SecureCopy
from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.contract.facts import FactBody, decode_body, decode_envelope
from protocols.contract.feed_rows import FeedRow, encode_row, price_feed
from protocols.contract.till import TillAnswer, TillCommand, TillRequest
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import Stream
from protocols.device_events import WeightState
from protocols.promotions.bundle import Bundle
from protocols.promotions.rules import Promotion
from protocols.scales.session import Ordered, ScaleOrder
from tests.support.goods import ANN, PIN, STORE_ID, ZONE, assortment


@dataclass
class BenchScale:
    """A scale that shows what the test puts on it."""

    clock: FakeClock
    reading: WeightReading | None = None
    others: dict[str, WeightReading] = field(default_factory=dict)
    """Further scales, by device id."""
    ordered: list[tuple[str, ScaleOrder]] = field(default_factory=list)
    ends: Ordered = Ordered.DONE

    def latest(self, device_id: str) -> WeightReading | None:
        return self.others.get(device_id, self.reading)

    def orders(self, _device_id: str) -> frozenset[ScaleOrder]:
        return frozenset(ScaleOrder)

    async def order(self, device_id: str, order: ScaleOrder) -> Ordered:
        self.ordered.append((device_id, order))
        return self.ends

    def put(self, grams: int | None, state: WeightState = WeightState.STABLE, *, net: bool = False) -> None:
        self.reading = WeightReading(state=state, grams=grams, net=net, at_mono_ms=self.clock.monotonic_ms())


@dataclass(frozen=True)
class Shown:
    price_minor: int
    revision: int


@dataclass
class ShelfLabels:
    """What labels may be showing, item by item."""

    lowest: dict[str, Shown] = field(default_factory=dict)

    def lowest_for(self, item_id: str) -> ShownPrice | None:
        return self.lowest.get(item_id)


@dataclass
class BenchOffers:
    """The promotions of a store; former ones are kept."""

    bundle: Bundle = field(default_factory=Bundle)
    former: dict[str, Bundle] = field(default_factory=dict)

    def put(self, *promotions: Promotion) -> None:
        """These hold from now on."""
        self.former[self.bundle.hash] = self.bundle
        self.bundle = Bundle.of(promotions)

    def current(self) -> Bundle:
        return self.bundle

    def by_hash(self, bundle_hash: str) -> Bundle | None:
        return self.former.get(bundle_hash)


def make_desk(
    store: StoreFile,
    baskets: StoreFile,
    clock: FakeClock,
    *,
    seed: int = 1,
    second_copy: SecureCopy | None = None,
    labels: ShelfLabels | None = None,
    offers: Offers | None = None,
) -> Desk:
    """The store's means over two open files."""
    ids = IdSource(clock, SeededRandom(seed))
    return Desk(
        store_id=STORE_ID,
        language="en",
        store=store,
        baskets=baskets,
        journal=Journal(clock=clock, ids=ids, boot_id=f"boot-{seed}", time_zone=lookup.time_zone),
        second_copy=second_copy or NoSecondMedium(),
        clock=clock,
        ids=ids,
        pins=PinCheck(clock),
        labels=labels or ShelfLabels(),
        offers=offers or NoOffers(),
        scales=BenchScale(clock),
        prints=PrintQueue(store, clock, ids),
    )


def first_start(tx: Tx, rows: list[FeedRow]) -> None:
    """A new store database: identity and catalogue."""
    journal.create_identity(tx, store_id=STORE_ID, edge_id="e-1", db_nonce="n", now_ms=1)
    apply_seed(tx, STORE_ID, rows)


class Counter:
    """One till of one box in a folder. `restart` is a new process on the same files."""

    def __init__(self, folder: Path, *, rows: list[FeedRow] | None = None, printer: bool = True) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.labels = ShelfLabels()
        self.offers = BenchOffers()
        self.setup = TillSetup(till_id="1", scale_id="scale-1", printer_id="printer-1" if printer else None)
        self.pads: PadReaders = NoPads()
        """What lies on its pad; taken up by the next start."""
        self.boots = 0
        self._rows = assortment() if rows is None else rows

    async def start(self) -> None:
        """Open the files and restore the till."""
        self.boots += 1
        self.store = Database(self.folder / "store.db", kind="store")
        self.baskets = Database(self.folder / "basket.db", kind="basket")
        if journal.identity_or_none(self.store.reader()) is None:
            await self.store.write(lambda tx: first_start(tx, self._rows))
        desk = make_desk(self.store, self.baskets, self.clock, seed=self.boots, labels=self.labels, offers=self.offers)
        self.desk = replace(desk, pads=self.pads)
        assert isinstance(self.desk.scales, BenchScale)
        self.scale = self.desk.scales
        self.till = Till(self.desk, await restore(self.desk, self.setup), Quiet(), boot_number=self.boots)

    def stop(self) -> None:
        """Close the files."""
        self.baskets.close()
        self.store.close()

    async def restart(self) -> None:
        """A new process."""
        self.stop()
        await self.start()

    async def do(self, command: TillCommand, command_id: str | None = None) -> TillAnswer:
        """One command; a new id unless one is given."""
        return await self.till.handle(TillRequest(id=command_id or str(uuid.uuid4()), command=command))

    async def ok(self, command: TillCommand) -> TillAnswer:
        """One command that must succeed."""
        answer = await self.do(command)
        assert answer.ok, answer.reason
        return answer

    async def refused(self, command: TillCommand) -> str:
        """One command that must be refused; the reason's code."""
        before = self.till.state()
        answer = await self.do(command)
        assert not answer.ok
        assert answer.reason is not None
        assert answer.reason.text
        assert answer.state == before, "a refusal changes nothing"
        return answer.reason.code

    async def open(self, staff_id: str = ANN, float_minor: int = 10_000) -> None:
        """Log in and open the shift."""
        await self.ok(Login(staff_id=staff_id, pin=PIN))
        await self.ok(OpenShift(float_minor=float_minor))

    def facts(self, stream: Stream = Stream.TXN) -> list[FactBody]:
        """Everything journalled so far."""
        rows = journal.read_after(self.store.reader(), 0, stream, 0, limit_rows=100_000)
        return [decode_body(decode_envelope(row.fact)) for row in rows]

    def sales(self) -> list[SaleClosed]:
        """The closed sales in the journal."""
        return [fact for fact in self.facts() if isinstance(fact, SaleClosed)]

    async def feed(self, *rows: FeedRow) -> None:
        """HQ sends more rows."""

        def run(tx: Tx) -> None:
            for row in rows:
                put_row(tx, price_feed(ZONE), row.key(), encode_row(row), Applied())

        await self.store.write(run)
