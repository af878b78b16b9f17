"""What a codec makes of one message: values, whether the sensor is there, how often it wakes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of a sensor. `values`: by measure, None where the sensor has a fault of its own.

    `online` None: nothing was said about it. `wakes_every_s` 0: not told. `alive`: the sensor itself spoke, and not somebody
    (a broker with its last will, a bridge) about it.
    """

    values: Mapping[str, float | None] = field(default_factory=dict)
    online: bool | None = None
    wakes_every_s: int = 0
    alive: bool = True


NOTHING = Heard(alive=False)
PAYLOAD_BYTES_MAX = 65_536
"""A larger message is not looked at."""
