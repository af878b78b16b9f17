"""Headquarters' command line: `python -m cloud --help` explains itself."""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
from psycopg_pool import PoolTimeout

from cloud import bootstrap, settings
from cloud.commands import backup, demo, history, imports, people, regions, setup, stores
from cloud.commands.ground import CommandFailed, check_database
from cloud.db.migrate import MigrationRefused
from cloud.refusals import Refused
from cloud.settings import HqSettings, SettingsError
from cloud.stores.authority import AuthorityMissing
from cloud.stores.domain import StoreSettings
from cloud.users.domain import Role
from cloud.web.server import CannotListen
from protocols.contract.values import TaxMode

OK, FAILED, WRONG_USE = 0, 1, 2
ITEMS_DEFAULT = 300

DESCRIPTION = """Headquarters of a Tallystick chain: gets every sale exactly once, publishes products, prices and staff."""
EPILOG = (
    """first steps:
  export DATABASE_URL=postgresql://postgres:secret@127.0.0.1:5432/tallystick
  python -m cloud init                                  tables, roles, keys, certificates, first administrator
  python -m cloud zone put north --currency EUR         a price zone
  python -m cloud store add S001 --name "Main street" --zone north --time-zone Europe/Berlin --out ./S001
  python -m cloud api                                   people API and edge API      (each a process
  python -m cloud ingest                                MQTT consumer and feeds       of its own)
  python -m cloud console                               screens in the browser

"""
    + settings.HELP
    + """
exit codes: 0 done or stopped cleanly, 1 a running process failed, 2 wrong settings or use; then nothing has changed.
"""
)

Command = Callable[[argparse.Namespace, HqSettings], None]


