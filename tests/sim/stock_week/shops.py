"""What the people of the store do about what happened: without the system (`BookShop`) and with it (`TagShop`)."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence

from edge.rfid.gate_store import standing
from edge.rfid.tags import TagState
from edge.stock.drafts import Kind
from edge.stock.posting import Poster
from protocols.contract.feed_stock import ASN_PART_LINES_MAX, AsnLine, AsnRow
from protocols.contract.values import THOUSANDTHS, Place
from protocols.device_events import TagRead
from simulators.llrp_reader.air import Antenna
from simulators.llrp_reader.walks import Walk
from tests.sim.stock_week import radio, rates
from tests.sim.stock_week.box import DOCK, DOORWAY, EXIT, PAD, StoreBox
from tests.sim.stock_week.cashier import Cashier
from tests.sim.stock_week.goods import ANN, BEGAN_MS, EVE, OTHER_STORE_ID, Item, Piece
from tests.sim.stock_week.happenings import Bought, BroughtBack, Carried, Delivered, Happening, SentAway, Stolen, ThrownAway
from tests.sim.stock_week.world import BACK, FLOOR

CHUNK_MS = 200
"""A reader's report."""
PALLET_PIECES = 40
QUIET_MS = 8_000
"""After the last read, until a door has told what it knows."""
RELOCATED_MS = 75_000
BEAT_MS = 500
BOTH = Poster(ANN, approver_id=EVE)


