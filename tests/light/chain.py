"""Headquarters with its servers, and N light stores beside it in a process of their own."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from deploy.processes import file_probe, python
from deploy.shop_set_up import hq_token
from deploy.system import Logins, System
from tests.bench.box import rss_mb
from tests.support import hq_ground
from tests.support.whole_system import Mosquitto, free_ports

KINDS = (hq_ground.REAL, hq_ground.EMBEDDED)
ZONE = "north"
PREFIX = "L"
STARTS_PER_SECOND = 40
WRITERS = 8
"""Threads: so that the syncs of stores that have a disk each in the field overlap on the one disk here."""
IN_STEP_SECONDS = 300.0
STORES_A_PROCESS = 250
"""One process runs its stores on one core: from here on they are shared out, to at most `PROCESSES_MAX`."""
PROCESSES_MAX = 2


@dataclass
class LightChain:
    """A running headquarters and the credentials of its stores."""

    system: System
    logins: Logins
    store_ids: list[str]
    mosquitto: Mosquitto | None
    log: Path
    """What `tests.light.watched` saw applied."""
    _names: list[str] = field(default_factory=list)
    """The processes of stores that run."""

    def token(self) -> str:
        return hq_token(self.system, self.logins)

    def start_stores(self, count: int, *, labels: int, sales_per_minute: int = 0) -> None:
        """Start the first `count` stores; returns when all were started."""
        place = self.system.folder / "light"
        processes = min(PROCESSES_MAX, max(1, count // STORES_A_PROCESS))
        cashier = place / "cashier"
        place.mkdir(exist_ok=True)
        cashier.write_text(f"{self.logins.staff[0].staff_id} {self.logins.staff[0].pin}\n")
        for number in range(processes):
            mine = self.store_ids[:count][number::processes]
            options = self._options(number, cashier, labels=labels, sales_per_minute=sales_per_minute // processes)
            configs = [str(self.config_of(store_id)) for store_id in mine]
            ready = place / f"ready-{number}"
            ready.unlink(missing_ok=True)
            self.system.group.add(
                f"stores-{number}",
                python("-m", "tests.light.watched", str(self.log), *configs, *options, "--ready-file", str(ready)),
                ready=file_probe(ready),
                ready_seconds=120 + count / 4,
            )
            self._names.append(f"stores-{number}")
        for name in self._names:
            self.system.group[name].wait_ready()

    def _options(self, number: int, cashier: Path, *, labels: int, sales_per_minute: int) -> list[str]:
        place = self.system.folder / "light"
        options = [
            "--labels",
            str(labels),
            "--writers",
            str(WRITERS),
            "--starts-per-second",
            str(STARTS_PER_SECOND),
        ]
        options += ["--template", str(place / f"template-{number}.db"), "--warm-feed", "global/catalogue"]
        options += ["--warm-feed", f"zone/{ZONE}/price"]
        if sales_per_minute:
            options += ["--sales-per-minute", str(sales_per_minute), "--cashier", str(cashier)]
        return options

    def store_pids(self) -> list[int]:
        return [self.system.group[name].pid for name in self._names]

    def broker_pids(self) -> list[int]:
        return [self.system.group["broker"].pid if self.mosquitto is None else self.mosquitto.pid]

    def stop_stores(self) -> None:
        for name in self._names:
            self.system.group[name].stop()
        self._names.clear()

    def wait_in_step(self, count: int) -> None:
        """Return when HQ has heard of the first `count` stores that they hold every feed as it is."""
        deadline = time.monotonic() + IN_STEP_SECONDS
        while (there := self._in_step(self.store_ids[:count])) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{there} of {count} stores are in step")
            time.sleep(0.5)

    def _in_step(self, store_ids: list[str]) -> int:
        return self._number(
            "SELECT count(*) FROM store_contact c WHERE c.online AND c.store_id = ANY (%s) AND"
            " (SELECT count(*) FROM store_feed a JOIN feed f USING (feed_id, epoch, version, state_hash)"
            " WHERE a.store_id = c.store_id AND version > 0) = (SELECT count(*) FROM feed"
            " WHERE version > 0 AND (feed_id IN (%s, %s) OR feed_id LIKE 'store/' || c.store_id || '/%%'))",
            store_ids,
            "global/catalogue",
            f"zone/{ZONE}/price",
        )

    def sales(self) -> int:
        return self._number("SELECT count(*) FROM sale")

    def memory_mb(self) -> float:
        return sum(rss_mb(pid) for pid in self.store_pids())

    def _number(self, query: str, *values: object) -> int:
        with psycopg.connect(self.system.database_url()) as connection:
            connection.execute("SELECT set_config('app.scope', 'all', false)")
            row = connection.execute(query, values).fetchone()  # type: ignore[call-overload]
        return int(row[0])

    def config_of(self, store_id: str) -> Path:
        """The settings file of a store, made anew."""
        place = self.system.folder / "light" / store_id
        place.mkdir(parents=True, exist_ok=True)
        given = self.system.folder / "credentials" / store_id
        hq = (given / "hq.toml").read_text()
        for name in ("ca.crt", "store.crt", "store.key"):
            hq = hq.replace(f'"{name}"', f'"{given / name}"')
        config = place / "store.toml"
        config.write_text(f'[store]\nid = "{store_id}"\ndata_dir = "data"\n\n{hq}\n[[tills]]\nid = "1"\n')
        return config


@contextlib.contextmanager
def light_chain(kind: str, folder: Path, *, stores: int, items: int, staff: bool = False) -> Iterator[LightChain]:
    """HQ (API, ingest) on `kind` servers, and `stores` stores it has let in; none of them runs yet.

    With `staff` each has the demo's staff, so that something can be sold (a PIN's hash takes its time).
    """
    ports = free_ports()
    environment = {**os.environ, "DATABASE_URL": ""}
    environment.pop("MQTT_URL", None)
    with contextlib.ExitStack() as stack:
        mosquitto = None
        if kind == hq_ground.REAL:
            server = stack.enter_context(hq_ground.postgres_server(kind, folder, durable=True))
            environment["DATABASE_URL"] = stack.enter_context(hq_ground.fresh_database(server, migrated=False)).owner_url
            environment["MQTT_URL"] = f"mqtts://127.0.0.1:{ports.mqtt}"
            mosquitto = Mosquitto(folder / "hq", folder / "mosquitto", ports.mqtt)
        system = System(folder, ports, lambda _line: None, items=items, environment=environment, devices=False)
        stack.callback(system.group.stop)
        system.start_database()
        logins = system.set_up()
        where = ("--zone", ZONE, "--time-zone", "Europe/Berlin", "--out", str(folder / "credentials"))
        system.run_cloud("store", "add-many", PREFIX, "--count", str(stores), *where)
        ids = sorted(path.name for path in (folder / "credentials").iterdir() if path.name.startswith(PREFIX))
        if staff:
            system.run_cloud("seed-demo", *(word for store_id in ids for word in ("--store", store_id)))
        if mosquitto is None:
            system.start_broker()
        else:
            mosquitto.start()
            stack.callback(mosquitto.kill)
        system.start_hq(console=False)
        system.group.wait_ready("api")
        yield LightChain(system, logins, ids, mosquitto, folder / "applied.log")
