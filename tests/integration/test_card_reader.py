"""The card reader driver against the real pcscd: every kind of card, moved and slow ones, pcscd and reader gone and back."""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_bridges import pcsc_remedy
from firmware_bridges.pcsc_reader import PcscReaderDriver
from firmware_bridges.pcsc_wire import WorkerOrder
from firmware_bridges.supervise import LinkBroken
from protocols.device_events import CardSeen, CardTrouble, CardUnread, DeviceEvent, DeviceState, DeviceStateEvent
from simulators.cards.deck import CardShape, card_of
from simulators.cards.reader import CardFaults, CardReaderSimulator
from simulators.clock import SystemClock
from tests.support.card_service import CardService, need_card_service
from tests.support.waiting import until

KEY = "A0A1A2A3A4A5"
SOURCES = ("app", "ndef", "block", "uid")


def order(keys_file: Path | None = None, sources: tuple[str, ...] = SOURCES, reader: str = "Virtual") -> WorkerOrder:
    return WorkerOrder(
        reader=reader,
        sources=sources,
        app_id="F0544C5953544B",
        app_file=1,
        ndef_uri="member:",
        block=4,
        keys_file="" if keys_file is None else str(keys_file),
    )


class Counter:
    """A running driver and what the store hears of it."""

    def __init__(self, driver: PcscReaderDriver) -> None:
        self.events: list[DeviceEvent] = []
        self.task = asyncio.create_task(driver.run(self.events.append))

    def said(self) -> list[str]:
        """Numbers, and why a card was none."""
        return [
            event.code if isinstance(event, CardSeen) else event.why.value
            for event in self.events
            if isinstance(event, CardSeen | CardUnread)
        ]

    def state(self) -> tuple[DeviceState | None, str]:
        told = [event for event in self.events if isinstance(event, DeviceStateEvent)]
        return (told[-1].state, told[-1].reason) if told else (None, "")

    async def ready(self) -> None:
        await until(lambda: self.state()[0] is DeviceState.READY or self.task.done())
        assert not self.task.done(), self.task.exception()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})


@pytest.fixture
async def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CardService]:
    need_card_service()
    one = CardService(tmp_path)
    for name, value in one.env.items():
        monkeypatch.setenv(name, value)
    yield one
    await one.stop(signal.SIGKILL)


@pytest.fixture
async def reader(service: CardService) -> AsyncIterator[CardReaderSimulator]:
    await service.start()
    one = service.simulator()
    yield one
    await one.stop()


@pytest.fixture
async def counter(reader: CardReaderSimulator, tmp_path: Path) -> AsyncIterator[Counter]:
    keys = tmp_path / "card-keys"
    keys.write_text(f"A FFFFFFFFFFFF\nA {KEY}\n")
    one = Counter(PcscReaderDriver("cards", order(keys), SystemClock(), duplicate_ms=0))
    await one.ready()
    yield one
    await one.stop()


async def tap(reader: CardReaderSimulator, counter: Counter, shape: CardShape) -> str:
    """Put a card on until it was told of, and take it away."""
    before = len(counter.said())
    await reader.put(card_of(shape))
    await until(lambda: len(counter.said()) > before)
    await reader.take()
    return counter.said()[-1]


async def test_every_kind_of_card(reader: CardReaderSimulator, counter: Counter) -> None:
    deck = {
        "M-1001": CardShape(kind="ntag213", number="M-1001"),
        "77 12": CardShape(kind="ntag215", number="77 12", uri="member:"),
        "M-2": CardShape(kind="classic_1k", number="M-2", key=KEY),
        "M-4": CardShape(kind="classic_4k", number="M-4"),
        "M-APP": CardShape(kind="member_app", number="M-APP"),
        "T4-9": CardShape(kind="type4", number="T4-9"),
        "A1B2C3D4": CardShape(kind="classic_1k", number="M-5", key="0123456789AB"),
        "phone": CardShape(kind="phone"),
    }
    assert [await tap(reader, counter, shape) for shape in deck.values()] == list(deck)


async def test_a_card_that_was_moved_is_read_again(reader: CardReaderSimulator, counter: Counter) -> None:
    shape = CardShape(kind="ntag213", number="M-1001")
    for faults in (CardFaults(torn_after=2), CardFaults(cut_answer=2)):
        reader.faults = faults
        await reader.put(card_of(shape))
        await until(lambda: "M-1001" in counter.said())
        assert "04A1B2C3D4E580" not in counter.said()
        await reader.take()
        counter.events.clear()
    reader.faults = CardFaults(torn_after=2, stays_away=True)
    assert await tap(reader, counter, shape) == CardTrouble.TORN


async def test_the_event_loop_goes_on_while_a_card_takes_a_second(reader: CardReaderSimulator, counter: Counter) -> None:
    """Turns of the loop while the card is read, against an idle while of the same length: not a fifth would be a block."""
    reader.faults = CardFaults(late_ms=250)
    loop, turns = asyncio.get_running_loop(), 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.005)
            turns += 1

    ticker = asyncio.create_task(turn())
    begun = loop.time()
    await tap(reader, counter, CardShape(kind="ntag213", number="M-1001"))
    lasted, busy = loop.time() - begun, turns
    await asyncio.sleep(lasted)
    ticker.cancel()
    assert counter.said() == ["M-1001"]
    assert busy > (turns - busy) / 5


async def test_a_card_that_lies_there_already_is_nobodys(service: CardService, reader: CardReaderSimulator) -> None:
    await reader.put(card_of(CardShape(kind="ntag213", number="M-1001")))
    await until(lambda: reader.powered)
    one = Counter(PcscReaderDriver("cards", order(), SystemClock()))
    await one.ready()
    await reader.take()
    assert await tap(reader, one, CardShape(kind="ntag213", number="M-2")) == "M-2"
    assert one.said() == ["M-2"]
    await one.stop()