class BookShop:
    """A store without counts, tags and portals: receives what the notice says, sells by bar code."""

    def __init__(self, box: StoreBox, seed: int) -> None:
        self.box = box
        self.cashier = Cashier(box)
        self.did: Counter[str] = Counter()
        """What was mended, in pieces or lines."""
        self._seed = seed

    async def react(self, happened: Happening) -> None:
        """The people do what is theirs to do."""
        self.box.go_to(happened.at_ms)
        match happened:
            case Delivered():
                await self.delivered(happened)
            case Carried():
                await self.carried(happened)
            case Bought():
                await self.bought(happened)
            case BroughtBack():
                await self.brought_back(happened)
            case Stolen():
                await self.stolen(happened)
            case ThrownAway():
                await self.thrown_away(happened)
            case SentAway():
                await self.sent_away(happened)

    async def delivered(self, happened: Delivered) -> None:
        """Nobody looks into the boxes."""
        draft_id = self.name(happened.number, "receipt")
        await self.box.sure(lambda: self.box.drafts.open(draft_id, Kind.RECEIPT, BACK, "", ANN))
        await self.put_on(draft_id, (piece.item for piece in happened.promised))
        await self.box.sure(lambda: self.box.drafts.post(draft_id, ANN, BOTH))

    async def carried(self, happened: Carried) -> None:
        """Booked by a list, unless somebody forgot."""
        if happened.booked:
            await self.list_of(
                happened.number, Kind.MOVE, happened.from_place, happened.to_place.value, [p.item for p in happened.pieces]
            )

    async def bought(self, happened: Bought) -> None:
        """By bar code, with the cashier's errors."""
        await self.cashier.scan_and_pay(happened)

    async def brought_back(self, happened: BroughtBack) -> None:
        """By the receipt."""
        await self.cashier.take_back(happened, None)

    async def stolen(self, happened: Stolen) -> None:
        """Nobody knows."""

    async def thrown_away(self, happened: ThrownAway) -> None:
        """Booked, unless somebody forgot."""
        if happened.booked:
            items = [piece.item for piece in happened.pieces]
            await self.list_of(happened.number, Kind.WRITE_OFF, happened.place, happened.reason, items)

    async def sent_away(self, happened: SentAway) -> None:
        """What the paper says."""
        await self.list_of(happened.number, Kind.TRANSFER, BACK, OTHER_STORE_ID, list(happened.written))

    # Lists.

    async def list_of(self, number: int, kind: Kind, place: Place, target: str, items: Iterable[Item]) -> None:
        """A list of goods by bar code, posted."""
        draft_id = self.name(number, kind.value)
        await self.box.sure(lambda: self.box.drafts.open(draft_id, kind, place, "", ANN, target=target))
        await self.put_on(draft_id, items)
        await self.box.sure(lambda: self.box.drafts.post(draft_id, ANN, BOTH))

    async def put_on(self, draft_id: str, items: Iterable[Item]) -> None:
        """So many scans of each item."""
        for item, times in sorted(Counter(items).items(), key=lambda each: each[0].number):
            command_id = f"{draft_id}/{item.item_id}"
            await self.box.sure(
                lambda item=item, times=times, command_id=command_id: self.box.drafts.scan(  # type: ignore[misc]
                    draft_id, command_id, item.code, times
                )
            )

    def name(self, number: int, what: str) -> str:
        """The id of a list: the same when it is asked for again."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._seed}/{number}/{what}"))


class TagShop(BookShop):
    """A store with readers at its doors, a pad at the till and a handheld reader."""

    def __init__(self, box: StoreBox, seed: int) -> None:
        super().__init__(box, seed)
        self.arrived: set[str] = set()
        """Every tag that was carried in, for the checks."""
        self.stolen_tags: set[str] = set()

    async def delivered(self, happened: Delivered) -> None:
        """Through the dock; what it left open is looked for by hand; the notice ends with its differences."""
        rng = random.Random(f"{self._seed} {happened.number}")
        asn_id = f"asn-{happened.number}"
        await self.box.hq(*_notice(asn_id, happened))
        for start in range(0, len(happened.came), PALLET_PIECES):
            pallet = happened.came[start : start + PALLET_PIECES]
            self.arrived |= {piece.epc for piece in pallet if piece.readable}
            await self._pass(DOCK, Walk.TROLLEY_IN, pallet, happened.number + start, radio.DOCK_ANTENNAS)
        await self._wait(QUIET_MS)
        draft_id = self.name(happened.number, "receipt")
        await self.box.sure(lambda: self.box.drafts.open(draft_id, Kind.RECEIPT, BACK, "", ANN, asn_id=asn_id))
        booked = self._booked()
        left = [piece for piece in happened.came if piece.epc not in booked]
        open_lines = {line.item_id for line in self.box.drafts.receipt(draft_id) if line.expected_thousandths}
        looked_for = [piece.item for piece in left if piece.item.item_id in open_lines]
        await self.put_on(draft_id, (item for item in looked_for if rng.random() >= rates.NOT_LOOKED_FOR_SHARE))
        for line in self.box.drafts.receipt(draft_id):
            self.did["receipt_lines_that_differed"] += line.state not in {"", "as_promised"}
        await self.box.sure(lambda: self.box.drafts.post(draft_id, ANN, BOTH))

    async def carried(self, happened: Carried) -> None:
        """Nobody books: the doorway hears it."""
        walk = Walk.TROLLEY_IN if happened.to_place is FLOOR else Walk.TROLLEY_OUT
        await self._pass(DOORWAY, walk, happened.pieces, happened.number, radio.DOORWAY_ANTENNAS)
        await self._wait(RELOCATED_MS, RELOCATED_MS // 5)

    async def bought(self, happened: Bought) -> None:
        """By the pad or by bar code; then out through the exit."""
        if happened.by_pad:
            await self.cashier.read_and_pay(happened, self._read_pad)
        else:
            await self.cashier.scan_and_pay(happened)
        await self._pass(EXIT, Walk.OUT, happened.pieces, happened.number, radio.DOCK_ANTENNAS)
        await self._alarms()

    async def brought_back(self, happened: BroughtBack) -> None:
        """By the receipt, with the piece on the pad."""
        await self._pass(EXIT, Walk.IN, (happened.piece,), happened.number, radio.DOCK_ANTENNAS)
        await self.cashier.take_back(happened, self._read_pad)

    async def stolen(self, happened: Stolen) -> None:
        """The exit rings, the thief gets away, and what it named is written off."""
        if happened.by_exit:
            self.stolen_tags |= {happened.piece.epc} if happened.piece.readable else set()
            await self._pass(EXIT, Walk.OUT, (happened.piece,), happened.number, radio.DOCK_ANTENNAS)
            await self._alarms()

    async def thrown_away(self, happened: ThrownAway) -> None:
        """The expiry list and the bin by the door: what goes into it is scanned or read, so it is all booked."""
        await self._goods(happened.number, Kind.WRITE_OFF, happened.place, happened.reason, happened.pieces)

    async def sent_away(self, happened: SentAway) -> None:
        """The box is read before it is closed, and goes out through the dock."""
        await self._goods(happened.number, Kind.TRANSFER, BACK, OTHER_STORE_ID, happened.pieces)
        self.did["transfer_lines_that_differed"] += sum(
            piece.item is not item for piece, item in zip(happened.pieces, happened.written, strict=True)
        )
        await self._pass(DOCK, Walk.TROLLEY_OUT, happened.pieces, happened.number, radio.DOCK_ANTENNAS)
        await self._wait(QUIET_MS)

    # Readers.

    async def _goods(self, number: int, kind: Kind, place: Place, target: str, pieces: Sequence[Piece]) -> None:
        """A list of pieces that leave: by tag, and by bar code where the tag is dead."""
        draft_id = self.name(number, kind.value)
        drafts = self.box
        await self.box.sure(lambda: drafts.drafts.open(draft_id, kind, place, "", ANN, target=target))
        epcs = [piece.epc for piece in pieces if piece.readable]
        await self.box.sure(lambda: drafts.drafts.sweep(draft_id, epcs))
        await self.put_on(draft_id, (piece.item for piece in pieces if not piece.readable))
        await self.box.sure(lambda: drafts.drafts.post(draft_id, ANN, BOTH))

    async def _read_pad(self, pieces: Sequence[Piece]) -> None:
        """They lie on the pad until reading has settled."""
        start_ms = self.box.clock.monotonic_ms() + 3_000  # what lay there before has been taken away
        self.box.clock.set(start_ms)
        self.box.hall.pads.step()
        self.box.hear(PAD, tuple(radio.on_pad(pieces, self._seed + start_ms, start_ms)))
        self.box.clock.set(start_ms + radio.PAD_LASTS_MS)
        self.box.hall.pads.step()

    async def _pass(self, reader: str, walk: Walk, pieces: Sequence[Piece], seed: int, antennas: Sequence[Antenna]) -> None:
        """Goods are carried past a reader; it reports as it goes."""
        start_ms = self.box.clock.monotonic_ms()
        reads = radio.walked(walk, pieces, self._seed * 1_000_003 + seed, start_ms, antennas)
        for chunk in _chunks(reads):
            self.box.clock.set(chunk[-1].last_seen_ms)
            self.box.hear(reader, chunk)
            await self.box.beat()
        await self._wait(3_000)

    async def _wait(self, milliseconds: int, beat_ms: int = BEAT_MS) -> None:
        until_ms = self.box.clock.monotonic_ms() + milliseconds
        while self.box.clock.monotonic_ms() < until_ms:
            self.box.clock.set(self.box.clock.monotonic_ms() + beat_ms)
            await self.box.beat()

    async def _alarms(self) -> None:
        """Somebody looks at what rang."""
        for alarm in standing(self.box.ground.store.reader()):
            await self._alarm(alarm.alarm_id, [line.line.epc for line in alarm.lines if not line.sale_id])

    async def _alarm(self, alarm_id: str, epcs: Sequence[str]) -> None:
        """A customer with a receipt may go; what a thief took is written off."""
        stolen = [epc for epc in epcs if epc in self.stolen_tags]
        if stolen:
            draft_id, box = self.name(0, alarm_id), self.box
            await box.sure(lambda: box.drafts.open(draft_id, Kind.WRITE_OFF, FLOOR, "", ANN, target="stolen"))
            await box.sure(lambda: box.drafts.sweep(draft_id, stolen))
            await box.sure(lambda: box.drafts.post(draft_id, ANN, BOTH))
            self.did["pieces_written_off_after_an_alarm"] += len(stolen)
        outcome = "stolen" if stolen else "false"
        self.did["alarms_" + outcome] += 1
        await self.box.sure(lambda: self._resolve(alarm_id, outcome))

    async def _resolve(self, alarm_id: str, outcome: str) -> None:
        if any(alarm.alarm_id == alarm_id for alarm in standing(self.box.ground.store.reader())):
            await self.box.hall.gates.resolve(alarm_id, outcome, ANN)

    def _booked(self) -> set[str]:
        """Tags the dock has received."""
        source = self.box.ground.store.reader()
        rows = source.execute("SELECT epc FROM goods_tag WHERE state = ?", (TagState.RECEIVED.value,))
        return {str(row[0]) for row in rows}


def _notice(asn_id: str, happened: Delivered) -> list[AsnRow]:
    """The sender's notice with the tags it sewed in for this delivery."""
    by_lot: dict[tuple[Item, str, str], list[str]] = {}
    for piece in happened.promised:
        by_lot.setdefault((piece.item, *piece.lot()), []).append(piece.epc)
    lines = [
        AsnLine(
            line_no=number, item_id=item.item_id, quantity_thousandths=len(epcs) * THOUSANDTHS, batch=batch,
            expires=expires, epcs=tuple(epcs),
        )
        for number, ((item, batch, expires), epcs) in enumerate(by_lot.items(), 1)
    ]  # fmt: skip
    parts = [lines[start : start + ASN_PART_LINES_MAX // 2] for start in range(0, len(lines), ASN_PART_LINES_MAX // 2)]
    return [
        AsnRow(
            asn_id=asn_id, reference=asn_id, sender="DC", expected_ms=BEGAN_MS + happened.at_ms, part=number,
            parts=len(parts), transfer_id=f"t-{asn_id}" if happened.sent else "", lines=tuple(part),
        )
        for number, part in enumerate(parts, 1)
    ]  # fmt: skip


def _chunks(reads: Sequence[TagRead]) -> list[tuple[TagRead, ...]]:
    """Reports of `CHUNK_MS`."""
    found: list[list[TagRead]] = []
    for read in reads:
        if found and read.last_seen_ms // CHUNK_MS == found[-1][0].last_seen_ms // CHUNK_MS:
            found[-1].append(read)
        else:
            found.append([read])
    return [tuple(chunk) for chunk in found]
