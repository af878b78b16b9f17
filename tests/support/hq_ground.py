"""The ground HQ stands on, for tests: PostgreSQL servers and MQTT brokers, each on two back ends, and HQ's certificates.

Fixtures (imported by tests/conftest.py, so any test may ask for them by name):

    hq_database          a fresh, migrated database; the test runs twice, on `embedded` and on `real` (marker `real`)
    embedded_database    the same on the embedded server only, where the server cannot matter
    any_database         the same on one kind of server in `make test`, on the other under `make soak`: where it should not
                         matter, and is tested nearer to the ground
    empty_database       like hq_database, without any migration
    hq_pki               an HqPki in tmp_path: authority, HQ's certificate, broker folder, `add_store("S001", zone="north")`
    hq_broker            a running Broker over hq_pki; the test runs twice, on `embedded` and on `real` (marker `real`)
    embedded_broker      the same on the embedded broker only

Objects:

    GroundDatabase       .owner_url .app_url .ingest_url .name; `.open()` / `.open_ingest()` give an opened cloud Database
                         (use `async with`); `.owner()` a psycopg connection of the owner (autocommit, scope all)
    Broker               .url .port .kind; kill() start() stop(); reload() after pki.add_store; `client(pki.hq)` or
                         `client(pki.stores["S001"])`: an aiomqtt client not yet entered (keywords of aiomqtt.Client)
    HqPki                .folder (HqFolder) .authority .hq (Credentials) .stores; add_store, write_lists, stranger(name)

Context managers, for module scope or other processes: `postgres_server(kind, folder)`, `fresh_database(server)`,
`broker(kind, pki, folder)`. Plain helper: `client_context(credentials)`, an ssl.SSLContext.

Servers run with fsync off (ask `postgres_server(kind, folder, durable=True)` where durability is tested). A `real` back end
that is not installed skips the test, but fails it when CI is set.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import aiomqtt
import psycopg
import pytest
from psycopg.rows import TupleRow

from cloud.clock import SystemClock, SystemRandom
from cloud.db.migrate import migrate
from cloud.db.pool import Database
from cloud.settings import HqFolder, with_user
from cloud.stores.authority import HQ_NAME, Authority, Issued, write_private, write_public
from cloud.stores.broker_access import access_list
from cloud.stores.rabbit_definitions import definitions
from deploy import embedded_postgres
from deploy.processes import free_port
from tests.support.needed import missing

ROOT = Path(__file__).resolve().parents[2]
APP_PASSWORD, INGEST_PASSWORD = "app-password", "ingest-password"
START_SECONDS = 30.0
POLL_SECONDS = 0.02
TEST_SETTINGS = (
    "shared_buffers=64MB",
    "max_connections=60",
    "max_wal_size=1GB",
)
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

EMBEDDED = "embedded"
REAL = "real"
RABBIT = "rabbitmq"
BOTH = [EMBEDDED, pytest.param(REAL, marks=pytest.mark.real)]
ALIKE = [(EMBEDDED, EMBEDDED), pytest.param(REAL, REAL, marks=pytest.mark.real)]
"""Database and broker of one kind: for `parametrize(("hq_database", "hq_broker"), ALIKE, indirect=True)`."""
BROKERS = [*BOTH, pytest.param(RABBIT, marks=(pytest.mark.real, pytest.mark.soak))]
"""Every kind of broker; RabbitMQ takes seconds to start, so `make soak` has it."""


def real_servers() -> Path | None:
    """The programs of the newest PostgreSQL server of the system; None: there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


def _either() -> list[object]:
    if real_servers() is None and not os.environ.get("CI"):
        return [EMBEDDED]
    return [pytest.param(REAL, marks=pytest.mark.real), pytest.param(EMBEDDED, marks=pytest.mark.soak)]


EITHER = _either()
"""One kind of server in `make test`, the real one where it is installed, and the other under `make soak`: for long tests of
what lies above the servers."""


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def postgres_tools(kind: str) -> Path:
    """The folder of the server's programs; skips the test when `real` is not installed."""
    if kind == EMBEDDED:
        return embedded_postgres.binaries()
    found = real_servers()
    if found is None:
        missing("a PostgreSQL server")
    assert found is not None
    return found


