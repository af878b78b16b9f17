"""Codes of `TillEvent`: those of the Norwegian SAF-T cash register list, where it has one for what happened."""

from __future__ import annotations

import enum


class EventCode(enum.IntEnum):
    """What an auditor asks a till about. Sales, returns, shifts and drawer openings are facts of their own; their codes are
    given where they are listed or exported (docs/shifts.md)."""

    APPLICATION_START = 13001
    APPLICATION_STOP = 13002
    LOGIN = 13003
    LOGOUT = 13004
    DRAWER_OPENED = 13005
    DRAWER_CLOSED = 13006
    X_REPORT = 13008
    Z_REPORT = 13009
    SUSPENDED = 13010
    RESUMED = 13011
    SALE = 13012
    RETURN = 13013
    COPY = 13014
    TRAINING = 13017
    CASH_WITHDRAWN = 13019
    CASH_PUT_IN = 13020
    PRICE_CHANGED = 13021
    PRICE_LOOKED_UP = 13022
    VOID = 13028
    CASH_DIFFERENCE = 11008
    CORRECTION = 11009
    EXCHANGE = 11012
