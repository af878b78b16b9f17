"""A real till against a real headquarters: a member, coupons, the ledger after the sale, and then no line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Scope
from cloud.members import keeper as told
from cloud.members import service as members
from cloud.members.domain import Member
from cloud.stored_value import keeper, service
from cloud.stored_value.service import NewCoupons
from edge.checkout.ports import Quiet
from edge.checkout.till import Till, restore
from edge.sync.https_line import HqHttps
from edge.sync.questions import HqQuestions
from protocols.contract.feed_members import MemberPolicyRow, MemberRow
from protocols.contract.feed_rows import PriceRow, decode_row
from protocols.contract.till_basket import Scan
from protocols.contract.till_member import AddCoupon, SetMember
from protocols.contract.till_payment import PayCash
from tests.support.goods import MILK, MILK_CODE, STORE_ID
from tests.support.hq_ground import GroundDatabase, HqPki, client_context
from tests.support.hq_ingest import HttpsDoor, add_store, edge_api, hq_settings, https
from tests.support.hq_store import SimStore, StoreMemory
from tests.unit.edge.checkout.test_members import MemberCounter

NOW = SystemClock().now_ms()
LI = Member(
    "M1", STORE_ID, "Ms Li", "13912345678", "5678", "C-1", [], "gold", ["gold"], "", "Oat milk", False, True, True, 1, 1
)


@pytest.fixture
async def till(tmp_path: Path) -> MemberCounter:
    counter = MemberCounter(tmp_path)
    await counter.start()
    await counter.open()
    await counter.feed(
        PriceRow(item_id=MILK, revision=900, price_minor=99, effective_from_ms=0, customer_group="gold", book_id="gold")
    )
    return counter


async def test_from_the_member_to_the_ledger(till: MemberCounter, embedded_database: GroundDatabase, hq_pki: HqPki) -> None:
    async with embedded_database.open() as database:
        await add_store(database, STORE_ID, pki=hq_pki)
        async with database.transaction(Scope.everything()) as tx:
            await members.put(tx, LI, keep_phone=False)
            own = NewCoupons("P7", 0, ["M1"], 0, None, "")
            bearers = NewCoupons("P7", 1, [], 0, None, "")
            await service.issue_coupons(tx, own, "b1", SystemRandom(), NOW)
            (bearer,) = await service.issue_coupons(tx, bearers, "b2", SystemRandom(), NOW)
        await told.publish(database, NOW)
        async with edge_api(hq_settings(embedded_database, hq_pki)) as url:
            line = HqHttps(url, STORE_ID, client_context(hq_pki.stores[STORE_ID]))
            questions = HqQuestions(line)
            till.desk = replace(till.desk, headquarters=questions)
            till.till = Till(till.desk, await restore(till.desk, till.setup), Quiet(), boot_number=9)

            await till.ok(Scan(code=MILK_CODE))
            state = (await till.ok(SetMember(code="5678"))).state
            assert state.member is not None
            assert (state.member.name, state.member.note, state.member.fresh) == ("Ms Li", "Oat milk", True)
            assert (state.lines[0].unit_price_minor, [each.reserved for each in state.coupons]) == (99, [True])
            await till.ok(AddCoupon(code=bearer.code))
            await till.ok(PayCash(tendered_minor=10_000))
            assert await till.refused(AddCoupon(code="NONE-SUCH-CODE")) == "coupon_unknown"

            box = SimStore(StoreMemory(STORE_ID), SystemClock(), SystemRandom())
            box.connect()
            (sale,) = till.sales()
            box.report(sale)
            async with https(url, hq_pki.stores[STORE_ID], hq_pki) as client:
                await box.exchange(HttpsDoor(client, STORE_ID))
            while await keeper.step(database, SystemClock().now_ms()):
                pass
            used = {coupon.coupon_id for coupon in sale.coupons}
            async with database.transaction(Scope.everything(), reading=True) as tx:
                rows = await (await tx.execute(b"SELECT account_id FROM value_lot WHERE free + held = 0")).fetchall()
                wrong = await (await tx.execute(b"SELECT * FROM value_wrong")).fetchall()
                rest = await (await tx.execute(b"SELECT count(*) FROM value_due")).fetchone()
            assert {str(row[0]) for row in rows} == used
            assert (wrong, rest) == ([], (0,))
            again = await till.refused(AddCoupon(code=bearer.code)) if bearer.coupon_id in used else "coupon_used"
            assert again == "coupon_used"
            await told.publish(database, SystemClock().now_ms())
            async with database.transaction(Scope.everything(), reading=True) as tx:
                found = await (await tx.execute(b"SELECT body FROM feed_row WHERE feed_id LIKE '%/member'")).fetchall()

        # The line is cut: the box knows her from the feed.
        rows_known = [row for (body,) in found if isinstance(row := decode_row(bytes(body)), MemberRow | MemberPolicyRow)]
        assert len(rows_known) == 2
        await till.know(*rows_known)
        await till.heard()
        await till.ok(Scan(code=MILK_CODE))
        state = (await till.ok(SetMember(code="139 1234 5678"))).state
        assert not questions.reachable
        assert state.member is not None
        assert (state.member.fresh, state.member.believed, state.lines[0].unit_price_minor) == (False, True, 99)
        await line.close()
    till.stop()
