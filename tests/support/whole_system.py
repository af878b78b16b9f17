"""A whole chain for tests: HQ's processes and one store box over embedded or real servers, as an operator would run them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from deploy.api_calls import CallFailed, Json, call
from deploy.processes import free_port, tcp_probe
from deploy.shop_set_up import hq_token
from deploy.system import STORE_ID, Logins, Ports, System
from tests.support import hq_ground
from tests.support.set_up_once import set_up_once

READY_SECONDS = 90.0


def free_ports() -> Ports:
    """Ports nobody uses at this moment."""
    return Ports(
        console=free_port(),
        api=free_port(),
        edge=free_port(),
        mqtt=free_port(),
        postgres=free_port(),
        box=free_port(),
        staff=free_port(),
        simulators=free_port(),
        printers=(free_port(), free_port()),
        access_point=free_port(),
        readers=(free_port(), free_port(), free_port(), free_port()),
        terminals=(free_port(), free_port()),
    )


@dataclass
class Mosquitto:
    """The system's Mosquitto with the shipped settings over HQ's own broker folder."""

    hq: Path
    folder: Path
    port: int
    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = (hq_ground.ROOT / "deploy" / "broker" / "mosquitto.conf").read_text()
        text = text.replace("/var/lib/tallystick/hq/broker", str(self.hq / "broker"))
        text = text.replace("listener 8883", f"listener {self.port} 127.0.0.1").replace(
            "/var/lib/mosquitto/", f"{self.folder}/"
        )
        user = "user root\n" if os.geteuid() == 0 else ""
        (self.folder / "mosquitto.conf").write_text(text + "\n" + user)
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._child = subprocess.Popen(
                [hq_ground.mosquitto_program(), "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log
            )
        deadline = time.monotonic() + READY_SECONDS
        while not tcp_probe(self.port)():
            assert self._child.poll() is None, (self.folder / "mosquitto.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()


@dataclass
class Chain:
    """A running system with its logins."""

    system: System
    logins: Logins
    mosquitto: Mosquitto | None

    def kill_broker(self) -> None:
        if self.mosquitto is not None:
            self.mosquitto.kill()
        else:
            self.system.group["broker"].kill()

    def start_broker(self) -> None:
        if self.mosquitto is not None:
            self.mosquitto.start()
        else:
            self.system.start_broker()

    def health(self) -> Json:
        """What the box says of itself; empty while it does not answer."""
        try:
            return call("GET", f"{self.system.box_url}/v1/health")
        except CallFailed:
            return {}

    def supplied(self) -> bool:
        """Whether the box has everything it needs to sell: goods, prices, set-up, staff."""
        feeds = self.health().get("feeds")
        listed = feeds if isinstance(feeds, list) else []
        held = {feed["feed_id"] for feed in listed if isinstance(feed, dict) and feed["version"]}
        return held >= {"global/catalogue", "zone/north/price", f"store/{STORE_ID}/setup", f"store/{STORE_ID}/staff"}

    def token(self) -> str:
        return hq_token(self.system, self.logins)

    def hq(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Look into HQ's database as its owner."""
        with psycopg.connect(self.system.database_url()) as connection:
            connection.execute("SELECT set_config('app.scope', 'all', false)")
            return connection.execute(query, values).fetchall()  # type: ignore[call-overload,no-any-return]

    def sales_at_hq(self) -> list[str]:
        """Sale ids in the store's order."""
        query = "SELECT sale_id::text FROM sale WHERE store_id = %s ORDER BY incarnation, seq"
        return [str(row[0]) for row in self.hq(query, STORE_ID)]


@contextlib.contextmanager
def whole_chain(kind: str, folder: Path, postgres_servers: hq_ground.PostgresServers) -> Iterator[Chain]:
    """HQ (API, ingest) and a store box without devices, ready to sell. `kind`: `embedded` or `real` servers."""
    ports = free_ports()
    server = postgres_servers.of(kind)
    made = set_up_once(server, "chain", _set_up)
    before, logins = made.told
    moved = {getattr(before, name): getattr(ports, name) for name in ("mqtt", "edge", "api")}
    with made.copy(folder, moved) as database:
        environment = {**os.environ, "DATABASE_URL": database.owner_url}
        environment.pop("MQTT_URL", None)
        mosquitto = None
        if kind == hq_ground.REAL:
            environment["MQTT_URL"] = f"mqtts://127.0.0.1:{ports.mqtt}"
            mosquitto = Mosquitto(folder / "hq", folder / "mosquitto", ports.mqtt)
        system = System(folder, ports, lambda _line: None, environment=environment, devices=False)
        try:
            chain = Chain(system, logins, mosquitto)
            chain.start_broker()
            system.start_hq(console=False)
            system.start_box()
            system.group.wait_ready("api", "box")
            yield chain
        finally:
            system.group.stop()
            if mosquitto is not None:
                mosquitto.kill()


def _set_up(database: hq_ground.GroundDatabase, folder: Path) -> tuple[Ports, Logins]:
    """By the real commands: tables, keys, goods, one store with staff."""
    ports = free_ports()
    environment = {**os.environ, "DATABASE_URL": database.owner_url, "MQTT_URL": f"mqtts://127.0.0.1:{ports.mqtt}"}
    return ports, System(folder, ports, lambda _line: None, environment=environment, devices=False).set_up()
