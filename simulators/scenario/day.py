"""A store day as a scenario: shoppers, payments and faults from one seed, as steps with times. Shrinks like any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocols.clock import SeededRandom
from simulators.replay.links import Chance
from simulators.scenario.steps import CloseTill, FaultStep, OpenTill, Pay, Scan, Scenario, Step, TillStep, Weigh
from simulators.settings import BenchSettings, TillTable
from simulators.world import ChangeQuantity, Goods, PayCash, PutWeight, ScanCode, Shopper, TakeOff, VoidLine, World

OPENS_MS = 60_000
STEP_MS_MIN, STEP_MS_SPAN = 1_500, 2_000
NOTES_MINOR = 5_000
CARD_PERCENT = 40
CARD_MS = 8_000
FAULT_MS_MIN, FAULT_MS_SPAN = 5_000, 240_000
DAY_MINUTES = 14 * 60


@dataclass(frozen=True, slots=True)
class DayPlan:
    """How long and how hard a day is. `staff` and `pin`: who opens the tills."""

    seed: int
    staff: str
    pin: str
    minutes: int = DAY_MINUTES
    shoppers: int = 300
    faults: int = 40
    power_cuts: int = 2


Ware = tuple[str, str, str]
"""Device, fault, what it is set to."""


def day_scenario(plan: DayPlan, store: BenchSettings, goods: Sequence[Goods]) -> Scenario:
    """The day. Every till needs a scanner."""
    timed = [*_tills(plan, store), *_shopping(plan, store, goods), *_breaking(plan, store)]
    timed.sort(key=lambda each: each[0])
    steps = tuple(_at(at_ms, step) for at_ms, step in timed)
    return Scenario(scenario=f"A store day of {plan.minutes} minutes", seed=plan.seed, rest="10 min", steps=steps)


def clock_text(at_ms: int) -> str:
    """Milliseconds as `h:mm:ss.mmm`."""
    return f"{at_ms // 3_600_000}:{at_ms // 60_000 % 60:02}:{at_ms // 1_000 % 60:02}.{at_ms % 1_000:03}"


def _at(at_ms: int, step: Step) -> Step:
    return Step(
        at=clock_text(at_ms), scan=step.scan, weigh=step.weigh, fault=step.fault, open=step.open, pay=step.pay,
        till=step.till, close=step.close,
    )  # fmt: skip


def _tills(plan: DayPlan, store: BenchSettings) -> Iterator[tuple[int, Step]]:
    closes_ms = plan.minutes * 60_000
    for number, till in enumerate(store.tills):
        yield 1_000 * number, Step(open=OpenTill(till=till.id, staff=plan.staff, pin=plan.pin))
        yield closes_ms + 1_000 * number, Step(close=CloseTill(till=till.id))


def _shopping(plan: DayPlan, store: BenchSettings, goods: Sequence[Goods]) -> Iterator[tuple[int, Step]]:
    chance = Chance(SeededRandom(plan.seed * 1_000_003 + 11))
    world = World(plan.seed, list(goods))
    free_ms = {till.id: OPENS_MS for till in store.tills}
    gap_ms = (plan.minutes * 60_000 - 2 * OPENS_MS) // max(1, plan.shoppers)
    comes_ms = OPENS_MS
    for shopper in map(world.shopper, range(plan.shoppers)):
        comes_ms += gap_ms // 2 + chance.below(gap_ms)
        till = min(store.tills, key=lambda each: (free_ms[each.id], each.id))
        at_ms = max(comes_ms, free_ms[till.id])
        if at_ms > plan.minutes * 60_000 - 2 * OPENS_MS:
            return
        for step in _visit(shopper, till, chance):
            yield at_ms, step
            at_ms += STEP_MS_MIN + chance.below(STEP_MS_SPAN)
        free_ms[till.id] = at_ms + CARD_MS


def _visit(shopper: Shopper, till: TillTable, chance: Chance) -> Iterator[Step]:
    lines = 0
    for step in shopper.steps:
        match step:
            case PutWeight(grams) if till.scale is not None:
                yield Step(weigh=Weigh(scale=till.scale, grams=grams))
            case TakeOff() if till.scale is not None:
                yield Step(weigh=Weigh(scale=till.scale, grams=0))
            case ScanCode(code):
                lines += 1
                by_hand = till.scanner is None or chance.percent(10)
                yield Step(scan=Scan(code=code, till=till.id) if by_hand else Scan(code=code, scanner=till.scanner))
            case ChangeQuantity(quantity):
                command: dict[str, object] = {"kind": "set_quantity", "line_no": lines, "quantity": quantity}
                yield Step(till=TillStep(till=till.id, command=command))
            case VoidLine(place):
                yield Step(till=TillStep(till=till.id, command={"kind": "void_line", "line_no": place + 1}))
            case PayCash():
                card = till.terminal is not None and chance.percent(CARD_PERCENT)
                yield Step(pay=Pay(till=till.id, method="card") if card else Pay(till=till.id))
            case _:
                continue


def _breaking(plan: DayPlan, store: BenchSettings) -> Iterator[tuple[int, Step]]:
    chance = Chance(SeededRandom(plan.seed * 1_000_003 + 13))
    wares = list(_wares(store))
    span_ms = plan.minutes * 60_000
    for _ in range(plan.faults if wares else 0):
        (place, device), fault, value = wares[chance.below(len(wares))]
        at_ms = OPENS_MS + chance.below(max(1, span_ms - 5 * OPENS_MS))
        till_ms = at_ms + FAULT_MS_MIN + chance.below(FAULT_MS_SPAN)
        for moment_ms, what in ((at_ms, value), (till_ms, "off")):
            where = {"device": device} if place == "device" else {"line": device}
            yield moment_ms, Step(fault=FaultStep(fault=fault, value=what, **where))
    for _ in range(plan.power_cuts):
        fault = "cut_in_write" if chance.percent(50) else "power_cut"
        yield OPENS_MS + chance.below(max(1, span_ms - 5 * OPENS_MS)), Step(fault=FaultStep(device="disk", fault=fault))


def _wares(store: BenchSettings) -> Iterator[tuple[tuple[str, str], str, str]]:
    """What breaks on a day: faults that heal, as they come in stores."""
    for scale in store.scales:
        yield from _each("device", scale.id, ("unplugged", "on"), ("held", "motion"), ("lost_byte_percent", "20"))
    for scanner in store.scanners:
        yield from _each("device", scanner.id, ("unplugged", "on"), ("duplicate_percent", "30"))
    for printer in store.printers:
        yield from _each("device", printer.id, ("paper_out", "on"), ("cover_open", "on"), ("unplugged", "on"))
        yield from _each("line", printer.id, ("stall", "on"), ("disconnect_after_bytes", "200"), ("delay_ms", "200"))
    for terminal in store.payment_terminals:
        yield from _each("device", terminal.id, ("reply_lost", "on"), ("decline", "on"), ("cut_after", "on"))
    for point in store.access_points:
        yield from _each("device", point.id, ("busy", "on"), ("lost_complete_percent", "30"))


def _each(place: str, device: str, *faults: tuple[str, str]) -> Iterator[tuple[tuple[str, str], str, str]]:
    for fault, value in faults:
        yield (place, device), fault, value
