"""Fixtures any test may ask for by name."""

import os
import sys

from tests.support.hq_ground import (  # noqa: F401
    any_database,
    embedded_broker,
    embedded_database,
    empty_database,
    hq_broker,
    hq_database,
    hq_pki,
    postgres_servers,
)
from tests.support.memory import MEMORY

# Compiled modules are kept, whatever the environment wants: a test process has a thousand of them, and so has every process
# that a test starts.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

if MEMORY is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