def _children() -> list[str]:
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()


def _worker() -> Path:
    """The card process of this test, in /proc."""
    found = [Path(f"/proc/{pid}") for pid in _children() if b"pcsc_worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(found) == 1
    return found[0]


def _held(process: Path) -> tuple[int, int]:
    """Threads and open descriptors."""
    return len(list((process / "task").iterdir())), len(list((process / "fd").iterdir()))


async def _restarts(service: CardService, reader: CardReaderSimulator, counter: Counter, times: int) -> None:
    worker, ours = _worker(), Path("/proc/self")
    held: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for number in range(times):
        await service.stop(signal.SIGKILL if number % 2 else signal.SIGTERM)
        await until(lambda: counter.state()[0] is DeviceState.DEGRADED)
        if number % 3 == 2:
            await service.start(reader=False)
            await until(lambda: counter.state()[1] == pcsc_remedy.NO_READER)
            await service.stop()
        await service.start()
        await counter.ready()
        assert await tap(reader, counter, CardShape(kind="ntag213", number=f"M-{number}0")) == f"M-{number}0"
        held.append((_held(worker), _held(ours)))
    assert _worker() == worker, "the same process all along"
    assert held[-1][0] == held[0][0]
    assert held[-1][1][1] <= held[0][1][1]
    assert counter.said() == [f"M-{number}0" for number in range(times)]


async def test_pcscd_and_reader_gone_and_back(service: CardService, reader: CardReaderSimulator, counter: Counter) -> None:
    await _restarts(service, reader, counter, 3)


@pytest.mark.soak
async def test_pcscd_and_reader_gone_and_back_fifty_times(
    service: CardService, reader: CardReaderSimulator, counter: Counter
) -> None:
    await _restarts(service, reader, counter, 50)


async def test_without_service_or_with_another_reader_it_says_what_to_do(service: CardService) -> None:
    one = Counter(PcscReaderDriver("cards", order(reader="ACS"), SystemClock()))
    await until(lambda: one.state()[0] is DeviceState.DEGRADED)
    assert "the card service does not run. As root: " in one.state()[1]
    await service.start()
    await until(lambda: "no card reader has 'ACS' in its name. There is: Virtual PCD" in one.state()[1])
    await one.stop()


def _played(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ('import time; print(\'{"kind":"ready","reader":"x"}\', flush=True); time.sleep(60)', "hangs"),
        ("import time; print('what?', flush=True); time.sleep(60)", "nonsense"),
        ("import time; print('x' * 9000, flush=True); time.sleep(60)", "nonsense"),
        ("pass", "ended by itself"),
        (
            "import sys; sys.modules['smartcard'] = None\nfrom firmware_bridges.pcsc_worker import main; sys.exit(main())",
            r"pip install 'tallystick\[cards\]'",
        ),
    ],
    ids=["hangs", "nonsense", "endless", "ends", "no-library"],
)
async def test_a_card_process_that_fails_is_ended_and_told(script: str, why: str) -> None:
    driver = PcscReaderDriver("cards", order(), SystemClock(), command=_played(script), hung_seconds=2.0)
    before = _children()
    with pytest.raises(LinkBroken, match=why):
        await driver.run(lambda _event: None)
    assert _children() == before


async def test_a_keys_file_that_cannot_be_used_is_told_without_what_stands_in_it(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    driver = PcscReaderDriver("cards", order(keys), SystemClock())
    with pytest.raises(LinkBroken, match="No such file"):
        await driver.run(lambda _event: None)
    keys.write_text("A C0FFEEC0FFE\n")
    with pytest.raises(LinkBroken, match="line 1") as broken:
        await driver.run(lambda _event: None)
    assert "C0FFEE" not in str(broken.value)


def test_the_card_process_ends_with_its_box() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "firmware_bridges.pcsc_worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(b'{"sources":["uid"],"app_id":"","app_file":1,"ndef_uri":"","block":4}\n')
    worker.stdin.flush()
    assert worker.stdout.readline()
    worker.stdin.close()
    assert worker.wait(20) in {0, 1}
    worker.stdout.close()


OLD = pcsc_remedy.flavour_of(
    "pcsc-lite version 1.9.9.\nEnabled features: Linux libsystemd serial usb filter", "-h", systemd_runs=True
)
NEW = pcsc_remedy.flavour_of(
    "pcsc-lite version 2.3.3.\nEnabled features: Linux libsystemd polkit usb", "  --disable-polkit", systemd_runs=False
)


def test_the_remedy_fits_the_pcscd_that_is_there() -> None:
    assert (OLD.version, OLD.polkit, OLD.may_disable_polkit, OLD.systemd) == ("1.9.9", False, False, True)
    assert (NEW.version, NEW.polkit, NEW.may_disable_polkit, NEW.systemd) == ("2.3.3", True, True, False)
    assert pcsc_remedy.not_running(OLD).endswith("systemctl enable --now pcscd.socket")
    assert pcsc_remedy.not_running(NEW).endswith("As root: pcscd")
    assert pcsc_remedy.not_running(None).endswith("apt install pcscd")
    refused = pcsc_remedy.not_allowed(NEW, "tally")
    assert pcsc_remedy.RULE_FILE in refused
    assert 'subject.user == "tally"' in refused
    assert refused.endswith("pcscd --disable-polkit")
    assert "polkit" not in pcsc_remedy.not_allowed(OLD, getpass.getuser())


def test_the_installed_pcscd_can_be_asked() -> None:
    need_card_service()
    here = pcsc_remedy.installed()
    assert here is not None
    assert here.version[0].isdigit()
