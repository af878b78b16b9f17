"""Carries out one step: what a hand does at a device, what a cashier does at a till, what breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from protocols.contract import till as contract
from protocols.contract.till import TillAnswer, TillCommand, TillRequest, TillState
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import CloseShift, Login, OpenShift
from protocols.contract.till_payment import Pay, PayCash
from simulators import control_shapes as shapes
from simulators.control_reader_shapes import Pass, WalkOrder
from simulators.device_kind import Value
from simulators.scenario import steps
from simulators.scenario.books import Books
from simulators.scenario.chronicle import Chronicle
from simulators.scenario.stage import Stage, StepRefused
from simulators.scenario.steps import Expect, FaultStep, Step, verb_of

WAITS_FOR_PAPER = {"queued", "sent"}
UNDER_WAY = {"asking", "reversing", "unknown"}
MOVES_MONEY_ELSEWHERE = {"pay", "refund", "reverse_tender", "settle_payment"}
BOX_PARTS = ("clock", "disk")


def fault_value(text: str) -> Value:
    """`on`, `off` (good order), a number, or a word."""
    match text:
        case "on" | "true":
            return True
        case "off" | "false":
            return None
        case _:
            return int(text) if text.lstrip("-").isdigit() else text


class Acts:
    """The hands of one run. `books` learns of every sale."""

    def __init__(self, stage: Stage, books: Books, chronicle: Chronicle, ids: Callable[[], str]) -> None:
        self.knows_tenders = True
        """Whether every payment by a terminal was asked for here."""
        self._stage = stage
        self._books = books
        self._chronicle = chronicle
        self._ids = ids
        self._kinds: Mapping[str, str] | None = None
        self._tills: dict[str, TillState] = {}
        self._paying: dict[str, tuple[str, str, int]] = {}
        """By till: sale, method, amount."""
        self._box_faults: set[tuple[str, str]] = set()

    async def do(self, number: int, step: Step) -> None:
        """One step. Raises `StepRefused`, `NoBox`."""
        verb = verb_of(step)
        said = getattr(step, verb)
        note = msgspec.to_builtins(said) if isinstance(said, msgspec.Struct) else {verb: said}
        quiet = {"pin"}
        values = {key: str(value) for key, value in note.items() if key not in quiet and value not in (None, "", [], {})}
        self._chronicle.note("scenario", "step", verb, step=number, **values)
        match said:
            case steps.Scan():
                await self._scan(said)
            case steps.Weigh():
                order = shapes.Weight(grams=said.grams, settle_ms=said.settle_ms)
                await self._post(f"/scales/{quote(said.scale)}/weight", order)
            case steps.Walk():
                await self._walk(said)
            case FaultStep():
                await self._fault(said)
            case steps.Do():
                await self._do(said)
            case steps.OpenTill():
                await self._must(said.till, Login(staff_id=said.staff, pin=said.pin))
                await self._must(said.till, OpenShift(float_minor=said.float_minor))
            case steps.Pay():
                await self._pay(said)
            case steps.TillStep():
                await self._command(said)
            case steps.CloseTill():
                await self._close(said.till)
            case _:
                await self._stage.bench("POST", "/heal", b"{}")

    # At devices.

    async def _post(self, path: str, order: msgspec.Struct) -> bytes:
        return await self._stage.bench("POST", path, msgspec.json.encode(order))

    async def _scan(self, said: steps.Scan) -> None:
        if said.scanner is not None:
            order = shapes.ScanOrder(code=said.code, symbology=said.symbology)
            await self._post(f"/scanners/{quote(said.scanner)}/scans", order)
        elif said.till is not None:
            await self._must(said.till, Scan(code=said.code))

    async def _walk(self, said: steps.Walk) -> None:
        tags: dict[str, Any] = {"epcs": said.epcs, "gtin": said.gtin or "", "serials": said.serials}
        at = f"/readers/{quote(said.reader)}"
        if said.walk is not None:
            await self._post(f"{at}/walks", WalkOrder(walk=said.walk, speed_mm_per_s=said.speed_mm_per_s, **tags))
        else:
            order = Pass(direction=said.direction, speed_mm_per_s=said.speed_mm_per_s, **tags)
            await self._post(f"{at}/passes", order)

    async def _fault(self, said: FaultStep) -> None:
        value = fault_value(said.value)
        if said.device in BOX_PARTS:
            await self._stage.spoil_box(said.device, said.fault, value)
            self._box_faults.add((said.device, said.fault))
            return
        device = said.device or said.line or ""
        order = shapes.FaultOrder(device=device, fault=said.fault, value=value, line=said.line is not None)
        await self._post("/faults", order)

    async def _do(self, said: steps.Do) -> None:
        kind = await self._kind_of(said.device)
        await self._stage.bench("POST", f"/{kind}/{quote(said.device)}/{said.act}", msgspec.json.encode(said.body))

    async def heal_box(self, part: str) -> None:
        """The faults of the box's clock and disk that were set here are healed."""
        for name, fault in sorted(self._box_faults):
            if name == part:
                await self._stage.spoil_box(part, fault, None)

    async def _kind_of(self, device: str) -> str:
        if self._kinds is None:
            menus = msgspec.json.decode(await self._stage.bench("GET", "/faults/menu"), type=tuple[shapes.FaultMenu, ...])
            self._kinds = {name: menu.kind for menu in menus if menu.kind != "line" for name in menu.devices}
        if device not in self._kinds:
            raise StepRefused(f"there is no device '{device}'. Devices: {', '.join(self._kinds) or 'none'}")
        return self._kinds[device]

    # At a till.

    async def _ask(self, till: str, command: TillCommand) -> TillAnswer:
        request = TillRequest(id=self._ids(), command=command)
        told = await self._stage.box("POST", f"/v1/tills/{quote(till)}/commands", contract.encoder.encode(request))
        answer = msgspec.json.decode(told, type=TillAnswer)
        self._saw(till, answer.state)
        if answer.sale is not None and answer.sale.sale_id not in self._books.sales:
            self._books.sales[answer.sale.sale_id] = answer.sale
            self._chronicle.note(f"till-{till}", "box", "paid", receipt=answer.sale.receipt, total=answer.sale.total_minor)
        return answer

    async def _must(self, till: str, command: TillCommand) -> TillAnswer:
        answer = await self._ask(till, command)
        if not answer.ok:
            raise StepRefused(f"till {till} refused {type(command).__name__}: {_why(answer)}")
        return answer

    async def _judged(self, till: str, command: TillCommand, refused: str | None) -> None:
        if refused is None:
            await self._must(till, command)
            return
        answer = await self._ask(till, command)
        code = answer.reason.code if answer.reason is not None else ""
        if answer.ok or code != refused:
            found = "it took it" if answer.ok else f"it said {_why(answer)}"
            raise StepRefused(f"till {till} was to refuse {type(command).__name__} with {refused}: {found}")

    async def _pay(self, said: steps.Pay) -> None:
        state = await self._state(said.till)
        if said.method == "cash":
            tendered = state.due_minor if said.tendered_minor is None else said.tendered_minor
            await self._judged(said.till, PayCash(tendered_minor=tendered, expected_due_minor=state.due_minor), said.refused)
            return
        due = state.remaining_minor
        if said.refused is None:
            self._paying[said.till] = (state.sale_id or "", said.method, due)
        command = Pay(method=said.method, amount_minor=due, expected_due_minor=due, code=said.code)
        await self._judged(said.till, command, said.refused)

    async def _command(self, said: steps.TillStep) -> None:
        try:
            command = msgspec.convert(said.command, TillCommand, strict=False)
        except msgspec.ValidationError as error:
            raise StepRefused(f"no command of a till: {error}") from error
        if said.command.get("kind") in MOVES_MONEY_ELSEWHERE:
            self.knows_tenders = False
        await self._judged(said.till, command, said.refused)

    async def _close(self, till: str) -> None:
        state = await self._state(till)
        counted = state.shift.expected_minor if state.shift is not None else None
        if counted is None:
            raise StepRefused(f"till {till} does not tell what to expect in the drawer: use a till: step with close_shift")
        await self._must(till, CloseShift(counted_minor=counted))

    async def _state(self, till: str) -> TillState:
        told = await self._stage.box("GET", f"/v1/tills/{quote(till)}/state")
        state = msgspec.json.decode(told, type=TillState)
        self._saw(till, state)
        return state

    async def see_tills(self) -> None:
        """Look at the tills that the run has used."""
        for till in self._tills:
            await self._state(till)

    def _saw(self, till: str, state: TillState) -> None:
        before = self._tills.get(till)
        self._tills[till] = state
        if self._books.see(state) and state.last_sale is not None:
            last = state.last_sale
            self._chronicle.note(f"till-{till}", "box", "paid", receipt=last.receipt, total=last.total_minor)
        paying = self._paying.get(till)
        if paying is not None and paying[0] in self._books.sales:
            self._books.tenders[paying[1]] += paying[2]
            del self._paying[till]
        for device in state.devices:
            known = next((each for each in before.devices if each.device_id == device.device_id), None) if before else None
            if known is None or known.state != device.state:
                self._chronicle.note(f"till-{till}", "box", device.device_id, state=device.state)

    async def busy(self) -> bool:
        """Whether a till still waits for a printer or a terminal."""
        await self.see_tills()
        return any(
            (state.last_sale is not None and state.last_sale.print_state in WAITS_FOR_PAPER)
            or (state.payment is not None and state.payment.state in UNDER_WAY)
            for state in self._tills.values()
        )

    # Where an expectation looks.

    async def place_of(self, expect: Expect) -> tuple[str, str]:
        """Method and path. Raises `StepRefused`."""
        if expect.till is not None:
            return "GET", f"/v1/tills/{quote(expect.till)}/state"
        if expect.printer is not None:
            return "GET", f"/printers/{quote(expect.printer)}/receipts"
        if expect.terminal is not None:
            return "GET", f"/payment_terminals/{quote(expect.terminal)}/ledger"
        if expect.device is not None:
            return "GET", f"/{await self._kind_of(expect.device)}"
        return "GET", expect.get or "/state"

    def usual_path(self, expect: Expect) -> str:
        """Where to look when no path is written; a device's own fields are found by it."""
        if expect.printer is not None:
            return "receipts[-1].text"
        return "paid_minor" if expect.terminal is not None else ""


def full_path(expect: Expect, usual: str) -> str:
    """The path into the answer: a device's field is that of the view with its id."""
    if expect.device is not None:
        return f"[id={expect.device}]" + (f".{expect.path}" if expect.path else "")
    return expect.path or usual


def _why(answer: TillAnswer) -> str:
    return f"{answer.reason.code}: {answer.reason.text}" if answer.reason is not None else "no reason"
