"""`init` and `migrate`: tables, roles with passwords, certificate authority, HQ's own certificates, first administrator.

`init` may be run again at any time: it makes what is missing, renews HQ's own certificates that end soon, and never touches
the authority's key. One headquarters a PostgreSQL server: its two roles and their passwords belong to the whole server.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from psycopg import sql

from cloud.clock import SystemClock, SystemRandom, id_source
from cloud.commands.ground import CommandFailed, Say, application, as_owner
from cloud.db.migrate import OwnerConnection, migrate
from cloud.db.pool import Scope
from cloud.db.queries import load_queries
from cloud.settings import HqFolder, HqSettings, with_user
from cloud.stores import broker_files
from cloud.stores.authority import DAY_MS, HQ_NAME, Authority, Issued, write_private, write_public
from cloud.users import service as users

Q = load_queries(__file__, "setup.sql")
ROLES = ("tallystick_app", "tallystick_ingest")
RENEW_DAYS = 90
PASSWORD_BYTES = 24
TOKEN_BYTES = 32


def run_migrations(settings: HqSettings, say: Say) -> None:
    """Bring the database up to date. Raises `MigrationRefused`, `CommandFailed`, `SettingsError`."""
    with as_owner(settings) as owner:
        applied = migrate(owner)
    say(f"database: {', '.join(applied)} applied" if applied else "database: up to date")


async def init(settings: HqSettings, hosts: Sequence[str], say: Say) -> None:
    """Everything a new headquarters needs. Raises `MigrationRefused`, `CommandFailed`, `SettingsError`, `OSError`."""
    folder = settings.folder
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.root.chmod(0o711)  # the broker's user passes through to its own folder; all else has mode 0600
    run_migrations(settings, say)
    with as_owner(settings) as owner:
        for role, path in zip(ROLES, (folder.app_url, folder.ingest_url), strict=True):
            _give_password(owner, role, path, settings.need_owner_url())
        owner.execute(Q["only_ours_connect"])
    if not folder.metrics_token.exists():
        write_private(folder.metrics_token, SystemRandom().bytes(TOKEN_BYTES).hex().encode() + b"\n")
    say(f"database roles: {' and '.join(ROLES)}, passwords in {folder.root}")
    authority = _authority(folder, say)
    _own_certificates(folder, authority, hosts, say)
    async with application(settings) as database:
        await broker_files.refresh(database, folder, authority, settings.broker_reload)
        async with database.transaction(Scope.everything()) as tx:
            password = await users.add_first_admin(tx, ids=id_source(), rng=SystemRandom(), now_ms=SystemClock().now_ms())
    say(f"broker: its certificate and lists are in {folder.broker}")
    if password is not None:
        say(f"first administrator: login admin, password {password}   (shown once, note it now)")
    say("headquarters is set up. Next: python -m cloud api, ingest and console, each as a process of its own")


def _give_password(owner: OwnerConnection, role: str, path: Path, owner_url: str) -> None:
    """Keep the password the file has, or draw one; the server gets only its SCRAM hash."""
    password = _password_in(path) or base64.urlsafe_b64encode(SystemRandom().bytes(PASSWORD_BYTES)).decode().rstrip("=")
    hashed = owner.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    owner.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(hashed)))
    write_private(path, with_user(owner_url, role, password).encode() + b"\n")


def _password_in(path: Path) -> str:
    return urlsplit(path.read_text().strip()).password or "" if path.exists() else ""


def _authority(folder: HqFolder, say: Say) -> Authority:
    clock, rng = SystemClock(), SystemRandom()
    if folder.ca_cert.exists() and folder.ca_key.exists():
        return Authority.load(folder.ca_cert, folder.ca_key, clock=clock, rng=rng)
    if folder.ca_cert.exists() or folder.ca_key.exists():
        raise CommandFailed(
            f"of the authority only one file is left in {folder.root}: put ca.crt and ca.key back from a backup"
        )
    authority = Authority.create(clock=clock, rng=rng)
    write_private(folder.ca_key, authority.key_pem)
    write_public(folder.ca_cert, authority.cert_pem)
    say(f"certificate authority: {folder.ca_key} (keep a copy in a safe: every store trusts it)")
    return authority


def _own_certificates(folder: HqFolder, authority: Authority, hosts: Sequence[str], say: Say) -> None:
    write_public(folder.broker_ca, authority.cert_pem)
    made = []
    for name, certificate, key in (
        ("broker", folder.broker_cert, folder.broker_key),
        ("edge-api", folder.edge_cert, folder.edge_key),
    ):
        if hosts or _ends_soon(certificate, key):
            _keep(authority.issue_server(name, hosts), certificate, key)
            made.append(name)
    if _ends_soon(folder.hq_cert, folder.hq_key):
        _keep(authority.issue_client(HQ_NAME), folder.hq_cert, folder.hq_key)
        made.append(HQ_NAME)
    say(f"certificates: {', '.join(made)} made" if made else "certificates: all good")


def _ends_soon(certificate: Path, key: Path) -> bool:
    if not (certificate.exists() and key.exists()):
        return True
    ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    return ends.timestamp() * 1000 < SystemClock().now_ms() + RENEW_DAYS * DAY_MS


def _keep(issued: Issued, certificate: Path, key: Path) -> None:
    write_private(key, issued.key_pem)
    write_public(certificate, issued.cert_pem)
