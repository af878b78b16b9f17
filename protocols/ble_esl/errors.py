"""What can be wrong with bytes from the air or from a controller."""

from __future__ import annotations


class EslRefused(ValueError):
    """The bytes are not what the ESL specification describes; the text says where. What comes next may be fine."""


class NotForUs(EslRefused):
    """A sealed packet that this key does not open: another network's, or garbled."""


class HciFramingLost(Exception):
    """The byte stream from the controller is out of step: nothing after it can be trusted."""
