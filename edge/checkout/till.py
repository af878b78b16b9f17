"""One till: its commands one after the other, each applied once, and its state pushed to whoever watches.

`run` is the till's one worker. An error it does not expect ends it, and with it the daemon: a till that does not know what
it has sold must not go on. What is refused, busy or full is an answer, not an error.
"""

from __future__ import annotations

import asyncio
import functools
from collections import OrderedDict, deque
from dataclasses import dataclass

import msgspec

from edge.checkout import attempt_store, basket_store, held_store, orders, shift_store, store
from edge.checkout.asking import PaymentNews, Told
from edge.checkout.attempts import Attempt, tenders
from edge.checkout.basket import Basket
from edge.checkout.best import PAYING, best
from edge.checkout.commands import carry_out
from edge.checkout.desk import Desk
from edge.checkout.held_scans import HeldScans
from edge.checkout.lines_view import LinesView
from edge.checkout.payment_news import take_news
from edge.checkout.ports import Surroundings
from edge.checkout.reasons import Refusal, reason
from edge.checkout.returns import free_lost_returns
from edge.checkout.session import DONE, Session, StoredAnswer, TillSetup
from edge.checkout.view import till_state
from edge.staff import service as staff
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.errors import StoreBusy, StoreFull
from protocols.contract.till import DeviceScan, HeldScan, TillAnswer, TillCommand, TillRequest, TillState
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import HoldScans, TakeScan
from protocols.contract.till_member import SetMember
from protocols.device_events import CardSeen, CardUnread, CodeScanned, CodeUnreadable, TillEvent
from protocols.scanners.codes import IDENTIFIERS
from protocols.scanners.routes import bare, is_secret

COMMANDS_WAITING_MAX = 64
"""Policy when reached: the command is answered `box_busy` and may be sent again."""
ANSWERS_REMEMBERED = 256
DEVICE_SCANS_SHOWN = 8
"""Policy when reached: the oldest is no longer told to screens."""

REVISIONS_PER_BOOT = 1 << 32
"""A till's revisions go on growing over restarts: the boot's number times this, plus a count. Fits 53 bits."""


@dataclass(frozen=True, slots=True)
class _News:
    """News of a payment, waiting for its turn."""

    news: PaymentNews
    told: asyncio.Future[Told]


def _with_identifier(event: CodeScanned) -> str:
    """The code with the AIM identifier of its symbol, which settles what its digits alone do not."""
    return IDENTIFIERS.get(event.symbology, "") + event.code


def _shown(code: str) -> str:
    """The code without that identifier, for people; nothing of what may be a payment code."""
    return "" if is_secret(code) else bare(code)


async def restore(desk: Desk, setup: TillSetup) -> Session:
    """The till as it was when the box stopped. A basket whose sale has ended is dropped."""
    source = desk.reader()
    row = store.read_till(source, setup.till_id)
    cashier = None if row.cashier_id is None else staff.find(source, row.cashier_id)
    if cashier is not None and not cashier.active:
        cashier = None
    basket = basket_store.read_basket(desk.baskets.reader(), setup.till_id)
    if basket is not None and (store.is_ended(source, basket.sale_id) or _is_elsewhere(source, basket, setup.till_id)):
        basket = None
        await desk.baskets.write(lambda tx: basket_store.drop_basket(tx, setup.till_id), durable=False)
    if basket is None:
        basket = held_store.taken_by(source, setup.till_id)
    last = None if row.last_sale_id is None else store.read_sale(source, row.last_sale_id)
    await desk.store.write(lambda tx: _begin(tx, setup.till_id), durable=False)
    attempts: tuple[Attempt, ...] = ()
    if (sale_id := attempt_store.open_sale(source, setup.till_id)) is not None:
        attempts = attempt_store.of_sale(source, sale_id)
        basket = _paid_basket(desk, setup.till_id, sale_id, basket)
    await free_lost_returns(desk, setup.till_id, basket)
    session = Session(
        setup=setup,
        cashier=cashier,
        shift=None if row.shift_id is None else shift_store.read_shift(source, row.shift_id),
        last_sale=None if last is None else store.last_sale_view(last),
        attempts=attempts,
    )
    if basket is None:
        return session
    basket = msgspec.structs.replace(basket, tenders=tenders(attempts))
    try:
        session = desk.with_basket(session, basket)
        # A basket that is partly paid was priced with the full effort: its total must be the same again.
        return await best(desk, session) if attempts else session
    except Refusal:
        return session  # Without catalogue or zone nothing has a price. What lies in the file was not sold.


def _begin(tx: Tx, till_id: str) -> None:
    store.create_till(tx, till_id)
    attempt_store.doubt_all(tx, till_id)


