"""One shift: what its facts add up to, tender by tender, and whether the till said the same."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, figure, text
from cloud.console.till_answers import Shift
from cloud.console.visitor import Console, Visitor, to_login


def install(console: Console) -> None:
    """Add the page `/tills/{store_id}/{shift_id}`."""

    @ui.page("/tills/{store_id}/{shift_id}")
    def shift(store_id: str, shift_id: str) -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "tills", say("Shift"), back=(say("Tills"), f"/tills?store={store_id}")) as frame:
            _ShiftPage(frame, store_id, shift_id)
        return None


class _ShiftPage:
    def __init__(self, frame: Frame, store_id: str, shift_id: str) -> None:
        self._visitor = frame.visitor
        self._path = f"/stores/{store_id}/shifts/{shift_id}"
        self._digits: dict[str, int] = {}
        self._all = box("stack")
        frame.load(self._fill)

    async def _fill(self) -> None:
        zones = await self._visitor.get("/zones", list[Zone])
        shift = await self._visitor.get(self._path, Shift)
        self._digits = {zone.currency: zone.minor_digits for zone in zones}
        self._all.clear()
        with self._all:
            self._head(shift)
            self._tenders(shift)
            self._tax(shift)
            self._events(shift)
            self._offers(shift)

    def _money(self, minor: int | None, shift: Shift) -> str:
        return formats.money(minor, shift.currency, self._digits.get(shift.currency, 2), self._visitor.words)

    def _head(self, shift: Shift) -> None:
        words = self._visitor.words
        say = words.say
        with card():
            with box("figures"):
                figure(say("Sales"), str(shift.sale_count))
                figure(say("sold"), self._money(shift.sales_minor, shift))
                figure(say("returned"), self._money(shift.returns_minor, shift))
                figure(say("taken off"), self._money(shift.discounts_minor, shift))
                figure(say("cash expected"), self._money(shift.cash_expected_minor, shift))
                figure(say("counted"), self._money(shift.counted_minor, shift))
                tone = "bad-text" if shift.difference_minor else ""
                figure(say("difference"), self._money(shift.difference_minor, shift), tone)
            opened = formats.instant(shift.opened_at_ms, self._visitor.zone, words)
            closed = formats.instant(shift.closed_at_ms, self._visitor.zone, words)
            told = say(
                "Till {till}, cashier {cashier}, {opened} to {closed}",
                till=shift.till_id,
                cashier=shift.cashier_id,
                opened=opened,
                closed=closed,
            )
            text(told, "p")
            if shift.approver_id:
                text(say("The difference was approved by {person}: {why}", person=shift.approver_id, why=shift.why), "p")
            if shift.agrees:
                text(say("Added up here from every single fact; the till said the same."), "p", "hint")
            else:
                text(
                    say("The till's own report says something else than its facts add up to. Call support."),
                    "p",
                    "warn-text",
                )

    def _tenders(self, shift: Shift) -> None:
        words = self._visitor.words
        say = words.say
        with card(say("Ways to pay")):
            numbers = [say("Sales"), say("Paid back"), say("Expected"), say("Counted")]
            table = Table([Column(say("Tender")), *(Column(title, True) for title in numbers)])
            for tender in shift.tenders:
                row = table.row()
                row.cell(words.name("tender", tender.kind))
                row.cell(str(tender.sales))
                row.cell(self._money(tender.refunds_minor, shift))
                row.cell(self._money(tender.expected_minor, shift))
                row.cell(self._money(tender.counted_minor, shift))
            parts = (
                (say("float"), shift.float_minor),
                (say("put in"), shift.cash_in_minor),
                (say("taken out"), shift.cash_out_minor),
            )
            said = ", ".join(f"{name} {self._money(minor, shift)}" for name, minor in parts)
            text(f"{say('Cash in the drawer')}: {said}", "p", "hint")

    def _tax(self, shift: Shift) -> None:
        words = self._visitor.words
        say = words.say
        with card(say("Tax by rate")):
            table = Table([Column(say("Rate")), *(Column(title, True) for title in (say("Net"), say("Tax"), say("Gross")))])
            for tax in shift.tax:
                row = table.row()
                row.cell(f"{tax.tax_class} · {formats.share(tax.rate_bp, words)}")
                row.cell(self._money(tax.net_minor, shift))
                row.cell(self._money(tax.tax_minor, shift))
                row.cell(self._money(tax.gross_minor, shift))

    def _events(self, shift: Shift) -> None:
        say = self._visitor.words.say
        counts = (
            (say("lines voided"), shift.void_count),
            (say("sales abandoned"), shift.abandoned_count),
            (say("drawer openings"), shift.drawer_count),
            (say("copies printed"), shift.copy_count),
            (say("prices changed"), shift.price_change_count),
            (say("overrides"), shift.override_count),
            (say("sales put aside"), shift.suspended_count),
            (say("exchanges"), shift.exchange_count),
        )
        with card(say("Beside the sales")), box("figures"):
            for title, count in counts:
                figure(title, str(count))

    def _offers(self, shift: Shift) -> None:
        if not shift.offers:
            return
        say = self._visitor.words.say
        with card(say("Offers")):
            table = Table([Column(say("Offer")), Column(say("Lines"), True), Column(say("Taken off"), True)])
            for offer in shift.offers:
                row = table.row()
                row.cell(offer.name or offer.promotion_id)
                row.cell(str(offer.lines))
                row.cell(self._money(offer.saved_minor, shift))