@dataclass
class PostgresServer:
    """A running server of its own, as the demo starts it; `url` is the superuser's."""

    kind: str
    place: embedded_postgres.Place
    port: int
    tools: Path
    settings: tuple[str, ...]
    url: str = ""
    set_ups: dict[str, object] = field(default_factory=dict)
    """Headquarters set up once, to be copied (`tests/support/set_up_once.py`)."""
    _child: subprocess.Popen[bytes] | None = None
    _template: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def start(self) -> None:
        """Start and wait until it answers."""
        embedded_postgres.prepare(self.place, self.tools)
        self._child = embedded_postgres.launch(self.place, self.tools, self.port, self.settings)
        embedded_postgres.wait_ready(self._child, self.tools, self.port)
        self.url = embedded_postgres.announce(self.place, self.tools, self.port)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is a fast shutdown; SIGQUIT ends it as a power cut would (the next start recovers)."""
        if self._child is not None:
            self._child.send_signal(how)
            self._child.wait(START_SECONDS)
            self._child = None

    def admin(self) -> psycopg.Connection[TupleRow]:
        return psycopg.connect(self.url, autocommit=True)

    def url_of(self, name: str) -> str:
        """The superuser's address of another database."""
        return self.url.rpartition("/")[0] + f"/{name}"

    def template(self) -> str:
        """A migrated database to copy, made once."""
        if not self._template:
            name = "ground_template"
            with self.admin() as admin:
                admin.execute(f"CREATE DATABASE {name}")
            with psycopg.connect(self.url_of(name), autocommit=True) as owner:
                migrate(owner)
            self._template = name
        return self._template

    def create(self, *, migrated: bool = True, template: str = "") -> GroundDatabase:
        """A new database, by copying the migrated one or another (about 40 ms)."""
        name = f"ground_{next(self._numbers)}"
        template = template or (self.template() if migrated else "template0")
        with self.admin() as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            if migrated:  # roles belong to the whole server, and a test of `init` may have given them other passwords
                for role, password in (("tallystick_app", APP_PASSWORD), ("tallystick_ingest", INGEST_PASSWORD)):
                    admin.execute(f"ALTER ROLE {role} PASSWORD '{password}'")
        return GroundDatabase(self, name)


@dataclass(frozen=True)
class GroundDatabase:
    """One database of a test."""

    server: PostgresServer
    name: str

    @property
    def owner_url(self) -> str:
        return self.server.url_of(self.name)

    @property
    def app_url(self) -> str:
        return with_user(self.owner_url, "tallystick_app", APP_PASSWORD)

    @property
    def ingest_url(self) -> str:
        return with_user(self.owner_url, "tallystick_ingest", INGEST_PASSWORD)

    def open(self, *, size_max: int = 4) -> Database:
        """The API's pool: `async with ground.open() as database`."""
        return Database(self.app_url, size_max=size_max, application="test-app")

    def open_ingest(self, *, size_max: int = 4) -> Database:
        """Ingest's pool."""
        return Database(self.ingest_url, size_max=size_max, application="test-ingest")

    def owner(self) -> psycopg.Connection[TupleRow]:
        """The owner: autocommit, all stores in scope. A superuser here, so no policy binds it."""
        connection = psycopg.connect(self.owner_url, autocommit=True)
        connection.execute("SELECT set_config('app.scope', 'all', false)")
        return connection

    def drop(self) -> None:
        with self.server.admin() as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


