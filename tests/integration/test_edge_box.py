"""The real box as a process: screens over the WebSocket, and every way of starting it wrong told in one line."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from protocols.contract.till import TillAnswer, TillPush, TillState, message_decoder
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.support.box_process import ROOT, BoxProcess, environment
from tests.support.goods import ANN, MILK_CODE, PIN
from tests.support.till_client import TillClient
from tests.support.waiting import until


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[BoxProcess]:
    box = BoxProcess(tmp_path, tills=("1", "2"))
    box.start()
    await box.ready()
    yield box
    if box.running:
        box.kill()


@pytest.fixture(scope="module")
def standing_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoxProcess]:
    """One box for the tests that leave nothing behind in it."""
    box = BoxProcess(tmp_path_factory.mktemp("box"), tills=("1", "2"))
    box.start()
    asyncio.run(box.ready())
    yield box
    box.kill()


def connect(box: BoxProcess, till: str, origin: str | None) -> websockets.asyncio.client.connect:
    url = f"{box.url.replace('http', 'ws')}/v1/tills/{till}/ws"
    return websockets.connect(url, origin=None if origin is None else websockets.Origin(origin))


async def drain(socket: ClientConnection) -> None:
    """Read until the line ends. Raises what ended it."""
    while True:
        await socket.recv()


async def next_state(socket: ClientConnection) -> TillState:
    message = message_decoder.decode(await socket.recv())
    assert isinstance(message, TillPush | TillAnswer)
    return message.state


async def test_a_second_screen_of_the_till_sees_what_the_first_does(box: BoxProcess) -> None:
    client = TillClient(box.url, "1")
    async with asyncio.timeout(20), connect(box, "1", box.url) as watcher:
        assert (await next_state(watcher)).mode == "login"
        await client.send(Login(staff_id=ANN, pin=PIN))
        await client.send(OpenShift(float_minor=0))
        await client.send(Scan(code=MILK_CODE))
        while len((state := await next_state(watcher)).lines) == 0:
            pass
        assert state.total_minor == 129
    await client.close()


@pytest.mark.parametrize(("till", "origin"), [("1", "http://evil.example"), ("9", None)])
async def test_sockets_of_foreign_pages_and_unknown_tills_are_refused(
    standing_box: BoxProcess, till: str, origin: str | None
) -> None:
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        async with connect(standing_box, till, origin):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("text", ["not json", "{}", '{"id":"1","command":{"kind":"logout"}}', "x" * 20_000])
async def test_a_message_nobody_understands_ends_that_screen_and_no_other(standing_box: BoxProcess, text: str) -> None:
    box = standing_box
    async with asyncio.timeout(20), connect(box, "1", box.url) as screen, connect(box, "1", box.url) as other:
        await screen.send(text)
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            await drain(screen)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007
        assert closed.value.rcvd.reason
        assert (await next_state(other)).till_id == "1"
    assert box.health() is not None


async def test_twenty_scans_at_once_become_twenty_pieces_in_order(box: BoxProcess) -> None:
    """A scanner is faster than a person: what is sent without waiting is queued, applied once each, in order."""
    client = TillClient(box.url, "1")
    await client.send(Login(staff_id=ANN, pin=PIN))
    await client.send(OpenShift(float_minor=0))
    others = [TillClient(box.url, "1") for _ in range(20)]
    answers = await asyncio.gather(*(each.send(Scan(code=MILK_CODE)) for each in others))
    assert all(answer.ok for answer in answers)
    paid = await client.send(PayCash(tendered_minor=10_000))
    assert paid.sale is not None
    assert paid.sale.total_minor == 20 * 129
    for each in (client, *others):
        await each.close()


async def test_a_clock_ten_years_off_is_an_alarm_and_selling_goes_on(tmp_path: Path) -> None:
    box = BoxProcess(tmp_path, more_toml="[clock]\ndrill_offset_seconds = 315360000\n")
    box.start()
    await box.ready()
    client = TillClient(box.url, "1")
    for command in (
        Login(staff_id=ANN, pin=PIN),
        OpenShift(float_minor=0),
        Scan(code=MILK_CODE),
        PayCash(tendered_minor=200),
    ):
        answer = await client.send(command)
        assert answer.ok, answer.reason
    assert "clock_implausible" in {alarm.code for alarm in answer.state.alarms}
    await client.close()
    assert await box.stop() == 0
    connection = sqlite3.connect(tmp_path / "data" / "store.db")
    facts = [row[0] for row in connection.execute("SELECT fact FROM journal")]
    connection.close()
    assert all(b'"clock":"unsynced"' in fact for fact in facts)


async def test_a_missing_second_medium_is_an_alarm_and_selling_goes_on(tmp_path: Path) -> None:
    (tmp_path / "stick").write_text("a file where the folder should be")
    box = BoxProcess(tmp_path, more_toml='[journal]\nsecond_medium = "stick"\n')
    box.start()
    await box.ready()
    client = TillClient(box.url, "1")
    for command in (
        Login(staff_id=ANN, pin=PIN),
        OpenShift(float_minor=0),
        Scan(code=MILK_CODE),
        PayCash(tendered_minor=200),
    ):
        answer = await client.send(command)
        assert answer.ok, answer.reason
    await until(lambda: "second_medium_failed" in str(box.health()))
    (tmp_path / "stick").unlink()
    await client.close()
    assert await box.stop() == 0


async def test_a_damaged_basket_file_is_set_aside(box: BoxProcess) -> None:
    client = TillClient(box.url, "1")
    for command in (Login(staff_id=ANN, pin=PIN), OpenShift(float_minor=0), Scan(code=MILK_CODE)):
        await client.send(command)
    box.kill()
    data = box.folder / "data"
    (data / "basket.db-wal").unlink()
    (data / "basket.db").write_bytes(b"rubbish " * 1000)
    box.start()
    await box.ready()
    answer = await client.send(Scan(code=MILK_CODE))
    assert answer.ok
    assert [line.quantity for line in answer.state.lines] == [1], "the basket began anew"
    assert (data / "basket.db.damaged").exists()
    await client.close()


def run_to_end(box: BoxProcess) -> tuple[int, str]:
    finished = subprocess.run(
        [sys.executable, "-m", "edge", "run", "--config", str(box.config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(),
    )
    assert "Traceback" not in finished.stderr, finished.stderr
    return finished.returncode, finished.stderr


def test_a_wrong_key_ends_the_start_with_its_line(tmp_path: Path) -> None:
    box = BoxProcess(tmp_path, more_toml="colour = 1")
    code, words = run_to_end(box)
    assert code == 2
    assert "store.toml:7: unknown key 'api.colour'." in words


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    box = BoxProcess(tmp_path)
    with socket.create_server(("127.0.0.1", box.port)):
        code, words = run_to_end(box)
    assert code == 2
    assert f"cannot listen on 127.0.0.1:{box.port}" in words


def test_a_damaged_store_database_ends_the_start_loudly(tmp_path: Path) -> None:
    box = BoxProcess(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "store.db").write_bytes(b"rubbish " * 1000)
    code, words = run_to_end(box)
    assert code == 4
    assert "the store database cannot be opened" in words


async def test_the_database_of_another_store_is_refused(box: BoxProcess) -> None:
    await box.stop()
    box.config.write_text(box.config.read_text().replace('id = "s-0001"', 'id = "s-0002"'))
    code, words = run_to_end(box)
    assert code == 4
    assert "belongs to store 's-0001'" in words


async def test_a_store_database_that_breaks_while_running_ends_the_box(box: BoxProcess) -> None:
    """A till that cannot know what it sold must not go on: the process ends with its own exit code."""
    client = TillClient(box.url, "1")
    await client.send(Login(staff_id=ANN, pin=PIN))
    await client.send(OpenShift(float_minor=0))
    await client.close()
    connection = sqlite3.connect(box.folder / "data" / "store.db")
    connection.execute("DROP TABLE journal")
    connection.close()
    request = '{"id":"01890a5d-ac96-774b-bcce-b302099a8057","command":{"kind":"close_shift","counted_minor":0}}'
    async with asyncio.timeout(20), connect(box, "1", box.url) as screen:
        await screen.send(request)
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            await drain(screen)
    assert box.child is not None
    assert await asyncio.to_thread(box.child.wait, 20) == 4
    assert "a vital part failed" in box.log()


def test_the_command_explains_itself() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "edge", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    for words in ("check-config", "run", "example-store.toml", "exit codes"):
        assert words in finished.stdout
