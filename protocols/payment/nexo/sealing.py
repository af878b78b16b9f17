"""The encrypted envelope of terminals in the shop's own network: a message in `NexoBlob`, its proof in `SecurityTrailer`.

From a passphrase: PBKDF2 (SHA-1, salt `AdyenNexoV1Salt`, 4000 rounds) to 80 bytes: 32 for HMAC-SHA-256, 32 for
AES-256-CBC, a 16-byte vector. Each message draws a nonce of 16 bytes; the vector used is the derived one XOR the nonce.
The HMAC covers the plain message. The header also stands in the open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols.payment.nexo.messages import MessageHeader, NexoError

SALT = b"AdyenNexoV1Salt"
ROUNDS = 4_000
NONCE_BYTES = 16
VERSION = 1


class SecurityTrailer(msgspec.Struct, frozen=True, kw_only=True):
    Nonce: str
    Hmac: str
    KeyIdentifier: str
    KeyVersion: int
    AdyenCryptoVersion: int


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    MessageHeader: MessageHeader
    NexoBlob: str
    SecurityTrailer: SecurityTrailer


@dataclass(frozen=True, slots=True)
class SharedKey:
    """What till and terminal share. Never shown."""

    identifier: str
    version: int
    hmac_key: bytes = field(repr=False)
    cipher_key: bytes = field(repr=False)
    vector: bytes = field(repr=False)


def derive(passphrase: str, identifier: str, version: int) -> SharedKey:
    """The keys of a passphrase."""
    data = hashlib.pbkdf2_hmac("sha1", passphrase.encode(), SALT, ROUNDS, 80)
    return SharedKey(identifier, version, data[:32], data[32:64], data[64:])


def seal(message: bytes, header: MessageHeader, kind: str, key: SharedKey, nonce: bytes) -> bytes:
    """`kind`: `SaleToPOIRequest` or `SaleToPOIResponse`."""
    padder = padding.PKCS7(128).padder()
    encryptor = _cipher(key, nonce).encryptor()
    blob = encryptor.update(padder.update(message) + padder.finalize()) + encryptor.finalize()
    proof = hmac.new(key.hmac_key, message, hashlib.sha256).digest()
    trailer = SecurityTrailer(
        Nonce=base64.b64encode(nonce).decode(),
        Hmac=base64.b64encode(proof).decode(),
        KeyIdentifier=key.identifier,
        KeyVersion=key.version,
        AdyenCryptoVersion=VERSION,
    )
    sealed = _Sealed(MessageHeader=header, NexoBlob=base64.b64encode(blob).decode(), SecurityTrailer=trailer)
    return msgspec.json.encode({kind: sealed})


def unseal(data: bytes, kind: str, key: SharedKey) -> bytes:
    """The plain message. Raises `NexoError`; whoever has not the key gets nowhere."""
    try:
        sealed = msgspec.json.decode(data, type=dict[str, _Sealed])[kind]
        nonce = base64.b64decode(sealed.SecurityTrailer.Nonce, validate=True)
        told = base64.b64decode(sealed.SecurityTrailer.Hmac, validate=True)
        blob = base64.b64decode(sealed.NexoBlob, validate=True)
        if len(nonce) != NONCE_BYTES:
            raise NexoError("the terminal's message is not sealed as it should be")
        decryptor = _cipher(key, nonce).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        message = unpadder.update(decryptor.update(blob) + decryptor.finalize()) + unpadder.finalize()
    except (msgspec.MsgspecError, KeyError, binascii.Error, ValueError) as error:
        raise NexoError("the terminal's message is not sealed as it should be (another passphrase?)") from error
    if not hmac.compare_digest(told, hmac.new(key.hmac_key, message, hashlib.sha256).digest()):
        raise NexoError("the terminal's message is not sealed as it should be (another passphrase?)")
    return message


def _cipher(key: SharedKey, nonce: bytes) -> Cipher[modes.CBC]:
    vector = bytes(one ^ other for one, other in zip(key.vector, nonce, strict=True))
    return Cipher(algorithms.AES(key.cipher_key), modes.CBC(vector))
