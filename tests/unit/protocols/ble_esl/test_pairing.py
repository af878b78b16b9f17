"""Pairing: the published samples of its functions, two sides that agree, and every word bent once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ble_esl import pairing
from protocols.ble_esl.pairing import Pairing, PairingFailed, Party

# Core Specification, volume 3, part H, appendix D.
U = bytes.fromhex("20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6")
V = bytes.fromhex("55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd")
N1 = bytes.fromhex("d5cb8454d177733effffb2ec712baeab")
N2 = bytes.fromhex("a6e8e7cc25a75f6e216583f7ff3dc4cf")
DH = bytes.fromhex("ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698")
A1, A2 = bytes.fromhex("0056123737bfce"), bytes.fromhex("00a713702dcfc1")
CHECK_KEY = bytes.fromhex("2965f176a1084a02fd3f6a20ce636e20")

BOX, LABEL = Party(b"\x01\x02\x03\x04\x05\x06", 0), Party(b"\x11\x12\x13\x14\x15\xd6", 1)


def test_the_published_samples() -> None:
    assert pairing.f4(U, V, N1, 0).hex() == "f2c916f107a9bd1cf1eda1bea974872d"
    assert pairing.f5(DH, N1, N2, A1, A2) == (CHECK_KEY, bytes.fromhex("69867911 69d7cd23 980522b5 94750a38"))
    r = bytes.fromhex("12a3343bb453bb5408da42d20c2d0fc8")
    assert pairing.f6(CHECK_KEY, N1, N2, r, b"\x01\x01\x02", A1, A2).hex() == "e3c473989cd0e8c5d26c0b09da958f61"


def sides(seed: int = 1) -> tuple[Pairing, Pairing]:
    box = Pairing(BOX, LABEL, bytes((seed + each) % 256 for each in range(48)), initiates=True)
    return box, Pairing(BOX, LABEL, bytes((seed + 7 * each) % 256 for each in range(48)), initiates=False)


def talk(box: Pairing, label: Pairing, bend: tuple[int, int] | None = None) -> list[bytes]:
    """All that is said; `bend`: which word, and which bit of it. Raises `PairingFailed`."""
    said: list[bytes] = []
    waiting = [(label, pdu) for pdu in box.begin()]
    while waiting:
        to, pdu = waiting.pop(0)
        if bend is not None and len(said) == bend[0]:
            bent = bytearray(pdu)
            bent[bend[1] // 8 % len(pdu)] ^= 1 << bend[1] % 8
            pdu = bytes(bent)
        said.append(pdu)
        waiting += [(box if to is label else label, answer) for answer in to.take(pdu)]
    return said


def test_two_sides_agree_on_a_key_that_was_never_said() -> None:
    box, label = sides()
    said = talk(box, label)
    assert [pdu[0] for pdu in said] == [0x01, 0x02, 0x0C, 0x0C, 0x03, 0x04, 0x04, 0x0D, 0x0D]
    assert box.long_term_key == label.long_term_key
    assert box.long_term_key is not None
    assert all(box.long_term_key not in pdu and box.long_term_key[::-1] not in pdu for pdu in said)
    other, _ = sides(2)
    assert other.long_term_key is None


def test_a_side_without_secure_connections_is_refused() -> None:
    box, _ = sides()
    box.begin()
    with pytest.raises(PairingFailed, match="Secure Connections"):
        box.take(bytes.fromhex("02030001100000"))
    with pytest.raises(PairingFailed, match="refuses"):
        sides()[0].take(b"\x05\x05")


def test_a_mirrored_or_false_public_key_is_refused() -> None:
    box, label = sides()
    (request,) = box.begin()
    (response,) = label.take(request)
    (key,) = box.take(response)
    with pytest.raises(PairingFailed, match="out of place"):
        box.take(key)
    with pytest.raises(PairingFailed, match="no point"):
        label.take(key[:-1] + bytes((key[-1] ^ 1,)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 8), st.integers(0, 519))
def test_no_bent_word_leads_to_two_keys_that_differ(word: int, bit: int) -> None:
    box, label = sides()
    try:
        talk(box, label, (word, bit))
    except PairingFailed:
        assert box.long_term_key is None or label.long_term_key is None or box.long_term_key == label.long_term_key
    else:
        assert box.long_term_key == label.long_term_key


@given(st.lists(st.binary(max_size=66), max_size=5))
def test_any_bytes_are_refused_in_words(words: list[bytes]) -> None:
    """But for a request or an answer that happens to be well formed: what follows it then needs keys nobody can guess."""
    for side in sides():
        taken = []
        for word in words:
            try:
                side.take(word)
            except PairingFailed:
                continue
            taken.append(word)
        assert all(word[0] in {0x01, 0x02} for word in taken)
        assert side.long_term_key is None
        assert side.long_term_key is None
