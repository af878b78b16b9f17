"""The checks at a week's end notice what they are there for: rows are changed behind the box's back."""

import shutil
from pathlib import Path

import pytest

from edge.store_db.database import Tx
from protocols.contract.facts import FactBody, GoodsReceived, decode_body, decode_envelope
from protocols.contract.till_facts import SaleClosed
from tests.sim.stock_week import checks
from tests.sim.stock_week.box import StoreBox
from tests.sim.stock_week.run import Plan, play
from tests.sim.stock_week.shops import TagShop

PLAN = Plan(1, items=60, days=2, drift_weeks=1)
LAST_SALE = "SELECT max(position) FROM journal WHERE CAST(fact AS TEXT) LIKE '%SaleClosed%'"
LAST_LEFT = "SELECT max(epc) FROM goods_tag WHERE state = 'left'"
SPOILT = {
    "moves": "UPDATE stock SET on_hand_thousandths = on_hand_thousandths + 1000 WHERE item_id = 'i-00003'",
    "batches": "UPDATE stock_batch SET on_hand_thousandths = on_hand_thousandths + 1000 WHERE item_id = 'i-00003'",
    "facts": f"DELETE FROM journal WHERE position = ({LAST_SALE})",
    "sales": f"DELETE FROM journal WHERE position = ({LAST_SALE})",
    "tags wait": f"UPDATE goods_tag SET state = 'leaving' WHERE epc = ({LAST_LEFT})",
    "departure": f"DELETE FROM goods_tag WHERE epc = ({LAST_LEFT})",
    "alarm": "INSERT INTO gate_alarm VALUES ('a', 'exit-1', 0, 0, 1, 'stolen', 1, '', '')",
    "second arrival": "arrives again",
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("week")
    play(PLAN, folder, readers=True)
    return folder


@pytest.mark.parametrize("what", SPOILT)
async def test_what_is_spoilt_is_found(played: Path, tmp_path: Path, what: str) -> None:
    shutil.copytree(played, tmp_path / "week")
    box = StoreBox(tmp_path / "week", 2, readers=True)
    await box.start()
    shop = TagShop(box, PLAN.seed)
    shop.arrived = {epc for fact in received(box) for line in fact.lines for epc in line.epcs}
    sales = sum(isinstance(fact, SaleClosed) for fact in facts(box))
    shop.cashier.receipts = {number: str(number) for number in range(sales)}
    try:
        look(what, box, shop)
        await box.ground.store.write(lambda tx: spoil(tx, box, what))
        with pytest.raises(AssertionError, match=what):
            look(what, box, shop)
    finally:
        box.stop()


def look(what: str, box: StoreBox, shop: TagShop) -> None:
    if what in {"moves", "batches", "facts"}:
        checks.check_sums(box, facts(box))
    elif what == "sales":
        checks.check_once(box, facts(box), set(shop.cashier.receipts.values()))
    else:
        checks.check_tags(box, facts(box), shop)


def spoil(tx: Tx, box: StoreBox, what: str) -> None:
    if what == "second arrival":
        box.ground.journal.append(tx, received(box)[0])
    else:
        tx.execute(SPOILT[what])


def facts(box: StoreBox) -> list[FactBody]:
    return [decode_body(decode_envelope(fact)) for fact in box.facts()]


def received(box: StoreBox) -> list[GoodsReceived]:
    return [fact for fact in facts(box) if isinstance(fact, GoodsReceived) and fact.how == "portal"]
