"""The store box's command line."""

from __future__ import annotations

import argparse
import asyncio
import functools
import logging
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog

from edge import bootstrap, daemon, find_devices, find_readers, find_scales, print_test, settings, weighing_path
from edge.catalogue.seed import SeedRefused
from edge.clock import SystemClock, SystemRandom
from edge.devices.fonts import FontsMissing
from edge.local_api.server import CannotListen
from edge.many import command as many_stores
from edge.staff_screens import main as staff_screens
from edge.staff_screens.main import StaffSettings
from edge.store_db.database import Writer
from edge.store_db.errors import StoreDbError
from edge.sync import handover, old_card
from edge.sync.build import credentials_of
from edge.sync.credentials import CredentialsUnusable
from edge.sync.errors import LineBroken
from edge.sync.https_line import HqHttps
from protocols.clock import IdSource
from protocols.sync.batch import JournalDamaged
from protocols.sync.old_card import ImportRefused

OK, FAILED, WRONG_USE, STORE_BROKEN = 0, 1, 2, 4

DESCRIPTION = """The store box: sells, counts and labels with the line to headquarters up or down."""
EPILOG = """examples:
  python -m edge check-config --config store.toml     is the file right? (says line and key when not)
  python -m edge run --config store.toml              run the box until SIGTERM or Ctrl-C
  python -m edge many S002/store.toml S003/store.toml many stores in this one process, without screens
  python -m edge import-card --config store.toml /media/old/data
                                                      send what an old card or a second medium still holds to headquarters
  python -m edge find-readers 192.0.2.0/24            RFID readers in the shop's network, as tables for store.toml
  python -m edge find-devices --config store.toml     what is plugged in or announces itself and is not in use
  python -m edge find-scales /dev/ttyUSB0             which scale is on a port, as a table for store.toml
  python -m edge weighing                             version and sum of the weighing path

  python -m edge print-test --config store.toml printer-1
                                                      what a receipt printer can: all its letters and codes on one receipt

  python -m edge staff --box http://127.0.0.1:8080    the staff screens (phone, tablet) on http://127.0.0.1:8081

Every key of the settings file is explained in edge/example-store.toml.
exit codes: 0 stopped cleanly, 1 an unexpected error, 2 wrong settings or use, 4 the store database cannot be used.
"""


