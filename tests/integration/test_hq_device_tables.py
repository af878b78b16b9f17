"""A device table from headquarters' API into the store's feed, and the store's answer back onto the API."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cloud.clock import SystemClock
from cloud.users.domain import Role
from protocols.clock import FakeClock
from protocols.contract.device_table import TEXT_CHARS_MAX, DeviceTableRow, DeviceTableTold
from protocols.contract.feed_rows import decode_row
from tests.integration.test_hq_glance import Ground
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import desk

PATH = "/api/v1/stores/S001/device-table"
TABLE = '[[devices]]\nkind = "toledo8217"\nid = "scale-1"\nport = "/dev/ttyS0"  # the counter\'s\t"left" one\\\n'


@pytest.fixture
async def ground(embedded_database: GroundDatabase) -> AsyncIterator[Ground]:
    async with contextlib.AsyncExitStack() as stack:
        ingest = await stack.enter_async_context(embedded_database.open_ingest())
        app = await stack.enter_async_context(embedded_database.open())
        doors = await stack.enter_async_context(desk(ingest))
        yield Ground(ingest, HqApi(app, FakeClock(SystemClock().now_ms())), doors)


def told(revision: int, outcome: str, reason: str = "", in_force: int = 0, text: str = "") -> DeviceTableTold:
    return DeviceTableTold(in_force=in_force, text=text, revision=revision, outcome=outcome, reason=reason)  # type: ignore[arg-type]


async def test_a_table_goes_down_and_its_outcome_comes_up(ground: Ground) -> None:
    store = await ground.store("S001")
    await ground.tell(store, told(0, "in_force", text=TABLE))  # type: ignore[arg-type]
    async with await ground.api.person(Role.OPERATIONS) as person:
        now = (await person.get(PATH)).json()
        assert (now["outcome"], now["sent"], now["told"]["text"]) == ("none", None, TABLE)
        sent = await person.put(PATH, json={"text": TABLE, "seen_revision": 0})
        assert sent.status_code == 200, sent.text
        assert (sent.json()["outcome"], sent.json()["sent"]["revision"]) == ("waiting", 1)
        await ground.tell(store, told(1, "rolled_back", "device 'scale-1' was not ready"))  # type: ignore[arg-type]
        now = (await person.get(PATH)).json()
        assert (now["outcome"], now["told"]["reason"]) == ("rolled_back", "device 'scale-1' was not ready")
        body = {"text": "", "seen_revision": 1, "even_if_not_ready": True}
        assert (await person.put(PATH, json=body)).json()["sent"]["revision"] == 2
        await ground.tell(store, told(2, "in_force", text=TABLE))  # type: ignore[arg-type]
        assert (await person.get(PATH)).json()["outcome"] == "in_force"
    ((row,),) = await ground.api.rows("SELECT body FROM feed_row WHERE key = 'device_table'")
    assert decode_row(bytes(row)) == DeviceTableRow(revision=2, text="", even_if_not_ready=True)
    noted = await ground.api.rows("SELECT action, object_id FROM audit_entry WHERE action = 'store.devices_sent'")
    assert [tuple(each) for each in noted] == [("store.devices_sent", "S001")] * 2


async def test_two_people_do_not_overwrite_each_other(ground: Ground) -> None:
    await ground.store("S001")
    async with await ground.api.person(Role.OPERATIONS) as person:
        assert (await person.put(PATH, json={"text": TABLE, "seen_revision": 0})).status_code == 200
        late = await person.put(PATH, json={"text": "", "seen_revision": 0})
    assert (late.status_code, late.json()["code"]) == (409, "device_table_moved_on")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[devices]\n", "this is not TOML"),
        ("[hq]\n", "only [[devices]] can be set from headquarters"),
        ("[[devices]]\nid = 'a'\n", "devices[0].kind: each device needs a kind"),
        ("[[devices]]\nid='a'\nkind='x'\n[[devices]]\nid='a'\nkind='y'\n", "two devices have the id 'a'"),
        ("devices = 3\n", "write each device as a table of its own"),
    ],
)
async def test_what_is_no_table_is_refused_before_it_travels(ground: Ground, text: str, words: str) -> None:
    await ground.store("S001")
    async with await ground.api.person(Role.OPERATIONS) as person:
        refused = await person.put(PATH, json={"text": text, "seen_revision": 0})
    told: dict[str, Any] = refused.json()
    assert (refused.status_code, told["errors"][0]["pointer"]) == (422, "/text")
    assert words in told["detail"]


async def test_who_may(ground: Ground) -> None:
    await ground.store("S001")
    await ground.store("S002", zone="south")
    body = {"text": TABLE, "seen_revision": 0}
    async with await ground.api.person(Role.VIEWER) as viewer, await ground.api.person(Role.OPERATIONS, ("S002",)) as other:
        assert (await viewer.get(PATH)).status_code == 200
        assert (await viewer.put(PATH, json=body)).status_code == 403
        assert (await other.get(PATH)).status_code == (await other.put(PATH, json=body)).status_code == 404
    async with await ground.api.person(Role.OPERATIONS) as person:
        too_long = {"text": "#" * (TEXT_CHARS_MAX + 1), "seen_revision": 0}
        assert (await person.put(PATH, json=too_long)).status_code == 422
