"""What makes one shop a chain: nine more stores in one process, weeks of history; and a box that takes another's place."""

from __future__ import annotations

import shutil
from pathlib import Path

from deploy.processes import Process, file_probe, python
from deploy.system import LIGHT_STORES, STORE_ID, Logins, System, place_credentials

HISTORY_DAYS = 60


def seed_history(system: System) -> None:
    """Sales of the last weeks, so that no screen is empty; once, on the first start."""
    done = system.folder / "history.done"
    if done.exists() or "seed-history" not in system.run_cloud("--help"):
        return
    stores = ",".join((STORE_ID, *LIGHT_STORES))
    system.run_cloud("seed-history", "--stores", stores, "--days", str(HISTORY_DAYS), "--seed", str(system.seed))
    done.touch()
    system.say(f"headquarters: {HISTORY_DAYS} days of sales behind it")


def seed_promotions(system: System) -> None:
    """Promotions to try at the till; those that are there stay."""
    said = system.run_cloud("seed-promotions")
    system.say(f"headquarters: {said.strip()}")


def start_light_stores(system: System, logins: Logins, *, sales_per_minute: int) -> Process:
    """The chain's other stores in one process, with a trickle of sales; does not wait."""
    place = system.folder / "light"
    configs = [_config(system, place / store_id, store_id) for store_id in LIGHT_STORES]
    cashier = place / "cashier"
    cashier.touch(mode=0o600)
    cashier.write_text(f"{logins.staff[0].staff_id} {logins.staff[0].pin}\n")
    (place / "ready").unlink(missing_ok=True)
    selling = ("--sales-per-minute", str(sales_per_minute), "--cashier", str(cashier), "--seed", str(system.seed))
    return system.group.add(
        "light-stores",
        python("-m", "edge", "many", *map(str, configs), *selling, "--ready-file", str(place / "ready")),
        ready=file_probe(place / "ready"),
    )


def _config(system: System, place: Path, store_id: str) -> Path:
    place_credentials(system, place, store_id)
    head = f'[store]\nid = "{store_id}"\ndata_dir = "data"\n\n[labels]\nsettle_seconds = 5\nrefresh_seconds = 2\n\n'
    config = place / "store.toml"
    config.write_text(head + (place / "hq.toml").read_text() + '\n[[tills]]\nid = "1"\n')
    return config


def replace_box(system: System) -> None:
    """The box is dead for good: another one comes, with nothing on it but new credentials; the old ones are revoked."""
    system.group["box"].kill()
    system.box_number += 1
    fresh = system.folder / f"credentials-{system.box_number}"
    system.run_cloud("store", "renew", STORE_ID, "--revoke-old", "--out", str(fresh))
    system.store.mkdir(parents=True)
    for file in sorted(fresh.iterdir()):
        shutil.copy2(file, system.store / file.name)
