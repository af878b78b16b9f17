"""What every process of headquarters must be told, from the environment: one frozen struct, every name explained in `HELP`.

Secrets never stand in the environment of an application process: `python -m cloud init` writes them as files of mode 0600
under TALLYSTICK_HQ_DIR. The owner's address (DATABASE_URL) is needed by `init`, `migrate`, `backup` and `restore` only; the
other commands take host, port and database name from it if it is set, and always the application's own role.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

HELP = """environment:
  TALLYSTICK_HQ_DIR      keys, certificates and passwords of this headquarters   (./.tallystick/hq)
  DATABASE_URL           postgresql://OWNER:PASSWORD@HOST:PORT/NAME; for init, migrate, backup, restore
  MQTT_URL               the broker, always TLS                                  (mqtts://127.0.0.1:8883)
  TALLYSTICK_API         where the people API listens                            (127.0.0.1:8801)
  TALLYSTICK_EDGE        where the edge API for stores listens                   (127.0.0.1:8843)
  TALLYSTICK_CONSOLE     where the console listens                               (127.0.0.1:8800)
  TALLYSTICK_TLS_CERT    certificate and key of people API and console; needed when they
  TALLYSTICK_TLS_KEY       listen beyond loopback
  TALLYSTICK_STORE_MQTT_URL, TALLYSTICK_STORE_HTTPS_URL
                         how stores reach broker and edge API                    (MQTT_URL, https://localhost:8843)
  TALLYSTICK_SHARDS      shards in store topics, the same at every store         (16)
  TALLYSTICK_DURABLE     what counts as durable: commit | standby | backup       (commit)
  TALLYSTICK_TELEMETRY_DAYS
                         how long telemetry is kept: raw,5 minutes,1 hour,1 day  (60,90,400,3660)
  TALLYSTICK_METRICS     where ingest worker 0 tells Prometheus (worker K: the port plus K); unset: nowhere. The people
                         API tells it at /metrics. Beyond loopback both want `Authorization: Bearer` and the text of
                         metrics.token in TALLYSTICK_HQ_DIR
  TALLYSTICK_METRICS_TOKEN
                         auto | always: always also asks on loopback, as behind a proxy  (auto)
  TALLYSTICK_BROKER_RELOAD
                         command to run after the broker's lists changed, for example
                         "systemctl reload mosquitto"; the embedded broker needs none
"""

DURABILITIES = ("commit", "standby", "backup")
SHARDS_MAX = 1024
POSTGRES = ("postgresql", "postgres")


class SettingsError(ValueError):
    """A setting is wrong or missing; the text names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a process listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


RAW_DAYS_MIN = 47


@dataclass(frozen=True, slots=True)
class TelemetryDays:
    """How long values and their rollups are kept; raw values outlive what a store brings home after 45 days."""

    raw: int = 60
    five_minutes: int = 90
    hours: int = 400
    days: int = 3_660


@dataclass(frozen=True, slots=True)
class HqFolder:
    """The files of one headquarters. Everything but the broker's lists and public certificates has mode 0600."""

    root: Path

    @property
    def ca_cert(self) -> Path:
        return self.root / "ca.crt"

    @property
    def ca_key(self) -> Path:
        return self.root / "ca.key"

    @property
    def hq_cert(self) -> Path:
        """HQ's own client certificate, CN = hq."""
        return self.root / "hq.crt"

    @property
    def hq_key(self) -> Path:
        return self.root / "hq.key"

    @property
    def edge_cert(self) -> Path:
        """Server certificate of the edge API."""
        return self.root / "edge.crt"

    @property
    def edge_key(self) -> Path:
        return self.root / "edge.key"

    @property
    def broker(self) -> Path:
        """The folder the broker reads: `server.crt`, `server.key`, `ca.crt`, `access.acl`, `revoked.crl`, `revoked.txt`."""
        return self.root / "broker"

    @property
    def broker_cert(self) -> Path:
        return self.broker / "server.crt"

    @property
    def broker_key(self) -> Path:
        return self.broker / "server.key"

    @property
    def broker_ca(self) -> Path:
        return self.broker / "ca.crt"

    @property
    def rabbit_definitions(self) -> Path:
        """The same for RabbitMQ."""
        return self.broker / "rabbitmq.json"

    @property
    def access_list(self) -> Path:
        return self.broker / "access.acl"

    @property
    def crl(self) -> Path:
        """Revoked certificates, as PEM for Mosquitto and OpenSSL."""
        return self.broker / "revoked.crl"

    @property
    def revoked(self) -> Path:
        """The same as serial numbers, one a line, for the embedded broker."""
        return self.broker / "revoked.txt"

    @property
    def metrics_token(self) -> Path:
        """What Prometheus must show where `/metrics` can be reached from other machines."""
        return self.root / "metrics.token"

    @property
    def app_url(self) -> Path:
        """Database address of the API, with its password."""
        return self.root / "app.url"

    @property
    def ingest_url(self) -> Path:
        return self.root / "ingest.url"


@dataclass(frozen=True, slots=True)
class HqSettings:
    """Settings of one headquarters process; make it with `read_settings`."""

    folder: HqFolder
    owner_url: str = ""
    mqtt_url: str = "mqtts://127.0.0.1:8883"
    api: Address = Address("127.0.0.1", 8801)
    edge: Address = Address("127.0.0.1", 8843)
    console: Address = Address("127.0.0.1", 8800)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    store_mqtt_url: str = "mqtts://127.0.0.1:8883"
    store_https_url: str = "https://localhost:8843"
    shards: int = 16
    durable: str = "commit"
    broker_reload: str = ""
    telemetry_days: TelemetryDays = TelemetryDays()
    metrics: Address | None = None
    metrics_token_always: bool = False

    def need_owner_url(self) -> str:
        """The owner's database address. Raises `SettingsError`."""
        if not self.owner_url:
            raise SettingsError(
                "DATABASE_URL is not set: give the owner's address, postgresql://owner:password@host:5432/name"
            )
        return self.owner_url

    def app_conninfo(self) -> str:
        """Address for the role tallystick_app. Raises `SettingsError` before `init`."""
        return self._conninfo(self.folder.app_url)

    def ingest_conninfo(self) -> str:
        """Address for the role tallystick_ingest. Raises `SettingsError` before `init`."""
        return self._conninfo(self.folder.ingest_url)

    def _conninfo(self, path: Path) -> str:
        try:
            stored = path.read_text().strip()
        except FileNotFoundError:
            raise SettingsError(f"{path} is missing: run `python -m cloud init` first (or set TALLYSTICK_HQ_DIR)") from None
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
        if not self.owner_url:
            return stored
        return with_user(self.owner_url, urlsplit(stored).username or "", urlsplit(stored).password or "")


def with_user(url: str, user: str, password: str) -> str:
    """The same database for another user. Both are percent-encoded here; `password` may come encoded already."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='%')}@{where}"))


def read_settings(environment: Mapping[str, str]) -> HqSettings:
    """Settings from the environment. Raises `SettingsError` naming the first variable that is wrong."""
    folder = HqFolder(Path(environment.get("TALLYSTICK_HQ_DIR") or ".tallystick/hq").resolve())
    mqtt_url = _url(environment, "MQTT_URL", "mqtts://127.0.0.1:8883", ("mqtts",))
    edge = _address(environment, "TALLYSTICK_EDGE", "127.0.0.1:8843")
    settings = HqSettings(
        folder=folder,
        owner_url=_url(environment, "DATABASE_URL", "", POSTGRES),
        mqtt_url=mqtt_url,
        api=_address(environment, "TALLYSTICK_API", "127.0.0.1:8801"),
        edge=edge,
        console=_address(environment, "TALLYSTICK_CONSOLE", "127.0.0.1:8800"),
        tls_cert=_path(environment, "TALLYSTICK_TLS_CERT"),
        tls_key=_path(environment, "TALLYSTICK_TLS_KEY"),
        store_mqtt_url=_url(environment, "TALLYSTICK_STORE_MQTT_URL", mqtt_url, ("mqtts",)),
        store_https_url=_url(environment, "TALLYSTICK_STORE_HTTPS_URL", f"https://localhost:{edge.port}", ("https",)),
        shards=_number(environment, "TALLYSTICK_SHARDS", 16, SHARDS_MAX),
        durable=environment.get("TALLYSTICK_DURABLE") or "commit",
        broker_reload=environment.get("TALLYSTICK_BROKER_RELOAD", ""),
        telemetry_days=_days(environment, "TALLYSTICK_TELEMETRY_DAYS"),
        metrics_token_always=environment.get("TALLYSTICK_METRICS_TOKEN", "auto") == "always",
        metrics=_address(environment, "TALLYSTICK_METRICS", "") if environment.get("TALLYSTICK_METRICS") else None,
    )
    if settings.durable not in DURABILITIES:
        raise SettingsError(f"TALLYSTICK_DURABLE is '{settings.durable}': use {', '.join(DURABILITIES)}")
    if environment.get("TALLYSTICK_METRICS_TOKEN", "auto") not in {"auto", "always"}:
        raise SettingsError("TALLYSTICK_METRICS_TOKEN: use auto or always")
    for name, address in (
        ("TALLYSTICK_API", settings.api),
        ("TALLYSTICK_CONSOLE", settings.console),
        ("TALLYSTICK_METRICS", settings.metrics),
    ):
        if address is not None and not address.loopback and not (settings.tls_cert and settings.tls_key):
            raise SettingsError(f"{name} listens beyond loopback: set TALLYSTICK_TLS_CERT and TALLYSTICK_TLS_KEY")
    return settings


def _url(environment: Mapping[str, str], name: str, default: str, schemes: tuple[str, ...]) -> str:
    text = environment.get(name) or default
    if not text:
        return ""
    parts = urlsplit(text)
    try:
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        port_ok = False
    by_socket = parts.scheme in POSTGRES and not parts.netloc  # postgresql:///name?host=/run/postgresql
    if parts.scheme not in schemes or not (parts.hostname or by_socket) or not port_ok:
        raise SettingsError(f"{name}: expected {schemes[0]}://host:port, got '{_without_password(text)}'")
    return text


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    scheme = head.partition("://")[0] + "://" if "://" in head else ""
    return f"{scheme}...@{tail}" if at else url


def _address(environment: Mapping[str, str], name: str, default: str) -> Address:
    text = environment.get(name) or default
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"{name}: expected host:port, for example {default}, got '{text}'")
    return Address(host.strip("[]"), int(port))


def _number(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise SettingsError(f"{name}: expected a number from 1 to {most}, got '{text}'")
    return int(text)


def _days(environment: Mapping[str, str], name: str) -> TelemetryDays:
    text = environment.get(name)
    if not text:
        return TelemetryDays()
    parts = [int(part) for part in text.split(",") if part.strip().isdecimal()]
    if len(parts) != 4 or parts[0] < RAW_DAYS_MIN or sorted(parts) != parts:
        raise SettingsError(
            f"{name}: expected four numbers of days like 60,90,400,3660, each at least the one before and the first at "
            f"least {RAW_DAYS_MIN}, got '{text}'"
        )
    return TelemetryDays(*parts)


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name)
    if not text:
        return None
    path = Path(text).resolve()
    if not path.is_file():
        raise SettingsError(f"{name}: there is no file {path}")
    return path
