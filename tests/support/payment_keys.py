"""Keys of a shop that is not there, at providers that are not there. The RSA key is made anew in every run."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ACCOUNT = ("wx0000000000000000", "1900000000", "k" * 32)
"""App, merchant, key."""


@cache
def keys() -> tuple[bytes, bytes]:
    """(private, public) in PEM: the shop's and the provider's at once."""
    key = rsa.generate_private_key(65_537, 2_048)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, public
