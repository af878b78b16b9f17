"""Orders to single tags: read what nobody can write, write another EPC, lock, silence for ever.

An order is kept before its reader is told, and told as a fact once it is known what came of it. One whose end nobody saw,
because the reader or the box went away, is `unknown`: look at the tag. The same order again is answered as it stands. The
store's passwords come from its settings and are in no row, fact, answer or log.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from edge.rfid import store as tags
from edge.rfid import tag_order_rows
from edge.rfid.bench import TagBench
from edge.rfid.tag_order_rows import TagOrder, What, bits_of
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock
from protocols.contract.facts import FactBody
from protocols.contract.rfid_facts import TagChanged
from protocols.contract.till_facts import SaleClosed
from protocols.device_events import TagsRead
from protocols.gs1.epc import identify
from protocols.gs1.tds.errors import EpcRefused
from protocols.llrp import access
from protocols.llrp.access import AccessOrder, AccessOutcome
from protocols.llrp.access_parameters import C1g2Kill, LockField, Privilege
from protocols.llrp.wire import BitString

log = structlog.get_logger("tallystick.edge.rfid")

KILLS_WAITING_MAX = 1_000
"""Tags of sales that wait to be silenced. Policy when reached: further ones stay as they are, and the log says so."""


class OrderRefused(Exception):
    """An order that cannot be given. Nothing was done."""

    def __init__(self, code: str, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(text)


class ReaderAway(Exception):
    """The reader is not there. `told`: it went away meanwhile, so that what became of the tag is not known."""

    def __init__(self, text: str, *, told: bool) -> None:
        self.told = told
        super().__init__(text)


class TagReaders(Protocol):
    """The readers of the store, as far as they take orders."""

    @property
    def names(self) -> tuple[str, ...]:
        """Which readers do."""

    async def carry_out(self, device_id: str, order: AccessOrder) -> AccessOutcome:
        """Raises `ReaderAway`, ValueError when too many orders wait."""


@dataclass(frozen=True, slots=True)
class TagPasswords:
    """The store's own passwords of its tags, 32 bits each; 0: the store has none. Never shown."""

    access: int = 0
    kill: int = 0

    def __repr__(self) -> str:
        return "TagPasswords(…)"


