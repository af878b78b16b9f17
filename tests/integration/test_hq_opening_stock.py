"""Opening stock through a real box: a file goes down as a feed, the box opens its shelves, its answers come up."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from deploy.api_calls import Json, call, rows
from deploy.system import STORE_ID
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.support.hq_ground import EMBEDDED, ROOT, PostgresServers
from tests.support.till_client import TillClient
from tests.support.waiting import until
from tests.support.whole_system import Chain, whole_chain

FILE = "barcode,place,quantity\n9520000000011,sales floor,24\n9520000000011,back room,48\n9520000000028,,6\n"


def bring(chain: Chain, content: str, token: str) -> Json:
    """Upload, and the import once it is checked."""
    url = f"{chain.system.api_url}/api/v1/imports"
    request = urllib.request.Request(
        f"{url}/opening_stock?store={STORE_ID}",
        data=content.encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "text/csv"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        import_id = json.loads(answer.read())["import_id"]
    while (found := call("GET", f"{url}/{import_id}", token=token))["state"] in {"waiting", "checking"}:
        pass
    return found


async def test_opening_stock_is_answered_by_the_box_line_by_line(tmp_path: Path, postgres_servers: PostgresServers) -> None:
    with whole_chain(EMBEDDED, tmp_path, postgres_servers) as chain:
        token, till = chain.token(), TillClient(chain.system.box_url, "1")
        person = chain.logins.staff[0]

        async def sell(code: str) -> None:
            assert (await till.send(Scan(code=code))).ok
            assert (await till.send(PayCash(tendered_minor=50_000))).ok

        await until(chain.supplied, seconds=60)
        assert (await till.send(Login(staff_id=person.staff_id, pin=person.pin))).ok
        assert (await till.send(OpenShift(float_minor=10_000))).ok

        found = bring(chain, FILE, token)
        assert found["state"] == "ready", found
        for part in ("ingest", "api"):
            chain.system.group[part].kill()
        await sell("9520000000028")  # the box moves this item, and headquarters cannot know
        import_id = applied_by_command(chain, tmp_path / "stock.csv")
        chain.system.start_hq(console=False)
        chain.system.group.wait_ready("api")
        imports = f"{chain.system.api_url}/api/v1/imports/{import_id}"
        await until(lambda: _answered(call("GET", imports, token=token)) == (3, 2, 1), seconds=60)
        refused = rows(call("GET", f"{imports}/refused-by-stores", token=token), "rows")
        assert [(row["line_no"], row["item_id"], row["reason"]) for row in refused] == [(4, "A000002", "has_moved")]
        on_hand = "SELECT place, on_hand_thousandths FROM stock_on_hand WHERE item_id = %s ORDER BY place"
        assert chain.hq(on_hand, "A000001") == [("back_room", 48_000), ("sales_floor", 24_000)]
        assert chain.hq(on_hand, "A000002") == [("sales_floor", -1_000)]
        again = bring(chain, FILE, token)
        assert again["state"] == "refused", "headquarters knows by now that the store has stock of both"
        await till.close()


def applied_by_command(chain: Chain, path: Path) -> str:
    """The same file at the keyboard, with nothing of headquarters running but its database; the import's id."""
    path.write_text(FILE)
    words = ("import-opening-stock", str(path), "--store", STORE_ID)
    done = subprocess.run(
        [sys.executable, "-m", "cloud", *words],
        cwd=ROOT,
        env=chain.system.hq_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"import (\S+): 3 change\(s\) applied; S001 version 1", done.stdout)
    assert found is not None, done.stdout
    return found[1]


def _answered(found: Json) -> tuple[object, ...]:
    answers = rows(found, "answers")
    return tuple(answers[0][name] for name in ("sent", "opened", "refused")) if answers else ()
