"""One open question to the box for all pages: the list of alerts as it is now, and whether the box can be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from edge.staff_screens.answers import Alert, AlertList
from edge.staff_screens.box import WAIT_SECONDS, BoxAway, BoxClient, Refused, SessionEnded

RETRY_SECONDS = 1.0

Listener = Callable[[], None]


class News:
    """`run` it as a task. Pages `listen`, and read `alerts` and `away`."""

    def __init__(self, box: BoxClient) -> None:
        self._box = box
        self._listeners: dict[Listener, None] = {}
        self._revision = ""
        self.alerts: tuple[Alert, ...] = ()
        self.away = False

    @property
    def unseen(self) -> int:
        """Alerts nobody has taken note of."""
        return sum(1 for alert in self.alerts if not alert.noted_by)

    def listen(self, listener: Listener) -> None:
        """Call it whenever there is news, until `leave`."""
        self._listeners[listener] = None

    def leave(self, listener: Listener) -> None:
        """The page is gone."""
        self._listeners.pop(listener, None)

    def take(self, found: AlertList) -> None:
        """A newer list."""
        changed = self.away or found.revision != self._revision
        self.away, self._revision, self.alerts = False, found.revision, found.alerts
        if changed:
            self._tell()

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            wait = str(0 if self.away else WAIT_SECONDS)
            try:
                query = {"after": self._revision, "wait": wait}
                self.take(await self._box.get("", "/v1/alerts", AlertList, query, wait_seconds=WAIT_SECONDS))
            except (BoxAway, Refused, SessionEnded):
                if not self.away:
                    self.away = True
                    self._tell()
                await asyncio.sleep(RETRY_SECONDS)

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()
