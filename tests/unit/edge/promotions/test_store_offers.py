"""Which promotions a store prices with: those given to it that it understands; the others are told; former bundles stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from edge.catalogue.apply import Applied, delete_row, put_row
from edge.catalogue.seed import apply_seed
from edge.catalogue.watch import CatalogueWatch
from edge.checkout.alarms import AlarmBoard
from edge.promotions import kept
from edge.promotions.service import StoreOffers
from edge.store_db.journal import FeedPosition, save_feed
from edge.surroundings import keep_promotion_alarm
from edge.sync.feeds import FeedStore
from protocols.clock import FakeClock
from protocols.contract.feed_rows import FeedRow, PromotionRow, decode_row, encode_row, promotion_feed
from protocols.promotions.bundle import Bundle, encode_promotion
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Promotion, Tier
from protocols.sync.delta import FeedOp, decode_delta, encode_delta
from protocols.sync.feed_hash import FeedHash
from tests.support.box_ground import new_journal, open_store
from tests.support.goods import STORE_ID, ZONE, assortment

FEED = promotion_feed(ZONE)
TENTH = PercentOff(promotion_id="tenth", revision=1, name="10 % off", starts_ms=0, off_bp=1_000)
FULL = Threshold(
    promotion_id="full", revision=1, name="300 - 40", starts_ms=0, tiers=(Tier(reach_minor=30_000, off_minor=4_000),)
)
DAY_MS = 86_400_000


def row_of(promotion: Promotion, *stores: str) -> PromotionRow:
    return PromotionRow(
        promotion_id=promotion.promotion_id,
        revision=promotion.revision,
        rule=msgspec.Raw(encode_promotion(promotion)),
        stores=stores,
    )


class Store:
    def __init__(self, folder: Path) -> None:
        self.database = open_store(folder)
        self.database.write_and_wait(lambda tx: apply_seed(tx, STORE_ID, assortment()))
        self.offers = StoreOffers(self.database, STORE_ID)

    def put(self, row: FeedRow) -> None:
        self.put_raw(row.key(), encode_row(row))

    def put_raw(self, key: str, body: bytes) -> None:
        self.database.write_and_wait(lambda tx: put_row(tx, FEED, key, body, Applied()))

    def take_out(self, row: PromotionRow) -> None:
        self.database.write_and_wait(lambda tx: delete_row(tx, FEED, row.key(), Applied()))

    def keep(self, now_ms: int) -> None:
        self.database.write_and_wait(lambda tx: kept.keep_in_use(tx, STORE_ID, now_ms))

    def prune(self, now_ms: int) -> None:
        self.database.write_and_wait(lambda tx: kept.prune(tx, now_ms=now_ms, return_days=30))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.database.close()


def test_without_promotions_the_bundle_is_empty(store: Store) -> None:
    assert store.offers.current() == Bundle()
    assert store.offers.by_hash("") == Bundle()


def test_the_bundle_is_the_one_headquarters_would_make_of_the_same_promotions(store: Store) -> None:
    store.put(row_of(FULL))
    store.put(row_of(TENTH))
    assert store.offers.current().hash == Bundle.of([TENTH, FULL]).hash
    store.take_out(row_of(TENTH))
    assert store.offers.current().hash == Bundle.of([FULL]).hash


def test_a_ring_is_for_its_stores_alone(store: Store) -> None:
    newer = structs.replace(TENTH, revision=2, off_bp=2_000)
    store.put(row_of(TENTH))
    store.put(row_of(newer, "another-store"))
    assert store.offers.current().promotions == (TENTH,)
    store.put(row_of(newer, "another-store", STORE_ID))
    assert store.offers.current().promotions == (newer,)


def test_an_unknown_kind_or_field_is_told_and_the_others_are_used(store: Store) -> None:
    store.put(row_of(FULL))
    strange = msgspec.json.encode({**msgspec.to_builtins(TENTH), "kind": "hologram", "promotion_id": "wow"})
    store.put(PromotionRow(promotion_id="wow", revision=1, rule=msgspec.Raw(strange)))
    more = msgspec.json.encode({**msgspec.json.decode(encode_promotion(TENTH)), "only_full_moon": True})
    store.put(PromotionRow(promotion_id="tenth", revision=1, rule=msgspec.Raw(more)))
    store.put_raw("promotion/odd/1", b'{"kind":"promotion","revision":"one"}')
    assert store.offers.current().hash == Bundle.of([FULL]).hash
    assert {each.promotion_id for each in store.offers.refused()} == {"wow", "tenth", "odd/1"}
    assert "hologram" in store.offers.told()
    assert "only_full_moon" in store.offers.told()


def test_of_a_revision_nobody_understands_the_former_one_is_used(store: Store) -> None:
    store.put(row_of(TENTH))
    strange = msgspec.json.encode({**msgspec.json.decode(encode_promotion(TENTH)), "revision": 2, "more": 1})
    store.put(PromotionRow(promotion_id="tenth", revision=2, rule=msgspec.Raw(strange)))
    assert store.offers.current().promotions == (TENTH,)
    assert len(store.offers.refused()) == 1


def test_the_rule_travels_byte_for_byte(store: Store) -> None:
    row = row_of(FULL)
    decoded = decode_row(encode_row(row))
    assert isinstance(decoded, PromotionRow)
    assert bytes(decoded.rule) == encode_promotion(FULL)
    assert encode_row(decoded) == encode_row(row)


def test_a_bundle_a_sale_may_have_pinned_is_found_until_goods_may_come_back_no_longer(store: Store) -> None:
    store.put(row_of(TENTH))
    store.keep(0)
    pinned = store.offers.current()
    store.put(row_of(FULL))
    store.keep(DAY_MS)
    assert store.offers.current().hash != pinned.hash
    assert store.offers.by_hash(pinned.hash) == pinned
    store.prune(38 * DAY_MS)
    assert StoreOffers(store.database, STORE_ID).by_hash(pinned.hash) == pinned
    store.prune(38 * DAY_MS + 1)
    fresh = StoreOffers(store.database, STORE_ID)
    assert fresh.by_hash(pinned.hash) is None
    assert fresh.by_hash(fresh.current().hash) == fresh.current()


def test_what_is_in_use_is_never_forgotten_and_too_many_go_by_age(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "BUNDLES_KEPT_MAX", 2)
    hashes = []
    for number in range(1, 5):
        store.put(row_of(structs.replace(TENTH, revision=number, off_bp=100 + number)))
        store.keep(number)
        hashes.append(store.offers.current().hash)
    store.prune(10)
    reader = store.database.reader()
    assert [each.hash for each in kept.held(reader)] == [hashes[3], hashes[2]]
    store.prune(1000 * DAY_MS)
    assert [each.hash for each in kept.held(reader)] == [hashes[3]]


def test_a_bundle_whose_bytes_were_damaged_is_not_given_out(store: Store) -> None:
    store.put(row_of(TENTH))
    store.keep(0)
    pinned = store.offers.current().hash
    store.put(row_of(FULL))
    store.keep(1)
    sql = "UPDATE promotion_bundle SET canonical = (SELECT canonical FROM promotion_bundle WHERE hash <> ?1) WHERE hash = ?1"
    store.database.write_and_wait(lambda tx: tx.execute(sql, (pinned,)))
    assert store.offers.by_hash(pinned) is None


async def test_the_bundle_is_kept_in_the_transaction_that_brings_it(store: Store) -> None:
    clock = FakeClock()
    feeds = FeedStore(store.database, new_journal(clock), CatalogueWatch(store.database, clock), clock)
    row = row_of(TENTH)
    before = FeedHash()
    after = FeedHash()
    after.replace(row.key(), None, encode_row(row))
    first = FeedPosition(FEED, "e", 1, before.hex())
    store.database.write_and_wait(lambda tx: save_feed(tx, first, now_ms=clock.now_ms()))
    ops = [FeedOp(row.key(), encode_row(row))]
    delta = decode_delta(encode_delta(feed_id=FEED, epoch="e", version=2, state_hash=after.hex(), ops=ops))
    await feeds.apply_delta(delta)
    current = store.offers.current()
    assert current.hash == Bundle.of([TENTH]).hash
    assert [(each.hash, each.until_ms) for each in kept.held(store.database.reader())] == [(current.hash, None)]


def test_the_box_says_which_promotions_it_refuses_and_says_it_anew_when_they_are_others(store: Store) -> None:
    alarms, told = AlarmBoard(), list[str]()
    alarms.listen(lambda alarm: told.append("cleared" if alarm is None else alarm.params["promotions"]))

    def strange(name: str) -> PromotionRow:
        rule = msgspec.Raw(msgspec.json.encode({"kind": "hologram", "promotion_id": name}))
        return PromotionRow(promotion_id=name, revision=1, rule=rule)

    keep_promotion_alarm(alarms, store.offers)
    store.put(strange("wow"))
    keep_promotion_alarm(alarms, store.offers)
    keep_promotion_alarm(alarms, store.offers)
    assert [words.partition(":")[0] for words in told] == ["wow"]
    store.put(strange("odd"))
    keep_promotion_alarm(alarms, store.offers)
    assert told[1] == "cleared"
    assert told[2].startswith("odd: ")
    for name in ("wow", "odd"):
        store.take_out(strange(name))
    keep_promotion_alarm(alarms, store.offers)
    assert alarms.standing() == ()
