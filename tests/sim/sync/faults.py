"""The faults a schedule may switch on, by their numbers in docs/protocol.md, and the counts of what really happened."""

import enum


class Fault(enum.StrEnum):
    """One thing that goes wrong. Counted when it happened, not when it was switched on."""

    F1 = "power cut between commit and publish"
    F2 = "power cut after publish, before the broker's word"
    F3 = "ack lost on a live line"
    F4 = "ack lost, line dead"
    F5 = "one message delivered many times"
    F6 = "messages late, overtaking, again after a reconnect"
    F7 = "two consumers for one store"
    F8 = "consumer killed between commit and ack"
    F9 = "consumer killed before its commit"
    F10 = "broker restarted, state lost"
    F13 = "retained head lost or old"
    F14 = "delta lost, no more changes"
    F15 = "half-open line"
    F16 = "will delivered after the next birth"
    F17 = "two boxes with one identity"
    F18 = "store database restored from an old copy"
    F19 = "store disk full: ops sheds its oldest"
    F20 = "HQ database restored from a backup"
    F21 = "HQ failed over and lost its last seconds"
    F22 = "facts of unknown kind"
    F23 = "facts too large"
    F24 = "wall clock wrong by years"
    HTTPS = "HTTPS twin: request, answer or download lost or damaged"
