"""Selling for days without headquarters, in every way customers pay: all of it arrives, once."""

from pathlib import Path

import pytest

from tests.sim.offline.run import play
from tests.support.hq_ground import EMBEDDED, PostgresServers

DISK_BYTES_A_SALE_MAX = 12_000


def test_three_days_offline(tmp_path: Path, postgres_servers: PostgresServers) -> None:
    weeks = play(EMBEDDED, tmp_path, postgres_servers, days=3, sales_a_day=40)
    assert weeks.sales == 120
    happened = {name for name, value in weeks.tallies.items() if value}
    wanted = {"returns", "card_minor", "gift_card_minor", "promotion_sales", "member_sales", "points", "voids", "z_reports"}
    assert not wanted - happened, "otherwise these weeks prove little"


@pytest.mark.soak
def test_thirty_days_offline_at_a_thousand_sales_a_day(tmp_path: Path, postgres_servers: PostgresServers) -> None:
    weeks = play(EMBEDDED, tmp_path, postgres_servers, days=30, sales_a_day=1_000)
    assert weeks.sales == 30_000
    assert weeks.disk_bytes / weeks.sales < DISK_BYTES_A_SALE_MAX
