"""Headquarters as a small certificate authority: EC P-256 keys, X.509 certificates, a revocation list (RFC 5280).

The common name of a client certificate is the store's id (`hq` for HQ's own processes); brokers map it to the user name.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from protocols.clock import Clock, RandomSource

HQ_NAME = "hq"
CA_NAME = "Tallystick HQ"
CA_DAYS = 20 * 365
SERVER_DAYS = 825
CLIENT_DAYS = 3 * 365
CRL_DAYS = 10 * 365
BACKDATED_DAYS = 1
"""Certificates begin in the past: clocks of boxes differ."""
DAY_MS = 86_400_000
LOCAL_NAMES = ("localhost", "127.0.0.1")


class AuthorityMissing(RuntimeError):
    """The authority's key or certificate cannot be read; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key as PEM. `serial`: hexadecimal, small letters, no leading zero."""

    cert_pem: bytes
    key_pem: bytes
    serial: str
    issued_at_ms: int
    expires_at_ms: int


class Authority:
    """Signs with HQ's key. Make a new one with `create`, read an existing one with `load`."""

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, *, clock: Clock, rng: RandomSource
    ) -> None:
        self._key = key
        self._certificate = certificate
        self._clock = clock
        self._rng = rng

    @classmethod
    def create(cls, *, clock: Clock, rng: RandomSource) -> Authority:
        """A new authority with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(CA_NAME)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = (
            _builder(name, name, key.public_key(), _serial(rng), clock.now_ms(), CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(identifier, critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate, clock=clock, rng=rng)

    @classmethod
    def load(cls, cert_file: Path, key_file: Path, *, clock: Clock, rng: RandomSource) -> Authority:
        """The authority of these files. Raises `AuthorityMissing`."""
        try:
            key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate(cert_file.read_bytes())
        except FileNotFoundError as error:
            raise AuthorityMissing(f"{error.filename} is missing: run `python -m cloud init` first") from error
        except (OSError, ValueError) as error:
            raise AuthorityMissing(f"the authority's key {key_file} cannot be read: {error}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthorityMissing(f"{key_file} is not an elliptic-curve key")
        return cls(key, certificate, clock=clock, rng=rng)

    @property
    def cert_pem(self) -> bytes:
        """What others trust."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The secret of the whole chain."""
        return _key_pem(self._key)

    def issue_client(self, common_name: str) -> Issued:
        """A key and certificate for a store (its id) or for HQ (`hq`)."""
        return self._issue(common_name, CLIENT_DAYS, ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def issue_server(self, common_name: str, hosts: Sequence[str]) -> Issued:
        """A key and certificate for a server that is reached as `localhost`, 127.0.0.1 and by `hosts`."""
        names = [_host(host) for host in dict.fromkeys((*LOCAL_NAMES, *hosts))]
        return self._issue(common_name, SERVER_DAYS, ExtendedKeyUsageOID.SERVER_AUTH, names)

    def revocation_list(self, serials: Iterable[tuple[str, int]]) -> bytes:
        """The signed list (PEM) of revoked (serial, revoked_at_ms)."""
        now_ms = self._clock.now_ms()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(_date(now_ms, -BACKDATED_DAYS))
            .next_update(_date(now_ms, CRL_DAYS))
        )
        for serial, revoked_at_ms in serials:
            entry = x509.RevokedCertificateBuilder(int(serial, 16), _date(revoked_at_ms, 0)).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _issue(self, common_name: str, days: int, purpose: x509.ObjectIdentifier, hosts: list[x509.GeneralName]) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        serial = _serial(self._rng)
        now_ms = self._clock.now_ms()
        public = key.public_key()
        builder = (
            _builder(_name(common_name), self._certificate.subject, public, serial, now_ms, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Issued(
            cert_pem=certificate.public_bytes(serialization.Encoding.PEM),
            key_pem=_key_pem(key),
            serial=f"{serial:x}",
            issued_at_ms=now_ms,
            expires_at_ms=now_ms + days * DAY_MS,
        )


def write_private(path: Path, data: bytes) -> None:
    """Write a secret whole or not at all, readable by its owner only."""
    _write(path, data, 0o600)


def write_public(path: Path, data: bytes) -> None:
    """Write what another user (the broker's) must read, whole or not at all."""
    _write(path, data, 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _serial(rng: RandomSource) -> int:
    """159 random bits, never 0 (RFC 5280 section 4.1.2.2: positive, at most 20 octets)."""
    return int.from_bytes(rng.bytes(20)) >> 1 | 1


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _date(now_ms: int, days: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(now_ms // 1000, datetime.UTC) + datetime.timedelta(days=days)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, serial: int, now_ms: int, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(_date(now_ms, -BACKDATED_DAYS))
        .not_valid_after(_date(now_ms, days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
