"""Passwords and PINs as argon2id hashes, tokens as random bytes stored only as SHA-256.

A token carries 256 random bits, so a plain hash of it is safe to store; a password or a PIN needs a slow one.
"""

from __future__ import annotations

import base64
import hashlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from protocols.clock import RandomSource

TOKEN_PREFIX = "tly_"
TOKEN_BYTES = 32
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No i, l, o, 0, 1: a generated password is read aloud and typed."""

password_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
pin_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Light enough for the store's small computer, which checks it at every log-in."""

NO_SUCH_PERSON = password_hasher.hash("nobody has this password")
"""Checked when the login is unknown, so that the answer takes as long as for a known one."""


def hash_password(password: str) -> str:
    """Slow (tens of milliseconds of one core): call it off the event loop."""
    return password_hasher.hash(password)


def hash_pin(pin: str) -> str:
    """The argon2id hash that travels to the store in place of the PIN."""
    return pin_hasher.hash(pin)


def password_matches(stored: str, password: str) -> bool:
    """Whether the password made this hash. Slow, as `hash_password`."""
    try:
        return password_hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def new_token(rng: RandomSource) -> str:
    """A bearer token: shown once, never stored."""
    return TOKEN_PREFIX + base64.urlsafe_b64encode(rng.bytes(TOKEN_BYTES)).decode().rstrip("=")


def token_hash(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def generated_password(rng: RandomSource, groups: int = 4) -> str:
    """A password such as `kmv7-x3pq-...`: four letters a group, about 20 bits each."""
    return "-".join(_pick(rng, 4) for _ in range(groups))


def _pick(rng: RandomSource, count: int) -> str:
    chosen = ""
    while len(chosen) < count:
        value = rng.bytes(1)[0]
        if value < 256 - 256 % len(_LETTERS):
            chosen += _LETTERS[value % len(_LETTERS)]
    return chosen
