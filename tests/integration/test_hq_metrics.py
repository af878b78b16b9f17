"""Prometheus at headquarters: what is told, to whom, and that the shipped rules ask for nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from cloud.app import create_app
from cloud.clock import SystemClock
from cloud.ingest.committer import Counters
from cloud.ingest.inbox import Inbox
from cloud.ingest.metrics import Watched, metrics_app
from cloud.settings import SettingsError, read_settings
from cloud.web.scrape import ScrapeDoor
from edge.devices.board import Board
from edge.figures import Figures
from edge.surroundings import NoHq
from edge.telemetry.exposition import BoxExposition
from protocols.clock import FakeClock
from tests.support.box_ground import open_store
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase

PROMETHEUS = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
TOKEN = "f" * 64


def parsed(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def client(app: object, token: str = "") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hq", headers=headers)  # type: ignore[arg-type]


async def test_the_api_counts_requests_by_route_and_never_by_what_was_asked_for(embedded_database: GroundDatabase) -> None:
    async with embedded_database.open() as database:
        api = HqApi(database)
        async with await api.person() as admin, api.client() as nobody:
            for store_id in ("S001", "S002", "secret-store"):
                await admin.get(f"/api/v1/stores/{store_id}")
            await nobody.get("/nowhere/at/all")
            await nobody.request("BREW", "/api/v1/stores")
            answer = await nobody.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = parsed(answer.text)
    counts = {tuple(labels.values()): value for labels, value in found["tallystick_api_requests_total"]}
    assert counts["GET", "/api/v1/stores/{store_id}", "4xx"] == 3
    assert counts["GET", "other", "4xx"] == 1
    assert "secret-store" not in answer.text
    assert "BREW" not in answer.text
    assert [value for labels, value in found["tallystick_stores"] if labels == {"state": "online"}] == [0]
    assert {"tallystick_db_pool_connections", "tallystick_facts_quarantined", "tallystick_alarms_unseen"} <= set(found)


async def test_beyond_loopback_the_token_opens_and_nothing_else(embedded_database: GroundDatabase) -> None:
    async with embedded_database.open() as database, embedded_database.open_ingest() as ingest:
        watched = Watched(ingest, SystemClock(), Counters(facts=7), Inbox(), lambda: 0, lambda: 0, lambda: True)
        door = ScrapeDoor(TOKEN)
        for app in (create_app(HqApi(database).hq, door), metrics_app(watched, door)):
            for token, status in (("", 401), ("f" * 63, 401), (TOKEN, 200)):
                async with client(app, token) as asking:
                    answer = await asking.get("/metrics")
                assert answer.status_code == status, (token, answer.text)
            assert TOKEN not in answer.text
        found = parsed(answer.text)
    assert found["tallystick_ingest_facts_total"] == [({}, 7.0)]
    assert found["tallystick_broker_connected"] == [({}, 1.0)]
    assert found["tallystick_telemetry_marks"] == [({}, 0.0)]


async def test_the_shipped_rules_ask_only_for_what_is_told(embedded_database: GroundDatabase, tmp_path: Path) -> None:
    async with embedded_database.open() as database, embedded_database.open_ingest() as ingest:
        api = HqApi(database)
        async with api.client() as nobody:
            await nobody.get("/health/live")
            told = (await nobody.get("/metrics")).text
        watched = Watched(ingest, SystemClock(), Counters(), Inbox(), lambda: 0, lambda: 0, lambda: True)
        async with client(metrics_app(watched, ScrapeDoor())) as asking:
            told += (await asking.get("/metrics")).text
    store = open_store(tmp_path)
    told += BoxExposition(store, Figures(), FakeClock(), Board({"p": "printer"}, FakeClock()), NoHq()).text().decode()
    store.close()
    names = {sample for text in told.split("# HELP")[1:] for sample in parsed(f"# HELP{text}")}
    rules = (PROMETHEUS / "tallystick_rules.yml").read_text()
    asked = set(re.findall(r"tallystick_[a-z_]+", "\n".join(re.findall(r"expr: (.+)", rules))))
    assert len(asked) > 10
    assert asked <= names, asked - names
    alerts = re.findall(
        r"- alert: (\w+)\n {8}expr: .+\n {8}for: \d+[mh]\n {8}labels: \{severity: \w+\}\n {8}annotations:", rules
    )
    assert len(alerts) == rules.count("- alert:") == len(set(alerts))
    assert "rule_files:\n  - tallystick_rules.yml" in (PROMETHEUS / "prometheus.yml").read_text()


@pytest.mark.parametrize("name", ["TALLYSTICK_METRICS", "TALLYSTICK_METRICS_TOKEN"])
def test_a_listener_beyond_loopback_needs_tls(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: "0.0.0.0:9000"})
    settings = read_settings({"TALLYSTICK_METRICS": "127.0.0.1:9000", "TALLYSTICK_METRICS_TOKEN": "always"})
    assert (str(settings.metrics), settings.metrics_token_always) == ("127.0.0.1:9000", True)
