"""What breaks on a replayed day: each kind once or oftener, at sales drawn from the seed, for a time drawn from the seed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.device_events import WeightState
from simulators.oepl_ap.access_point import ApFaults
from simulators.replay.links import Chance, LinkFaults
from tests.sim.day.broker import BrokerFaults

if TYPE_CHECKING:
    from tests.sim.day.day import Day

Break = Callable[["Day", Chance], Awaitable[None]]


async def _seconds(chance: Chance, least: int, most: int) -> None:
    await asyncio.sleep(least + chance.below(most - least + 1))


async def line_down(day: Day, chance: Chance) -> None:
    """No broker, no HTTPS; the first time for longest."""
    day.broker.cut_line()
    day.web.up = False
    day.counts["line_down"] += 1
    most = day.plan.line_down_seconds
    await _seconds(chance, most // 2, most) if day.counts["line_down"] == 1 else await _seconds(chance, 30, 300)
    day.broker.line_up = day.web.up = True


async def broker_dies(day: Day, chance: Chance) -> None:
    """The broker is gone; HTTPS still works, so after a few tries everything goes that way."""
    day.broker.die(forgets=chance.percent(50))
    await _seconds(chance, 20, 240)
    day.broker.up = True
    day.hq.publisher.line_is_up()
    day.publish()
    day.broker.state_again()


async def slow_line(day: Day, chance: Chance) -> None:
    """Seconds from one side to the other, and every fourth message comes again."""
    day.broker.faults = BrokerFaults(lag_ms=1_000, jitter_ms=4_000, twice_percent=25)
    await _seconds(chance, 40, 200)
    day.broker.faults = BrokerFaults()


async def messages_lost(day: Day, chance: Chance) -> None:
    """Every fifth message is lost, and nobody notices."""
    day.broker.faults = BrokerFaults(lose_percent=20, twice_percent=20)
    await _seconds(chance, 30, 150)
    day.broker.faults = BrokerFaults()


async def printer_unplugged(day: Day, chance: Chance) -> None:
    """In the middle of whatever it prints."""
    await day.printer.unplug()
    await _seconds(chance, 5, 180)
    await day.printer.plug_in()


async def paper_out(day: Day, chance: Chance) -> None:
    """The roll ends; somebody comes with a new one."""
    day.printer.set_switches(paper_out=True, cover_open=chance.percent(50))
    await _seconds(chance, 10, 120)
    day.printer.set_switches(paper_out=False, cover_open=False)


async def printer_line_bad(day: Day, chance: Chance) -> None:
    """The connection to the printer stutters and breaks."""
    day.network.faults[9100] = LinkFaults(delay_ms=20, jitter_ms=200, split_percent=30, cut_percent=2)
    await _seconds(chance, 30, 180)
    day.network.faults[9100] = LinkFaults()


async def scale_unplugged(day: Day, chance: Chance) -> None:
    """The cable is pulled."""
    scale = day.scales[f"scale-{1 + chance.below(2)}"]
    scale.unplug()
    await _seconds(chance, 3, 90)
    scale.plug_in()


async def scale_moves(day: Day, chance: Chance) -> None:
    """Somebody leans on the counter."""
    scale = day.scales[f"scale-{1 + chance.below(2)}"]
    scale.cell.hold(WeightState.MOTION)
    await _seconds(chance, 2, 30)
    scale.cell.hold(WeightState.STABLE)


async def scale_line_bad(day: Day, chance: Chance) -> None:
    """Bytes get lost on the way to the scale and back."""
    for scale in day.scales.values():
        scale.line.drop_percent, scale.line.split_percent = 15, 40
    await _seconds(chance, 10, 90)
    for scale in day.scales.values():
        scale.line.drop_percent = scale.line.split_percent = 0


async def label_lost(day: Day, chance: Chance) -> None:
    """A label is carried away for a while."""
    label_ids = sorted(day.point.point.tags)
    label_id = label_ids[chance.below(len(label_ids))]
    day.point.point.set_silent(label_id, silent=True)
    await _seconds(chance, 60, 400)
    day.point.point.set_silent(label_id, silent=False)


async def radio_bad(day: Day, chance: Chance) -> None:
    """Transfers fail, answers get lost, confirmations come twice or not at all."""
    day.point.point.faults = ApFaults(
        missed_check_in_percent=20,
        lost_complete_percent=25,
        duplicate_complete_percent=20,
        failed_transfer_percent=25,
        lost_answer_percent=15,
    )
    await _seconds(chance, 60, 300)
    day.point.point.faults = ApFaults()


async def access_point_busy(day: Day, chance: Chance) -> None:
    """It takes nothing."""
    day.point.point.faults.busy = True
    await _seconds(chance, 20, 120)
    day.point.point.faults.busy = False


async def access_point_restarts(day: Day, chance: Chance) -> None:
    """In order, or because its power was cut."""
    await day.point.restart(down_ms=3_000, orderly=chance.percent(50))


async def power_cut(day: Day, chance: Chance) -> None:
    """The box loses its power now, unsynced writes with it."""
    await day.cut_power(off_seconds=4 + chance.below(20))


async def power_cut_mid_write(day: Day, chance: Chance) -> None:
    """The box loses its power within its next durable transaction."""
    await day.cut_power(off_seconds=4 + chance.below(20), mid_write=True)


async def ingest_killed(day: Day, chance: Chance) -> None:
    """What it had heard is lost."""
    day.kill_ingest()
    await _seconds(chance, 2, 60)
    day.start_ingest()


async def ingest_killed_mid_group(day: Day, chance: Chance) -> None:
    """Committed, and dead before a single answer left."""
    day.ingest_dead.clear()
    day.ingest_dies_after_commit = True
    await day.ingest_dead.wait()
    await _seconds(chance, 2, 60)
    day.start_ingest()


ALL: tuple[Break, ...] = (
    line_down,
    broker_dies,
    slow_line,
    messages_lost,
    printer_unplugged,
    paper_out,
    printer_line_bad,
    scale_unplugged,
    scale_moves,
    scale_line_bad,
    label_lost,
    radio_bad,
    access_point_busy,
    access_point_restarts,
    power_cut,
    power_cut_mid_write,
    power_cut_mid_write,
    ingest_killed,
    ingest_killed_mid_group,
)
EXCLUSIVE: tuple[frozenset[Break], ...] = (
    frozenset({line_down, broker_dies, slow_line, messages_lost}),
    frozenset({power_cut, power_cut_mid_write}),
    frozenset({ingest_killed, ingest_killed_mid_group}),
    frozenset({scale_unplugged, scale_moves, scale_line_bad}),
    frozenset({printer_unplugged, paper_out, printer_line_bad}),
    frozenset({radio_bad, access_point_busy, access_point_restarts}),
)
"""Of these only one at a time: the next waits for its turn."""


@dataclass(frozen=True, slots=True)
class Due:
    """Break this when so many sales are paid."""

    at_sale: int
    what: Break


def plan(chance: Chance, sales: int, rounds: int) -> list[Due]:
    """Every kind `rounds` times, spread over the day."""
    found = [Due(1 + chance.below(max(1, sales - sales // 10)), what) for _ in range(rounds) for what in ALL]
    return sorted(found, key=lambda due: due.at_sale)
