"""A headquarters set up once a test process by the real commands, and copied: its database and its folder.

`init` and `seed-demo` have tests of their own; a test of what stands on them need not wait for them each time.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from cloud.settings import HqFolder, with_user
from cloud.stores.authority import write_private
from tests.support.hq_ground import APP_PASSWORD, INGEST_PASSWORD, GroundDatabase, PostgresServer

Told = TypeVar("Told")


@dataclass(frozen=True)
class SetUp(Generic[Told]):
    """A headquarters nobody runs: `told` is what its set-up said."""

    ground: GroundDatabase
    folder: Path
    told: Told

    @contextlib.contextmanager
    def copy(self, folder: Path, ports: dict[int, int]) -> Iterator[GroundDatabase]:
        """A database of its own, dropped at the end, and its files in `folder`; `ports`: new ones by those of the set-up."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        for written in folder.rglob("hq.toml"):
            text = written.read_text()
            for before, after in ports.items():
                text = text.replace(f":{before}", f":{after}")
            written.write_text(text)
        database = self.ground.server.create(template=self.ground.name)
        try:
            yield database
        finally:
            database.drop()


def set_up_once(server: PostgresServer, name: str, set_up: Callable[[GroundDatabase, Path], Told]) -> SetUp[Told]:
    """Set up over a new database and folder (headquarters' own is `hq` in it), unless that was done under this name.

    The roles' passwords are those of every database here: they belong to the whole server.
    """
    found = server.set_ups.get(name)
    if found is None:
        ground = server.create()
        folder = server.place.root.parent / f"{name}-on-{server.kind}"
        hq = HqFolder(folder / "hq")
        for path, role, password in (
            (hq.app_url, "tallystick_app", APP_PASSWORD),
            (hq.ingest_url, "tallystick_ingest", INGEST_PASSWORD),
        ):
            write_private(path, with_user(ground.owner_url, role, password).encode() + b"\n")
        found = server.set_ups[name] = SetUp(ground, folder, set_up(ground, folder))
    return found  # type: ignore[return-value]  # what was set up under one name told one kind of thing
