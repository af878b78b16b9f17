"""People counters that tell totals over HTTP, as Axis' People Counter does, both roles; and totals to counts.

`GET /local/tvpc/.api?live-sum.json` gives `{"serial", "name", "timestamp": "20170503112756", "in": 12, "out": 318}`, sums
that begin anew at midnight of the counter's own clock, and when it restarts. Source: VAPIX, People counter API.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import msgspec

LIVE_PATH = "/local/tvpc/.api?live-sum.json"
BODY_BYTES_MAX = 65_536
TOTAL_MAX = 10**9
RATE_MAX_PER_S = 20
"""More people a second than this pass no door: such a jump is the counter's fault and counts as nobody."""
BURST = 200
CLOCK_SLACK_S = 600


class Live(msgspec.Struct, frozen=True, kw_only=True, rename={"people_in": "in", "people_out": "out"}):
    """One answer. `timestamp`: the counter's local time, or empty."""

    people_in: int
    people_out: int
    serial: str = ""
    name: str = ""
    timestamp: str = ""


class NotCounts(ValueError):
    """The body is no answer of a people counter."""


_decoder = msgspec.json.Decoder(Live)


def decode(body: bytes) -> Live:
    """Read an answer. Raises `NotCounts`."""
    if len(body) > BODY_BYTES_MAX:
        raise NotCounts("the answer is too long")
    try:
        live = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotCounts(f"the answer is not what a people counter says: {error}") from error
    if not 0 <= live.people_in <= TOTAL_MAX or not 0 <= live.people_out <= TOTAL_MAX:
        raise NotCounts("the sums are out of range")
    return live


def encode(live: Live) -> bytes:
    """An answer, as the counter gives it."""
    return msgspec.json.encode(live)


def local_time(timestamp: str) -> datetime.datetime | None:
    """A counter's time of the wall, without a zone; None when it tells none, or nonsense."""
    try:
        return datetime.datetime.strptime(timestamp, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the counter tells no zone
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Mark:
    """What a counter said last, and when the box heard it (wall clock)."""

    people_in: int
    people_out: int
    timestamp: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Counted:
    """People since the mark before. `note`: `first`, `began_anew`, `too_many` (nobody was counted), or empty."""

    people_in: int
    people_out: int
    note: str = ""


def count(before: Mark | None, now: Mark) -> Counted:
    """How many passed between two looks.

    Sums that fell began anew (restart, midnight): what they show now passed since. After a midnight of the counter's clock
    sums began anew even where they did not fall - but only if that clock went on as far as the box's own did: one that was
    set says nothing. The first look counts nobody: its sums are of a time nobody knows.
    """
    if before is None:
        return Counted(0, 0, "first")
    anew = now.people_in < before.people_in or now.people_out < before.people_out or _midnight_between(before, now)
    base_in, base_out = (0, 0) if anew else (before.people_in, before.people_out)
    came, went = now.people_in - base_in, now.people_out - base_out
    seconds = max(0, now.at_ms - before.at_ms) / 1000
    if max(came, went) > BURST + RATE_MAX_PER_S * seconds:
        return Counted(0, 0, "too_many")
    return Counted(came, went, "began_anew" if anew else "")


def _midnight_between(before: Mark, now: Mark) -> bool:
    then, here = local_time(before.timestamp), local_time(now.timestamp)
    if then is None or here is None or here.date() <= then.date():
        return False
    passed_s = (now.at_ms - before.at_ms) / 1000
    return abs((here - then).total_seconds() - passed_s) <= CLOCK_SLACK_S
