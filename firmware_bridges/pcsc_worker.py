"""The card process: `python -m firmware_bridges.pcsc_worker`, started and watched by `pcsc_reader`.

A process of its own, because a call into the PC/SC library may hang in a driver for ever: a process can be killed, a thread
cannot. It watches the reader by itself (pyscard's own monitor threads end for good when pcscd is restarted), takes every
end of the service or of the reader as a reason to begin again, and tells what it sees, one line each. It ends when its
standard input does.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import select
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from firmware_bridges import pcsc_remedy
from firmware_bridges.pcsc_card import Service, ServiceGone, ServiceRefuses, read_it
from firmware_bridges.pcsc_wire import LINE_BYTES_MAX, Beat, Hopeless, Ready, Told, Trouble, WorkerOrder
from protocols.cards.keys import read_keys
from protocols.cards.reading import ReadPlan, Source

LOOK_AGAIN_MS = 500
"""Between two looks when nothing changes, and between two tries to reach the service."""

_STDIN, _STDOUT = 0, 1

Say = Callable[[Told], None]


class Watch:
    """One reader, for ever."""

    def __init__(self, service: Service, reader: str, plan: ReadPlan, say: Say, stopped: Callable[[int], bool]) -> None:
        """`stopped(ms)`: wait so long, or until the box is gone; True: it is."""
        self._service = service
        self._wanted = reader
        self._plan = plan
        self._say = say
        self._stopped = stopped
        self._trouble = ""

    def run(self) -> None:
        """Until the box is gone."""
        while not self._stopped(0):
            try:
                with self._service.opened():
                    self._with_service()
            except ServiceGone:
                self._in_trouble(lambda: pcsc_remedy.not_running(pcsc_remedy.installed()), "gone")
            except ServiceRefuses:
                self._in_trouble(lambda: pcsc_remedy.not_allowed(pcsc_remedy.installed(), getpass.getuser()), "refuses")
            if self._stopped(LOOK_AGAIN_MS):
                return

    def _with_service(self) -> None:
        while not self._stopped(0):
            there = self._service.readers()
            name = next((each for each in there if self._wanted in each), None)
            if name is not None:
                self._trouble = ""
                self._say(Ready(reader=name))
                self._with_reader(name)
                continue
            if there:
                self._in_trouble(lambda: pcsc_remedy.no_such_reader(self._wanted, there), "other")  # noqa: B023
            else:
                self._in_trouble(lambda: pcsc_remedy.NO_READER, "none")
            self._service.wait_for_reader(LOOK_AGAIN_MS)
            self._say(Beat())

    def _with_reader(self, name: str) -> None:
        """Until it is pulled out. A card that lies there already was put on for somebody before: it is not read."""
        seen = self._service.look(name, None, 0)
        while seen is not None and not self._stopped(0):
            now = self._service.look(name, seen, LOOK_AGAIN_MS)
            if now is None:
                return
            if now.card and now.count != seen.count:
                self._say(read_it(self._service, name, now.atr, self._plan))
            self._say(Beat())
            seen = now

    def _in_trouble(self, text: Callable[[], str], kind: str) -> None:
        """Tell it once; finding the words may take a moment."""
        if kind == self._trouble:
            self._say(Beat())
            return
        self._trouble = kind
        self._say(Trouble(text=text()))


def _say(told: Told) -> None:
    line = msgspec.json.encode(told) + b"\n"
    while line:
        line = line[os.write(_STDOUT, line) :]


def _box_is_gone(wait_ms: int) -> bool:
    """The box says nothing after its one line: anything to read is the end."""
    return bool(select.select([_STDIN], [], [], wait_ms / 1000)[0])


def plan_of(order: WorkerOrder) -> ReadPlan:
    """The order with its keys. Raises OSError or ValueError for a keys file that cannot be used."""
    keys = read_keys(Path(order.keys_file).read_text(encoding="utf-8")) if order.keys_file else ()
    return ReadPlan(
        sources=tuple(Source(each) for each in order.sources),
        app_id=bytes.fromhex(order.app_id),
        app_file=order.app_file,
        ndef_uri=order.ndef_uri,
        block=order.block,
        keys=keys,
    )


def main() -> int:
    """Run until the box is gone. 0, or 1 when something must be installed or set first."""
    with open(_STDIN, "rb", buffering=0, closefd=False) as box:
        order = msgspec.json.decode(box.readline(LINE_BYTES_MAX), type=WorkerOrder)
    try:
        plan = plan_of(order)
    except OSError as error:
        _say(Hopeless(text=f"the keys file {order.keys_file} cannot be read ({error.strerror})"))
        return 1
    except ValueError as error:
        _say(Hopeless(text=f"the keys file {order.keys_file} cannot be used: {error}"))
        return 1
    try:
        service = Service()
    except ImportError:
        _say(Hopeless(text=pcsc_remedy.NO_LIBRARY))
        return 1
    with contextlib.suppress(BrokenPipeError):  # the box is gone
        Watch(service, order.reader, plan, _say, _box_is_gone).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
