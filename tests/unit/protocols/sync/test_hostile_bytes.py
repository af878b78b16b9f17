"""Bytes of no protocol end in a refusal that says so, never in another error."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sync.batch import open_batch
from protocols.sync.delta import decode_delta, decode_op
from protocols.sync.messages import MessageError, decode_down, decode_head, decode_hello, decode_report, decode_state

READERS: tuple[Callable[[bytes], object], ...] = (
    decode_down,
    decode_head,
    decode_hello,
    decode_report,
    decode_state,
    decode_op,
    decode_delta,
    open_batch,
)
HOSTILE = (
    b"",
    b"\x00",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"store_id":"\xff\xfe"}',
    b'{"feed_id":"\xff","epoch":"","version":1,"state_hash":""}',
    b'["\xff\xfe",{}]',
    b'{"type":"hello_refused","boot_id":"\xff","reason":"unknown_store","detail":""}',
)


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("read", READERS, ids=[reader.__name__ for reader in READERS])
def test_hostile_bytes_are_refused(read: Callable[[bytes], object], data: bytes) -> None:
    for framed in (data, data + b"\n"):
        with pytest.raises(MessageError):
            read(framed)


@pytest.mark.parametrize("read", READERS, ids=[reader.__name__ for reader in READERS])
@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(read: Callable[[bytes], object], data: bytes) -> None:
    with contextlib.suppress(MessageError):
        read(data)
