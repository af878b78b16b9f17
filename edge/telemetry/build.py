"""Who measures and who is told: the sampler for headquarters, and the sink measurements are copied to, as settings want."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from edge.figures import Figures
from edge.settings import Settings
from edge.store_db.database import Database
from edge.store_db.journal import Journal
from edge.telemetry.sampler import Live, Sampler
from edge.telemetry.sink import Sink, SinkQueue
from protocols.clock import Clock
from protocols.contract.facts import FactBody
from protocols.contract.telemetry import Measured

Run = Callable[[], Awaitable[None]]


def telemetry_parts(
    settings: Settings, store: Database, journal: Journal, figures: Figures, clock: Clock, live: Live
) -> list[tuple[str, Run]]:
    """The running parts by name. Raises OSError when the sink's token cannot be read."""
    parts: list[tuple[str, Run]] = []
    sink = _sink(settings, figures)
    if sink is not None:
        journal.watch(lambda facts: _copy_measured(sink, facts))
        parts.append(("sink", sink.run))
    talks_to_hq = settings.hq is not None and bool(settings.hq.https_url)
    every_seconds = settings.telemetry.every_seconds
    if every_seconds and (talks_to_hq or sink is not None):
        sampler = Sampler(
            store,
            journal if talks_to_hq else None,
            figures,
            clock,
            live,
            every_seconds=float(every_seconds),
            copy=lambda fact: None if sink is None else sink.take(fact),
        )
        parts.append(("telemetry", sampler.run))
    return parts


def _sink(settings: Settings, figures: Figures) -> SinkQueue | None:
    given = settings.influx
    if given is None:
        return None
    token = "" if given.token_file is None else given.token_file.read_text(encoding="utf-8").strip()

    def make() -> Sink:
        from edge.telemetry.influx import InfluxSink  # noqa: PLC0415 - its client is heavy: only boxes with a sink load it

        return InfluxSink(given.url, given.org, given.bucket, token, settings.store.id)

    return SinkQueue(make, figures, points_max=given.queue_points)


def _copy_measured(sink: SinkQueue, facts: Iterable[FactBody]) -> None:
    for fact in facts:
        if isinstance(fact, Measured):
            sink.take(fact)
