"""Stores that share a process: files keep apart behind shared writers, instant labels confirm, the command line refuses."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge import __main__ as edge_command
from edge.labels.content import RenderedLabel, ShelfItem
from edge.many.labels import SharedPictures, label_id_of
from edge.many.store import ManyStore, open_store
from edge.settings import Settings, StoreSettings, TillSettings
from edge.store_db.database import Database
from edge.store_db.errors import StoreClosed
from protocols.contract.feed_rows import encode_row
from protocols.contract.till import TillCommand, TillRequest
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.support.goods import ANN, PIN, assortment
from tests.support.waiting import until


class Pictures:
    """Draws nothing, but counts."""

    drawn = 0

    def render(self, item: ShelfItem | None, _label_id: str, hardware_type: int) -> RenderedLabel:
        self.drawn += 1
        text = f"{item} {hardware_type}".encode()
        return RenderedLabel(picture=text, image_hash=f"{abs(hash(text)):032x}"[:32])


def settings(folder: Path, store_id: str) -> Settings:
    """A store that stands alone, with the tests' goods."""
    seed = folder / "seed.jsonl"
    seed.write_bytes(b"\n".join(encode_row(row) for row in assortment()))
    own = StoreSettings(id=store_id, data_dir=folder / store_id, seed_feed=seed)
    return Settings(store=own, tills=(TillSettings(id="1"),))


async def do(store: ManyStore, command: TillCommand) -> None:
    answer = await store.box.tills["1"].ask(TillRequest(id=store.ground.ids.new(), command=command))
    assert answer.ok, answer.reason


async def test_two_stores_behind_one_writer_sell_and_label_each_for_itself(tmp_path: Path) -> None:
    writer, pictures = ThreadPoolExecutor(max_workers=1), Pictures()
    shared = SharedPictures(pictures)
    stores = [await open_store(settings(tmp_path, name), writer, shared, 2) for name in ("A", "B")]
    running = [asyncio.create_task(store.run()) for store in stores]
    try:
        first, second = stores
        for store in stores:
            labels = store.box.shop.labels
            assert labels is not None
            await until(lambda labels=labels: [view.state for view in labels.views()] == ["shown"] * 2, seconds=30)
        assert pictures.drawn == 2, "a picture is drawn once for all stores"
        await do(first, Login(staff_id=ANN, pin=PIN))
        await do(first, OpenShift(float_minor=0))
        await do(first, Scan(code=first.goods(1)[0].code))
        await do(first, PayCash(tendered_minor=100_000))
        sold = [each.ground.store.reader().execute("SELECT count(*) FROM sale").fetchone() for each in (first, second)]
        assert sold == [(1,), (0,)]
        await first.beat()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for store in stores:
            store.close()
        writer.shutdown()


async def test_a_file_that_closes_leaves_the_shared_writer_to_the_others(tmp_path: Path) -> None:
    writer = ThreadPoolExecutor(max_workers=1)
    one, two = (Database(tmp_path / f"{name}.db", kind="basket", thread=writer) for name in "ab")
    one.close()
    with pytest.raises(StoreClosed):
        await one.write(lambda tx: tx.execute("SELECT 1"))
    assert await two.write(lambda tx: tx.execute("SELECT 1").fetchone()) == (1,)
    two.close()
    writer.shutdown()


def test_labels_are_addresses_as_an_access_point_writes_them() -> None:
    assert label_id_of(1) == "00000000FEED0001"
    assert len({label_id_of(number) for number in range(1, 300)}) == 299


def test_wrong_words_are_refused_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "store.toml"
    config.write_text('[store]\nid = "A"\ndata_dir = "data"\n')
    assert edge_command.main(["many", str(config), "--sales-per-minute", "5"]) == 2
    assert "--cashier" in capsys.readouterr().err
    assert edge_command.main(["many", str(config), "--writers", "0"]) == 2
    assert edge_command.main(["many", str(tmp_path / "none.toml")]) == 2
    (tmp_path / "cashier").write_text("01\n")
    words = ["many", str(config), "--sales-per-minute", "5", "--cashier", str(tmp_path / "cashier")]
    assert edge_command.main(words) == 2
    assert not (tmp_path / "data").exists()
