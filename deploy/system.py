"""A whole chain in a folder: HQ with its servers, one store box, its simulated devices, each a process of its own.

The demo shows it to people, the smoke run breaks it. `DATABASE_URL` and `MQTT_URL` in the environment take the place of the
embedded servers. Everything listens on loopback only. A second start in the same folder goes on where the first ended.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.processes import (
    Process,
    ProcessFailed,
    ProcessGroup,
    file_probe,
    http_probe,
    python,
    run_to_end,
    tcp_probe,
)

STORE_ID = "S001"
LIGHT_STORES = tuple(f"S{number:03d}" for number in range(2, 11))
"""The other stores of the demo's chain: real in everything but screens and devices (`deploy/chain.py`)."""
TILLS = ("1", "2")
READERS = {
    "door-1": "",
    "exit-1": 'use = "gate"\n',
    "rooms-1": 'use = "rooms"\nbeam_deg = 90\n',
    "pad-1": f'use = "pad"\ntill = "{TILLS[0]}"\nantennas = 2\n',
}
"""The readers of the full store, with what their tables say besides id and port."""
READY_SECONDS = 60.0
POLL_SECONDS = 0.1

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens, all on 127.0.0.1; the defaults are those of docs/architecture.md."""

    console: int = 8800
    api: int = 8801
    edge: int = 8843
    mqtt: int = 8883
    postgres: int = 5433
    box: int = 8080
    staff: int = 8081
    simulators: int = 8090
    printers: tuple[int, ...] = (9100, 9101)
    access_point: int = 8070
    readers: tuple[int, ...] = (5084, 5085, 5086, 5087)
    terminals: tuple[int, ...] = (7071, 7072)

    def all(self) -> dict[str, int]:
        """Every port by what it is for."""
        single = {name: value for name, value in asdict(self).items() if isinstance(value, int)}
        printers = {f"printer {till}": port for till, port in zip(TILLS, self.printers, strict=True)}
        terminals = {f"payment terminal {till}": port for till, port in zip(TILLS, self.terminals, strict=True)}
        readers = {f"reader {name}": port for name, port in zip(READERS, self.readers, strict=True)}
        return single | printers | terminals | readers


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """Somebody who may log in at the till."""

    staff_id: str
    name: str
    pin: str
    rights: str


@dataclass(frozen=True, slots=True)
class Logins:
    """What `set_up` was told once and keeps in a file only its owner may read."""

    admin_password: str
    staff: tuple[DemoStaff, ...]


@dataclass(slots=True)
class System:
    """See the module. `label_count` labels hang at the access point; `seed` drives the simulators' chance."""

    folder: Path
    ports: Ports
    say: Say
    label_count: int = 200
    seed: int = 1
    items: int = 300
    devices: bool = True
    """False: a box without scales, printers and labels."""
    chain: bool = False
    """True: ten stores in two price zones with a history, nine of them in one process (`deploy/chain.py`)."""
    box_number: int = 1
    """Which box stands in the store: each new one begins with an empty folder (`replace_box`)."""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    group: ProcessGroup = field(init=False)
    _device_tables: str = field(init=False, default="")
    """The box's tills and devices, as they follow from the bench's file."""

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self.group = ProcessGroup(self.folder / "logs")

    # Folders and addresses.

    @property
    def hq(self) -> Path:
        return self.folder / "hq"

    @property
    def store(self) -> Path:
        return self.folder / ("store" if self.box_number == 1 else f"store-{self.box_number}")

    @property
    def box_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.box}"

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.api}"

    @property
    def console_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.console}"

    @property
    def simulators_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.simulators}"

    @property
    def labels_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.access_point}"

    def database_url(self) -> str:
        """The owner's address: the one given, or the embedded server's."""
        given = self.environment.get("DATABASE_URL", "")
        return given or (self.folder / "postgres" / "database.url").read_text().strip()

    def mqtt_url(self) -> str:
        """The broker's address: the one given, or the embedded broker's."""
        return self.environment.get("MQTT_URL", "") or f"mqtts://127.0.0.1:{self.ports.mqtt}"

    def hq_environment(self) -> dict[str, str]:
        """What every HQ process is told."""
        return {
            "TALLYSTICK_HQ_DIR": str(self.hq),
            "DATABASE_URL": self.database_url(),
            "MQTT_URL": self.mqtt_url(),
            "TALLYSTICK_API": f"127.0.0.1:{self.ports.api}",
            "TALLYSTICK_EDGE": f"127.0.0.1:{self.ports.edge}",
            "TALLYSTICK_CONSOLE": f"127.0.0.1:{self.ports.console}",
        }

    # Steps, in their order.

    def start_database(self) -> None:
        """The embedded PostgreSQL, unless another was given. Returns when it answers."""
        if self.environment.get("DATABASE_URL"):
            self.say("database: the one of DATABASE_URL")
            return
        place = self.folder / "postgres"
        (place / "database.url").unlink(missing_ok=True)
        server = self.group.add(
            "postgres",
            python("-m", "deploy.embedded_postgres", "--data", str(place), "--port", str(self.ports.postgres)),
            ready=file_probe(place / "database.url"),
        )
        server.wait_ready()
        self.say("database: embedded PostgreSQL is ready")

    def set_up(self) -> Logins:
        """Tables, keys, goods, one store with staff; what is there already stays. Returns the logins."""
        said = self._cloud("init")
        self.say("headquarters: tables, roles, keys and certificates are there")
        places = ("--chain",) if self.chain else ("--store", STORE_ID)
        said += self._cloud("seed-demo", "--items", str(self.items), *places, "--out", str(self.folder / "credentials"))
        stores = f"{1 + len(LIGHT_STORES)} stores" if self.chain else f"store {STORE_ID}"
        self.say(f"headquarters: {self.items} items, prices, {stores} with staff")
        return self._keep_logins(said)

    def start_broker(self) -> Process | None:
        """The embedded broker, unless another was given. Returns when it takes connections."""
        if self.environment.get("MQTT_URL"):
            self.say("broker: the one of MQTT_URL")
            return None
        lists = self.hq / "broker"
        files = ("--ca", lists / "ca.crt", "--cert", lists / "server.crt", "--key", lists / "server.key")
        access = ("--access", lists / "access.acl", "--revoked", lists / "revoked.txt")
        words = [str(word) for word in (*files, *access)]
        broker = self.group.add(
            "broker",
            python("-m", "deploy.embedded_broker", "--port", str(self.ports.mqtt), *words),
            ready=tcp_probe(self.ports.mqtt),
        )
        broker.wait_ready()
        self.say("broker: embedded MQTT broker is ready, TLS with client certificates")
        return broker

    def start_hq(self, *, console: bool) -> None:
        """API, ingest and (if wanted) console; does not wait."""
        environment = self.hq_environment()
        self.group.add(
            "api", python("-m", "cloud", "api"), ready=http_probe(f"{self.api_url}/openapi.json"), env=environment
        )
        self.start_ingest()
        if console:
            self.group.add("console", python("-m", "cloud", "console"), ready=http_probe(self.console_url), env=environment)

    def start_ingest(self) -> Process:
        """The ingest worker; does not wait."""
        return self.group.add("ingest", python("-m", "cloud", "ingest"), ready=lambda: True, env=self.hq_environment())

    def start_simulators(self) -> None:
        """Scales, printers, labels and their control API; does not wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self._bench_file()
        self.group.add(
            "simulators",
            python("-m", "simulators", "run", "--config", str(settings)),
            ready=http_probe(f"{self.simulators_url}/"),
        )

    def start_box(self, extra_toml: str = "") -> Process:
        """The store box; does not wait."""
        place_credentials(self, self.store, STORE_ID)
        config = self.store / "store.toml"
        config.write_text(self._store_toml() + extra_toml)
        return self.group.add(
            "box",
            python("-m", "edge", "run", "--config", str(config)),
            ready=http_probe(f"{self.box_url}/v1/health"),
        )

    # Inside.

    def _cloud(self, *words: str) -> str:
        """Run an HQ command; what it printed goes to no log, it may carry a password."""
        return run_to_end(words[0], python("-m", "cloud", *words), env=self.hq_environment(), log_dir=None)

    def run_cloud(self, *words: str) -> str:
        """Run an HQ command while the system runs (backup, restore). Raises `ProcessFailed`."""
        return self._cloud(*words)

    def run_edge(self, *words: str) -> str:
        """Run a command of the store box to its end. Raises `ProcessFailed`."""
        return run_to_end(f"edge-{words[0]}", python("-m", "edge", *words), env={}, log_dir=self.group.log_dir)

    def _keep_logins(self, said: str) -> Logins:
        kept = self.folder / "logins.json"
        password = re.search(r"login admin, password (\S+)", said)
        if password is None and not kept.exists():
            raise ProcessFailed(f"headquarters was set up before, but {kept} is gone: delete {self.folder} and start again")
        staff = tuple(
            DemoStaff(*found.groups())
            for found in re.finditer(r"^staff (\S+)  (.+?)  PIN (\d+)  \((.*)\)$", said, re.MULTILINE)
        )
        admin = json.loads(kept.read_text())["admin_password"] if password is None else password.group(1)
        logins = Logins(admin_password=admin, staff=staff)
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(asdict(logins), indent=2))
        return logins

    def _store_toml(self) -> str:
        hq = (self.store / "hq.toml").read_text()
        box = "" if self.box_number == 1 else f'edge_id = "box-{self.box_number}"\n'
        head = f'[store]\nid = "{STORE_ID}"\ndata_dir = "data"\n{box}\n{hq}\n[api]\nport = {self.ports.box}\n\n'
        if not self.devices:
            return head + "".join(f'[[tills]]\nid = "{till}"\n\n' for till in TILLS)
        if not self._device_tables:
            words = ("edge-config", "--config", str(self._bench_file()))
            self._device_tables = run_to_end("edge-config", python("-m", "simulators", *words), env={}, log_dir=None)
        return f"{head}[labels]\nsettle_seconds = 5\nrefresh_seconds = 2\n\n{self._device_tables}"

    def _scale_port(self, till: str) -> Path:
        """The pseudo-terminal of a till's scale."""
        return self.folder / "run" / f"scale-{till}"

    def _bench_file(self) -> Path:
        """The store's devices, in the file that also tells the box of them. The second till's scale speaks MT-SICS."""
        tables = [f"seed = {self.seed}\nport = {self.ports.simulators}\n"]
        ports = zip(TILLS, ("toledo8217", "mt_sics"), self.ports.printers, self.ports.terminals, strict=True)
        for till, kind, port, paying in ports:
            scale, scanner, printer, terminal = f"scale-{till}", f"scanner-{till}", f"printer-{till}", f"terminal-{till}"
            tables += [
                f'[[tills]]\nid = "{till}"\nscale = "{scale}"\nprinter = "{printer}"\nscanner = "{scanner}"\n'
                f'terminal = "{terminal}"\n',
                f'[[payment_terminals]]\nid = "{terminal}"\nport = {paying}\n',
                f'[[scales]]\nid = "{scale}"\nkind = "{kind}"\nport = "{self._scale_port(till)}"\n',
                f'[[scanners]]\nid = "{scanner}"\nport = "{self.folder / "run" / scanner}"\n',
                f'[[printers]]\nid = "{printer}"\nport = {port}\n',
            ]
        tables.append(f'[[access_points]]\nid = "labels-1"\nport = {self.ports.access_point}\nlabels = {self.label_count}\n')
        for name, port, more in zip(READERS, self.ports.readers, READERS.values(), strict=True):
            tables.append(f'[[readers]]\nid = "{name}"\nport = {port}\n{more}')
        file = self.folder / "bench.toml"
        file.write_text("\n".join(tables))
        return file


def staff_url(system: System) -> str:
    """Where the staff screens are."""
    return f"http://127.0.0.1:{system.ports.staff}"


def start_staff_screens(system: System) -> Process:
    """The staff screens over the store box, which may start later; does not wait."""
    words = ("--box", system.box_url, "--port", str(system.ports.staff), "--data", str(system.store / "staff-screens"))
    system.store.mkdir(parents=True, exist_ok=True)
    return system.group.add("staff", python("-m", "edge", "staff", *words), ready=http_probe(f"{staff_url(system)}/login"))


def place_credentials(system: System, place: Path, store_id: str) -> None:
    """Copy what HQ gave out for a store to where its box looks; files that are there stay."""
    place.mkdir(parents=True, exist_ok=True)
    for file in sorted((system.folder / "credentials" / store_id).iterdir()):
        if not (place / file.name).exists():
            shutil.copy2(file, place / file.name)


def wait_for(what: str, holds: Callable[[], bool], *, seconds: float = READY_SECONDS) -> None:
    """Return when something has come about. Raises `ProcessFailed` naming it."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{what} did not come about within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)
