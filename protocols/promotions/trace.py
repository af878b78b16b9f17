"""Why a promotion that touches a basket did not apply: codes with numbers, put into words where they are shown."""

from __future__ import annotations

import enum


class Code(enum.StrEnum):
    """The codes of `NotApplied`, each with its params."""

    DECLINED = "declined"
    """The customer does not want it."""
    NOT_STARTED = "not_started"
    """`starts_ms`."""
    ENDED = "ended"
    """`ends_ms`."""
    NOT_TODAY = "not_today"
    """Another weekday."""
    NOT_NOW = "not_now"
    """Another hour of the day."""
    OTHER_CUSTOMERS = "other_customers"
    """For customer groups the shopper is not in."""
    MEMBER_NEEDED = "member_needed"
    """Limited per member, and the shopper is unknown."""
    LIMIT_USED = "limit_used"
    """`limit`: the member has had it as often as allowed."""
    SHORT_AMOUNT = "short_amount"
    """`missing_minor` of `reach_minor`, to save `off_minor` (or `off_bp`): "7.10 short of 300 - 40"."""
    SHORT_UNITS = "short_units"
    """`missing_units` of `needed_units`."""
    NO_GIFT = "no_gift"
    """The condition is met, and no gift lies in the basket."""
    NO_DEPOSIT = "no_deposit"
    """No deposit was paid for these goods."""
    EXCLUDED = "excluded"
    """`by`: the promotion applied instead, which it is not combined with."""
    NOT_BETTER = "not_better"
    """It could apply, but the basket costs no less with it."""


CODES = tuple(Code)
