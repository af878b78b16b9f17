"""How in-store barcodes of a zone are read: what a zone may say, and the usual for its currency. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.refusals import Invalid
from protocols.gs1.restricted import layouts_of

_USUAL = {"CNY": "cn", "GBP": "gb", "SEK": "se", "NOK": "no", "DKK": "dk"}
"""Countries whose own currency tells them; a euro zone says which country's it uses."""


def usual_layouts(currency: str) -> tuple[str, ...]:
    """What a new zone has until it says otherwise."""
    return (_USUAL[currency],) if currency in _USUAL else ()


def check_layouts(entries: Sequence[str]) -> None:
    """Raise `Invalid` naming the first entry a till could not use."""
    try:
        layouts_of(entries)
    except ValueError as error:
        raise Invalid.field("code_layouts", str(error), "See the description of this field.") from error
