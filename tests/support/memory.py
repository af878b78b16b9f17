"""Where the files of tests are kept: in memory, where there is room.

They are synced thousands of times. What a power cut leaves behind is tested on a disk of its own
(`tests/support/lossy_disk.py`), and a process that is killed loses nothing that it wrote.
"""

from __future__ import annotations

import shutil
from pathlib import Path

ROOM_BYTES = 4 << 30


def _folder() -> Path | None:
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free >= ROOM_BYTES else None


MEMORY = _folder()
"""None: the system's folder for temporary files."""
