"""Which line is tried when, and what a certificate says of its end."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from edge.sync.credentials import Credentials, CredentialsUnusable, expiry_ms
from edge.sync.line import Ears
from edge.sync.schedule import CAP_WAIT_MS, LineChoice
from protocols.clock import SeededRandom
from protocols.sync.effects import Send
from protocols.sync.messages import StoreState
from tests.support.certificates import Authority


class NamedLine:
    """A line that is only chosen, never run."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def run(self, ears: Ears, will: Callable[[], StoreState], feeds: Iterable[str]) -> None: ...

    def send(self, effect: Send) -> None: ...

    async def follow(self, feed_ids: Iterable[str]) -> None: ...


async def _closed() -> bool:
    return False


def _choice(fallback: NamedLine | None) -> LineChoice:
    return LineChoice(NamedLine("mqtt"), fallback, _closed, SeededRandom(1))


def test_https_takes_over_when_the_broker_stays_away_and_both_keep_being_tried() -> None:
    choice = _choice(NamedLine("https"))
    tried = []
    for _ in range(8):
        tried.append(choice.next_line().name)
        assert 0 < choice.wait_seconds(failed=True) <= CAP_WAIT_MS / 1000
    assert tried == ["mqtt", "mqtt", "mqtt", "https", "mqtt", "https", "mqtt", "https"]


def test_a_line_that_worked_starts_the_count_anew() -> None:
    choice = _choice(NamedLine("https"))
    for _ in range(3):
        choice.wait_seconds(failed=True)
    assert choice.next_line().name == "https"
    choice.worked()
    assert choice.next_line().name == "mqtt"


def test_without_a_fallback_only_the_preferred_line_is_tried() -> None:
    choice = _choice(None)
    for _ in range(6):
        assert choice.next_line().name == "mqtt"
        choice.wait_seconds(failed=True)


async def test_nothing_is_better_than_the_preferred_line() -> None:
    choice = _choice(NamedLine("https"))
    waiting = asyncio.ensure_future(choice.better_than(choice.next_line()))
    done, _ = await asyncio.wait({waiting}, timeout=0.01)
    assert not done
    waiting.cancel()


def test_the_end_of_a_certificate_is_read_as_the_certificate_says(tmp_path: Path) -> None:
    from cryptography import x509

    authority = Authority(tmp_path, "hq").ca_file
    certificate = x509.load_pem_x509_certificate(authority.read_bytes())
    expected = int(certificate.not_valid_after_utc.astimezone(datetime.UTC).timestamp()) * 1000
    assert Credentials(authority, authority, authority).expires_ms() == expected


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x82", b"\x30\x03\x30\x01\xa0", b"\x30\x80" + b"\0" * 9])
def test_what_is_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        expiry_ms(der)


def test_missing_files_are_named(tmp_path: Path) -> None:
    missing = Credentials(tmp_path / "ca.pem", tmp_path / "store.pem", tmp_path / "store.key")
    with pytest.raises(CredentialsUnusable, match=r"store\.pem"):
        missing.context()
    assert missing.expires_ms() is None
