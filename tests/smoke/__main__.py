"""`make smoke`: breaks a whole chain of real processes in every way a shop's day can, and counts what is left.

Ends with one JSON line; exit code 0 only when nothing was lost, doubled, or charged wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from deploy.api_calls import CallFailed
from deploy.processes import ProcessFailed
from deploy.system import System
from tests.smoke.run import LABELS, Smoke
from tests.support.whole_system import free_ports

WRONG_SHOWN_MAX = 20


def main() -> int:
    """Run; the last line of the output is JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.smoke", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same shoppers and breakages (default 1)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all files and logs")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tallystick-smoke-"))
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {line}", flush=True)

    system = System(folder, free_ports(), say, label_count=LABELS, seed=given.seed)
    run = Smoke(system, given.seed, say)
    try:
        asyncio.run(run.execute())
    except (ProcessFailed, CallFailed, ExceptionGroup) as error:
        traceback.print_exception(error)
        run.found.wrong.append(f"the run broke off: {error}")
        run.found.wrong += run.notes.wrong
    finally:
        system.group.stop()
    wrong = run.found.wrong
    for line in wrong[:WRONG_SHOWN_MAX]:
        print(f"WRONG: {line}")
    if wrong or given.keep:
        print(f"files and logs are kept in {folder}")
    else:
        shutil.rmtree(folder)
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"ok": not wrong, "seed": given.seed, **run.found.counts, "wrong": len(wrong), "seconds": seconds}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
