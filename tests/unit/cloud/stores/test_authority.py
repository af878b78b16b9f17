"""HQ's certificates, judged by OpenSSL through Python's ssl module."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from cloud.clock import SystemClock, SystemRandom
from cloud.stores.authority import Authority, AuthorityMissing, Issued, write_private, write_public
from protocols.clock import FakeClock, SeededRandom


@pytest.fixture
def authority() -> Authority:
    return Authority.create(clock=SystemClock(), rng=SystemRandom())


def context(folder: Path, ca: bytes, own: Issued, name: str, purpose: ssl.Purpose) -> ssl.SSLContext:
    write_public(folder / "ca.crt", ca)
    write_public(folder / f"{name}.crt", own.cert_pem)
    write_private(folder / f"{name}.key", own.key_pem)
    made = ssl.create_default_context(purpose, cafile=str(folder / "ca.crt"))
    made.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    if purpose is ssl.Purpose.CLIENT_AUTH:
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str:
    """The common name the server sees. Raises `ssl.SSLError` for the client's refusal."""
    one, two = socket.socketpair()
    seen: list[str] = []

    def serve() -> None:
        try:
            with server.wrap_socket(one, server_side=True) as secured:
                certificate = secured.getpeercert() or {}
                seen.extend(value for part in certificate["subject"] for _, value in part)  # type: ignore[misc]
                secured.send(b"x")
        except ssl.SSLError:
            one.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(two, server_hostname=name) as secured:
            secured.recv(1)
    finally:
        thread.join(10)
    return seen[0] if seen else ""


def test_servers_and_clients_trust_each_other(authority: Authority, tmp_path: Path) -> None:
    server = context(
        tmp_path, authority.cert_pem, authority.issue_server("edge-api", ["hq.lan"]), "server", ssl.Purpose.CLIENT_AUTH
    )
    client = context(tmp_path, authority.cert_pem, authority.issue_client("S001"), "client", ssl.Purpose.SERVER_AUTH)
    for name in ("localhost", "127.0.0.1", "hq.lan"):
        assert handshake(server, client, name) == "S001"
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, client, "elsewhere")


def test_a_client_certificate_is_no_server(authority: Authority, tmp_path: Path) -> None:
    """A store's stolen key must not let anybody play headquarters."""
    fake = context(tmp_path, authority.cert_pem, authority.issue_client("localhost"), "fake", ssl.Purpose.CLIENT_AUTH)
    client = context(tmp_path, authority.cert_pem, authority.issue_client("S001"), "client", ssl.Purpose.SERVER_AUTH)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(fake, client, "localhost")


def test_a_store_cannot_sign(authority: Authority) -> None:
    certificate = x509.load_pem_x509_certificate(authority.issue_client("S001").cert_pem)
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is False
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_serials_are_as_openssl_writes_them(authority: Authority) -> None:
    for _ in range(20):
        issued = authority.issue_client("S001")
        assert issued.serial == f"{x509.load_pem_x509_certificate(issued.cert_pem).serial_number:x}"
        assert issued.serial == issued.serial.lower().lstrip("0")


def test_dates_come_from_the_clock_given() -> None:
    clock = FakeClock(1_790_000_000_000)
    issued = Authority.create(clock=clock, rng=SeededRandom(1)).issue_client("S001")
    certificate = x509.load_pem_x509_certificate(issued.cert_pem)
    assert certificate.not_valid_before_utc.timestamp() == 1_790_000_000 - 86_400
    assert certificate.not_valid_after_utc.timestamp() * 1000 == issued.expires_at_ms


def test_an_authority_is_read_back(authority: Authority, tmp_path: Path) -> None:
    write_private(tmp_path / "ca.key", authority.key_pem)
    write_public(tmp_path / "ca.crt", authority.cert_pem)
    again = Authority.load(tmp_path / "ca.crt", tmp_path / "ca.key", clock=SystemClock(), rng=SystemRandom())
    assert again.cert_pem == authority.cert_pem
    crl = x509.load_pem_x509_crl(again.revocation_list([("abc", 1_790_000_000_000)]))
    assert crl.is_signature_valid(x509.load_pem_x509_certificate(authority.cert_pem).public_key())  # type: ignore[arg-type]
    assert [entry.serial_number for entry in crl] == [0xABC]


@pytest.mark.parametrize("text", [b"", b"not a key"])
def test_a_broken_key_is_named(authority: Authority, tmp_path: Path, text: bytes) -> None:
    write_public(tmp_path / "ca.crt", authority.cert_pem)
    (tmp_path / "ca.key").write_bytes(text)
    with pytest.raises(AuthorityMissing, match=r"ca\.key"):
        Authority.load(tmp_path / "ca.crt", tmp_path / "ca.key", clock=SystemClock(), rng=SystemRandom())


def test_files_are_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key"
    write_private(path, b"1")
    write_private(path, b"22")
    assert path.read_bytes() == b"22"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_public(path, b"3")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(path.parent.iterdir()) == [path]
