"""Three real stores in one process against a real headquarters: in step by themselves, and a price reaches all of them."""

from __future__ import annotations

from pathlib import Path

from tests.bench.prices import Edits
from tests.light.chain import light_chain
from tests.support.hq_ground import EMBEDDED


def test_a_price_reaches_every_store_of_one_process(tmp_path: Path) -> None:
    with light_chain(EMBEDDED, tmp_path, stores=3, items=30) as chain:
        chain.log.touch()
        chain.start_stores(3, labels=1)
        chain.wait_in_step(3)
        assert len(Edits(chain).once(3)) == 3
        chain.stop_stores()
        assert "stopped" in chain.system.group["stores-0"].log_tail()
