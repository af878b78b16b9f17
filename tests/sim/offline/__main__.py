"""`python -m tests.sim.offline`: weeks of selling without headquarters, then the line comes back; one JSON line."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.sim.offline.run import play
from tests.support.hq_ground import EMBEDDED, REAL, PostgresServers


def main() -> None:
    """Play one run."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.offline", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--sales", type=int, default=1_000, help="sales a day")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--servers", choices=(EMBEDDED, REAL), default=EMBEDDED)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weeks-") as folder:
        servers = PostgresServers(Path(folder) / "postgres")
        try:
            weeks = play(
                chosen.servers,
                Path(folder) / "chain",
                servers,
                days=chosen.days,
                sales_a_day=chosen.sales,
                seed=chosen.seed,
                say=lambda words: print(words, file=sys.stderr),
            )
        finally:
            servers.close()
    found = {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(weeks).items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
