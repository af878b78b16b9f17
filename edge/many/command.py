"""`python -m edge many`: the words of the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.many.cashiers import Cashier
from edge.many.run import ManySettings, TooManyStores, run
from edge.settings import SettingsRefused

__all__ = ["TooManyStores", "add_command", "run", "settings_of"]

WORDS = "run many stores in this one process: sync, catalogue, labels and checkout, no screens and no devices"


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `many` to the parser."""
    usual = ManySettings()
    command = commands.add_parser("many", help=WORDS, description=WORDS)
    command.add_argument("config", type=Path, nargs="+", help="each store's settings file; its [api] is left out")
    command.add_argument("--labels", type=int, default=usual.labels, help="shelf labels in each store (default %(default)s)")
    command.add_argument("--sales-per-minute", type=int, default=0, metavar="N", help="sell, in all stores together")
    command.add_argument("--cashier", type=Path, metavar="FILE", help="a file with the staff number and PIN of who sells")
    command.add_argument("--seed", type=int, default=usual.seed, help="chooses stores and baskets")
    command.add_argument("--writers", type=int, default=usual.writer_threads, help="writer threads (default %(default)s)")
    command.add_argument("--starts-per-second", type=int, default=usual.starts_per_second, help="default %(default)s")
    command.add_argument("--template", type=Path, help="file that new stores begin from; made with --warm-feed")
    command.add_argument("--ready-file", type=Path, help="made once every store was started")
    command.add_argument("--warm-feed", action="append", default=[], metavar="FEED", help="a feed the template shall hold")


def settings_of(chosen: argparse.Namespace) -> ManySettings:
    """What was asked for. Raises `SettingsRefused`."""
    for name in ("writers", "starts_per_second"):
        if getattr(chosen, name) < 1:
            raise SettingsRefused(f"--{name.replace('_', '-')}: at least 1")
    if chosen.sales_per_minute and chosen.cashier is None:
        raise SettingsRefused("--sales-per-minute: --cashier names the file with the staff number and PIN of who sells")
    return ManySettings(
        labels=chosen.labels,
        sales_per_minute=chosen.sales_per_minute,
        cashier=None if chosen.cashier is None else _cashier(chosen.cashier),
        seed=chosen.seed,
        writer_threads=chosen.writers,
        starts_per_second=chosen.starts_per_second,
        warm_feeds=tuple(chosen.warm_feed),
        template=chosen.template,
    )


def _cashier(file: Path) -> Cashier:
    try:
        staff_id, pin = file.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise SettingsRefused(f"{file}: staff number and PIN are expected, with a space between: {error}") from error
    return Cashier(staff_id, pin)
