"""The steps from a reader's greeting to a running inventory, each a request whose answer leads to the next. Pure.

What a reader may lack (another version, its maker's own parameters, access operations, inputs) is asked for and done without
when it is refused; what the store needs (configuration, ROSpec) ends the connection with the reader's own words.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from protocols.llrp import messages as m
from protocols.llrp import vendors as v
from protocols.llrp.errors import LlrpError
from protocols.llrp.reader_setup import (
    ROSPEC_ID,
    Capabilities,
    InventorySetup,
    Start,
    configuration,
    read_capabilities,
    rospec,
)
from protocols.llrp.requests import Requests
from protocols.llrp.wire import Message, Parameter

LLRP_1_1 = 2
ANTENNA_PROPERTIES, GPI_STATES = 2, 9
"""What a GET_READER_CONFIG asks for."""

Say = Callable[[str, str], None]
Done = Callable[[int], None]
Found = Callable[[tuple[Parameter, ...], int], None]


class SettingUp:
    """`begin` after the greeting; `done(now)` is called when the inventory was started, `found` hears the reader's state."""

    def __init__(self, setup: InventorySetup, requests: Requests, say: Say, done: Done, found: Found) -> None:
        self._setup = setup
        self._requests = requests
        self._say = say
        self._done = done
        self._found = found
        self.capabilities = Capabilities()

    def begin(self, now_ms: int) -> None:
        """The reader has greeted."""
        if self._setup.version_max >= LLRP_1_1:
            asked = m.GetSupportedVersion()
            self._requests.ask(asked, self._when_supported, self._when_old, now_ms, version=LLRP_1_1)
        else:
            self._ask_capabilities(now_ms)

    def start(self, now_ms: int) -> None:
        """START_ROSPEC, also again."""
        self._requests.ask(m.StartRoSpec(rospec_id=ROSPEC_ID), self._when_started, None, now_ms)

    # Version.

    def _when_supported(self, answer: Message | None, now_ms: int) -> None:
        if isinstance(answer, m.GetSupportedVersionResponse) and answer.highest >= LLRP_1_1:
            if answer.current == LLRP_1_1:
                self._when_version_set(answer, now_ms)
                return
            wanted = m.SetProtocolVersion(version=LLRP_1_1)
            self._requests.ask(wanted, self._when_version_set, self._when_old, now_ms, version=LLRP_1_1)
            return
        self._ask_capabilities(now_ms)

    def _when_version_set(self, _answer: Message | None, now_ms: int) -> None:
        self._requests.version = LLRP_1_1
        self._ask_capabilities(now_ms)

    def _when_old(self, error: LlrpError, now_ms: int) -> None:
        self._say("version", f"LLRP 1.0.1 is spoken: {error}")
        self._ask_capabilities(now_ms)

    # What it is.

    def _ask_capabilities(self, now_ms: int) -> None:
        self._requests.ask(m.GetReaderCapabilities(), self._when_capable, None, now_ms)

    def _when_capable(self, answer: Message | None, now_ms: int) -> None:
        self.capabilities = read_capabilities(answer)
        if self.capabilities.manufacturer == v.IMPINJ:
            self._requests.ask(v.impinj_enable_extensions(), self._when_granted, self._when_not_granted, now_ms)
        else:
            self._configure(now_ms)

    def _when_granted(self, _answer: Message | None, now_ms: int) -> None:
        self.capabilities = msgspec.structs.replace(self.capabilities, makers_own=True)
        self._configure(now_ms)

    def _when_not_granted(self, error: LlrpError, now_ms: int) -> None:
        self._say("makers_own", f"the maker's own parameters are not used: {error}")
        self._configure(now_ms)

    # Configuration.

    def _configure(self, now_ms: int) -> None:
        asked = m.SetReaderConfig(parts=configuration(self._setup, self.capabilities))
        otherwise = self._when_own_refused if self.capabilities.makers_own else None
        self._requests.ask(asked, self._when_configured, otherwise, now_ms)

    def _when_own_refused(self, error: LlrpError, now_ms: int) -> None:
        """Its maker's own parameters may be the reason: once more without them."""
        self.capabilities = msgspec.structs.replace(self.capabilities, makers_own=False)
        self._when_not_granted(error, now_ms)

    def _when_configured(self, _answer: Message | None, now_ms: int) -> None:
        self._requests.send(m.EnableEventsAndReports())
        self._requests.ask(m.DeleteRoSpec(rospec_id=0), self._when_deleted, None, now_ms)

    def _when_deleted(self, _answer: Message | None, now_ms: int) -> None:
        """An order left by a client that died must not meet a tag of today."""
        self._requests.ask(m.DeleteAccessSpec(accessspec_id=0), self._add, self._add_anyway, now_ms)

    # The inventory.

    def _add_anyway(self, _error: LlrpError, now_ms: int) -> None:
        self._add(None, now_ms)

    def _add(self, _answer: Message | None, now_ms: int) -> None:
        spec = rospec(self._setup, self.capabilities)
        self._requests.ask(m.AddRoSpec(parts=(spec,)), self._when_added, None, now_ms)

    def _when_added(self, _answer: Message | None, now_ms: int) -> None:
        self._requests.ask(m.EnableRoSpec(rospec_id=ROSPEC_ID), self._when_enabled, None, now_ms)

    def _when_enabled(self, _answer: Message | None, now_ms: int) -> None:
        if self._setup.start is Start.ALWAYS:
            self.start(now_ms)
        else:
            self._when_started(None, now_ms)

    def _when_started(self, _answer: Message | None, now_ms: int) -> None:
        self._done(now_ms)
        self._look(ANTENNA_PROPERTIES, now_ms)
        if self._setup.inputs:
            self._look(GPI_STATES, now_ms)

    def _look(self, what: int, now_ms: int) -> None:
        """How an antenna or an input is before its first event. A reader that does not tell is believed to be well."""

        def found(answer: Message | None, at_ms: int) -> None:
            if answer is not None:
                self._found(answer.parts, at_ms)

        self._requests.ask(m.GetReaderConfig(what=what), found, lambda _error, _at_ms: None, now_ms)
