from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.counter import Counter


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    counter = Counter(tmp_path)
    await counter.start()
    yield counter
    counter.stop()


@pytest.fixture
async def selling(counter: Counter) -> Counter:
    """Ann is logged in and the shift is open."""
    await counter.open()
    return counter