@contextlib.contextmanager
def postgres_server(kind: str, folder: Path, *, durable: bool = False) -> Iterator[PostgresServer]:
    """A server of its own in `folder`, stopped at the end."""
    settings = TEST_SETTINGS if durable else TEST_SETTINGS + NOT_DURABLE
    place = embedded_postgres.Place(folder / f"postgres-{kind}")
    server = PostgresServer(kind, place, free_port(), postgres_tools(kind), settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(place.root, ignore_errors=True)


@contextlib.contextmanager
def fresh_database(server: PostgresServer, *, migrated: bool = True, template: str = "") -> Iterator[GroundDatabase]:
    """A database that is dropped at the end; a copy of `template` if one is named."""
    database = server.create(migrated=migrated, template=template)
    try:
        yield database
    finally:
        database.drop()


class PostgresServers:
    """One server a kind and test process, started when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self._running: dict[str, PostgresServer] = {}

    def of(self, kind: str) -> PostgresServer:
        if kind not in self._running:
            self._running[kind] = self._stack.enter_context(postgres_server(kind, self._folder))
        return self._running[kind]

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(scope="session")
def postgres_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServers]:
    """Both servers of this test process."""
    servers = PostgresServers(tmp_path_factory.mktemp("ground"))
    yield servers
    servers.close()


@pytest.fixture(params=BOTH)
def hq_database(request: pytest.FixtureRequest, postgres_servers: PostgresServers) -> Iterator[GroundDatabase]:
    """A fresh, migrated database on both kinds of server."""
    with fresh_database(postgres_servers.of(request.param)) as database:
        yield database


@pytest.fixture(params=EITHER)
def any_database(request: pytest.FixtureRequest, postgres_servers: PostgresServers) -> Iterator[GroundDatabase]:
    """A fresh, migrated database on one kind of server."""
    with fresh_database(postgres_servers.of(request.param)) as database:
        yield database


@pytest.fixture
def embedded_database(postgres_servers: PostgresServers) -> Iterator[GroundDatabase]:
    """A fresh, migrated database on the embedded server."""
    with fresh_database(postgres_servers.of(EMBEDDED)) as database:
        yield database


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, postgres_servers: PostgresServers) -> Iterator[GroundDatabase]:
    """A fresh database without tables on both kinds of server."""
    with fresh_database(postgres_servers.of(request.param), migrated=False) as database:
        yield database


# --- certificates ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Credentials:
    """A client's files. `name` is the common name."""

    name: str
    cert_file: Path
    key_file: Path
    ca_file: Path
    serial: str = ""


def client_context(credentials: Credentials) -> ssl.SSLContext:
    """TLS as a store or HQ speaks it: trusts HQ's authority alone, shows its certificate."""
    context = ssl.create_default_context(cafile=str(credentials.ca_file))
    context.load_cert_chain(credentials.cert_file, credentials.key_file)
    return context


class HqPki:
    """HQ's authority and what it gave out, in the folders `python -m cloud init` would write."""

    def __init__(self, root: Path) -> None:
        self.folder = HqFolder(root)
        self.authority = Authority.create(clock=SystemClock(), rng=SystemRandom())
        self.zones: dict[str, str] = {}
        self.stores: dict[str, Credentials] = {}
        self.revoked: list[tuple[str, int]] = []
        write_private(self.folder.ca_cert, self.authority.cert_pem)
        write_private(self.folder.ca_key, self.authority.key_pem)
        write_public(self.folder.broker_ca, self.authority.cert_pem)
        for certificate, key, name in (
            (self.folder.broker_cert, self.folder.broker_key, "broker"),
            (self.folder.edge_cert, self.folder.edge_key, "edge-api"),
        ):
            issued = self.authority.issue_server(name, [])
            write_public(certificate, issued.cert_pem)
            write_private(key, issued.key_pem)
        self.hq = self._keep(self.authority.issue_client(HQ_NAME), HQ_NAME, self.folder.hq_cert, self.folder.hq_key)
        self.write_lists()

    def add_store(self, store_id: str, zone: str = "north") -> Credentials:
        """Key, certificate and access of a store."""
        issued = self.authority.issue_client(store_id)
        folder = self.folder.root / "given" / f"{store_id}-{issued.serial[:8]}"
        self.stores[store_id] = self._keep(issued, store_id, folder / "store.crt", folder / "store.key")
        self.zones[store_id] = zone
        self.write_lists()
        return self.stores[store_id]

    def stranger(self, name: str) -> Credentials:
        """A certificate of another authority that claims `name`, and trusts this HQ."""
        folder = self.folder.root / "stranger"
        issued = Authority.create(clock=SystemClock(), rng=SystemRandom()).issue_client(name)
        return self._keep(issued, name, folder / f"{name}.crt", folder / f"{name}.key")

    def write_lists(self) -> None:
        """The broker's access list and revocation lists, as they stand."""
        write_public(self.folder.rabbit_definitions, definitions(self.zones.items()))
        write_public(self.folder.access_list, access_list(self.zones.items()).encode())
        write_public(self.folder.crl, self.authority.revocation_list(self.revoked))
        write_public(self.folder.revoked, "".join(f"{serial}\n" for serial, _ in self.revoked).encode())

    def _keep(self, issued: Issued, name: str, certificate: Path, key: Path) -> Credentials:
        write_public(certificate, issued.cert_pem)
        write_private(key, issued.key_pem)
        return Credentials(name, certificate, key, self.folder.ca_cert, issued.serial)


@pytest.fixture
def hq_pki(tmp_path: Path) -> HqPki:
    """A fresh authority with HQ's own certificates and no store."""
    return HqPki(tmp_path / "hq")


# --- broker ---------------------------------------------------------------------------------------------------------


def mosquitto_program() -> str:
    """Mosquitto's path; skips the test when it is not installed."""
    path = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        missing("Mosquitto")
    assert path is not None
    return path


def mosquitto_settings(pki: HqPki, folder: Path, port: int) -> str:
    """The shipped configuration with this test's port and folders."""
    text = (ROOT / "deploy" / "broker" / "mosquitto.conf").read_text()
    text = text.replace("/var/lib/tallystick/hq/broker", str(pki.folder.broker))
    text = re.sub(r"^listener \d+$", f"listener {port} 127.0.0.1", text, flags=re.MULTILINE)
    lines = [
        f"persistence_location {folder}/" if line.startswith("persistence_location") else line for line in text.splitlines()
    ]
    if os.geteuid() == 0:
        lines.append("user root")
    return "\n".join([*lines, ""])


@dataclass
class Broker:
    """A running broker over TLS with client certificates."""

    kind: str
    pki: HqPki
    folder: Path
    port: int
    start_seconds: float = START_SECONDS
    _child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtts://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.folder / f"broker-{self.kind}.log"

    def start(self) -> None:
        """Start and wait until it takes a TLS connection."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._child = self._spawn(log)
        deadline = time.monotonic() + self.start_seconds
        while not self._answers():
            assert self._child.poll() is None, f"the broker ended: {self.log_file.read_text()}"
            assert time.monotonic() < deadline, f"the {self.kind} broker did not start: {self.log_file.read_text()}"
            time.sleep(POLL_SECONDS)

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT)

    def _answers(self) -> bool:
        context = client_context(self.pki.hq)
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as plain:
                context.wrap_socket(plain, server_hostname="127.0.0.1").close()
        except OSError:
            return False
        return True

    def _argv(self) -> list[str]:
        if self.kind == REAL:
            configuration = self.folder / "mosquitto.conf"
            configuration.write_text(mosquitto_settings(self.pki, self.folder, self.port))
            return [mosquitto_program(), "-c", str(configuration)]
        folder = self.pki.folder
        files = ["--ca", str(folder.broker_ca), "--cert", str(folder.broker_cert), "--key", str(folder.broker_key)]
        lists = ["--access", str(folder.access_list), "--revoked", str(folder.revoked)]
        return [sys.executable, "-m", "deploy.embedded_broker", "--port", str(self.port), *files, *lists]

    def reload(self) -> None:
        """Return when the broker goes by the lists as they stand; Mosquitto must be told, the embedded one looks."""
        if self.kind == REAL and self._child is not None:
            self._child.send_signal(signal.SIGHUP)
            for _ in range(2):  # the second handshake is of a later turn of its loop than the signal
                assert self._answers()

    def kill(self) -> None:
        """As a power cut looks to its clients."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(how)
            self._child.wait(START_SECONDS)
            self._child = None

    def client(self, credentials: Credentials, **options: object) -> aiomqtt.Client:
        """An aiomqtt client with this certificate; enter it with `async with`."""
        chosen: dict[str, object] = {"identifier": credentials.name, "timeout": 10, **options}
        return aiomqtt.Client("127.0.0.1", self.port, tls_context=client_context(credentials), **chosen)  # type: ignore[arg-type]


def rabbit_broker(pki: HqPki, folder: Path) -> Broker:
    """RabbitMQ with its MQTT plug-in."""
    from tests.support.rabbit import RabbitBroker

    return RabbitBroker(RABBIT, pki, folder, free_port())


@contextlib.contextmanager
def broker(kind: str, pki: HqPki, folder: Path) -> Iterator[Broker]:
    """A running broker, ended at the end."""
    running = rabbit_broker(pki, folder) if kind == RABBIT else Broker(kind, pki, folder, free_port())
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(params=BOTH)
def hq_broker(request: pytest.FixtureRequest, hq_pki: HqPki, tmp_path: Path) -> Iterator[Broker]:
    """A broker over `hq_pki`, of both kinds; of RabbitMQ too where a test asks for `BROKERS`."""
    with broker(request.param, hq_pki, tmp_path / "broker") as running:
        yield running


@pytest.fixture
def embedded_broker(hq_pki: HqPki, tmp_path: Path) -> Iterator[Broker]:
    """The embedded broker over `hq_pki`."""
    with broker(EMBEDDED, hq_pki, tmp_path / "broker") as running:
        yield running
