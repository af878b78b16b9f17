"""Secrets: slow hashes for what people know, random bytes for what machines hold, and nothing that can be read back."""

from argon2 import PasswordHasher, Type, extract_parameters

from cloud.users.secrets import (
    TOKEN_PREFIX,
    generated_password,
    hash_password,
    hash_pin,
    new_token,
    password_matches,
    token_hash,
)
from protocols.clock import SeededRandom


def test_passwords_and_pins_are_argon2id_with_a_salt_of_their_own() -> None:
    for made in (hash_password("four green bottles"), hash_pin("2580")):
        assert extract_parameters(made).type is Type.ID
    assert hash_pin("2580") != hash_pin("2580")
    assert PasswordHasher().verify(hash_pin("2580"), "2580")


def test_a_password_matches_its_hash_alone() -> None:
    stored = hash_password("four green bottles")
    assert password_matches(stored, "four green bottles")
    assert not password_matches(stored, "Four green bottles")
    assert not password_matches("not a hash", "four green bottles")


def test_tokens_are_long_different_and_stored_as_hashes() -> None:
    rng = SeededRandom(3)
    tokens = {new_token(rng) for _ in range(100)}
    assert len(tokens) == 100
    token = tokens.pop()
    assert token.startswith(TOKEN_PREFIX)
    assert len(token) >= len(TOKEN_PREFIX) + 43
    assert token.encode() not in token_hash(token)


def test_generated_passwords_are_easy_to_read_aloud() -> None:
    password = generated_password(SeededRandom(5))
    assert [len(group) for group in password.split("-")] == [4, 4, 4, 4]
    assert not set(password) & set("il1o0")
