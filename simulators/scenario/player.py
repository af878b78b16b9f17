"""Plays a scenario on a stage: step after step, watching what changes, and checks at the end what must always be true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from simulators.control_payments import LedgerView
from simulators.control_shapes import FaultMenu, Receipts
from simulators.scenario.acts import Acts, full_path
from simulators.scenario.books import Books
from simulators.scenario.chronicle import Chronicle
from simulators.scenario.looking import NotThere, falls_short, look
from simulators.scenario.stage import NoBox, Stage, StepRefused
from simulators.scenario.steps import Expect, Scenario, Step, duration_ms, verb_of
from simulators.scenario.watching import Watch

LOOK_AGAIN_MS = 100
LOOK_ALWAYS_MS = 1_000
REST_LOOK_MS = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """Something went wrong. `step`: its place from 1; 0: found at the end. `rule`: `step`, `expect`, or the rule broken."""

    step: int
    rule: str
    words: str

    def __str__(self) -> str:
        where = f"step {self.step}: " if self.step else "at the end: "
        return where + self.words


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `failures` empty: as it should."""

    scenario: Scenario
    mode: str
    seed: int
    failures: tuple[Failure, ...]
    took_ms: int
    """Of the stage's own time."""
    digest: str
    """SHA-256 of the event log."""
    steps: int