def say(line: str) -> None:
    """One line for the person at the keyboard."""
    print(line, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the result is the exit code. A user's mistake is one line on stderr, never a traceback."""
    chosen = build_parser().parse_args(arguments)
    command: Command = chosen.command
    try:
        command(chosen, settings.read_settings(os.environ))
    except (SettingsError, AuthorityMissing, CommandFailed, MigrationRefused, CannotListen) as error:
        return _refuse(str(error))
    except Refused as refused:
        return _refuse(f"{refused.detail.rstrip('.')}. {refused.remedy}".strip())
    except (psycopg.OperationalError, PoolTimeout) as error:
        return _refuse(f"the database does not answer: {str(error).strip() or type(error).__name__}")
    except psycopg.errors.InsufficientPrivilege as error:
        return _refuse(f"the database does not allow it: {error.diag.message_primary}")
    except BrokenPipeError:
        return FAILED  # whoever read our lines has gone
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except ExceptionGroup as group:
        return _part_failed(group)
    return OK


def _part_failed(group: ExceptionGroup[Exception]) -> int:
    """A part of a running process ended it: one line for what a person can mend, the whole story for the rest."""
    mistakes, others = group.split((SettingsError, AuthorityMissing, CannotListen))
    if others is None and mistakes is not None:
        return _refuse("; ".join(str(error) for error in mistakes.exceptions))
    bootstrap.log.critical("a part failed; the process ends", exc_info=group)
    return FAILED


def _refuse(message: str) -> int:
    print(f"cloud: {message}", file=sys.stderr)
    return WRONG_USE


def build_parser() -> argparse.ArgumentParser:
    """Every command with its words."""
    parser = argparse.ArgumentParser(
        prog="python -m cloud", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    _setup_commands(commands)
    _store_commands(commands)
    _people_commands(commands)
    imports.add_commands(functools.partial(_add, commands), say)
    _region_commands(commands)
    _running_commands(commands)
    return parser


Commands = argparse._SubParsersAction  # argparse has no public name for it


def _add(commands: Commands[argparse.ArgumentParser], name: str, words: str, run: Command) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".")
    command.set_defaults(command=run)
    return command


def _setup_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    init = _add(commands, "init", "make everything a new headquarters needs; safe to run again", _init)
    init.add_argument("--host", action="append", default=[], help="a further name or address of broker and edge API")
    _add(commands, "migrate", "bring the database up to date", lambda _, own: setup.run_migrations(own, say))
    seed = _add(commands, "seed-demo", "load the demo's goods, prices and, if named, stores with staff", _seed)
    seed.add_argument("--items", type=int, default=ITEMS_DEFAULT, help=f"how many items (default {ITEMS_DEFAULT})")
    seed.add_argument("--store", action="append", default=[], metavar="ID", help="a store to add, may be repeated")
    seed.add_argument("--chain", action="store_true", help="also a second price zone and the ten stores of the demo's chain")
    seed.add_argument("--out", type=Path, help="folder for the stores' credentials, one sub-folder each")
    _add(
        commands,
        "seed-promotions",
        "publish the demo's promotions in its first zone",
        lambda _, own: asyncio.run(demo.seed_promotions(own, say=say)),
    )
    past = _add(commands, "seed-history", "give stores a seeded past of sales, for demos", _seed_history)
    past.add_argument("--stores", required=True, metavar="IDS", help="stores with commas between, for example S001,S002")
    past.add_argument("--days", type=int, default=60, help="days up to yesterday (default 60)")
    past.add_argument("--seed", type=int, default=1, help="the same seed gives the same past (default 1)")
    saving = _add(commands, "backup", "write the database to a file", lambda got, own: backup.backup(own, got.file, say))
    saving.add_argument("file", type=Path)
    back = _add(commands, "restore", "put a backup back in place of the database", _restore)
    back.add_argument("file", type=Path)
    back.add_argument("--force", action="store_true", help="end the sessions of running processes first")
    _add(commands, "reproject", "make quarantined and unknown facts into rows again, after an upgrade", _reproject)


def _store_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    store = commands.add_parser("store", help="add, list, change, renew and revoke stores", description="Stores.")
    verbs = store.add_subparsers(metavar="verb", required=True)
    add = _add(verbs, "add", "add a store and write the credentials of its box to a folder", _store_add)
    add.add_argument("id")
    add.add_argument("--name", required=True, help="as printed on receipts")
    add.add_argument("--zone", required=True, help="its price zone")
    add.add_argument("--time-zone", required=True, help="an IANA name, for example Europe/Berlin")
    add.add_argument("--receipt-header", action="append", default=[], metavar="LINE", help="may be repeated")
    add.add_argument("--receipt-footer", action="append", default=[], metavar="LINE", help="may be repeated")
    add.add_argument("--out", type=Path, required=True, help="folder for key, certificate, CA and the [hq] settings")
    many = _add(verbs, "add-many", "add stores alike, numbered from 1, with the credentials of each box", _store_add_many)
    many.add_argument("prefix", help="of their ids and names")
    many.add_argument("--count", type=int, required=True)
    many.add_argument("--zone", required=True, help="their price zone")
    many.add_argument("--time-zone", required=True, help="an IANA name, for example Europe/Berlin")
    many.add_argument("--out", type=Path, required=True, help="folder for the credentials, one sub-folder each")
    _add(verbs, "list", "how each store does", lambda _, own: asyncio.run(stores.list_stores(own, say)))
    change = _add(verbs, "change", "change a store's settings or zone; it learns of it at once", _store_change)
    change.add_argument("id")
    for name in ("--name", "--zone", "--time-zone"):
        change.add_argument(name)
    for name in ("--receipt-header", "--receipt-footer"):
        change.add_argument(name, action="append", metavar="LINE")
    renew = _add(verbs, "renew", "a new key and certificate for a store", _store_renew)
    renew.add_argument("id")
    renew.add_argument("--out", type=Path, required=True, help="folder for the new files")
    renew.add_argument("--revoke-old", action="store_true", help="former certificates end now, not when they expire")
    revoke = _add(verbs, "revoke", "let a box in no longer: one certificate, or all of the store", _store_revoke)
    revoke.add_argument("id")
    revoke.add_argument("--serial", help="one certificate (hexadecimal); left out: all of the store")
    revoke.add_argument("--reason", default="")
    choose = _add(verbs, "choose-box", "after a clone alarm: the box to go on with", _store_choose)
    choose.add_argument("id")
    choose.add_argument("boot_id", help="one of the suspects shown by the console")


def _people_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    user = commands.add_parser("user", help="add, list and remove people, reset passwords", description="People.")
    verbs = user.add_subparsers(metavar="verb", required=True)
    add = _add(verbs, "add", "let someone in, with a generated password", _user_add)
    add.add_argument("login")
    add.add_argument("--name", required=True)
    add.add_argument("--role", choices=[role.value for role in Role], default=Role.VIEWER.value)
    add.add_argument("--region", action="append", default=[], metavar="ID", help="only this region; may be repeated")
    add.add_argument("--store", action="append", default=[], metavar="ID", help="only this store; may be repeated")
    again = _add(verbs, "password", "give someone a new generated password", _user_password)
    again.add_argument("login")
    _add(verbs, "list", "everybody who may log in", lambda _, own: asyncio.run(people.list_people(own, say)))
    remove = _add(verbs, "remove", "let someone in no longer", _user_remove)
    remove.add_argument("login")
    zone = commands.add_parser("zone", help="add or change a price zone", description="Price zones.")
    zone_verbs = zone.add_subparsers(metavar="verb", required=True)
    put = _add(zone_verbs, "put", "add or change a price zone", _zone_put)
    put.add_argument("zone")
    put.add_argument("--currency", required=True, help="ISO 4217, for example EUR")
    put.add_argument("--tax-mode", choices=[mode.value for mode in TaxMode], default=TaxMode.INCLUSIVE.value)
    put.add_argument("--cash-rounding-minor", type=int, default=1, help="cash totals are rounded to a multiple of this")


def _region_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    region = commands.add_parser("region", help="add, rename and list regions, move a store", description="Regions.")
    verbs = region.add_subparsers(metavar="verb", required=True)
    put = _add(verbs, "put", "add a region or rename one", _region_put)
    put.add_argument("region")
    put.add_argument("--name", required=True)
    move = _add(verbs, "move", "put a store into a region", _region_move)
    move.add_argument("store")
    move.add_argument("region")
    _add(verbs, "list", "every region", lambda _, own: asyncio.run(regions.list_regions(own, say)))


def _running_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    _add(commands, "api", "run the people API and the edge API", _api)
    ingest = _add(commands, "ingest", "run an ingest worker; the first also publishes feeds", _ingest)
    ingest.add_argument("--shard", type=int, default=0, metavar="K", help="this is worker K, from 0 (default 0)")
    ingest.add_argument("--of", type=int, default=1, metavar="N", help="of N workers (default 1)")
    _add(commands, "console", "run the console", _console)


def _init(got: argparse.Namespace, own: HqSettings) -> None:
    asyncio.run(setup.init(own, got.host, say))


def _seed(got: argparse.Namespace, own: HqSettings) -> None:
    asyncio.run(demo.seed(own, items=got.items, stores=got.store, chain=got.chain, out=got.out, say=say))


def _seed_history(got: argparse.Namespace, own: HqSettings) -> None:
    stores_named = [store_id.strip() for store_id in got.stores.split(",") if store_id.strip()]
    asyncio.run(history.seed(own, stores_named, days=got.days, seed=got.seed, say=say))


def _restore(got: argparse.Namespace, own: HqSettings) -> None:
    backup.restore(own, got.file, force=got.force, say=say)


def _reproject(_: argparse.Namespace, own: HqSettings) -> None:
    check_database(own.ingest_conninfo())
    asyncio.run(bootstrap.run_reproject(own, say))


def _store_add(got: argparse.Namespace, own: HqSettings) -> None:
    header, footer = tuple(got.receipt_header), tuple(got.receipt_footer)
    asyncio.run(stores.add(own, StoreSettings(got.id, got.name, got.zone, got.time_zone, header, footer), got.out, say))


def _store_add_many(got: argparse.Namespace, own: HqSettings) -> None:
    first = StoreSettings(got.prefix, got.prefix, got.zone, got.time_zone)
    asyncio.run(stores.add_many(own, first, got.count, got.out, say))


def _store_change(got: argparse.Namespace, own: HqSettings) -> None:
    header = None if got.receipt_header is None else tuple(got.receipt_header)
    footer = None if got.receipt_footer is None else tuple(got.receipt_footer)
    changes = stores.Changes(got.name, got.zone, got.time_zone, header, footer)
    asyncio.run(stores.change(own, got.id, changes, say))


def _store_renew(got: argparse.Namespace, own: HqSettings) -> None:
    asyncio.run(stores.renew(own, got.id, got.out, revoke_old=got.revoke_old, say=say))


def _store_revoke(got: argparse.Namespace, own: HqSettings) -> None:
    asyncio.run(stores.revoke(own, got.id, got.serial, got.reason, say))


def _store_choose(got: argparse.Namespace, own: HqSettings) -> None:
    asyncio.run(stores.choose_box(own, got.id, got.boot_id, say))


def _user_add(got: argparse.Namespace, own: HqSettings) -> None:
    reach = people.Reach(tuple(got.region), tuple(got.store))
    asyncio.run(people.add(own, got.login, got.name, Role(got.role), reach, say))


def _user_password(got: argparse.Namespace, own: HqSettings) -> None:
    asyncio.run(people.reset_password(own, got.login, say))


def _user_remove(got: argparse.Namespace, own: HqSettings) -> None:
    asyncio.run(people.remove(own, got.login, say))


def _zone_put(got: argparse.Namespace, own: HqSettings) -> None:
    mode = TaxMode(got.tax_mode)
    asyncio.run(people.put_zone(own, got.zone, got.currency, mode, got.cash_rounding_minor, say))


def _region_put(got: argparse.Namespace, own: HqSettings) -> None:
    asyncio.run(regions.put(own, got.region, got.name, say))


def _region_move(got: argparse.Namespace, own: HqSettings) -> None:
    asyncio.run(regions.move(own, got.store, got.region, say))


def _api(_: argparse.Namespace, own: HqSettings) -> None:
    check_database(own.app_conninfo())
    bootstrap.log_json_lines()
    asyncio.run(bootstrap.until_signal(functools.partial(bootstrap.run_api, own)))


def _ingest(got: argparse.Namespace, own: HqSettings) -> None:
    if not 0 <= got.shard < got.of <= own.shards:
        raise SettingsError(f"--shard {got.shard} --of {got.of}: K counts from 0 to N-1, and N is at most {own.shards}")
    check_database(own.ingest_conninfo())
    bootstrap.log_json_lines()
    running = functools.partial(bootstrap.run_ingest, own, shard=got.shard, shards=got.of)
    asyncio.run(bootstrap.until_signal(running))


def _console(_: argparse.Namespace, own: HqSettings) -> None:
    bootstrap.log_json_lines()
    bootstrap.run_console(own)


if __name__ == "__main__":
    sys.exit(main())
