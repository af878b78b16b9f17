"""N real stores in one process against a real broker and headquarters, brought up from nothing, to look at.

python -m tests.light --stores 100 --sales-per-minute 60
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.light.chain import KINDS, light_chain


def main(words: Sequence[str] | None = None) -> int:
    """Bring the chain up, say how it does, end it."""
    parser = argparse.ArgumentParser(prog="python -m tests.light", description=__doc__)
    parser.add_argument("--stores", type=int, default=10)
    parser.add_argument("--servers", choices=KINDS, default=KINDS[0])
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--labels", type=int, default=4, help="shelf labels in each store")
    parser.add_argument("--sales-per-minute", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long it stays up")
    given = parser.parse_args(words)
    with (
        tempfile.TemporaryDirectory() as folder,
        light_chain(
            given.servers, Path(folder), stores=given.stores, items=given.items, staff=given.sales_per_minute > 0
        ) as chain,
    ):
        began = time.monotonic()
        chain.start_stores(given.stores, labels=given.labels, sales_per_minute=given.sales_per_minute)
        chain.wait_in_step(given.stores)
        print(f"{given.stores} stores in step after {time.monotonic() - began:.1f} s", flush=True)
        time.sleep(given.seconds)
        print(f"sales at headquarters: {chain.sales()}; memory of the stores: {chain.memory_mb():.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
