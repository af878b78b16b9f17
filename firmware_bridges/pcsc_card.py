"""The PC/SC service as the card process uses it: pyscard's plain functions, each outcome a value or one of two errors."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from firmware_bridges.pcsc_wire import Card, Told, Unread
from protocols.cards.apdu import CardTorn
from protocols.cards.reading import CardFound, ReadPlan, read_card
from protocols.device_events import CardTrouble

READ_TRIES = 3
"""A card that was moved while it was read is read again, as long as it is there."""
_AGAIN_SECONDS = 0.05
_NEW_READER = "\\\\?PnP?\\Notification"
_SECURITY_VIOLATION, _NO_ACCESS = 0x8010006A, 0x80100027


class ServiceGone(Exception):
    """pcscd does not run, or was restarted: everything that was open is gone."""


class ServiceRefuses(Exception):
    """pcscd runs, and does not let this user in."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is on the reader. `count`: the reader's own count of cards put on and taken away."""

    card: bool
    atr: bytes
    state: int

    @property
    def count(self) -> int:
        """Cards put on and taken away, modulo 65536."""
        return self.state >> 16


class Service:
    """One context at a time. Raises ImportError when pyscard is not installed."""

    def __init__(self) -> None:
        self._scard: ModuleType = importlib.import_module("smartcard.scard")
        self._context: object = None

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Reach the service; let go of it on every way out. Raises `ServiceGone`, `ServiceRefuses`."""
        code, self._context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
        self._check(code)
        try:
            yield
        finally:
            self._scard.SCardReleaseContext(self._context)
            self._context = None

    def readers(self) -> list[str]:
        """The names of the readers there are."""
        code, names = self._scard.SCardListReaders(self._context, [])
        if _plain(code) == _plain(self._scard.SCARD_E_NO_READERS_AVAILABLE):
            return []
        self._check(code)
        return list(names)

    def wait_for_reader(self, wait_ms: int) -> None:
        """Until one is plugged in, `wait_ms` at the most."""
        unaware = self._scard.SCARD_STATE_UNAWARE
        code, _ = self._scard.SCardGetStatusChange(self._context, wait_ms, [(_NEW_READER, unaware)])
        if _plain(code) != _plain(self._scard.SCARD_E_TIMEOUT):
            self._check(code)

    def look(self, reader: str, before: Look | None, wait_ms: int) -> Look | None:
        """What is on the reader, as soon as it differs from `before`; None: the reader is gone."""
        scard = self._scard
        known = scard.SCARD_STATE_UNAWARE if before is None else before.state
        code, states = scard.SCardGetStatusChange(self._context, wait_ms, [(reader, known)])
        if _plain(code) == _plain(scard.SCARD_E_TIMEOUT) and before is not None:
            return before
        if _plain(code) in {_plain(scard.SCARD_E_UNKNOWN_READER), _plain(scard.SCARD_E_READER_UNAVAILABLE)}:
            return None
        self._check(code)
        _, state, atr = states[0]
        if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE | scard.SCARD_STATE_IGNORE):
            return None
        return Look(bool(state & scard.SCARD_STATE_PRESENT), bytes(atr), state)

    def talk(self, reader: str, atr: bytes, plan: ReadPlan) -> CardFound:
        """Read the card once. Raises `CardTorn`, `ServiceGone`."""
        scard = self._scard
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        code, card, protocol = scard.SCardConnect(self._context, reader, scard.SCARD_SHARE_SHARED, protocols)
        self._check_card(code)
        try:
            return self._converse(card, protocol, atr, plan)
        finally:
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)

    def _converse(self, card: object, protocol: int, atr: bytes, plan: ReadPlan) -> CardFound:
        scard = self._scard
        kind = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        conversation = read_card(atr, plan)
        sent = next(conversation)
        while True:
            code, answer = scard.SCardTransmit(card, kind, list(sent))
            self._check_card(code)
            try:
                sent = conversation.send(bytes(answer))
            except StopIteration as done:
                found: CardFound = done.value
                return found

    def _check(self, code: int) -> None:
        if _plain(code) == _plain(self._scard.SCARD_S_SUCCESS):
            return
        if _plain(code) in {_SECURITY_VIOLATION, _NO_ACCESS}:
            raise ServiceRefuses
        raise ServiceGone

    def _check_card(self, code: int) -> None:
        """Whatever fails at a card is the card's, unless the service itself is gone."""
        scard = self._scard
        if _plain(code) == _plain(scard.SCARD_S_SUCCESS):
            return
        gone = (scard.SCARD_E_NO_SERVICE, scard.SCARD_E_SERVICE_STOPPED, scard.SCARD_E_INVALID_HANDLE)
        if _plain(code) in {_plain(each) for each in gone}:
            raise ServiceGone
        raise CardTorn("the card does not answer")


def read_it(service: Service, reader: str, atr: bytes, plan: ReadPlan) -> Told:
    """Read the card that was put on; again when it was moved. Raises `ServiceGone`."""
    for attempt in range(READ_TRIES):
        if attempt:
            time.sleep(_AGAIN_SECONDS)
        try:
            found = service.talk(reader, atr, plan)
        except CardTorn:
            continue
        if found.number:
            return Card(number=found.number)
        return Unread(why=CardTrouble.PHONE if found.phone else CardTrouble.NO_NUMBER)
    return Unread(why=CardTrouble.TORN)


def _plain(code: int) -> int:
    """pyscard tells codes with or without a sign, by machine."""
    return code & 0xFFFFFFFF
