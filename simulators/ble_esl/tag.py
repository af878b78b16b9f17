"""One label on the shelf: the label's role with a clock that drifts, a panel that remembers, and a battery."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field

from protocols.ble_esl.label import Label, LabelKind, LabelState

HISTORY_KEPT = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What the panel shows from an instant on: true time, the start of its refresh."""

    since_ms: int
    image: bytes

    @property
    def digest(self) -> str:
        """SHA-256 in lower hex; of nothing for a blank panel."""
        return hashlib.sha256(self.image).hexdigest()


@dataclass(slots=True)
class Tag:
    """`address`: the 6 bytes of its Bluetooth address as on the wire. `drift_ppm`: how much its clock runs fast."""

    address: bytes
    kind: LabelKind = field(default_factory=LabelKind)
    drift_ppm: int = 0
    address_type: int = 1
    rssi: int = -60
    silent: bool = False
    """Out of reach: battery dead, or carried away."""
    long_term_key: bytes | None = field(default=None, repr=False)
    """Of its pairing; whoever pairs anew has a new one."""
    pairs: bool = True
    history: deque[Shown] = field(default_factory=lambda: deque((Shown(0, b""),), maxlen=HISTORY_KEPT))
    label: Label = field(init=False)
    watched_at: int | None = None
    """The absolute time of the change that `Air` waits for."""
    _true_ms: int = 0

    def __post_init__(self) -> None:
        self.label = Label(self.kind, self._drawn)

    @property
    def label_id(self) -> str:
        """Its address as boxes and people write it: 16 upper hex digits."""
        return self.address[::-1].hex().upper().rjust(16, "0")

    @property
    def shown(self) -> Shown:
        """What a customer reads now."""
        return self.history[-1]

    @property
    def on_train(self) -> bool:
        """Whether it listens to its group's packets."""
        return not self.silent and self.label.state is LabelState.SYNCHRONIZED

    def at(self, true_ms: int) -> int:
        """Its own clock at an instant; what it does next is remembered as done at that instant."""
        self._true_ms = true_ms
        return true_ms + true_ms * self.drift_ppm // 1_000_000

    def due_ms(self, true_ms: int) -> int | None:
        """When (true time) its display changes by itself."""
        local_ms = self.at(true_ms)
        due = self.label.due_ms(local_ms)
        return None if due is None else true_ms + max(0, -((local_ms - due) * 1_000_000 // (1_000_000 + self.drift_ppm)))

    def _drawn(self, image: bytes, _local_ms: int) -> None:
        self.history.append(Shown(self._true_ms, image))
