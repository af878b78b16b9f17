"""Reading one message: everything that can be proved and prepared without the database. Pure.

A batch is proved (sizes, digest, chain) and checked against the door it came through; then its facts are made into row
texts, a few at a time, so that others have their turn between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from cloud.ingest.inbox import Incoming
from cloud.ingest.projections import project
from cloud.ingest.rows import Origin, Projected, Unprojectable
from protocols.sync.batch import BatchHeader, BatchRefused, JournalBatch, open_batch
from protocols.sync.messages import Hello, MessageError, Report, StoreState, decode_hello, decode_report, decode_state
from protocols.sync.topics import UP_CHANNEL, Channel


@dataclass(frozen=True, slots=True, eq=False)
class OpenedBatch:
    """A batch that proved itself; `projected[i]` is what `batch.facts[i]` becomes, once `project_some` has come to it."""

    incoming: Incoming
    batch: JournalBatch
    projected: list[Projected | Unprojectable] = field(default_factory=list)

    def project_some(self, count: int) -> None:
        """Project the next `count` facts, or what is left."""
        begin = len(self.projected)
        header = self.batch.header
        origin = Origin(self.incoming.store_id, header.incarnation, self.incoming.received_ms)
        some = self.batch.facts[begin : begin + count]
        self.projected.extend(project(origin, seq, fact) for seq, fact in enumerate(some, start=header.from_seq + begin))


@dataclass(frozen=True, slots=True, eq=False)
class OpenedHello:
    """A hello of this store."""

    incoming: Incoming
    hello: Hello


@dataclass(frozen=True, slots=True, eq=False)
class OpenedReport:
    """A report of this store."""

    incoming: Incoming
    report: Report


@dataclass(frozen=True, slots=True, eq=False)
class OpenedState:
    """A birth or last will of this store."""

    incoming: Incoming
    state: StoreState


@dataclass(frozen=True, slots=True, eq=False)
class Malformed:
    """Not a message of this store and channel. `header` is there when a batch's header was readable and its own."""

    incoming: Incoming
    error: BatchRefused


Opened: TypeAlias = OpenedBatch | OpenedHello | OpenedReport | OpenedState | Malformed


def open_incoming(incoming: Incoming) -> Opened:
    """Read one message; whatever its bytes are, this returns."""
    try:
        match incoming.channel:
            case Channel.HELLO:
                hello = decode_hello(incoming.payload)
                _same_store(incoming, hello.store_id)
                return OpenedHello(incoming, hello)
            case Channel.REPORT:
                report = decode_report(incoming.payload)
                _same_store(incoming, report.store_id)
                return OpenedReport(incoming, report)
            case Channel.STATE:
                state = decode_state(incoming.payload)
                _same_store(incoming, state.store_id)
                return OpenedState(incoming, state)
            case _:
                return _open_batch(incoming)
    except BatchRefused as error:
        return Malformed(incoming, error)
    except ValueError as error:  # MessageError, or text that is no UTF-8
        field = error.field if isinstance(error, MessageError) else ""
        return Malformed(incoming, BatchRefused(str(error), field=field, remedy=""))
    except RecursionError:
        return Malformed(incoming, BatchRefused("nested too deep", field="", remedy=""))


def _open_batch(incoming: Incoming) -> OpenedBatch | Malformed:
    batch = open_batch(incoming.payload)
    header = batch.header
    _same_store(incoming, header.store_id)
    if UP_CHANNEL[header.stream] is not incoming.channel:
        raise _refused(header, "stream", f"stream {header.stream.value} came on {incoming.channel.value}")
    if header.imported and not incoming.over_https:
        raise _refused(header, "imported", "an import came over MQTT; send it over HTTPS")
    return OpenedBatch(incoming, batch)


def _refused(header: BatchHeader, field: str, message: str) -> BatchRefused:
    return BatchRefused(message, field=field, remedy="", header=header)


def _same_store(incoming: Incoming, claimed: str) -> None:
    if claimed != incoming.store_id:
        raise BatchRefused(
            f"the message names store {claimed!r} and came from {incoming.store_id!r}", field="store_id", remedy=""
        )