STAFF_EPILOG = """People log in with the staff number and PIN headquarters gave them. The screens run as a process of
their own and know the box only through its API; a box that restarts is waited for, and nothing typed meanwhile is lost.

examples:
  python -m edge staff --box http://127.0.0.1:8080
  python -m edge staff --host 0.0.0.0 --tls-cert staff.crt --tls-key staff.key
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the result is the exit code. A user's mistake is one line on stderr, never a traceback."""
    parser = argparse.ArgumentParser(
        prog="python -m edge",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for name, words in (("run", "run the box"), ("check-config", "check the settings file and say what it means")):
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument("--config", type=Path, required=True, help="the settings file (TOML)")
    words = "send what an old card (store.db) or a second medium still holds to headquarters"
    importing = commands.add_parser("import-card", help=words, description=words)
    importing.add_argument("--config", type=Path, required=True, help="the settings file (TOML) of the same store")
    importing.add_argument("card", type=Path, help="the old store.db, the folder it lies in, or the second medium's folder")
    _add_staff(commands)
    many_stores.add_command(commands)
    find_readers.add_command(commands)
    print_test.add_command(commands)
    find_devices.add_command(commands)
    find_scales.add_command(commands)
    words = "print the version and the sum of the weighing path, and of every file in it"
    commands.add_parser("weighing", help=words, description=words)
    chosen = parser.parse_args(arguments)
    if chosen.command == "staff":
        return _staff(chosen)
    if chosen.command == "many":
        return _run_many(chosen)
    if chosen.command == "find-readers":
        return _find_readers(chosen)
    if chosen.command == "find-devices":
        return _find_devices(chosen)
    if chosen.command == "weighing":
        print("\n".join(weighing_path.lines(weighing_path.weighing_path())))
        return OK
    if chosen.command == "find-scales":
        print("\n".join(find_scales.lines(find_scales.search(chosen.port, chosen.baud))))
        return OK
    try:
        loaded = settings.load(chosen.config)
    except settings.SettingsRefused as refused:
        return _refuse(str(refused), WRONG_USE)
    match chosen.command:
        case "check-config":
            return _check(loaded)
        case "print-test":
            return _print_test(loaded, chosen.printer)
        case "import-card":
            return _import_card(loaded, chosen.card)
        case _:
            return _run(loaded)


def _add_staff(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    words = "serve the staff screens for phones and tablets, over the API of a box"
    staff = commands.add_parser(
        "staff", help=words, description=words, epilog=STAFF_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    staff.add_argument("--box", default="http://127.0.0.1:8080", help="the box's address (default %(default)s)")
    staff.add_argument("--box-ca", type=Path, help="who signed the box's certificate (PEM), when its address is https")
    staff.add_argument(
        "--host", default="127.0.0.1", help="where to listen; beyond this machine TLS is needed (default %(default)s)"
    )
    staff.add_argument("--port", type=int, default=8081, help="the port (default %(default)s; 0 takes a free one)")
    staff.add_argument("--tls-cert", type=Path, help="the certificate (PEM) phones and tablets see")
    staff.add_argument("--tls-key", type=Path, help="its key (PEM)")
    folder = Path.home() / ".local" / "state" / "tallystick-staff"
    staff.add_argument(
        "--data", type=Path, default=folder, help="where languages and unanswered inputs are kept (default %(default)s)"
    )


def _staff(chosen: argparse.Namespace) -> int:
    wanted = StaffSettings(
        box=chosen.box,
        host=chosen.host,
        port=chosen.port,
        data=chosen.data.absolute(),
        tls_cert=chosen.tls_cert,
        tls_key=chosen.tls_key,
        box_ca=chosen.box_ca,
    )
    try:
        wanted.check()
        _log_to_stderr()
        log = structlog.get_logger("tallystick.staff")
        staff_screens.run(
            wanted, SystemClock(), SystemRandom(), ready=lambda url: log.info("ready", url=url, box=wanted.box)
        )
    except staff_screens.CannotStart as error:
        return _refuse(f"staff: {error}", WRONG_USE)
    log.info("stopped")
    return OK


def _print_test(loaded: settings.Settings, printer_id: str) -> int:
    try:
        ok, words = print_test.run(loaded, printer_id)
    except print_test.NoSuchPrinter as refused:
        return _refuse(str(refused), WRONG_USE)
    print(words)
    return OK if ok else FAILED


def _find_readers(chosen: argparse.Namespace) -> int:
    try:
        found = find_readers.search(find_readers.network_of(chosen.network), chosen.port)
    except ValueError as error:
        return _refuse(f"find-readers: {error}", WRONG_USE)
    print("\n".join(find_readers.lines(found)) if found else "no reader answered")
    return OK


def _find_devices(chosen: argparse.Namespace) -> int:
    try:
        used = () if chosen.config is None else settings.load(chosen.config).devices
    except settings.SettingsRefused as refused:
        return _refuse(str(refused), WRONG_USE)
    found = asyncio.run(find_devices.search(used, max(0.0, chosen.seconds)))
    print("\n".join(find_devices.lines(found)) if found else "nothing is there that is not in use")
    return OK


def _check(loaded: settings.Settings) -> int:
    hq = loaded.hq.https_url if loaded.hq is not None else "none, the box stands alone"
    print(f"settings are right: store {loaded.store.id}, data in {loaded.store.data_dir}")
    print(f"  API on {loaded.api.host}:{loaded.api.port}, headquarters: {hq}")
    print(f"  tills: {', '.join(till.id for till in loaded.tills) or 'none'}")
    print(f"  devices: {', '.join(device.id for device in loaded.devices) or 'none'}")
    return OK


def _run(loaded: settings.Settings) -> int:
    _log_to_stderr()
    log = structlog.get_logger("tallystick.edge")
    try:
        ground = bootstrap.lay_ground(loaded)
    except SeedRefused as error:
        return _refuse(str(error), WRONG_USE)
    except (StoreDbError, OSError) as error:
        return _refuse(f"the store database cannot be opened: {error}", STORE_BROKEN)
    try:
        asyncio.run(daemon.run(ground, ready=lambda url: log.info("ready", url=url, store=loaded.store.id)))
    except (CannotListen, CredentialsUnusable, FontsMissing) as error:
        return _refuse(str(error), WRONG_USE)
    except ExceptionGroup as group:
        log.critical("a vital part failed; the box ends", errors=[repr(each) for each in group.exceptions], exc_info=group)
        return FAILED if group.subgroup((StoreDbError, sqlite3.Error)) is None else STORE_BROKEN
    finally:
        daemon.close(ground)
    log.info("stopped")
    return OK


def _run_many(chosen: argparse.Namespace) -> int:
    log = structlog.get_logger("tallystick.edge.many")
    try:
        stores = [settings.load(config) for config in chosen.config]
        how = many_stores.settings_of(chosen)
        _log_to_stderr()
        asyncio.run(many_stores.run(stores, how, ready=functools.partial(_many_ready, chosen.ready_file)))
    except (settings.SettingsRefused, many_stores.TooManyStores, CredentialsUnusable, FontsMissing) as error:
        return _refuse(str(error), WRONG_USE)
    except (StoreDbError, OSError) as error:
        return _refuse(f"a store database cannot be opened: {error}", STORE_BROKEN)
    except ExceptionGroup as group:
        log.critical("a store failed; the process ends", errors=[repr(each) for each in group.exceptions], exc_info=group)
        return FAILED if group.subgroup((StoreDbError, sqlite3.Error)) is None else STORE_BROKEN
    log.info("stopped")
    return OK


def _many_ready(ready_file: Path | None, count: int) -> None:
    structlog.get_logger("tallystick.edge.many").info("ready", stores=count)
    if ready_file is not None:
        ready_file.touch()


def _import_card(loaded: settings.Settings, card: Path) -> int:
    if loaded.hq is None:
        return _refuse("import-card: the settings have no [hq] to send to", WRONG_USE)
    try:
        with tempfile.TemporaryDirectory(prefix="tallystick-card-") as scratch:
            found = old_card.open_card(card, Path(scratch))
            facts = sum(each.count for each in found)
            print(f"{card}: {facts} facts in {len(found)} streams")
            proven = asyncio.run(_send_card(loaded, loaded.hq, found))
    except (old_card.CardUnreadable, CredentialsUnusable) as error:
        return _refuse(str(error), WRONG_USE)
    except (ImportRefused, JournalDamaged, LineBroken) as error:
        return _refuse(f"import-card: {error}", FAILED)
    _ask_for_handover_again(loaded)
    print(f"done: headquarters holds all {facts} facts of this card")
    if not proven:
        print(
            "note: headquarters holds more of a stream than this card; keep the card until somebody has compared the sales"
        )
    return OK


def _ask_for_handover_again(loaded: settings.Settings) -> None:
    """The running box asks headquarters for stock and labels once more: it knows more of them now."""
    path = loaded.store.data_dir / "store.db"
    if not path.exists():  # the card was sent from another machine than the box
        return
    try:
        writer = Writer(path, kind="store")
        try:
            writer.transact(handover.owe_again, durable=True)
        finally:
            writer.close()
    except StoreDbError as error:
        print(f"note: the box could not be told to take over the card's stock ({error}); repeat the import to try again")


async def _send_card(loaded: settings.Settings, hq: settings.HqSettings, found: list[old_card.CardStream]) -> bool:
    https = HqHttps(hq.https_url, loaded.store.id, credentials_of(hq).context())
    boot_id = IdSource(SystemClock(), SystemRandom()).new()

    def progress(card: old_card.CardStream, upto: int) -> None:
        print(f"  incarnation {card.incarnation}, {card.stream.value}: {upto} of {card.count}", flush=True)

    try:
        return await old_card.import_card(found, loaded.store.id, https, boot_id, progress)
    finally:
        await https.close()


def _refuse(message: str, code: int) -> int:
    print(f"edge: {message}", file=sys.stderr)
    return code


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    sys.exit(main())
