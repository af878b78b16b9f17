"""The pad of a till: tags that lie on it become lines of the sale, and what a screen shows of it."""

from __future__ import annotations

import msgspec

from protocols.contract.till_basket import Approval


class AddTags(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="add_tags"):
    """Sell what lies on the till's pad, each tag once; what cannot be sold by its tag is left out and told."""

    epcs: tuple[str, ...] = ()
    """EPC URIs: only these of them; empty: all."""
    age_confirmed: bool = False
    why: str = ""
    """The reason of an override."""
    approval: Approval | None = None


class PadTag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag on the pad. `state`: `new`, `in_basket`, `sold` (before, by this store), `foreign` (no product's tag: ask for
    the barcode), `unknown` (not in the catalogue), `by_weight` (must be weighed)."""

    epc: str
    state: str
    name: str = ""
    name_zh: str = ""


class PadView(msgspec.Struct, frozen=True, kw_only=True):
    """The pad as the cashier sees it. `state`: `empty`, `reading` (more may come), `settled`."""

    state: str
    auto: bool = False
    """Its goods become lines without a touch once reading has settled: the screen sends the command."""
    new: int = 0
    in_basket: int = 0
    left_out: tuple[PadTag, ...] = ()
    """What cannot be sold by its tag, at most `LEFT_OUT_MAX`."""
    full: bool = False
    """More lies on it than it can tell apart."""


LEFT_OUT_MAX = 20
