"""`make bench`: every figure as one JSON line (name, value, unit, peer, ratio); `ONLY=family` runs one family.

Each family is a module of its own process, so that one measurement does not warm or burden the next.
"""

import subprocess
import sys

FAMILIES = {
    "journal": ("tests.bench.journal",),
    "till": ("tests.bench.till", "tests.bench.pixel"),
    "ingest": ("tests.bench.ingest", "tests.bench.telemetry", "tests.bench.stock"),
    "box": ("tests.bench.box",),
    "labels": ("tests.bench.labels", "tests.bench.bootstrap"),
    "prices": ("tests.bench.prices",),
    "llrp": ("tests.bench.llrp",),
    "reader_sim": ("tests.bench.reader_sim",),
    "epc": ("tests.bench.epc",),
    "tags": ("tests.bench.tags",),
    "basket": ("tests.bench.basket",),
    "sim": ("tests.bench.replay", "tests.bench.scenario_day"),
    "devices": ("tests.bench.devices",),
}


def main(words: list[str]) -> int:
    """Run the families named, or all. Exit code 2 for an unknown family, 1 when a measurement failed."""
    unknown = [word for word in words if word not in FAMILIES]
    if unknown:
        print(f"bench: there is no family {unknown[0]!r}. Families: {', '.join(FAMILIES)}.", file=sys.stderr)
        return 2
    failed = False
    for family in words or FAMILIES:
        for module in FAMILIES[family]:
            print(f"bench: {module} ...", file=sys.stderr, flush=True)
            failed |= subprocess.run([sys.executable, "-m", module], check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
