"""Pairing of two Bluetooth devices: LE Secure Connections, "Just Works" (Core Specification, volume 3, part H), both roles.

A shelf label takes its keys only over an encrypted connection. Neither side has a display or keys to press, so nothing
proves who is at the other end at that moment (the specification's own limit): labels are admitted in the store, for as long
as labels are hung up. What is agreed, the long-term key, opens every later connection.

On the wire every number is least significant byte first; the functions f4, f5, f6 take them most significant first.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

CHANNEL = 0x0006
REQUEST, RESPONSE, CONFIRM, RANDOM, FAILED, PUBLIC_KEY, CHECK = 0x01, 0x02, 0x03, 0x04, 0x05, 0x0C, 0x0D
NO_INPUT_NO_OUTPUT = 0x03
BONDING_SECURE_CONNECTIONS = 0x09
KEY_BYTES = 16
CHANCE_BYTES = 48
CONFIRM_WRONG, NOT_SUPPORTED, CHECK_WRONG, INVALID_PARAMETERS = 0x04, 0x05, 0x0B, 0x0A
_LENGTHS = {REQUEST: 7, RESPONSE: 7, CONFIRM: 17, RANDOM: 17, FAILED: 2, PUBLIC_KEY: 65, CHECK: 17}
_SALT = bytes.fromhex("6C888391AAF5A53860370BDB5A6083BE")
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class PairingFailed(Exception):
    """No key was agreed. `reason`: the code of the specification to send, None when the other side said so."""

    def __init__(self, words: str, reason: int | None = None) -> None:
        super().__init__(words)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Party:
    """One side: its Bluetooth address as on the wire, and whether that is a random one (1) or public (0)."""

    address: bytes
    address_type: int

    @property
    def octets(self) -> bytes:
        """As f5 and f6 take it."""
        return bytes((self.address_type,)) + self.address[::-1]


def f4(u: bytes, v: bytes, x: bytes, z: int) -> bytes:
    """A confirm value."""
    return _cmac(x, u + v + bytes((z,)))


def f5(secret: bytes, n1: bytes, n2: bytes, a1: bytes, a2: bytes) -> tuple[bytes, bytes]:
    """The key of the checks, and the long-term key."""
    key = _cmac(_SALT, secret)
    rest = b"btle" + n1 + n2 + a1 + a2 + (256).to_bytes(2, "big")
    return _cmac(key, b"\x00" + rest), _cmac(key, b"\x01" + rest)


def f6(key: bytes, n1: bytes, n2: bytes, r: bytes, io: bytes, a1: bytes, a2: bytes) -> bytes:
    """A check value."""
    return _cmac(key, n1 + n2 + r + io + a1 + a2)


def features(code: int) -> bytes:
    """A pairing request or response of a side without display and keys that keeps the key."""
    return bytes((code, NO_INPUT_NO_OUTPUT, 0, BONDING_SECURE_CONNECTIONS, KEY_BYTES, 0, 0))


class Pairing:
    """Either side. `take` gives the other side's words in and the answers out; `long_term_key` is there at the end."""

    def __init__(self, initiator: Party, responder: Party, chance: bytes, *, initiates: bool) -> None:
        """`chance`: `CHANCE_BYTES` random bytes, used for nothing else."""
        self._initiator, self._responder = initiator, responder
        self._initiates = initiates
        self._private = ec.derive_private_key(int.from_bytes(chance[:32], "big") % (_ORDER - 1) + 1, _CURVE)
        numbers = self._private.public_key().public_numbers()
        self._x, self._y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        self._nonce = chance[32:48]
        self._their_x, self._their_nonce, self._confirm, self._secret = b"", b"", b"", b""
        self._ours, self._theirs = b"", b""
        self.long_term_key: bytes | None = None
        """16 bytes, least significant first, as the controller takes it."""

    def begin(self) -> list[bytes]:
        """The initiator's first words."""
        self._ours = features(REQUEST)
        return [self._ours]

    def take(self, pdu: bytes) -> list[bytes]:
        """One word of the other side. Raises `PairingFailed`."""
        if not pdu or len(pdu) != _LENGTHS.get(pdu[0], -1):
            raise PairingFailed("words of a strange length", INVALID_PARAMETERS)
        value = pdu[:0:-1]
        match pdu[0]:
            case 0x05:
                raise PairingFailed(f"the other side refuses to pair (reason {pdu[1]:02X})")
            case 0x01 | 0x02:
                return self._take_features(pdu)
            case 0x0C:
                return self._take_key(pdu)
            case 0x03:
                if not self._initiates or not self._secret:
                    raise PairingFailed("a promise out of place", INVALID_PARAMETERS)
                self._confirm = value
                return [bytes((RANDOM,)) + self._nonce[::-1]]
            case 0x04:
                return self._take_nonce(value)
            case _:
                return self._take_check(value)

    def _take_features(self, pdu: bytes) -> list[bytes]:
        if pdu[0] != (RESPONSE if self._initiates else REQUEST) or pdu[3] & 0x08 == 0 or pdu[4] < KEY_BYTES:
            raise PairingFailed("the other side knows no Secure Connections", NOT_SUPPORTED)
        self._theirs = pdu
        if self._initiates:
            return [self._key()]
        self._ours = features(RESPONSE)
        return [self._ours]

    def _take_key(self, pdu: bytes) -> list[bytes]:
        x, y = pdu[32:0:-1], pdu[:32:-1]
        if x == self._x or not self._theirs:
            raise PairingFailed("a public key out of place", INVALID_PARAMETERS)
        try:
            numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), _CURVE)
            self._secret = self._private.exchange(ec.ECDH(), numbers.public_key())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise PairingFailed("a public key that is no point of the curve", INVALID_PARAMETERS) from error
        self._their_x = x
        if self._initiates:
            return []
        return [self._key(), bytes((CONFIRM,)) + f4(self._x, x, self._nonce, 0)[::-1]]

    def _take_nonce(self, nonce: bytes) -> list[bytes]:
        if not self._secret:
            raise PairingFailed("a nonce before a key", INVALID_PARAMETERS)
        self._their_nonce = nonce
        if not self._initiates:
            return [bytes((RANDOM,)) + self._nonce[::-1]]
        if f4(self._their_x, self._x, nonce, 0) != self._confirm:
            raise PairingFailed("the other side's nonce is not the one it promised", CONFIRM_WRONG)
        return [bytes((CHECK,)) + self._check(mine=True)[::-1]]

    def _take_check(self, check: bytes) -> list[bytes]:
        if not self._their_nonce or check != self._check(mine=False):
            raise PairingFailed("the other side has another key", CHECK_WRONG)
        self.long_term_key = self._keys()[1][::-1]
        return [] if self._initiates else [bytes((CHECK,)) + self._check(mine=True)[::-1]]

    def _keys(self) -> tuple[bytes, bytes]:
        nonces = (self._nonce, self._their_nonce) if self._initiates else (self._their_nonce, self._nonce)
        return f5(self._secret, *nonces, self._initiator.octets, self._responder.octets)

    def _check(self, *, mine: bool) -> bytes:
        of_initiator = mine is self._initiates
        words = self._ours if mine else self._theirs
        io = bytes((words[3], words[2], words[1]))
        nonces = (self._nonce, self._their_nonce) if mine else (self._their_nonce, self._nonce)
        parties = (self._initiator, self._responder) if of_initiator else (self._responder, self._initiator)
        return f6(self._keys()[0], *nonces, bytes(16), io, parties[0].octets, parties[1].octets)

    def _key(self) -> bytes:
        return bytes((PUBLIC_KEY,)) + self._x[::-1] + self._y[::-1]


def _cmac(key: bytes, data: bytes) -> bytes:
    made = CMAC(algorithms.AES(key))
    made.update(data)
    return made.finalize()
