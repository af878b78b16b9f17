"""Some percent off each unit."""

from __future__ import annotations

from protocols.promotions.rules import Promotion


class PercentOff(Promotion, frozen=True, kw_only=True, tag="percent_off"):
    """Each unit of the scope costs `off_bp` less, rounded half up per unit."""

    off_bp: int
