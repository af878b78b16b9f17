"""What a till tells the scales that stand at it."""

from __future__ import annotations

from typing import Literal

import msgspec


class OrderScale(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="order_scale"):
    """Zero the scale, make what lies on it the container (tare), or forget the container, at the scale itself.

    `scale_id` empty: the one with goods on it, or the till's first.
    """

    order: Literal["zero", "tare", "clear_tare"]
    scale_id: str = ""
