"""Encrypted advertising data (Core Specification Supplement, part A 1.23) around ESL payloads, both directions.

plain  = [length][0x34][ESL payload]; to a group the payload is [group][commands], from a label [responses]
sealed = [length][0x31][randomizer 5][cipher][MIC 4]

AES-128-CCM with a tag of 4 bytes; nonce = randomizer + initialization vector, additional data 0xEA. Key material travels
and is stored as 24 bytes: the session key least significant byte first, then the vector. The last bit of the randomizer
tells the direction, so that two directions under one key could never share a nonce; a reader takes either value.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from protocols.ble_esl.errors import EslRefused, NotForUs

ENCRYPTED_DATA = 0x31
ESL_DATA = 0x34
PAYLOAD_BYTES_MAX = 48
"""Of an ESL payload, the group's byte included."""
KEY_BYTES, IV_BYTES, RANDOMIZER_BYTES, MIC_BYTES = 16, 8, 5, 4
MATERIAL_BYTES = KEY_BYTES + IV_BYTES
GROUP_MAX = 0x7F
_AAD = b"\xea"
_CIPHERS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """A key with its vector. Its text never shows them."""

    material: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.material) != MATERIAL_BYTES:
            raise EslRefused(f"key material has {MATERIAL_BYTES} bytes, not {len(self.material)}")

    @property
    def initialization_vector(self) -> bytes:
        """The last 8 bytes, in the order of the nonce."""
        return self.material[KEY_BYTES:]


@functools.lru_cache(_CIPHERS_KEPT)
def _cipher(key: KeyMaterial) -> AESCCM:
    return AESCCM(key.material[:KEY_BYTES][::-1], tag_length=MIC_BYTES)


def seal(plain: bytes, key: KeyMaterial, randomizer: bytes) -> bytes:
    """One sealed advertising structure. `randomizer`: 5 bytes never used before with this key."""
    if len(randomizer) != RANDOMIZER_BYTES:
        raise EslRefused(f"a randomizer has {RANDOMIZER_BYTES} bytes, not {len(randomizer)}")
    cipher = _cipher(key).encrypt(randomizer + key.initialization_vector, plain, _AAD)
    body = bytes((ENCRYPTED_DATA,)) + randomizer + cipher
    return bytes((len(body),)) + body


def unseal(data: bytes, key: KeyMaterial) -> bytes:
    """The plain bytes. Raises `NotForUs` when the key does not open it, `EslRefused` when it is no such structure."""
    body = _structure(data, ENCRYPTED_DATA)
    randomizer, cipher = body[:RANDOMIZER_BYTES], body[RANDOMIZER_BYTES:]
    if len(cipher) < MIC_BYTES:
        raise EslRefused("a sealed structure without a whole MIC")
    try:
        return _cipher(key).decrypt(randomizer + key.initialization_vector, cipher, _AAD)
    except InvalidTag as error:
        raise NotForUs("the key does not open this packet") from error


def randomizer_of(chance: bytes, *, from_access_point: bool) -> bytes:
    """A randomizer from 5 random bytes, with the direction in its last bit."""
    last = chance[4] | 0x80 if from_access_point else chance[4] & 0x7F
    return chance[:4] + bytes((last,))


def seal_for_group(group: int, commands: bytes, key: KeyMaterial, chance: bytes) -> bytes:
    """What an access point sends to a group. Raises `EslRefused` above 48 bytes or beyond group 127."""
    if not 0 <= group <= GROUP_MAX:
        raise EslRefused(f"there is no group {group}: 0 to {GROUP_MAX}")
    plain = _plain(bytes((group,)) + commands)
    return seal(plain, key, randomizer_of(chance, from_access_point=True))


def read_for_group(data: bytes, key: KeyMaterial) -> tuple[int, bytes]:
    """Group and command TLVs. Raises `EslRefused`, `NotForUs`."""
    payload = _structure(unseal(data, key), ESL_DATA)
    if not payload:
        raise EslRefused("a payload without a group")
    return payload[0], payload[1:]


def seal_answer(responses: bytes, key: KeyMaterial, chance: bytes) -> bytes:
    """What a label sends in its response slot. Raises `EslRefused` above 48 bytes."""
    return seal(_plain(responses), key, randomizer_of(chance, from_access_point=False))


def read_answer(data: bytes, key: KeyMaterial) -> bytes:
    """The response TLVs. Raises `EslRefused`, `NotForUs`."""
    return _structure(unseal(data, key), ESL_DATA)


def _plain(payload: bytes) -> bytes:
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise EslRefused(f"an ESL payload has at most {PAYLOAD_BYTES_MAX} bytes, not {len(payload)}")
    return bytes((len(payload) + 1, ESL_DATA)) + payload


def _structure(data: bytes, kind: int) -> bytes:
    """The value of one advertising structure of this type; bytes behind it are ignored."""
    if len(data) < 2 or data[1] != kind or not 1 <= data[0] < len(data):
        raise EslRefused(f"no advertising structure of type {kind:02X}")
    return data[2 : data[0] + 1]