class TagOrders:
    """Gives orders to readers. `kill_at`: readers of pads whose sold tags are silenced, by till."""

    def __init__(
        self,
        store: StoreFile,
        journal: Journal,
        clock: Clock,
        readers: TagReaders,
        passwords: TagPasswords,
        kill_at: Mapping[str, str] | None = None,
    ) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._readers = readers
        self._passwords = passwords
        self._kill_at = dict(kill_at or {})
        self._sold: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue(KILLS_WAITING_MAX)
        self.bench = TagBench()
        """What readers hear while somebody works at them."""
        self._running: dict[str, asyncio.Future[TagOrder]] = {}

    @property
    def readers(self) -> tuple[str, ...]:
        """Which readers take orders."""
        return self._readers.names

    @property
    def can(self) -> frozenset[What]:
        """What this store's passwords allow."""
        found = {What.READ, What.ENCODE}
        found |= {What.LOCK} if self._passwords.access else set()
        return frozenset(found | ({What.KILL} if self._passwords.kill else set()))

    def newest(self) -> list[TagOrder]:
        """The last orders."""
        return tag_order_rows.newest(self._store.reader())

    async def give(
        self,
        order_id: str,
        device_id: str,
        what: What,
        key: BitString,
        *,
        new_epc: str = "",
        staff_id: str = "",
        sale_id: str = "",
    ) -> TagOrder:
        """Carry an order out; returns it with its outcome. Raises `OrderRefused` (nothing was done), `StoreDbError`."""
        order = TagOrder(
            order_id,
            device_id,
            identify(key.data, key.bits).uri,
            key,
            what,
            new_epc,
            staff_id,
            sale_id,
            self._clock.now_ms(),
        )
        known = tag_order_rows.find(self._store.reader(), order_id)
        if known is not None:
            if (known.device_id, known.what, known.key, known.new_epc) != (device_id, what, key, new_epc):
                raise OrderRefused("order_other", "Another order has this id. Make a new one.")
            return known
        self._check(order)
        await self._store.write(lambda tx: tag_order_rows.keep(tx, order))
        work = asyncio.ensure_future(self._see_through(order))
        self._running[order_id] = work
        work.add_done_callback(lambda _work: self._running.pop(order_id, None))
        return await asyncio.shield(work)  # whoever asked may go away: what came of it is told all the same

    async def settle(self) -> None:
        """Orders that a stop of the box cut off: nobody knows what became of the tag. At start."""
        fault = "the box stopped before the reader answered"
        for order in tag_order_rows.open_ones(self._store.reader()):
            if order.order_id not in self._running:
                end = functools.partial(self._end, order=order, outcome="unknown", fault=fault, words="")
                await self._store.write(end)

    def take(self, event: TagsRead) -> None:
        """A reader reported tags."""
        self.bench.take(event.device_id, event.reads, self._clock.monotonic_ms())

    def journalled(self, facts: Sequence[FactBody]) -> None:
        """A sale closed: where the settings want it, its tags are silenced while they still lie on the pad."""
        for fact in facts:
            if isinstance(fact, SaleClosed) and (reader := self._kill_at.get(fact.till_id)):
                for epc in (epc for line in fact.lines for epc in line.epcs):
                    if self._sold.full():
                        log.warning("too many sold tags wait to be silenced", sale_id=fact.sale_id)
                        return
                    self._sold.put_nowait((fact.sale_id, reader, epc))

    async def run(self) -> None:
        """Silences the tags of sales, one after the other, for ever."""
        await self.settle()
        while True:
            sale_id, reader, epc = await self._sold.get()
            try:
                await self.give(f"{sale_id}/{epc}", reader, What.KILL, bits_of(epc), sale_id=sale_id)
            except (OrderRefused, EpcRefused, StoreBusy, StoreFull) as error:
                log.warning("a sold tag was not silenced", sale_id=sale_id, error=str(error))

    def _check(self, order: TagOrder) -> None:
        if order.device_id not in self._readers.names:
            raise OrderRefused("no_such_reader", f"There is no reader '{order.device_id}' that takes orders to tags.")
        if order.what not in self.can:
            key = "access_password_file" if order.what is What.LOCK else "kill_password_file"
            raise OrderRefused("no_password", f"The store has no password for this: tags.{key} in its settings.")
        if order.what is not What.ENCODE:
            return
        source = self._store.reader()
        if order.new_epc == order.epc:
            raise OrderRefused("epc_same", "The tag has this EPC already.")
        if tag_order_rows.is_taken(source, order.new_epc):
            raise OrderRefused("epc_taken", "Another tag of this store has this EPC. Use another serial number.")
        item_id, _, _ = tags.item_of(source, tag_order_rows.gtin_of(order.new_epc))
        if not item_id:
            raise OrderRefused("epc_no_item", "The new EPC is of no item in the catalogue of this store.")

    async def _see_through(self, order: TagOrder) -> TagOrder:
        outcome, fault, words = await self._carry_out(order)
        return await self._store.write(lambda tx: self._end(tx, order, outcome, fault, words))

    async def _carry_out(self, order: TagOrder) -> tuple[str, str, str]:
        """Outcome, fault, what was read."""
        try:
            done = await self._ask(order)
        except ReaderAway as away:
            return "unknown" if away.told else "failed", str(away), ""
        except ValueError as busy:
            return "failed", str(busy), ""
        words = "".join(f"{word:04X}" for read in done.words for word in read)
        return ("failed" if done.fault else "done"), done.fault, words

    async def _ask(self, order: TagOrder) -> AccessOutcome:
        passwords, epc = self._passwords, order.key
        match order.what:
            case What.READ:
                return await self._readers.carry_out(order.device_id, access.read_tid(epc))
            case What.ENCODE:
                new = bits_of(order.new_epc)
                return await self._with_password(order, lambda key: access.write_epc(epc, new, access_password=key))
            case What.LOCK:
                asked = access.write_password(epc, passwords.access, kill=False)
                written = await self._readers.carry_out(order.device_id, asked)
                if written.fault and "locked" not in written.fault:
                    return written
                locked = access.lock(epc, LockField.EPC, Privilege.LOCK, access_password=passwords.access)
                return await self._readers.carry_out(order.device_id, locked)
            case What.KILL:
                killed = await self._kill(order)
                if "no kill password" not in killed.fault:
                    return killed
                written = await self._with_password(
                    order, lambda key: access.write_password(epc, passwords.kill, kill=True, access_password=key)
                )
                return written if written.fault else await self._kill(order)

    async def _kill(self, order: TagOrder) -> AccessOutcome:
        kill = C1g2Kill(opspec_id=1, kill_password=self._passwords.kill)
        return await self._readers.carry_out(order.device_id, AccessOrder(epc=order.key, operations=(kill,)))

    async def _with_password(self, order: TagOrder, make: Callable[[int], AccessOrder]) -> AccessOutcome:
        """A tag that is locked is asked again with the store's access password."""
        plain = await self._readers.carry_out(order.device_id, make(0))
        if "locked" not in plain.fault or not self._passwords.access:
            return plain
        return await self._readers.carry_out(order.device_id, make(self._passwords.access))

    def _end(self, tx: Tx, order: TagOrder, outcome: str, fault: str, words: str) -> TagOrder:
        tag_order_rows.end(tx, order.order_id, outcome, fault, words)
        if outcome == "done":
            tag_order_rows.change(tx, order, self._clock.now_ms())
        if order.what is not What.READ:
            fact = TagChanged(
                order_id=order.order_id,
                device_id=order.device_id,
                epc=order.epc,
                what=order.what.value,
                new_epc=order.new_epc,
                outcome=outcome,
                fault=fault,
                staff_id=order.staff_id,
                sale_id=order.sale_id,
            )
            self._journal.append(tx, fact)
        return replace(order, outcome=outcome, fault=fault, words=words)
