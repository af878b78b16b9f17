"""The real pcscd with virtual readers (vsmartcard-vpcd), in a network and mount namespace of its own.

vpcd listens on every address and on a fixed port, and pcscd's socket has a fixed path: the namespaces keep both from other
tests and from the network. The socket's folder is bound to one of the test, so that clients outside find it.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

from protocols.cards.vpcd import PORT
from simulators.cards.reader import CardReaderSimulator
from tests.support.needed import missing
from tests.support.waiting import until

READER = "Virtual PCD"
_DRIVERS = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_IN_NAMESPACES = (
    'ip link set lo up && mount -t tmpfs tmpfs /run && mkdir /run/pcscd && mount --bind "$1" /run/pcscd'
    ' && exec setpriv --pdeathsig KILL pcscd --foreground --config "$2"'
)
_CLONE_NEWNET = 0x40000000


def why_not() -> str:
    """What is missing for tests with the real card service; empty: nothing."""
    tools = [each for each in ("pcscd", "unshare", "setpriv", "ip") if shutil.which(each, path="/usr/sbin:/usr/bin") is None]
    if tools:
        return f"not installed: {', '.join(tools)}"
    if not _DRIVERS.exists():
        return "not installed: vsmartcard-vpcd"
    if importlib.util.find_spec("smartcard") is None:
        return "pyscard is not installed"
    return "" if os.geteuid() == 0 else "pcscd in a namespace of its own needs root"


def need_card_service() -> None:
    """See `missing`."""
    if why := why_not():
        missing(f"the card service ({why})")


class CardService:
    """pcscd, to be started, killed and started again. `env`: what a client needs to find it."""

    def __init__(self, folder: Path) -> None:
        self._socket_folder = folder / "pcscd"
        self._with_reader, self._without = folder / "readers", folder / "no-readers"
        for each in (self._socket_folder, self._with_reader, self._without):
            each.mkdir()
        (self._with_reader / "vpcd").write_text(
            f'FRIENDLYNAME "{READER}"\nDEVICENAME /dev/null:{PORT}\nLIBPATH {_DRIVERS}\nCHANNELID {PORT}\n'
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.env = {"PCSCLITE_CSOCK_NAME": str(self._socket_folder / "pcscd.comm")}

    async def start(self, *, reader: bool = True) -> None:
        """Start it and wait until it listens. Without the reader: as if it were unplugged."""
        config = self._with_reader if reader else self._without
        place = self._socket_folder / "pcscd.comm"
        place.unlink(missing_ok=True)
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it is killed from any loop, and waited for in a thread
            ["unshare", "--net", "--mount", "sh", "-c", _IN_NAMESPACES, "pcscd", str(self._socket_folder), str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        process = self._process
        await until(lambda: place.exists() or process.poll() is not None)
        assert process.poll() is None, "pcscd did not start"
        if reader:
            await until(self._listens)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it. Nothing happens when it does not run."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            await asyncio.to_thread(process.wait)

    def simulator(self) -> CardReaderSimulator:
        """A hand at the first slot of its reader, whichever pcscd runs just then."""
        return CardReaderSimulator(self._connect)

    async def _connect(self) -> socket.socket:
        raw = await asyncio.to_thread(self._socket)
        try:
            await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", PORT))
        except OSError:
            raw.close()
            raise
        return raw

    def _listens(self) -> bool:
        table = Path(f"/proc/{self._pid}/net/tcp")
        return f":{PORT:04X} 00000000:0000 0A" in table.read_text()

    @property
    def _pid(self) -> int:
        if self._process is None:
            raise ConnectionRefusedError(111, "pcscd does not run")
        return self._process.pid

    def _socket(self) -> socket.socket:
        """A socket belongs to the namespace of the thread that makes it, wherever it is used then."""
        made: list[socket.socket] = []
        pid = self._pid

        def make() -> None:
            fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(fd, _CLONE_NEWNET) == 0:
                    made.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            finally:
                os.close(fd)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        made[0].setblocking(False)
        return made[0]
