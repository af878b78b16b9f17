"""The `tallystick` command: one door to the store box, headquarters, the simulators and the demo."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

HELP = """usage: tallystick <part> [...]

  tallystick demo            a whole shop in a box: HQ, one store, simulated devices (Ctrl-C ends it)
  tallystick edge ...        the store box             (same as: python -m edge ...)
  tallystick cloud ...       headquarters              (same as: python -m cloud ...)
  tallystick sim ...         the device simulators     (same as: python -m simulators ...)

Each part explains itself: tallystick edge --help
"""

MODULES = {"edge": "edge", "cloud": "cloud", "sim": "simulators"}


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: RET503 - execv never returns
    """Run a part. Exit code 2 for a command that does not exist, otherwise the part's own."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"-h", "--help", "help"}:
        print(HELP, end="")
        return 0
    part, rest = words[0], words[1:]
    if part == "demo":
        from deploy import demo  # noqa: PLC0415 - the store box starts this file without the demo's needs

        return demo.main(rest)
    if part not in MODULES:
        print(f"tallystick: there is no part '{part}'. Parts: demo, {', '.join(MODULES)}.", file=sys.stderr)
        return 2
    os.execv(sys.executable, [sys.executable, "-m", MODULES[part], *rest])


if __name__ == "__main__":
    sys.exit(main())
