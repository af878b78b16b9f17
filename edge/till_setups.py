"""A till of the settings as the checkout knows it."""

from __future__ import annotations

from edge.checkout.session import TillSetup
from edge.settings import TillSettings


def till_setup(given: TillSettings) -> TillSetup:
    """Its devices by their ids."""
    return TillSetup(
        till_id=given.id,
        scale_id=given.scale,
        printer_id=given.printer,
        scanner_id=given.scanner,
        terminal_id=given.terminal,
        card_reader_id=given.card_reader,
        more_scale_ids=given.more_scales,
        display_id=given.display,
    )


def reading(given: TillSettings) -> list[str]:
    """The scanner and the card reader of a till."""
    return [name for name in (given.scanner, given.card_reader) if name is not None]
