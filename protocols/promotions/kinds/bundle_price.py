"""A bundle: a main dish, a drink and a dessert for one price."""

from __future__ import annotations

from protocols.promotions.rules import Promotion, Slot


class BundlePrice(Promotion, frozen=True, kw_only=True, tag="bundle"):
    """All `slots` filled cost the sum of their shares; `scope` of the promotion itself is not used."""

    slots: tuple[Slot, ...]