class Player:
    """One run of one scenario. `lenient`: a step that is refused is noted and passed over (generated days, shrinking)."""

    def __init__(
        self,
        scenario: Scenario,
        stage: Stage,
        chronicle: Chronicle,
        *,
        lenient: bool = False,
        look_every_ms: int = 200,
        ids: Callable[[], str],
    ) -> None:
        """`ids`: a new id for each command to a till."""
        self.books = Books()
        self._scenario = scenario
        self._stage = stage
        self._chronicle = chronicle
        self._lenient = lenient
        self._look_every_ms = look_every_ms
        self._watch = Watch(chronicle)
        self._acts = Acts(stage, self.books, chronicle, ids)
        self._failures: list[Failure] = []
        self._done = 0
        self._looked_ms = -look_every_ms
        self._began_ms = stage.now_ms()

    async def run(self) -> Outcome:
        """Every step, then rest, then the checks."""
        self._chronicle.note("scenario", "step", "begin", name=self._scenario.scenario, seed=self._scenario.seed)
        await self._look()
        for number, step in enumerate(self._scenario.steps, start=1):
            if step.at is not None:
                await self._sleep(duration_ms(step.at) - (self._stage.now_ms() - self._began_ms))
            for turn in range(step.times):
                if turn and step.every is not None:
                    await self._sleep(duration_ms(step.every))
                if not await self._step(number, step):
                    return await self._ended()
        return await self._ended()

    async def _step(self, number: int, step: Step) -> bool:
        """False: it failed, and the run ends."""
        verb = verb_of(step)
        self._done += 1
        try:
            if step.wait is not None:
                await self._sleep(duration_ms(step.wait))
            elif step.expect is not None:
                words = await self._expected(step.expect)
                if words:
                    return self._failed(number, "expect", words, step)
                self._chronicle.note("scenario", "ok", "expected", step=number)
            else:
                await self._acts.do(number, step)
        except (StepRefused, NoBox, NotThere) as error:
            return self._failed(number, "step", f"{verb}: {error}", step)
        await self._look()
        return True

    def _failed(self, number: int, rule: str, words: str, step: Step) -> bool:
        passed_over = self._lenient or step.lenient
        self._chronicle.note("scenario", "refused" if passed_over else "broken", rule, step=number, words=words[:300])
        if not passed_over:
            self._failures.append(Failure(number, rule, f"{step.about}: {words}" if step.about else words))
        return passed_over

    async def _sleep(self, wait_ms: int) -> None:
        """Let time pass, and look at the devices meanwhile."""
        until_ms = self._stage.now_ms() + wait_ms
        while (left_ms := until_ms - self._stage.now_ms()) > 0:
            await self._stage.sleep_ms(min(left_ms, self._look_every_ms))
            await self._look()

    async def _look(self) -> None:
        """After every step and wait; in a long run, whose looks are far apart, no oftener than that."""
        if self._look_every_ms > LOOK_ALWAYS_MS and self._stage.now_ms() < self._looked_ms + self._look_every_ms:
            return
        self._looked_ms = self._stage.now_ms()
        self._watch.see(await self._stage.bench("GET", "/state"))
        await self._acts.see_tills()

    async def _expected(self, expect: Expect) -> str:
        """Empty once it is as expected; else why not, after the time it had."""
        until_ms = self._stage.now_ms() + duration_ms(expect.within)
        while True:
            words = await self._short(expect)
            if not words or self._stage.now_ms() >= until_ms:
                return words
            await self._stage.sleep_ms(LOOK_AGAIN_MS)
            await self._look()

    async def _short(self, expect: Expect) -> str:
        method, path = await self._acts.place_of(expect)
        try:
            answer = await (self._stage.box if expect.till is not None else self._stage.bench)(method, path)
            return falls_short(expect, look(answer, full_path(expect, self._acts.usual_path(expect))))
        except NotThere as error:
            return str(error)

    # The end.

    async def _ended(self) -> Outcome:
        if not self._scenario.keep and not any(each.rule == "step" for each in self._failures):
            await self._rest()
            await self._check()
        for failure in self._failures:
            self._chronicle.note("scenario", "broken", failure.rule, words=str(failure)[:300])
        self._chronicle.note("scenario", "ok" if not self._failures else "broken", "end", failures=len(self._failures))
        return Outcome(
            self._scenario,
            self._stage.mode,
            self._scenario.seed,
            tuple(self._failures),
            self._stage.now_ms() - self._began_ms,
            self._chronicle.log.digest(),
            self._done,
        )

    async def _rest(self) -> None:
        """Everything in order, and time for what waits: receipts print, payments end, labels are drawn."""
        await self._stage.bench("POST", "/heal", b"{}")
        for part in ("clock", "disk"):
            await self._acts.heal_box(part)
        until_ms = self._stage.now_ms() + duration_ms(self._scenario.rest)
        while self._stage.now_ms() < until_ms and await self._acts.busy():
            await self._sleep(REST_LOOK_MS)

    async def _check(self) -> None:
        broken = [
            *self.books.broken_money(),
            *await self._papers(),
            *await self._ledgers(),
            *await self._stage.broken(self.books.sales),
        ]
        for words in broken:
            self._failures.append(Failure(0, words.partition(":")[0], words))

    async def _papers(self) -> list[str]:
        papers = {
            printer: [each.text for each in (await self._receipts(printer)).receipts]
            for printer in await self._devices("printers")
        }
        return list(self.books.broken_receipts(papers))

    async def _receipts(self, printer: str) -> Receipts:
        return msgspec.json.decode(await self._stage.bench("GET", f"/printers/{printer}/receipts"), type=Receipts)

    async def _ledgers(self) -> list[str]:
        """Money the terminals moved is money the sales were paid with; what was not told to the player is not compared."""
        if not self._acts.knows_tenders:
            return []
        moved = 0
        for terminal in await self._devices("payment_terminals"):
            answer = await self._stage.bench("GET", f"/payment_terminals/{terminal}/ledger")
            ledger = msgspec.json.decode(answer, type=LedgerView)
            moved += ledger.paid_minor - ledger.given_back_minor
        taken = sum(self.books.tenders.values())
        return [] if moved == taken else [f"payments: the terminals moved {moved}, the tills took {taken} by them"]

    async def _devices(self, kind: str) -> tuple[str, ...]:
        menus = msgspec.json.decode(await self._stage.bench("GET", "/faults/menu"), type=tuple[FaultMenu, ...])
        return next((each.devices for each in menus if each.kind == kind), ())
