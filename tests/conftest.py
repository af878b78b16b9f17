"""Fixtures any test may ask for by name."""

import os
import shutil
import sys
from pathlib import Path

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

# Compiled modules are kept, whatever the environment wants: a test process has a thousand of them, and so has every process
# that a test starts.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Folders of tests are kept in memory where there is room: they are synced thousands of times. What a power cut leaves is
# tested on a disk of its own (`tests/support/lossy_disk.py`), and a killed process loses nothing that it wrote.
MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 << 30
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
