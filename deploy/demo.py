"""`make demo`: a whole shop chain in a box. Starts everything, prints addresses and logins, ends it all on Ctrl-C."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.api_calls import CallFailed
from deploy.chain import seed_history, seed_promotions, start_light_stores
from deploy.processes import ProcessFailed, port_is_free
from deploy.shop_set_up import bind_labels, codes_to_try, offer_goods, stock_the_shelves
from deploy.system import LIGHT_STORES, STORE_ID, TILLS, Logins, Ports, System, staff_url, start_staff_screens

FOLDER = Path(".tallystick/demo")
LABELS = 200
SALES_PER_MINUTE = 20
"""Over the nine light stores together."""

HELP = """A whole shop chain in a box: headquarters, one store with its simulated devices, each a real process, and nine
light stores in one process more.

Listens on loopback only. What it makes lies in .tallystick/demo and stays until --fresh (or make clean).
DATABASE_URL and MQTT_URL take the place of the embedded PostgreSQL and broker."""


class DemoRefused(Exception):
    """The demo cannot start; the text says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit code 0 after Ctrl-C, 1 when a part failed, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="tallystick demo", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fresh", action="store_true", help="begin anew: what former runs made is deleted")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where it keeps what it makes (default {FOLDER})")
    given = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if given.fresh and given.folder.exists():
        shutil.rmtree(given.folder)
    system = System(given.folder, Ports(), _Progress().say, label_count=LABELS, chain=True)
    try:
        _check_ports(system.ports)
        logins = _start(system, stop)
        if not stop.is_set():
            _show(system, logins)
        return _watch(system, stop)
    except (DemoRefused, ProcessFailed, CallFailed) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2 if isinstance(error, DemoRefused) else 1
    finally:
        print("demo: ending every process ...", flush=True)
        system.group.stop()
        print("demo: ended. `make demo` goes on from here; `tallystick demo --fresh` begins anew.")


class _Progress:
    """Lines with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, line: str) -> None:
        print(f"[{time.monotonic() - self._began:5.1f} s] {line}", flush=True)


def _check_ports(ports: Ports) -> None:
    taken = [f"{port} ({what})" for what, port in ports.all().items() if not port_is_free(port)]
    if taken:
        raise DemoRefused(f"these ports are taken: {', '.join(taken)}. Is another demo running? End it, then start again.")


def _start(system: System, stop: threading.Event) -> Logins:
    system.start_simulators()
    system.start_database()
    logins = system.set_up()
    seed_history(system)
    seed_promotions(system)
    system.start_broker()
    system.start_hq(console=True)
    system.start_box()
    start_staff_screens(system)
    system.group.wait_ready("simulators", "api", "box")
    system.say("store box, headquarters and devices answer")
    start_light_stores(system, logins, sales_per_minute=SALES_PER_MINUTE)
    if not stop.is_set():
        bound = bind_labels(system, logins, count=LABELS)
        stock_the_shelves(system, logins)
        offer_goods(system, logins)
        system.say(f"{bound} shelf labels are bound; their pictures follow within a minute")
    system.group.wait_ready("console", "staff", "light-stores")
    system.say(f"{len(LIGHT_STORES)} light stores are open and sell")
    return logins


def _show(system: System, logins: Logins) -> None:
    line = "-" * 78
    print(f"\n{line}\n  Tallystick is running. Ctrl-C ends every process.\n{line}")
    for till in TILLS:
        print(f"  till {till}          {system.box_url}/till/{till}")
    for person in logins.staff:
        print(f"                    {person.name}: number {person.staff_id}, PIN {person.pin}  ({person.rights})")
    print(f"  staff screens   {staff_url(system)}   (phone, tablet; the same PINs)")
    print(f"  console         {system.console_url}")
    print(f"                    login admin, password {logins.admin_password}")
    print(f"  bench           {system.simulators_url}/   scan, weigh, push tags, read receipts, break")
    print(f"  label pictures  {system.labels_url}/labels")
    print(f"  APIs            {system.box_url}/openapi.json   {system.api_url}/openapi.json\n")
    print("  Codes to type at the till (then Enter; a barcode scanner does the same):")
    for code, words in codes_to_try(system, logins):
        print(f"    {code:<16}{words}")
    light = f"{LIGHT_STORES[0]} to {LIGHT_STORES[-1]}"
    print(
        f"\n  Logs are in {system.group.log_dir}. Store {STORE_ID} with {LABELS} labels; light stores {light}.\n{line}\n",
        flush=True,
    )


def _watch(system: System, stop: threading.Event) -> int:
    """Until Ctrl-C, or until a part ends by itself."""
    while not stop.wait(1.0):
        if dead := system.group.dead():
            names = ", ".join(child.name for child in dead)
            print(f"demo: {names} ended by itself; its last words:\n{dead[0].log_tail()}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
