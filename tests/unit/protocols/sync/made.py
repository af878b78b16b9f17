"""Small things the tests of the session are made of."""

from protocols.contract.values import Stream
from protocols.sync.batch import BatchStamp, BuiltBatch, JournalRow, JournalSlice, build_batch
from protocols.sync.chain import genesis, links
from protocols.sync.messages import Hello, StreamState


def stamp(fence: str = "1-aa", incarnation: int = 1, stream: Stream = Stream.TXN, boot_id: str = "boot-1") -> BatchStamp:
    return BatchStamp("s1", boot_id, 1, fence, incarnation, stream)


def journal(facts: list[bytes], incarnation: int = 1, stream: Stream = Stream.TXN, after: int = 0) -> JournalSlice:
    """A journal of `facts` from sequence 1, read after `after`."""
    start = genesis("s1", incarnation, stream.value)
    hashes = [start, *links(start, facts)]
    rows = tuple(JournalRow(at + 1, facts[at], hashes[at + 1]) for at in range(after, len(facts)))
    return JournalSlice(stream, after, hashes[after], rows)


def batch(facts: list[bytes], after: int = 0, **who: object) -> BuiltBatch:
    who_is = stamp(**who)  # type: ignore[arg-type]
    return build_batch(who_is, journal(facts, who_is.incarnation, who_is.stream, after), after + 1)


def stream_state(facts: list[bytes], acked: int = 0, durable: int = 0, incarnation: int = 1) -> StreamState:
    start = genesis("s1", incarnation, "txn")
    hashes = [start, *links(start, facts)]
    return StreamState(
        first_seq=1, last_seq=len(facts), last_hash=hashes[-1].hex(), acked_upto=acked, acked_hash=hashes[acked].hex(),
        durable_upto=durable,
    )  # fmt: skip


def hello(boot_id: str = "boot-1", incarnation: int = 0, fence: str = "", conn_epoch: int = 1, **more: object) -> Hello:
    return Hello(
        store_id="s1", edge_id="e1", db_nonce="db", boot_id=boot_id, conn_epoch=conn_epoch, incarnation=incarnation,
        fence=fence, **more,  # type: ignore[arg-type]
    )  # fmt: skip
