"""Login by PIN, rights, shifts with a count, the drawer."""

from edge.staff.service import LOCKOUT_SECONDS, WRONG_PINS_MAX
from protocols.contract.till_basket import AbandonSale, Scan, SetQuantity, VoidLine
from protocols.contract.till_control import CloseShift, Login, Logout, OpenDrawer, OpenShift, ReprintReceipt
from protocols.contract.till_facts import DrawerOpened, ShiftClosed, ShiftOpened
from protocols.contract.till_payment import PayCash
from tests.support.counter import Counter
from tests.support.goods import ANN, BOB, EVE, MILK_CODE, PIN


async def test_nothing_is_sold_before_login_and_shift(counter: Counter) -> None:
    assert counter.till.state().mode == "login"
    assert await counter.refused(Scan(code=MILK_CODE)) == "login_first"
    assert await counter.refused(OpenShift(float_minor=0)) == "login_first"
    await counter.ok(Login(staff_id=ANN, pin=PIN))
    assert counter.till.state().mode == "shift"
    assert await counter.refused(Scan(code=MILK_CODE)) == "shift_first"
    await counter.ok(OpenShift(float_minor=5_000))
    assert counter.till.state().mode == "sale"
    assert await counter.refused(OpenShift(float_minor=5_000)) == "shift_already_open"
    assert await counter.refused(Login(staff_id=BOB, pin=PIN)) == "already_logged_in"


async def test_who_may_log_in(counter: Counter) -> None:
    assert await counter.refused(Login(staff_id="404", pin=PIN)) == "unknown_staff"
    assert await counter.refused(Login(staff_id=ANN, pin="0000")) == "wrong_pin"
    assert await counter.refused(Login(staff_id=EVE, pin=PIN)) == "not_allowed"
    answer = await counter.ok(Login(staff_id=BOB, pin=PIN))
    assert (answer.state.cashier_name, answer.state.language, answer.state.rights) == ("Bob", "zh", ("till",))


async def test_wrong_pins_lock_a_person_out_for_a_while(counter: Counter) -> None:
    for _ in range(WRONG_PINS_MAX):
        assert await counter.refused(Login(staff_id=ANN, pin="0000")) == "wrong_pin"
    assert await counter.refused(Login(staff_id=ANN, pin=PIN)) == "locked_out"
    await counter.ok(Login(staff_id=BOB, pin=PIN))
    await counter.ok(Logout())
    counter.clock.advance(LOCKOUT_SECONDS * 1000)
    await counter.ok(Login(staff_id=ANN, pin=PIN))


async def test_rights_are_needed_to_void_and_to_open_the_drawer(counter: Counter) -> None:
    await counter.open(BOB)
    await counter.ok(Scan(code=MILK_CODE))
    await counter.ok(SetQuantity(line_no=1, quantity=3))
    for command in (VoidLine(line_no=1), SetQuantity(line_no=1, quantity=2), AbandonSale()):
        assert await counter.refused(command) == "approval_needed", "a second person may lend the right"
    assert await counter.refused(OpenDrawer(reason="change")) == "sale_open"
    await counter.ok(PayCash(tendered_minor=1_000))
    assert await counter.refused(OpenDrawer(reason="change")) == "approval_needed"
    assert await counter.refused(OpenDrawer(reason=" ")) == "why_missing"


async def test_a_shift_ends_with_a_count(counter: Counter) -> None:
    await counter.open(float_minor=5_000)
    await counter.ok(Scan(code=MILK_CODE))
    assert await counter.refused(CloseShift(counted_minor=0)) == "sale_open"
    assert await counter.refused(Logout()) == "sale_open"
    await counter.ok(PayCash(tendered_minor=200))
    assert await counter.refused(CloseShift(counted_minor=-1)) == "amount_invalid"
    await counter.ok(CloseShift(counted_minor=5_100))
    _login, opened, _sale, closed = counter.facts()
    assert isinstance(opened, ShiftOpened)
    assert isinstance(closed, ShiftClosed)
    assert closed.shift_id == opened.shift_id
    assert (closed.sale_count, closed.expected_minor, closed.difference_minor) == (1, 5_129, -29)
    await counter.ok(Logout())
    assert counter.till.state().mode == "login"


async def test_the_drawer_opens_with_a_reason_on_record(counter: Counter) -> None:
    await counter.open()
    await counter.ok(OpenDrawer(reason="change for a note"))
    fact = counter.facts()[-1]
    assert isinstance(fact, DrawerOpened)
    assert fact.reason == "change for a note"
    job = counter.desk.prints.next_kick("1")
    assert job is not None
    assert (job.kick_drawer, job.document) == (True, None)


async def test_there_is_nothing_to_reprint_before_the_first_sale(counter: Counter) -> None:
    await counter.open()
    assert await counter.refused(ReprintReceipt()) == "nothing_to_reprint"


async def test_a_box_without_a_catalogue_says_so(tmp_path) -> None:  # type: ignore[no-untyped-def]
    counter = Counter(tmp_path, rows=[])
    await counter.start()
    assert counter.till.state().mode == "setup"
    assert await counter.refused(Login(staff_id=ANN, pin=PIN)) == "unknown_staff"
    counter.stop()
