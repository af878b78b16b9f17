"""What stands around the tills: devices that concern them, the age of what HQ lacks, standing alarms."""

from pathlib import Path

from edge.checkout.alarms import ALARMS_SHOWN_MAX, AlarmBoard
from edge.checkout.reasons import reason
from edge.surroundings import AGE_REFRESH_MS, BoxSurroundings, NoHq
from protocols.clock import FakeClock
from protocols.contract.reason import Reason
from protocols.contract.till import DeviceView
from tests.support.box_ground import moved, new_journal, open_store


class Devices:
    def views(self) -> tuple[DeviceView, ...]:
        return tuple(
            DeviceView(device_id=name, device_kind=kind, state="ready")
            for name, kind in (("scale-1", "scale"), ("scale-2", "scale"), ("labels-1", "labels"))
        )


async def test_a_till_sees_its_own_devices_and_the_labels_and_how_old_the_unacknowledged_is(tmp_path: Path) -> None:
    clock, database = FakeClock(), open_store(tmp_path)
    around = BoxSurroundings(
        store=database, clock=clock, alarms=AlarmBoard(), devices=Devices(), hq=NoHq(), talks_to_hq=True
    )
    assert [view.device_id for view in around.devices(["scale-1"])] == ["scale-1", "labels-1"]
    assert around.oldest_unacked_seconds() == 0
    log = new_journal(clock)
    await database.write(lambda tx: log.append(tx, moved(1)))
    clock.advance(90_000)
    assert around.oldest_unacked_seconds() == 90
    clock.advance(AGE_REFRESH_MS - 1)
    assert around.oldest_unacked_seconds() == 90, "asked of the database twice a second at most"
    clock.advance(1_000)
    assert around.oldest_unacked_seconds() == 91
    alone = BoxSurroundings(
        store=database, clock=clock, alarms=AlarmBoard(), devices=Devices(), hq=NoHq(), talks_to_hq=False
    )
    assert alone.oldest_unacked_seconds() == 0, "a box that stands alone waits for nobody"
    database.close()


def test_an_alarm_stands_until_cleared_and_is_told_once() -> None:
    board, heard = AlarmBoard(), list[Reason | None]()
    board.listen(heard.append)
    low = reason("disk_low", free_mb=10)
    board.keep(low, standing=True)
    board.keep(reason("disk_low", free_mb=9), standing=True)
    assert [alarm.params["free_mb"] for alarm in board.standing()] == ["9"]
    board.keep(low, standing=False)
    board.clear("disk_low")
    assert heard == [low, None]
    for number in range(ALARMS_SHOWN_MAX + 5):
        board.raise_alarm(Reason(code=f"c{number}", text="t"))
    assert len(board.standing()) == ALARMS_SHOWN_MAX
