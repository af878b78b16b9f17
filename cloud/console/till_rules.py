"""The dialog for what the tills of a store hold people to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from nicegui import ui

from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.parts import box, field_error, new_dialog, text

AMOUNTS = ("variance_limit_minor", "cash_warning_minor", "refund_cash_max_minor")
DAYS = ("return_days", "no_receipt_days")
NEGATIVE_STOCK = ("allow", "warn", "refuse")


class LossRule(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    most: int
    within_minutes: int


class TillRules(msgspec.Struct, frozen=True, kw_only=True):
    """As the API has them; amounts in minor units."""

    variance_limit_minor: int
    cash_warning_minor: int
    return_days: int
    no_receipt_days: int
    refund_cash_max_minor: int
    return_policy: tuple[str, ...] = ()
    invoice_url: str = ""
    negative_stock: str = "allow"
    loss: tuple[LossRule, ...] = ()


class TillRulesDialog:
    """Change them. `minor_digits`: decimals of the store's currency."""

    def __init__(self, frame: Frame, store_id: str, minor_digits: int, after: Callable[[], Awaitable[None]]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = f"/stores/{store_id}/till-settings"
        self._scale = 10**minor_digits
        self._after = after
        self._numbers: dict[str, ui.number] = {}
        self._loss: dict[str, tuple[ui.number, ui.number]] = {}

    async def open(self) -> None:
        """Show the form with what holds now."""
        known = await self._visitor.get(self._path, TillRules)
        words = self._visitor.words
        say = words.say
        with self._frame.client, new_dialog() as self._dialog, box("dialog card form"):
            text(say("Rules of the tills"), "h2")
            with box("fields"):
                for name in AMOUNTS:
                    self._number(name, getattr(known, name) / self._scale)
                for name in DAYS:
                    self._number(name, getattr(known, name))
            options = {name: words.name("negative stock", name) for name in NEGATIVE_STOCK}
            self._stock = ui.select(
                options, label=say("Goods of which the records have none left"), value=known.negative_stock
            )
            self._stock.props("outlined dense")
            self._policy = ui.textarea(say("Printed at the foot of receipts"), value="\n".join(known.return_policy))
            self._policy.props("outlined dense autogrow")
            self._url = ui.input(say("Where customers ask for an invoice"), value=known.invoice_url)
            self._url.props('outlined dense placeholder="https://"')
            text(say("A supervisor is told when a cashier does more than so many of these"), "h3")
            for rule in known.loss:
                with box("fields"):
                    most = ui.number(
                        f"{words.name('loss rule', rule.what)}: {say('ordinary up to')}", value=rule.most, min=0
                    )
                    within = ui.number(say("within minutes"), value=rule.within_minutes, min=1)
                    self._loss[rule.what] = (most.props("outlined dense"), within.props("outlined dense"))
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    def _number(self, name: str, value: float) -> None:
        number = ui.number(self._visitor.words.name("field", name), value=value, min=0)
        self._numbers[name] = number.props("outlined dense stack-label")

    async def _save(self) -> None:
        self._error.set_text("")
        body = TillRules(
            **{name: round(float(self._numbers[name].value or 0) * self._scale) for name in AMOUNTS},
            **{name: int(self._numbers[name].value or 0) for name in DAYS},
            return_policy=tuple(line.strip() for line in str(self._policy.value or "").splitlines() if line.strip()),
            invoice_url=str(self._url.value or "").strip(),
            negative_stock=str(self._stock.value),
            loss=tuple(
                LossRule(what=what, most=int(most.value or 0), within_minutes=int(within.value or 0))
                for what, (most, within) in self._loss.items()
            ),
        )
        sending = self._visitor.send("PUT", self._path, TillRules, body)
        if await self._frame.attempt(sending, on_refused=self._refused) is None:
            return
        self._dialog.close()
        self._frame.notice(self._visitor.words.say("Saved. The store learns of it at once."))
        await self._frame.attempt(self._after())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
