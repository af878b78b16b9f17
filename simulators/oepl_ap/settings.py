"""What an access point of the bench is like: its times, the traps of the real device by name, and what goes wrong now."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Traps:
    """Each trap of the real device is a switch: True behaves as its firmware does, False as one would expect it to."""

    keeps_older_images: bool = True
    """A newer image does not replace queued ones; each is shown in turn."""
    credits_first_in_queue: bool = True
    """"Transfer complete" names no image: the first of the queue is credited, whatever was sent."""
    invents_hashes: bool = True
    """"Transfer complete" with an empty queue: the record takes memory that was never set for a hash."""
    tells_before_drawn: bool = True
    """"Transfer complete" comes before the panel has drawn."""
    drops_queue_on_timeout: bool = True
    """After 20 attempts everything queued for a label is dropped, and nobody tries again."""
    few_radio_slots: bool = True
    """The radio holds a limited number of labels; more wait silently until one of theirs checks in."""
    one_label_at_a_time: bool = True
    """The radio serves one label; another that asks meanwhile is sent away."""
    unknown_block_cancels_all: bool = True
    """A label that asks for a block of an image no longer queued loses everything queued for it, the newest image too."""
    loses_queue_on_restart: bool = True
    """Undelivered images are gone after a restart, and so are uploads not yet drawn."""
    resends_last_file: bool = True
    """Asked to draw (after `refresh` or a restart) without an upload, it sends the last file the label had once more."""
    saves_seldom: bool = True
    """Records are saved every five minutes: a power cut sets counts and hashes back."""
    commands_look_like_images: bool = True
    """A light is queued like an image, counts as an update, and its first bytes become the record's hash."""
    paging_wraps: bool = True
    """`pos` of `/get_db` has eight bits."""
    reboots_at_night: bool = True
    """At 03:56, when up for two hours and `nightlyreboot` is 1."""
    awake_while_watched: bool = True
    """While a WebSocket is open and `stopsleep` is 1, labels stay on their quick rhythm (and their batteries drain)."""
    lost_labels_sleep: bool = True
    """Labels that miss their access point long enough ask every hour, then every two hours, then once a day."""
    crashes_on_half_a_window: bool = True
    """`/save_apcfg` with `sleeptime1` and without `sleeptime2` reads a null pointer: it restarts."""
    says_ok_to_nobody: bool = True
    """`/save_cfg` for an unknown label and `/imgupload` for a malformed address are answered 200."""


FAITHFUL = Traps()
CLEAN = Traps(*(False for _ in Traps.__slots__))


@dataclass(frozen=True, slots=True)
class ApSettings:
    """One access point and its labels. The times are the real device's; a bench shortens them.

    `boot_ms`, `idle_sleep` and `stop_ms` cost time and are off unless asked for: see `real_times`.
    """

    ap_id: str = "labels-1"
    label_count: int = 200
    hardware_type: int = 1
    tag_version: int = 0x26
    """Firmware of the labels; from the type's `zlib_from` on, files go compressed."""
    check_in_ms: int = 40_000
    render_ms: int = 1_000
    transfer_ms: int = 250
    refresh_ms: int = 1_500
    attempts: int = 20
    attempt_ms: int = 60_000
    save_ms: int = 300_000
    clean: bool = False
    """No traps at all."""
    first_mac: int = 0x0000021A00000001
    traps: Traps = FAITHFUL
    boot_ms: int = 0
    """For so long after a start uploads are answered 409 and nothing is drawn; 30 s on the device."""
    stop_ms: int = 0
    """For so long before a restart it knows of it listens to nothing; 5 s on the device at night."""
    idle_sleep: bool = False
    """Labels with nothing to do are sent to sleep for up to `maxsleep` minutes, so that a change reaches them that late."""
    radio_slots: int = 250
    utc_offset_minutes: int = 0
    """Of the access point's own idea of the time of day."""

    @property
    def in_force(self) -> Traps:
        """The traps, with `clean` taken into account."""
        return CLEAN if self.clean else self.traps


def real_times(settings: ApSettings) -> ApSettings:
    """The same with every waiting of the device: booting, stopping, sleeping labels."""
    return replace(settings, boot_ms=30_000, stop_ms=5_000, idle_sleep=True)


@dataclass(slots=True)
class ApFaults:
    """What goes wrong at present. Percentages are of chances, drawn from the bench's seed."""

    busy: bool = False
    """Uploads are answered 409."""
    flash_full: bool = False
    """Uploads are answered 200 and lost."""
    radio_full: bool = False
    """The radio takes nothing new: updates wait silently."""
    missed_check_in_percent: int = 0
    """A label does not ask for news when it should."""
    lost_complete_percent: int = 0
    """The label has the image and shows it, the access point never hears so (until the next check-in)."""
    duplicate_complete_percent: int = 0
    """A label confirms an image twice."""
    failed_transfer_percent: int = 0
    """An image does not reach its label; it is tried again."""
    lost_answer_percent: int = 0
    """An upload is stored and the connection cut before the answer."""
