"""A private RabbitMQ node with the shipped settings: own home and cookie, own epmd, loopback ports, one scheduler."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.support.hq_ground import ROOT, START_SECONDS, Broker, free_port
from tests.support.needed import missing

PROGRAMS = Path("/usr/lib/rabbitmq/bin")
"""Not those of /usr/sbin: they want to be another user."""
ERL = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"


@dataclass
class RabbitBroker(Broker):
    """The node; its users and rights come from the file headquarters writes."""

    start_seconds: float = 180.0
    """It takes five seconds of a processor, which on a busy machine is a minute."""
    _epmd: subprocess.Popen[bytes] | None = None
    _epmd_port: int = field(default_factory=free_port)
    _dist_port: int = field(default_factory=free_port)

    def start(self) -> None:
        if not (PROGRAMS / "rabbitmq-server").exists():
            missing("RabbitMQ")
        home = self.folder / "home"
        if not home.exists():
            home.mkdir(parents=True)
            cookie = home / ".erlang.cookie"
            cookie.write_text(secrets.token_hex(16))
            cookie.chmod(0o400)
        self._write_settings()
        if self._epmd is None:
            argv = ["epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1"]
            self._epmd = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self._wait_for_epmd(time.monotonic() + START_SECONDS)
        super().start()

    def _wait_for_epmd(self, deadline: float) -> None:
        """Or the node would start a daemon of its own that outlives it."""
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._epmd_port), timeout=1):
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def reload(self) -> None:
        """Return when the node goes by the definitions as they stand."""
        argv = [
            str(PROGRAMS / "rabbitmqctl"),
            "-n",
            self._node,
            "import_definitions",
            str(self.pki.folder.rabbit_definitions),
        ]
        done = subprocess.run(argv, env=self._environment(), capture_output=True, timeout=START_SECONDS * 4, check=False)
        assert done.returncode == 0, done.stderr + done.stdout

    def stop(self) -> None:
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait(START_SECONDS)
            self._epmd = None

    @property
    def _node(self) -> str:
        return f"tallystick{self.port}@localhost"

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(PROGRAMS / "rabbitmq-server")], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
            env=self._environment(), start_new_session=True,
        )  # fmt: skip

    def _end(self, how: signal.Signals) -> None:
        """The script and the node it started are a group of their own."""
        if self._child is not None:
            os.killpg(self._child.pid, how)
            self._child.wait(START_SECONDS)
            self._child = None

    def _write_settings(self) -> None:
        text = (ROOT / "deploy" / "broker" / "rabbitmq.conf").read_text()
        text = text.replace("/var/lib/tallystick/hq/broker", str(self.pki.folder.broker))
        text = re.sub(r"^(mqtt\.listeners\.ssl\.default) = .*$", rf"\1 = 127.0.0.1:{self.port}", text, flags=re.MULTILINE)
        (self.folder / "rabbitmq.conf").write_text(text + "log.console = true\nlog.console.level = warning\n")
        (self.folder / "enabled_plugins").write_text("[rabbitmq_mqtt,rabbitmq_auth_mechanism_ssl].\n")

    def _environment(self) -> dict[str, str]:
        folder = self.folder
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(folder / "node.pid"),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERL,
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
