"""Everything that can be wrong with a simulated reader, as named switches; each was seen on a real one. Data only.

Change the fields while it runs. The default is a good reader. `cut_next_report`, `reset_next_report` and `exception_next`
heal themselves once they have happened.
"""

from __future__ import annotations

import msgspec


class ReaderFaults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with the reader."""

    # The connection.

    silent: bool = False
    """Half open: what it says is lost, the connection stays open."""
    stalled: bool = False
    """What it says waits, and is sent when this is healed."""
    cut_next_report: bool = False
    """Half of the next report, then an orderly end (FIN) inside the frame."""
    reset_next_report: bool = False
    """Half of the next report, then a reset (RST)."""
    split: bool = False
    """Everything is sent one byte at a time."""
    gather_ms: int = 0
    """Messages are kept back so long and sent together."""
    slow_ms: int = 0
    """Everything is sent so much later."""
    huge_reports: bool = False
    """Reports of more than 500 KiB: filled up with a maker's parameters."""
    refuse: bool = False
    """New connections are refused: "a client-initiated connection already exists"."""
    keeps_dead_client: bool = False
    """A lost connection is not noticed: new ones are refused, until the keepalives it watches stay unanswered."""

    # What it sends.

    no_keepalive: bool = False
    """Keepalives stop, everything else goes on."""
    no_reports: bool = False
    """Reports stop, everything else goes on; the buffer fills."""
    no_answers: bool = False
    """Requests stay unanswered."""
    omit_repeated: bool = False
    """A field equal to the one sent last is left out, as LLRP allows."""
    uptime_only: bool = False
    """It has no clock: times are since its start."""
    clock_off_ms: int = 0
    """Its clock is so far off."""
    last_before_first: bool = False
    """Tags were seen last before they were seen first."""
    full_seen_count: bool = False
    """Every count is 65,535."""
    odd_epcs: bool = False
    """Every report ends with a tag of a strange length: 0, 1, 8, 9, 64, 128, 512 bits in turn."""
    foreign_epcs: bool = False
    """Every report ends with a tag whose EPC is a TID, as of an unwritten tag."""
    empty_reports: bool = False
    """Every report is led by one without tags."""
    unknown_messages: bool = False
    """Every report is led by a message of type 500."""
    unknown_parameters: bool = False
    """Every tag holds an unknown parameter, a maker's own, and at its end an unknown short one."""
    custom_everywhere: bool = False
    """Answers and events hold a maker's parameter at their end."""
    wrong_pc: bool = False
    """The PC word tells another length than the EPC has (when the PC word is told)."""
    singulation_events: bool = False
    """Every report is followed by an AISpecEvent with singulation details."""

    # What it says it can do.

    mode_table_lies: bool = False
    """The mode table tells the link frequency where the data rate belongs."""
    refuse_power: bool = False
    """Every power level and hop table is refused as out of range."""
    refuse_filters: bool = False
    """Filters are refused, whatever the capabilities say."""

    # The device.

    radio_busy_percent: int = 0
    """The radio is busy so much of every second: nothing is read then."""
    buffer_tags: int = 0
    """Its buffer is so small; 0: as built."""
    gpi_bounce: bool = False
    """An input that changes bounces three times."""
    exception_next: bool = False
    """It reports a fault of its own once."""
