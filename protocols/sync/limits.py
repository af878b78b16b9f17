"""Every number the two halves must share: sizes, counts and times (docs/protocol.md, "Limits and timers")."""

from __future__ import annotations

PROTOCOL_VERSION = 1
OLDEST_PROTOCOL_ACCEPTED = 1
"""HQ answers `HelloRefused` to anything older."""

BATCH_FACTS_MAX = 256
BATCH_COMPRESSED_BYTES_MAX = 64 * 1024
"""Bound of the compressed body of a batch of two facts or more."""
FACT_BYTES_MAX = 1024 * 1024
"""A fact up to this size may travel, alone if need be; a larger one is declared as a gap with reason `oversize`."""
BATCH_PLAIN_BYTES_MAX = 2 * FACT_BYTES_MAX
"""Nobody unpacks more than this from one batch."""
HEADER_BYTES_MAX = 4096
SNAPSHOT_HEADER_BYTES_MAX = 64 * 1024
"""A snapshot names every feed that was ever released together with it."""
MESSAGE_BYTES_MAX = BATCH_PLAIN_BYTES_MAX
"""No message of any kind is longer."""
IN_FLIGHT_MAX = 4
"""Batches of one stream on the way at the same time; of the bulk stream one, so that no sale waits behind measurements."""
BATCH_AGE_MAX_MS = 2_000

RESEND_FIRST_MS = 10_000
RESEND_CAP_MS = 300_000
SILENCE_ROUNDS = 4
"""After so many unanswered resends in a row the session asks for a new connection (half-open line)."""

DELTA_BYTES_MAX = 64 * 1024
"""Compressed ops of a delta that travels inline; a larger one is published as a pointer and pulled."""
DELTA_PLAIN_BYTES_MAX = 8 * 1024 * 1024
ROW_BYTES_MAX = 1024 * 1024
HEAD_AHEAD_MS = 30_000
"""How long a head may be ahead of the store before it pulls."""
HEAD_POLL_MS = 600_000
"""Mean interval of head polls over HTTPS; each wait is drawn from half to one and a half of it."""
PULL_RETRY_FIRST_MS = 5_000
PULL_RETRY_CAP_MS = 300_000
DELTAS_WAITING_MAX = 64
RELEASE_LOOK_MS = 60_000
"""How often a release that waits for its instant is looked at: the wall clock may be set meanwhile."""

REPORT_EVERY_MS = 300_000
REPORT_SETTLE_MS = 1_000
"""A change is reported this long after it happened, together with what else changed meanwhile."""
CREDIT_FULL = 6_000
"""Batches a minute: in effect no throttle."""
CREDIT_BURST = 4

BATCH_SHED_STREAMS = ("ops",)
"""Streams on which a store may declare a gap with reason `shed`."""
