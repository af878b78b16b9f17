"""A store on links in memory: the same ports everywhere, and what cannot be there is refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.replay.wires import NotInMemory, in_memory
from simulators.settings import BenchSettings
from simulators.store_file import load_store


def store(folder: Path, text: str) -> BenchSettings:
    (folder / "store.yaml").write_text(text)
    return load_store(folder / "store.yaml", folder)


def test_ports_do_not_depend_on_the_machine(tmp_path: Path) -> None:
    text = "scales: [{id: a}]\nprinters: [{id: p}]\n"
    first, second = (in_memory(store(tmp_path, text)) for _ in range(2))
    assert first == second
    assert first.scales[0].tcp_port != first.scales[0].proxy_tcp_port
    assert first.scales[0].port is None


def test_what_needs_a_real_wire_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotInMemory, match=r"door: replay mode has no readers. Play it in wire mode, or leave it out."):
        in_memory(store(tmp_path, "readers: [{id: door}]\n"))
