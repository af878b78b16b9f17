"""docs/devices.md says what the registries say, and every driver has tests that exist."""

from __future__ import annotations

from typing import Any

import pytest

from edge.devices.fitting import DeviceKind
from edge.devices.kinds.registry import KINDS
from tests.devices_page import PAGE, ROOT, driver_of, files_naming, page


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.devices_page"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_driver_is_known_and_tested(kind: DeviceKind[Any]) -> None:
    driver = driver_of(kind)
    assert driver is None or driver.device_kind == kind.device_kind  # type: ignore[attr-defined]
    files = files_naming(kind)
    assert files, f"no test names {kind.name}"
    assert all((ROOT / name).is_file() for name in files)
