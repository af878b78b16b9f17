"""What the broker lets each store touch, in Mosquitto's access-list format. Pure. (`deploy/broker_access.py` reads it too.)

The user name is the certificate's common name. A store writes its own hello, up/#, report, state and device/#; it reads its
own down, the global feeds, the feeds of its zone and its own. `hq` may everything under ts1/. Whatever no line allows is
forbidden, so a store that is left out of the file can do nothing, even on a connection it has already.
"""

from __future__ import annotations

from collections.abc import Iterable

from cloud.stores.authority import HQ_NAME
from protocols.sync.topics import ROOT

WRITES = ("hello", "up/#", "report", "state", "device/#")


def access_list(stores: Iterable[tuple[str, str]]) -> str:
    """The whole file for (store id, zone) pairs. Ids and zones are words without spaces, wildcards or slashes."""
    lines = [
        "# Written by `python -m cloud`; overwritten whenever a store is added, moved or revoked.",
        f"user {HQ_NAME}",
        f"topic readwrite {ROOT}/#",
    ]
    for store_id, zone in sorted(stores):
        feeds = ("global", f"zone/{zone}", f"store/{store_id}")
        lines += [
            "",
            f"user {store_id}",
            *(f"topic write {ROOT}/+/{store_id}/{tail}" for tail in WRITES),
            f"topic read {ROOT}/+/{store_id}/down",
            *(f"topic read {ROOT}/feed/{feed}/#" for feed in feeds),
        ]
    return "\n".join([*lines, ""])