def _paid_basket(desk: Desk, till_id: str, sale_id: str, found: Basket | None) -> Basket:
    """The basket that money was taken for, or may have been. It lies beside its payments, and so outlives a power cut.

    Should this software not be able to read it, its goods are entered again.
    """
    basket = attempt_store.read_basket(desk.reader(), till_id, sale_id)
    if basket is not None:
        return basket
    if found is not None and found.sale_id == sale_id:
        return found
    return Basket(sale_id=sale_id, opened_at_ms=desk.clock.now_ms(), recovered=True)


def _is_elsewhere(source: Connection, basket: Basket, till_id: str) -> bool:
    """Whether a basket was put aside, and not taken up again here."""
    holder = held_store.holder(source, basket.sale_id)
    return (holder is not None and holder != till_id) or orders.is_elsewhere(source, basket, till_id)


class Till:
    """A till of the running box."""

    def __init__(self, desk: Desk, session: Session, around: Surroundings, *, boot_number: int) -> None:
        self._desk = desk
        self._session = session
        self._around = around
        self._revision = boot_number * REVISIONS_PER_BOOT
        self._waiting: asyncio.Queue[tuple[TillRequest, asyncio.Future[TillAnswer]] | _News] = asyncio.Queue(
            COMMANDS_WAITING_MAX
        )
        self._remembered: OrderedDict[str, StoredAnswer] = OrderedDict()
        self._device_scans: deque[DeviceScan] = deque(maxlen=DEVICE_SCANS_SHOWN)
        self._lines = LinesView()
        self._held_scans = HeldScans()
        self._changed = asyncio.Event()
        self._note_basket()

    @property
    def setup(self) -> TillSetup:
        """The till as the settings name it."""
        return self._session.setup

    def state(self) -> TillState:
        """What the screen shows now."""
        scans = tuple(self._device_scans)
        return till_state(
            self._desk, self._session, self._around, self._revision, scans, lines=self._lines, held=self._held_scans
        )

    def touch(self) -> None:
        """Something a screen shows has changed."""
        self._revision += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed_since(self, revision: int) -> TillState:
        """Wait until the state is newer than `revision`, and return it."""
        while self._revision <= revision:
            await self._changed.wait()
        return self.state()

    async def ask(self, request: TillRequest) -> TillAnswer:
        """Hand a command over and wait for its answer. The command is carried out even if the asker goes away."""
        done: asyncio.Future[TillAnswer] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait((request, done))
        except asyncio.QueueFull:
            return self._answer(request.id, StoredAnswer(ok=False, reason=reason("box_busy")))
        return await done

    def scanned(self, event: TillEvent) -> None:
        """The till's own scanner or card reader read something: a command like a screen's, in the same queue; no screen is
        needed."""
        command_id = self._desk.ids.new()
        match event:
            case CodeUnreadable():
                self._note_scan(DeviceScan(id=command_id, code="", ok=False, reason=reason("scan_unreadable")))
            case CardUnread():
                self._note_scan(DeviceScan(id=command_id, code="", ok=False, reason=reason(f"card_{event.why}"), card=True))
            case CardSeen():
                # A card means its member and nothing else, whatever sheet is open: it is not held back.
                self._queue(command_id, SetMember(code=event.code), DeviceScan(id=command_id, code="", ok=False, card=True))
            case CodeScanned():
                self._code_scanned(command_id, event)

    def _code_scanned(self, command_id: str, event: CodeScanned) -> None:
        code = _with_identifier(event)
        if not self._held_scans.holding:
            self._sell_scanned(command_id, code)
        elif self._held_scans.full:
            self._note_scan(DeviceScan(id=command_id, code=code, ok=False, reason=reason("box_busy")))
        else:
            self._held_scans.add(command_id, code)
            self.touch()

    def _sell_scanned(self, command_id: str, code: str) -> None:
        self._queue(command_id, Scan(code=code), DeviceScan(id=command_id, code=_shown(code), ok=False))

    def _queue(self, command_id: str, command: TillCommand, scan: DeviceScan) -> None:
        """Have the command carried out; what became of it is told as `scan`."""
        done: asyncio.Future[TillAnswer] = asyncio.get_running_loop().create_future()
        done.add_done_callback(functools.partial(self._scan_answered, scan))
        try:
            self._waiting.put_nowait((TillRequest(id=command_id, command=command), done))
        except asyncio.QueueFull:
            self._note_scan(msgspec.structs.replace(scan, reason=reason("box_busy")))

    def screen_came(self) -> None:
        """A screen is connected: it may have the scanner's codes held back."""
        self._held_scans.screen_came()

    def screen_left(self) -> None:
        """A screen is gone. Without any nothing is held back."""
        self._sell_held(self._held_scans.screen_left())

    def _sell_held(self, due: tuple[HeldScan, ...]) -> None:
        for scan in due:
            self._sell_scanned(scan.id, scan.code)
        if due:
            self.touch()

    def _scan_answered(self, scan: DeviceScan, done: asyncio.Future[TillAnswer]) -> None:
        answer = done.result()
        self._note_scan(msgspec.structs.replace(scan, ok=answer.ok, reason=answer.reason))

    def _note_scan(self, scan: DeviceScan) -> None:
        self._device_scans.append(scan)
        self.touch()

    async def tell(self, news: PaymentNews) -> Told:
        """What became of a payment, in the same queue as commands; waits until it is stored, or cannot be now."""
        done: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        await self._waiting.put(_News(news, done))
        return await done

    async def run(self) -> None:
        """Carry out commands and take news of payments in the order they came, for ever."""
        while True:
            match await self._waiting.get():
                case _News(news, told):
                    word = await self.take_news(news)
                    if not told.done():
                        told.set_result(word)
                case (request, done):
                    answer = await self.handle(request)
                    if not done.done():
                        done.set_result(answer)

    async def take_news(self, news: PaymentNews) -> Told:
        """Store what became of a payment. Raises what must end the daemon."""
        try:
            session, told = await take_news(self._desk, self._session, news)
        except (StoreFull, StoreBusy, Refusal):
            # Refusal: the zone or the catalogue is just being replaced. Nothing was changed.
            return "later"
        if session is not self._session:
            self._session = session
            self._note_basket()
            self.touch()
        return told

    async def handle(self, request: TillRequest) -> TillAnswer:
        """One command, or the stored answer when it was carried out before. Raises what must end the daemon."""
        if isinstance(request.command, HoldScans | TakeScan):
            return self._answer(request.id, self._about_scans(request.command))
        answer = self._given_before(request.id)
        if answer is None:
            begun_ms = self._desk.clock.monotonic_ms()
            answer = await self._carry_out(request)
            self._note_basket()
            took_ms = self._desk.clock.monotonic_ms() - begun_ms
            self._desk.figures.commanded(type(request.command).__name__, took_ms, ok=answer.ok)
        return self._answer(request.id, answer)

    def _about_scans(self, command: HoldScans | TakeScan) -> StoredAnswer:
        """About the screen alone: nothing of the sale changes, nothing is stored, and twice is as good as once."""
        match command:
            case HoldScans(held=held):
                self._sell_held(self._held_scans.hold(held))
            case TakeScan(scan_id=scan_id):
                self._held_scans.take(scan_id)
        self.touch()
        return DONE

    async def _carry_out(self, request: TillRequest) -> StoredAnswer:
        try:
            if isinstance(request.command, PAYING):
                # Nobody pays before the full effort was spent; what it found is on the screen, also when this is refused.
                self._session = await best(self._desk, self._session)
            step = await carry_out(self._desk, self._session, request.id, request.command)
        except Refusal as refusal:
            answer = StoredAnswer(ok=False, reason=refusal.reason)
            # A refusal is kept like any answer: the repeated command must not succeed behind the cashier's back.
            self._remember(request.id, answer)
            await self._keep_refusal(request.id, answer)
            return answer
        except StoreFull:
            return StoredAnswer(ok=False, reason=reason("disk_full"))
        except StoreBusy:
            return StoredAnswer(ok=False, reason=reason("box_busy"))
        self._session = step.session
        self._remember(request.id, step.answer)
        self.touch()
        return step.answer

    def _note_basket(self) -> None:
        """Tell the other tills what lies here: also that a change which was refused or not stored lies here no more."""
        self._desk.open_baskets.note(self.setup.till_id, self._session.basket)

    async def _keep_refusal(self, command_id: str, answer: StoredAnswer) -> None:
        def run(tx: Tx) -> None:
            basket_store.keep_answer(tx, command_id, self.setup.till_id, self._desk.clock.now_ms(), answer)

        try:
            await self._desk.baskets.write(run, durable=False)
        except (StoreFull, StoreBusy):
            return  # It is remembered in memory; nothing was changed.

    def _given_before(self, command_id: str) -> StoredAnswer | None:
        return (
            self._remembered.get(command_id)
            or basket_store.find_answer(self._desk.baskets.reader(), command_id)
            or store.find_answer(self._desk.reader(), command_id)
        )

    def _remember(self, command_id: str, answer: StoredAnswer) -> None:
        self._remembered[command_id] = answer
        if len(self._remembered) > ANSWERS_REMEMBERED:
            self._remembered.popitem(last=False)

    def _answer(self, command_id: str, answer: StoredAnswer) -> TillAnswer:
        return TillAnswer(id=command_id, ok=answer.ok, reason=answer.reason, sale=answer.sale, state=self.state())
