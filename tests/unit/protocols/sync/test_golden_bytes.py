"""Bytes that must never change: what another implementation would be built against (docs/protocol.md)."""

import hashlib
from pathlib import Path

import zstandard

from protocols.contract.values import Stream
from protocols.sync.batch import open_batch
from protocols.sync.chain import genesis, link
from protocols.sync.delta import FeedOp, decode_delta, encode_delta
from protocols.sync.feed_hash import FeedHash
from protocols.sync.packing import pack_frames, unpack_frames
from protocols.sync.snapshot import SnapshotHeader, SnapshotReader, write_snapshot
from protocols.sync.topics import Channel, FeedChannel, feed_topic, hq_subscriptions, store_topic
from tests.unit.protocols.sync.made import batch

PAGE = Path(__file__).resolve().parents[4] / "docs" / "protocol.md"
FACTS = [b'{"type":"Example","n":1}', b'{"type":"Example","n":2}']


def test_the_chain_starts_from_its_name_and_links_by_sha256() -> None:
    start = genesis("s1", 1, "txn")
    assert start == hashlib.sha256(b"tallystick/1/s1/1/txn").digest()
    assert link(start, FACTS[0]) == hashlib.sha256(start + FACTS[0]).digest()


def test_a_batch_is_a_line_of_json_and_a_zstd_frame() -> None:
    payload = batch(FACTS).payload
    line, _, frame = payload.partition(b"\n")
    start = hashlib.sha256(b"tallystick/1/s1/1/txn").digest()
    last = hashlib.sha256(hashlib.sha256(start + FACTS[0]).digest() + FACTS[1]).hexdigest()
    digest = hashlib.sha256(b"\n".join(FACTS)).hexdigest()
    assert line == (
        b'{"store_id":"s1","boot_id":"boot-1","conn_epoch":1,"fence":"1-aa","incarnation":1,"stream":"txn",'
        b'"from_seq":1,"to_seq":2,"count":2,"prev":"%s","last":"%s","digest":"%s"}'
        % (start.hex().encode(), last.encode(), digest.encode())
    )
    assert frame[:4] == b"\x28\xb5\x2f\xfd"
    assert zstandard.decompress(frame) == b"\n".join(FACTS)
    assert open_batch(payload).facts == FACTS


def test_the_page_shows_these_bytes() -> None:
    page = PAGE.read_text()
    payload = batch(FACTS).payload
    line, _, _ = payload.partition(b"\n")
    plain = b"\n".join(FACTS)
    raw = zstandard.ZstdCompressor(level=1, write_content_size=True).compress(plain)
    assert open_batch(payload).facts == open_batch(line + b"\n" + raw).facts, "any zstd frame that states its size will do"
    for shown in (line.decode(), plain.hex(" "), genesis("s1", 1, "txn").hex(), FeedHash.of_rows([("k", b"1")]).hex()):
        assert shown in page


def test_a_feed_hash_is_a_sum() -> None:
    one = int.from_bytes(hashlib.sha256(b"k\x001").digest(), "big")
    two = int.from_bytes(hashlib.sha256(b"m\x002").digest(), "big")
    assert FeedHash.of_rows([("k", b"1"), ("m", b"2")]).hex() == f"{(one + two) % 2**256:064x}"
    assert FeedHash().hex() == "0" * 64


def test_a_delta_and_a_snapshot() -> None:
    state_hash = FeedHash.of_rows([("k", b"1")]).hex()
    ops = [FeedOp("k", b"1"), FeedOp("m", None)]
    delta = encode_delta(feed_id="global/catalogue", epoch="e", version=2, state_hash=state_hash, ops=ops)
    line, _, frame = delta.partition(b"\n")
    plain = b'["k",1]\n["m"]'
    digest = hashlib.sha256(plain).hexdigest()
    assert zstandard.decompress(frame) == plain
    assert (
        line
        == (
            f'{{"feed_id":"global/catalogue","epoch":"e","version":2,"state_hash":"{state_hash}","count":2,"digest":"{digest}"}}'
        ).encode()
    )
    assert list(decode_delta(delta).ops) == ops
    header = SnapshotHeader(feed_id="global/catalogue", epoch="e", version=2, state_hash=state_hash, count=1)
    body = b"".join(write_snapshot(header, [("k", b"1")]))
    line, _, frame = body.partition(b"\n")
    assert zstandard.ZstdDecompressor().decompressobj().decompress(frame) == b'["k",1]\n'
    reader = SnapshotReader()
    rows = [row for at in range(len(body)) for row in reader.feed(body[at : at + 1])]
    assert (rows, reader.finish()) == ([("k", b"1")], header)


def test_topics() -> None:
    assert (
        store_topic("s1", Channel.UP_TXN, 16) == "ts1/1/s1/up/txn"
        or int(hashlib.sha256(b"s1").hexdigest()[:8], 16) % 16 != 1
    )
    assert feed_topic("zone/north/price", FeedChannel.DELTA) == "ts1/feed/zone/north/price/delta"
    assert hq_subscriptions(3) == ["ts1/3/+/hello", "ts1/3/+/up/+", "ts1/3/+/report", "ts1/3/+/state"]
    assert unpack_frames(pack_frames([b"a", b""])) == [b"a", b""]
    assert pack_frames([b"ab"]) == b"\x00\x00\x00\x02ab"
    assert Stream("txn") is Stream.TXN
