"""`python -m edge many`, and a line in a file for each committed change of items: store, nanoseconds, items."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from edge import __main__ as edge_command
from edge.many import command
from edge.many.run import run
from edge.many.store import ManyStore


def main(words: list[str]) -> int:
    """The first word is the file, the rest are those of `python -m edge many`."""
    log = Path(words[0]).open("a", buffering=1)  # noqa: SIM115 - open as long as the process

    def watch(store: ManyStore) -> None:
        def changed(items: frozenset[str] | None) -> None:
            now_ns = time.time_ns()
            if items:
                log.write(f"{store.store_id} {now_ns} {min(items)}\n")

        store.ground.watch.listen(changed)

    async def watched(stores, how, *, ready):  # type: ignore[no-untyped-def]
        await run(stores, how, ready=ready, opened=watch)

    command.run = watched
    return edge_command.main(["many", *words[1:]])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
