"""Whether HQ believes a store is there: births, wills that come late, births that got lost."""

from __future__ import annotations

from protocols.sync.messages import StoreState
from protocols.sync.presence import Presence, decide_presence, heard


def said(boot_id: str, conn_epoch: int, *, online: bool) -> StoreState:
    return StoreState(store_id="S001", boot_id=boot_id, conn_epoch=conn_epoch, online=online)


def test_a_will_counts_only_for_its_own_connection() -> None:
    up = decide_presence(Presence(), said("b1", 2, online=True))
    assert decide_presence(up, said("b1", 1, online=False)) is up, "the will of an attempt before"
    assert not decide_presence(up, said("b1", 2, online=False)).online


def test_a_former_boot_says_nothing_any_more() -> None:
    first = decide_presence(Presence(), said("b1", 1, online=True))
    second = decide_presence(first, said("b2", 1, online=True))
    for late in (said("b1", 9, online=True), said("b1", 1, online=False)):
        assert decide_presence(second, late) is second


def test_a_lost_birth_is_made_good_by_what_the_connection_says_next() -> None:
    gone = decide_presence(decide_presence(Presence(), said("b1", 1, online=True)), said("b1", 1, online=False))
    back = heard(gone, "b1", 2, "0.1.0")
    assert (back.online, back.conn_epoch) == (True, 2)


def test_a_late_report_does_not_undo_a_will() -> None:
    gone = decide_presence(decide_presence(Presence(), said("b1", 3, online=True)), said("b1", 3, online=False))
    assert heard(gone, "b1", 3, "0.1.0") is gone
    assert heard(gone, "b1", 2, "0.1.0") is gone
