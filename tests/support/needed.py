"""What a test needs and a machine may lack."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """It is not installed, or cannot run here: skip, but fail on CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not there, and CI must test everything")
    pytest.skip(f"{what} is not there")
