"""Drivers of others, from a distribution that is installed: loaded only when named, checked, and harmless when broken."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from edge import bootstrap, daemon
from edge.bootstrap import Box
from edge.devices import foreign
from edge.settings import Settings, SettingsRefused, load
from tests.support.waiting import until

INSTALLED = Path(__file__).parents[1] / "support" / "foreign_driver"
STORE = '[store]\nid = "s-1"\ndata_dir = "data"\n[clock]\ntrust = "always"\n'


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(INSTALLED))
    foreign.load.cache_clear()
    yield
    foreign.load.cache_clear()
    for name in ("acme_counter", "acme_broken"):
        sys.modules.pop(name, None)


def device(kind: str, keys: str, device_id: str = "") -> str:
    return f'[[devices]]\nkind = "{kind}"\nid = "{device_id or kind}"\n{keys}\n'


def settings(tmp_path: Path, *devices: str, named: tuple[str, ...]) -> Settings:
    path = tmp_path / "store.toml"
    path.write_text(STORE + f"[drivers]\nload = {list(named)}\n" + "".join(devices))
    return load(path)


@pytest.fixture
async def port() -> AsyncIterator[str]:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"xxx")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def running(loaded: Settings) -> tuple[Box, list[asyncio.Task[None]], asyncio.TaskGroup]:
    box = await bootstrap.build(bootstrap.lay_ground(loaded))
    group = asyncio.TaskGroup()
    await group.__aenter__()
    return box, daemon.start_parts(box, group), group


async def ended(box: Box, tasks: list[asyncio.Task[None]], group: asyncio.TaskGroup) -> None:
    for task in tasks:
        task.cancel()
    await group.__aexit__(None, None, None)
    daemon.close(box.ground)


def states(box: Box) -> dict[str, tuple[str, str]]:
    return {view.device_id: (view.state, view.reason) for view in box.shop.devices.views()}


async def test_a_driver_of_others_drives_its_device(tmp_path: Path, port: str) -> None:
    keys = f'port = "{port}"\nstep_grams = 100'
    loaded = settings(tmp_path, device("acme_counter", keys, "counter-1"), named=("acme_counter",))
    box, tasks, group = await running(loaded)
    try:
        await until(lambda: states(box)["counter-1"][0] == "ready", seconds=20)
        scales = box.tills  # no till stands at it: its words go where those of a scale go
        assert not scales
        [view] = box.shop.devices.views()
        assert view.device_kind == "scale"
        await until(lambda: box.ground.figures.lives()["counter-1"].events >= 2, seconds=20)
        assert box.ground.figures.lives()["counter-1"].read_bytes == 3
    finally:
        await ended(box, tasks, group)


async def test_what_is_broken_is_failed_with_its_reason_and_harms_nobody(tmp_path: Path, port: str) -> None:
    good = device("serial_scanner", f'port = "{port}"')
    counter = device("acme_counter", f'port = "{port}"', "good")
    wrong_key = device("acme_counter", f'port = "{port}"\nstepp = 3', "wrong-key")
    wrong_value = device("acme_counter", f'port = "{port}"\nstep_grams = 0', "wrong-value")
    others = [device(name, "") for name in ("acme_tomorrow", "acme_broken", "acme_nothing", "acme_missing")]
    named = ("acme_counter", "acme_tomorrow", "acme_broken", "acme_nothing", "acme_missing")
    box, tasks, group = await running(settings(tmp_path, good, counter, wrong_key, wrong_value, *others, named=named))
    try:
        await until(lambda: states(box)["serial_scanner"][0] == states(box)["good"][0] == "ready", seconds=20)
        await until(lambda: all(states(box)[name][1] for name in named[1:]), seconds=20)
        told = states(box)
        for name, words in {
            "acme_tomorrow": "was made for interface 2, this box has 1: install the right version",
            "acme_broken": "cannot be loaded (RuntimeError: it needs a library nobody has): ask its maker",
            "acme_nothing": "was made for interface none",
            "acme_missing": "is offered by no package installed here",
            "wrong-key": "does not take its table: Object contains unknown field `stepp`",
            "wrong-value": "step_grams: at least 1.",
        }.items():
            assert told[name][0] == "failed"
            assert words in told[name][1]
    finally:
        await ended(box, tasks, group)


def test_nothing_is_loaded_that_the_settings_do_not_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"wrong value for 'devices\[0\]\.kind': invalid value 'acme_counter'"):
        settings(tmp_path, device("acme_counter", 'port = "x"'), named=())
    settings(tmp_path, named=("acme_broken",))
    assert "acme_broken" not in sys.modules
    assert "acme_counter" not in sys.modules
