"""`tallystick sim up store.yaml`: all devices of a store in the background, found again by `down` and `status`.

What is running is written beside the store file, in `.tallystick-sim/<name>/`: `state.json`, the box's settings that fit
(`box.toml`), the log, and the serial ports.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec

from simulators import control_shapes as shapes
from simulators.edge_config import edge_config
from simulators.settings import BenchSettings

FOLDER = ".tallystick-sim"
READY_SECONDS = 30.0
GONE_SECONDS = 15.0
LOOK_SECONDS = 0.05
ASK_SECONDS = 5.0


class UpState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a bench that was brought up."""

    store: str
    url: str
    seed: int


class NotUp(Exception):
    """It is not running, or does not come up; the text says what to do."""


def folder_of(store: Path) -> Path:
    """Where the state of this store file is kept."""
    return store.absolute().parent / FOLDER / store.stem


def known(store: Path) -> UpState | None:
    """What was brought up from this file, whether or not it still runs."""
    try:
        return msgspec.json.decode((folder_of(store) / "state.json").read_bytes(), type=UpState)
    except (OSError, msgspec.DecodeError):
        return None


def answering(state: UpState) -> shapes.State | None:
    """What the bench says now; None: nobody answers there, or somebody else."""
    try:
        with httpx.Client(trust_env=False, timeout=ASK_SECONDS) as client:
            answer = client.get(f"{state.url}/state")
        found = msgspec.json.decode(answer.content, type=shapes.State)
    except (httpx.HTTPError, msgspec.DecodeError, msgspec.ValidationError):
        return None
    return found if found.seed == state.seed else None


def note_up(store: Path, settings: BenchSettings, url: str) -> Path:
    """Write down what runs; returns the file of the box's settings."""
    folder = folder_of(store)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    box = folder / "box.toml"
    box.write_text(edge_config(settings, store.name))
    state = UpState(store=str(store.absolute()), url=url, seed=settings.seed)
    (folder / "state.json").write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    return box


def note_down(store: Path) -> None:
    """It is over."""
    (folder_of(store) / "state.json").unlink(missing_ok=True)


def bring_up(store: Path, seed: int | None) -> UpState:
    """Start it in the background and wait until it answers. Raises `NotUp` with what it said."""
    before = known(store)
    if before is not None and answering(before) is not None:
        raise NotUp(f"it is up already at {before.url}. End it first: tallystick sim down {store}")
    note_down(store)
    folder = folder_of(store)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    words = [sys.executable, "-m", "simulators", "up", str(store), "--foreground"]
    if seed is not None:
        words += ["--seed", str(seed)]
    with log.open("wb") as output:
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    _until(READY_SECONDS, lambda: known(store) is not None or child.poll() is not None)
    found = known(store)
    if found is None:
        child.kill()
        raise NotUp(log.read_text(errors="replace").strip() or f"it did not answer within {READY_SECONDS:.0f} s")
    return found


def bring_down(store: Path) -> None:
    """End it and wait until it is gone. Raises `NotUp`."""
    state = known(store)
    if state is None or answering(state) is None:
        note_down(store)
        raise NotUp(f"it is not up. Start it with: tallystick sim up {store}")
    with httpx.Client(trust_env=False, timeout=ASK_SECONDS) as client:
        client.post(f"{state.url}/stop", json={})
    if not _until(GONE_SECONDS, lambda: known(store) is None):
        raise NotUp(f"it does not end; its log is {folder_of(store) / 'log'}")


def _until(seconds: float, holds: Callable[[], bool]) -> bool:
    for _ in range(int(seconds / LOOK_SECONDS)):
        if holds():
            return True
        time.sleep(LOOK_SECONDS)
    return holds()
