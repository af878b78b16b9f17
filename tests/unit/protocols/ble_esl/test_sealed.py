"""Encrypted advertising data: the published sample, and a second CCM made from AES blocks alone."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ble_esl import sealed
from protocols.ble_esl.errors import EslRefused, NotForUs
from protocols.ble_esl.sealed import KeyMaterial

# Core Specification Supplement, part A, 2.3: key, vector and randomizer are printed most significant byte first.
SAMPLE_KEY = KeyMaterial(bytes.fromhex("57A9DA12D12E6E131E20612AD10A6A19")[::-1] + bytes.fromhex("46E77AB1EF007A9E")[::-1])
SAMPLE_PLAIN = bytes.fromhex("0F0953686F7274204D696E692D42757303190A8C")
SAMPLES = [
    ("DECA57E118", "74E4DCAFDC51C7282810C2217F0E4CEF4343181FBA0069CC"),
    ("7A6E971C8D", "35444076125788C238A58E8BD9CFF0DEFE251A8E7275454C"),
]
KEY = KeyMaterial(bytes(range(24)))


def ccm_by_hand(key: KeyMaterial, nonce: bytes, plain: bytes) -> bytes:
    """RFC 3610 with L = 2, M = 4, additional data EA, written from the RFC and from AES-ECB only."""
    aes = Cipher(algorithms.AES(key.material[:16][::-1]), modes.ECB()).encryptor()

    def block(data: bytes) -> bytes:
        return aes.update(data)

    def xor(one: bytes, two: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(one, two, strict=False))

    mac = block(bytes((0x40 | 1 << 3 | 1,)) + nonce + len(plain).to_bytes(2, "big"))
    mac = block(xor(mac, b"\x00\x01\xea".ljust(16, b"\0")))
    for at in range(0, len(plain), 16):
        mac = block(xor(mac, plain[at : at + 16].ljust(16, b"\0")))
    stream = [block(b"\x01" + nonce + number.to_bytes(2, "big")) for number in range(len(plain) // 16 + 2)]
    cipher = b"".join(xor(plain[at : at + 16], stream[at // 16 + 1]) for at in range(0, len(plain), 16))
    return cipher + xor(mac[:4], stream[0])


@pytest.mark.parametrize(("randomizer", "cipher"), SAMPLES)
def test_the_published_sample(randomizer: str, cipher: str) -> None:
    on_air = bytes.fromhex(randomizer)[::-1]
    expected = bytes((30, 0x31)) + on_air + bytes.fromhex(cipher)
    assert sealed.seal(SAMPLE_PLAIN, SAMPLE_KEY, on_air) == expected
    assert sealed.unseal(expected, SAMPLE_KEY) == SAMPLE_PLAIN


def test_a_group_packet_byte_by_byte() -> None:
    packet = sealed.seal_for_group(5, bytes.fromhex("0007"), KEY, bytes.fromhex("0102030405"))
    plain = bytes.fromhex("0434050007")
    nonce = bytes.fromhex("0102030485") + bytes(range(16, 24))
    assert packet == bytes.fromhex("0f310102030485") + ccm_by_hand(KEY, nonce, plain)
    assert sealed.read_for_group(packet, KEY) == (5, bytes.fromhex("0007"))


def test_an_answer_names_no_group_and_has_the_other_direction() -> None:
    packet = sealed.seal_answer(bytes.fromhex("101200"), KEY, bytes.fromhex("01020304ff"))
    nonce = bytes.fromhex("010203047f") + bytes(range(16, 24))
    assert packet == bytes.fromhex("0f31010203047f") + ccm_by_hand(KEY, nonce, bytes.fromhex("0434101200"))
    assert sealed.read_answer(packet, KEY) == bytes.fromhex("101200")


@settings(max_examples=60)
@given(st.binary(min_size=24, max_size=24), st.binary(min_size=5, max_size=5), st.binary(max_size=48))
def test_two_implementations_agree(material: bytes, randomizer: bytes, plain: bytes) -> None:
    key = KeyMaterial(material)
    packet = sealed.seal(plain, key, randomizer)
    assert packet[7:] == ccm_by_hand(key, randomizer + material[16:], plain)
    assert sealed.unseal(packet, key) == plain


@given(st.integers(0, 21 * 8 - 1))
def test_one_changed_bit_opens_nothing(bit: int) -> None:
    packet = bytearray(sealed.seal_for_group(1, bytes.fromhex("2001000120020001"), KEY, b"\1\2\3\4\5"))
    packet[bit // 8] ^= 1 << bit % 8
    with pytest.raises(EslRefused):
        sealed.read_for_group(bytes(packet), KEY)


def test_another_key_opens_nothing() -> None:
    packet = sealed.seal_for_group(1, b"\0\1", KEY, b"\1\2\3\4\5")
    with pytest.raises(NotForUs):
        sealed.read_for_group(packet, KeyMaterial(bytes(24)))


@given(st.binary(max_size=70))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(EslRefused):
        sealed.read_for_group(data, KEY)


def test_a_payload_has_48_bytes_and_a_key_never_shows() -> None:
    sealed.seal_for_group(127, bytes(47), KEY, b"\1\2\3\4\5")
    with pytest.raises(EslRefused):
        sealed.seal_for_group(127, bytes(48), KEY, b"\1\2\3\4\5")
    with pytest.raises(EslRefused):
        sealed.seal_for_group(128, b"", KEY, b"\1\2\3\4\5")
    with pytest.raises(EslRefused):
        KeyMaterial(bytes(23))
    assert "0102" not in repr(KEY)
