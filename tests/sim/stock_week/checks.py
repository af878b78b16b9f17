"""What must be true of a box after its days, however often it was killed."""

from __future__ import annotations

from collections import Counter

from cloud.ingest import tables
from cloud.ingest.projections import project
from cloud.ingest.rows import Origin, Projected
from edge.rfid.tags import TagState
from edge.stock import batches, service
from protocols.contract.facts import FactBody, GoodsLeft, GoodsReceived, StockCounted, decode_body, decode_envelope
from protocols.contract.rfid_facts import GateAlarmRaised
from protocols.contract.stock_facts import GoodsRelocated
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import THOUSANDTHS
from tests.sim.stock_week.box import StoreBox
from tests.sim.stock_week.goods import STORE_ID
from tests.sim.stock_week.shops import BookShop, TagShop

Sums = dict[tuple[str, str], int]


def check(box: StoreBox, shop: BookShop) -> None:
    """Raises AssertionError."""
    facts = [decode_body(decode_envelope(fact)) for fact in box.facts()]
    check_sums(box, facts)
    check_once(box, facts, set(shop.cashier.receipts.values()))
    if isinstance(shop, TagShop):
        check_tags(box, facts, shop)


def check_sums(box: StoreBox, facts: list[FactBody]) -> None:
    """Balances = moves = batches = what the facts move = what headquarters makes of the facts."""
    source = box.ground.store.reader()
    stood = _sums((row[0], row[1], row[2]) for row in source.execute(service.queries["balances"]))
    assert _sums((row[0], row[1], row[2]) for row in source.execute(service.queries["recount"])) == stood, "moves"
    assert _sums((row[0], row[1], row[4]) for row in source.execute(batches.queries["breakdown"])) == stood, "batches"
    told = _sums((item_id, place.value, n) for fact in facts for item_id, place, n in service.moves_of(fact))
    assert told == stood, "facts"
    assert _at_hq(box) == stood, "headquarters"


def check_once(box: StoreBox, facts: list[FactBody], receipts: set[str]) -> None:
    """Every sale once, as the customer saw it; every fact's id once; nothing left between two steps."""
    sales = [fact for fact in facts if isinstance(fact, SaleClosed)]
    assert len({sale.sale_id for sale in sales}) == len(sales) == len(receipts), "sales"
    ids = [decode_envelope(fact).event_id for fact in box.facts()]
    assert len(ids) == len(set(ids)), "event ids"
    left = box.ground.store.reader().execute("SELECT count(*) FROM draft WHERE state = 'open'").fetchone()
    assert left == (0,), "lists"


def check_tags(box: StoreBox, facts: list[FactBody], shop: TagShop) -> None:
    """No tag arrives twice, none that went through the dock is forgotten, no alarm is lost or told twice."""
    source = box.ground.store.reader()
    by_door = [
        epc
        for fact in facts
        if isinstance(fact, GoodsReceived) and fact.how == "portal"
        for line in fact.lines
        for epc in line.epcs
    ]
    assert len(by_door) == len(set(by_door)), "a second arrival"
    assert set(by_door) <= shop.arrived, "an arrival of what never came"
    waiting = source.execute(
        "SELECT count(*) FROM goods_tag WHERE state IN (?, ?)", (TagState.ARRIVING.value, TagState.LEAVING.value)
    ).fetchone()
    assert waiting == (0,), "tags wait for their fact"
    left = [line.epc for fact in facts if isinstance(fact, GoodsLeft) for line in fact.lines]
    gone = {row[0] for row in source.execute("SELECT epc FROM goods_tag WHERE state = ?", (TagState.LEFT.value,))}
    assert Counter(left) == Counter(gone), "a departure is lost or told twice"
    rung = Counter(fact.alarm_id for fact in facts if isinstance(fact, GateAlarmRaised))
    alarms = Counter(row[0] for row in source.execute("SELECT alarm_id FROM gate_alarm"))
    assert rung == alarms, "an alarm is lost or told twice"


def mended(box: StoreBox) -> Counter[str]:
    """What the journal tells of mending: pieces that readers moved in the book, pieces and lines that counts put right."""
    found: Counter[str] = Counter()
    for fact in map(decode_body, map(decode_envelope, box.facts())):
        match fact:
            case GoodsReceived(how="portal"):
                found["pieces_received_by_tag"] += sum(len(line.epcs) for line in fact.lines)
            case GoodsRelocated(how="tag"):
                found["pieces_relocated_by_tag"] += sum(len(line.epcs) for line in fact.lines)
            case StockCounted():
                gaps = [abs(line.counted_thousandths - line.expected_thousandths) // THOUSANDTHS for line in fact.lines]
                found["lines_put_right_by_counts"] += sum(gap > 0 for gap in gaps)
                found["pieces_put_right_by_counts"] += sum(gaps)
    return found


def _at_hq(box: StoreBox) -> Sums:
    """The rows headquarters makes of the facts, summed as its stock is."""
    origin, found = Origin(STORE_ID, box.incarnation()), Counter[tuple[str, str]]()
    for number, fact in enumerate(box.facts(), 1):
        rows = project(origin, number, fact)
        assert isinstance(rows, Projected), rows
        for table, text in rows.texts:
            for line in text.splitlines():
                row = dict(zip((column for column in table.columns), line.split("\t"), strict=False))
                if table is tables.STOCK_MOVE:
                    found[row["item_id"], row["place"]] += int(row["quantity_thousandths"])
                elif table is tables.SALE_LINE:
                    found[row["item_id"], row["place"]] -= int(row["stock_thousandths"])
    return {key: quantity for key, quantity in found.items() if quantity}


def _sums(rows: object) -> Sums:
    found: Counter[tuple[str, str]] = Counter()
    for item_id, place, quantity in rows:  # type: ignore[attr-defined]
        found[item_id, place] += quantity
    return {key: quantity for key, quantity in found.items() if quantity}
