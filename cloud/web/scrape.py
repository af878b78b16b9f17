"""What every `/metrics` of headquarters shares: who may read it, the text format, and how full the database pool is.

Policy for labels: route templates, methods, classes of status, states, streams, kinds of feeds. All of them come from the
code, so their number is bounded; nothing of a person, a store's business or a secret is ever a label.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cloud.db.pool import Database
from cloud.settings import HqSettings, SettingsError

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class ScrapeDoor:
    """Lets Prometheus in: everybody when the address is loopback's, else who shows the token of the installation."""

    def __init__(self, token: str = "") -> None:
        self._token = token

    def opens(self, authorization: str) -> bool:
        """`authorization` is the header of that name, empty when there is none."""
        if not self._token:
            return True
        scheme, _, shown = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), self._token.encode())


def scrape_token(settings: HqSettings) -> str:
    """The text of metrics.token. Raises `SettingsError` where `init` has not made it."""
    try:
        return settings.folder.metrics_token.read_text().strip()
    except OSError as error:
        raise SettingsError(f"{settings.folder.metrics_token}: {error.strerror}; run `python -m cloud init`") from error


class Families(Collector):
    """Families that were made a moment ago, as a collector."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        """Them."""
        yield from self._families


def text_of(families: Iterable[Metric]) -> bytes:
    """The text of these families alone."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Families(families))
    return generate_latest(registry)


def gauge(name: str, words: str, value: float) -> Metric:
    """One number."""
    return GaugeMetricFamily(name, words, value=value)


def counter(name: str, words: str, value: float) -> Metric:
    """One number that only grows."""
    return CounterMetricFamily(name, words, value=value)


def by_label(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    """Numbers by one label."""
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def pool_families(database: Database) -> Iterator[Metric]:
    """How full the pool of database connections is."""
    stats = database.stats()
    yield by_label(
        "tallystick_db_pool_connections",
        "Connections of this process",
        "state",
        {"open": stats.get("pool_size", 0), "idle": stats.get("pool_available", 0)},
    )
    yield gauge("tallystick_db_pool_waiting", "Callers that wait for a connection", stats.get("requests_waiting", 0))
    yield counter("tallystick_db_pool_requests", "Connections asked for", stats.get("requests_num", 0))
    yield counter("tallystick_db_pool_errors", "Connections asked for in vain", stats.get("requests_errors", 0))
