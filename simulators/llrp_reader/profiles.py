"""Which reader is simulated: what it can do, its tables, its maker's own parameters and its ways. Data only.

The two makers' profiles are *like* readers of these makers as clients meet them; firmware differs in many small things.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocols.llrp.vendors import IMPINJ, ZEBRA

VERSION_1_0_1, VERSION_1_1 = 1, 2


class Extensions(enum.Enum):
    """Whose own parameters it understands."""

    NONE = "none"
    IMPINJ = "impinj"
    """Refused until the client asked for them (custom message 21)."""
    ZEBRA = "zebra"


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to talk to tags. `bdr`: bits a second back from the tag; `m`: how often a bit is repeated as subcarrier."""

    mode_id: int
    m: int
    bdr: int
    hint: bool = False
    """Not a mode: the reader chooses one by itself."""

    @property
    def read_us(self) -> int:
        """How long one tag takes."""
        return 150 + 112_000_000 // self.bdr


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of reader. Power levels are index 1, 2, ... from `power_first_cdbm` in steps."""

    name: str
    manufacturer: int
    model: int
    firmware: str
    frequencies_khz: tuple[int, ...]
    power_first_cdbm: int
    power_step_cdbm: int
    power_levels: int
    modes: tuple[Mode, ...]
    hopping: bool
    country: int
    standard: int
    sensitivities_db: tuple[int, ...] = (0,)
    highest_version: int = VERSION_1_0_1
    extensions: Extensions = Extensions.NONE
    inputs: int = 4
    outputs: int = 4
    rospecs_max: int = 8
    specs_per_rospec_max: int = 4
    accessspecs_max: int = 16
    opspecs_max: int = 8
    priority_max: int = 0
    filters_max: int = 2
    state_aware: bool = True
    surveys: bool = True
    client_requests: bool = True
    dual_target: bool = False
    """Reads tags of S1 to S3 again and again unless told otherwise."""

    def power_cdbm(self, index: int) -> int | None:
        """The power of a level; None: there is no such level."""
        known = 1 <= index <= self.power_levels
        return self.power_first_cdbm + self.power_step_cdbm * (index - 1) if known else None

    def mode(self, mode_id: int) -> Mode | None:
        """A mode by its id."""
        return next((each for each in self.modes if each.mode_id == mode_id), None)


_ETSI_KHZ = (865_700, 866_300, 866_900, 867_500)
_FCC_KHZ = tuple(range(902_750, 927_500, 500))

PLAIN = Profile(
    name="plain",
    manufacturer=0,
    model=1,
    firmware="simulated 2.0",
    highest_version=VERSION_1_1,
    frequencies_khz=_ETSI_KHZ,
    hopping=False,
    country=276,
    standard=2,
    power_first_cdbm=1_000,
    power_step_cdbm=100,
    power_levels=21,
    modes=(Mode(0, 2, 250_000), Mode(1, 8, 62_500)),
    priority_max=7,
)
"""A European reader of no maker that can do all of LLRP 1.1."""

IMPINJ_LIKE = Profile(
    name="impinj",
    manufacturer=IMPINJ,
    model=2_001_002,
    firmware="6.4.1.240",
    extensions=Extensions.IMPINJ,
    frequencies_khz=_FCC_KHZ,
    hopping=True,
    country=840,
    standard=1,
    power_first_cdbm=1_000,
    power_step_cdbm=25,
    power_levels=91,
    sensitivities_db=(0, *range(10, 51)),
    modes=(
        Mode(0, 1, 640_000), Mode(1, 2, 320_000), Mode(2, 4, 68_500), Mode(3, 8, 21_330), Mode(4, 4, 160_000),
        Mode(1_000, 4, 68_500, hint=True), Mode(1_002, 4, 68_500, hint=True),
    ),
    rospecs_max=1,
    specs_per_rospec_max=32,
    accessspecs_max=1_508,
    state_aware=False,
    surveys=False,
    client_requests=False,
    dual_target=True,
)  # fmt: skip
"""One ROSpec only, no surveys, no state-aware singulation; modes from 1,000 are hints; phase, peak RSSI, Doppler, TID."""

ZEBRA_LIKE = Profile(
    name="zebra",
    manufacturer=ZEBRA,
    model=96_008,
    firmware="3.10.30",
    extensions=Extensions.ZEBRA,
    frequencies_khz=_FCC_KHZ,
    hopping=True,
    country=840,
    standard=1,
    power_first_cdbm=1_000,
    power_step_cdbm=10,
    power_levels=201,
    modes=(Mode(1, 1, 120_000), Mode(2, 2, 120_000), Mode(6, 4, 64_000), Mode(21, 8, 32_000), Mode(23, 4, 60_000)),
    rospecs_max=8,
    specs_per_rospec_max=16,
    accessspecs_max=128,
    priority_max=3,
    filters_max=32,
    surveys=False,
    client_requests=False,
)
"""Many fine power levels, modes with gaps in their numbers (there is no mode 0), phase as a signed half turn."""

PROFILES = {each.name: each for each in (PLAIN, IMPINJ_LIKE, ZEBRA_LIKE)}
