"""A till counter whose terminal is on a real wire: ZVT, the Terminal API, or payment codes of a provider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from firmware_bridges.code_providers import AlipayProvider, CodeProvider, WechatProvider, rsa_signer, rsa_verifier
from firmware_bridges.links import open_tcp
from firmware_bridges.nexo_terminal import NexoDriver, NexoOptions
from firmware_bridges.payment_codes import CodesDriver
from firmware_bridges.payment_memory import PaymentMemory
from firmware_bridges.payment_web import HttpPaymentWeb, WebPlace
from firmware_bridges.zvt_line import TcpZvtLine, ZvtLine
from firmware_bridges.zvt_terminal import ZvtDriver, ZvtOptions
from protocols.clock import FakeClock, SeededRandom
from protocols.payment.codes.alipay import AlipayMerchant
from protocols.payment.codes.flow import Rules
from protocols.payment.codes.wechat import WechatMerchant
from protocols.payment.nexo.messages import service_id
from protocols.payment.nexo.sealing import derive
from simulators.clock import SystemClock
from simulators.nexo_terminal.server import NexoSimulator
from simulators.payment_plans import Plans
from simulators.payment_provider.server import PaymentProviderSimulator
from simulators.payment_terminal.ledger import Ledger
from simulators.zvt_terminal.server import ZvtSimulator
from tests.support.paying import TERMINAL, PayingCounter
from tests.support.payment_keys import ACCOUNT, keys

Wire = Literal["zvt", "nexo", "wechat", "alipay"]
WIRES: tuple[Wire, ...] = ("zvt", "nexo", "wechat")
"""Alipay is the same adapter with other words: its own tests have it."""
CODES = {"wechat": "13", "alipay": "28"}
QUICK = Rules(doubt_query_ms=50, query_every_ms=100, patience_ms=600, undo_not_before_ms=200, undo_every_ms=50)
"""The providers' own times are kept by tests with a clock of their own."""
SEALED = derive("correct horse", "key-1", 1)


class WirePayingCounter(PayingCounter):
    """`wire`: what its terminal speaks. Doors close fast, customers have little time."""

    def __init__(self, folder: Path, wire: Wire) -> None:
        super().__init__(folder)
        self.wire = wire
        self.folder = folder
        self.methods = ("code",) if wire in CODES else ("card",)
        self.simulator = SIMULATORS[wire]()  # type: ignore[assignment]
        self._codes = iter(f"{CODES.get(wire, '13')}{number:016d}" for number in range(1, 10_000))

    @property
    def plans(self) -> Plans:
        """What happens to the next payments."""
        core = self.simulator.provider if isinstance(self.simulator, PaymentProviderSimulator) else self.simulator.terminal
        return core.plans  # type: ignore[union-attr,attr-defined,no-any-return]

    @property
    def book(self) -> Ledger:
        """The other side's ledger."""
        core = self.simulator.provider if isinstance(self.simulator, PaymentProviderSimulator) else self.simulator.terminal
        return core.ledger  # type: ignore[union-attr,attr-defined,no-any-return]

    def code(self) -> str:
        """A new code on a telephone; empty for cards."""
        return next(self._codes) if self.wire in CODES else ""

    def make_driver(self):  # type: ignore[no-untyped-def]
        """Of a new box, on the notes of the old one."""
        # The till's ids are made by a clock of its own; the notes must not look younger than they are.
        clock, memory = SystemClock(), PaymentMemory(self.folder / "notes.jsonl", FakeClock())
        port = self.simulator.port
        if self.wire == "zvt":

            async def open_line() -> ZvtLine:
                return TcpZvtLine(await open_tcp("127.0.0.1", port))

            options = ZvtOptions(answer_seconds=3.0, ack_seconds=0.3, door_seconds=0.1)
            return ZvtDriver(TERMINAL, open_line, memory, clock, options)
        web = HttpPaymentWeb(WebPlace(f"http://127.0.0.1:{port}"))
        if self.wire == "nexo":
            quick = NexoOptions("till-1", "SIM-1", key=SEALED, answer_seconds=1.0, door_seconds=0.1)
            return NexoDriver(TERMINAL, web, clock, SeededRandom(9), quick)
        private, public = keys()
        shop = AlipayMerchant("2021", rsa_signer(private), rsa_verifier(public))
        providers: dict[str, CodeProvider] = {
            "wechat": WechatProvider(WechatMerchant(*ACCOUNT), web, SeededRandom(9), rules=QUICK),
            "alipay": AlipayProvider(shop, web, clock, currency="EUR", rules=QUICK),
        }
        return CodesDriver(TERMINAL, providers, memory, clock)


def _provider() -> PaymentProviderSimulator:
    private, public = keys()
    return PaymentProviderSimulator(
        "provider",
        0,
        SystemClock(),
        account=WechatMerchant(*ACCOUNT),
        alipay_sign=rsa_signer(private),
        alipay_verify=rsa_verifier(public),
    )


SIMULATORS: dict[str, Callable[[], object]] = {
    "zvt": lambda: ZvtSimulator(TERMINAL, 0, SystemClock(), SeededRandom(7)),
    "nexo": lambda: NexoSimulator(TERMINAL, 0, SystemClock(), SeededRandom(7), key=SEALED),
    "wechat": _provider,
    "alipay": _provider,
}


def books_agree(counter: WirePayingCounter) -> None:
    """What the box journalled as paid and given back is what the other side booked: nobody twice, nothing lost."""
    asked, ended = counter.asked_and_ended()
    ends = [each.attempt_id for each in ended]
    assert len(ends) == len(set(ends)), "an attempt has one end"
    assert {each.attempt_id for each in asked} == set(ends), "every attempt has an end"
    believed = sorted(
        (_key(counter, each.attempt_id, each.reference), each.amount_minor)
        for each in ended
        if each.outcome in {"approved", "reversed"}
    )
    booked: dict[str, int] = {}
    for entry in counter.book.entries:
        key = entry.reference if counter.wire == "zvt" else entry.attempt_id
        booked[key] = booked.get(key, 0) + (entry.amount_minor if entry.kind == "charge" else -entry.amount_minor)
    assert believed == sorted((key, amount) for key, amount in booked.items() if amount)
    tendered = [tender.attempt_id for sale in counter.sales() for tender in sale.tenders if tender.attempt_id]
    assert len(tendered) == len(set(tendered)), "a payment pays for one sale"


def _key(counter: WirePayingCounter, attempt_id: str, reference: str) -> str:
    if counter.wire == "zvt":
        return reference
    return service_id(attempt_id) if counter.wire == "nexo" else attempt_id.replace("-", "")
