"""What is told of a label from the access point's records, one after the other."""

from __future__ import annotations

import msgspec
import pytest

from firmware_bridges.oepl_sights import SECOND_LOOKS, LabelSights
from firmware_bridges.oepl_web import ApAnswer
from protocols.device_events import LabelSeen
from protocols.esl.image import NO_IMAGE_HASH, file_hash
from protocols.esl.oepl_leds import flashing, write_pattern
from protocols.esl.oepl_records import TagRecord
from protocols.esl.oepl_requests import ApRequest, CurrentFileRequest

MAC = "0000021A00000001"
FILE_A, FILE_B = bytes(4736), b"\x01" * 4736
A, B = file_hash(FILE_A), file_hash(FILE_B)
LIGHT = write_pattern(flashing("red", 5))[:8].hex() + "0" * 16
RECORD = TagRecord(mac=MAC, hardware_type=1, version=0x26, rssi=-60, lqi=150, hash=A, updatecount=5)


class Files:
    """The files of an access point, and what was asked for."""

    def __init__(self) -> None:
        self.current = FILE_A
        self.asked: list[ApRequest] = []

    async def ask(self, request: ApRequest) -> ApAnswer:
        self.asked.append(request)
        return ApAnswer(200 if self.current else 404, self.current)


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def sights(files: Files) -> LabelSights:
    made = LabelSights("labels-1", files.ask)
    made.connected()
    return made


async def told(sights: LabelSights, *, asked: int | None = None, **changes: object) -> LabelSeen | None:
    return await sights.see(msgspec.structs.replace(RECORD, **changes), asked=asked)


async def test_an_uncompressed_file_is_read_back_only_after_an_upload(files: Files, sights: LabelSights) -> None:
    first = await told(sights)
    assert first is not None
    assert (first.image_hash, first.update_count, first.read_back, files.asked) == (A, 5, False, [])
    sights.prove(MAC)
    files.current = FILE_B
    second = await told(sights, hash=B, updatecount=6)
    assert second is not None
    assert (second.image_hash, second.read_back, files.asked) == (B, True, [CurrentFileRequest(MAC)])
    assert [sights.awaited(9) for _ in range(SECOND_LOOKS + 1)] == [[MAC]] * SECOND_LOOKS + [[]], "has it drawn, too?"


async def test_a_file_that_is_not_the_one_named_proves_nothing_more_than_the_record(
    files: Files, sights: LabelSights
) -> None:
    await told(sights)
    sights.prove(MAC)
    files.current = FILE_A
    seen = await told(sights, hash=B, updatecount=6)
    assert seen is not None
    assert (seen.image_hash, seen.read_back) == (B, False)


async def test_lights_do_not_count_and_an_image_behind_them_does(files: Files, sights: LabelSights) -> None:
    await told(sights)
    for updates in (6, 7, 8):
        lit = await told(sights, hash=LIGHT, updatecount=updates)
        assert lit is not None
        assert (lit.image_hash, lit.update_count) == (A, 5)
    files.current = FILE_B
    behind = await told(sights, hash=LIGHT, updatecount=10)
    assert behind is not None
    assert (behind.image_hash, behind.update_count) == (B, 6)
    after = await told(sights, hash=A, updatecount=11)
    assert after is not None
    assert (after.image_hash, after.update_count) == (A, 7)


async def test_a_light_as_the_first_thing_heard_of_is_believed_nothing_of(files: Files, sights: LabelSights) -> None:
    for updates in (6, 6, 7):
        seen = await told(sights, hash=LIGHT, updatecount=updates)
        assert seen is not None
        assert seen.image_hash == NO_IMAGE_HASH
    image = await told(sights, hash=A, updatecount=8)
    assert image is not None
    assert image.image_hash == A
    files.current = b""
    lit = await told(sights, hash=LIGHT, updatecount=9)
    assert lit is not None
    assert lit.image_hash == NO_IMAGE_HASH, "without the file nothing is known"


async def test_older_news_are_dropped_and_a_memory_lost_is_noticed(sights: LabelSights) -> None:
    asked = sights.asking()
    await told(sights, updatecount=9, hash=B)
    assert await told(sights, asked=asked, updatecount=8, hash=A) is None
    sights.connected()
    forgot = await told(sights, updatecount=8, hash=A)
    assert forgot is not None
    assert (forgot.image_hash, forgot.update_count) == (NO_IMAGE_HASH, 9)
    spoke = await told(sights, updatecount=9, hash=B)
    assert spoke is not None
    assert (spoke.image_hash, spoke.update_count) == (B, 10)


async def test_a_record_deleted_under_a_standing_line_is_met_anew(sights: LabelSights) -> None:
    """Else all its words would count as late ones until the access point has counted up to where it was."""
    early = sights.asking()
    await told(sights, updatecount=9, hash=B)
    assert await told(sights, asked=early, updatecount=1, hash=A) is None, "the table was read before"
    assert await told(sights, updatecount=1, hash=A) is None, "one word alone may be a late one"
    asked = sights.asking()
    anew = await told(sights, asked=asked, updatecount=1, hash=A)
    assert anew is not None
    assert (anew.image_hash, anew.update_count) == (NO_IMAGE_HASH, 9)
    assert await told(sights, asked=asked, updatecount=9, hash=B) is None
    drawn = await told(sights, updatecount=2, hash=B)
    assert drawn is not None
    assert (drawn.image_hash, drawn.update_count) == (B, 10)


@pytest.mark.parametrize(
    ("changes", "quality", "first_boot"),
    [
        ({}, 150, False),
        ({"isexternal": True}, None, False),
        ({"rssi": 0}, None, False),
        ({"wakeup_reason": 0xFC}, 150, True),
        ({"wakeup_reason": 0xFE}, 150, True),
        ({"wakeup_reason": 0xFD}, 150, False),
        ({"wakeup_reason": 3}, 150, False),
    ],
)
async def test_how_a_label_is_heard_and_whether_it_was_switched_on(
    sights: LabelSights, changes: dict[str, object], quality: int | None, first_boot: bool
) -> None:
    seen = await told(sights, **changes)
    assert seen is not None
    assert (seen.link_quality, seen.first_boot) == (quality, first_boot)


async def test_labels_waited_for_have_their_turn(sights: LabelSights) -> None:
    for label_id in ("a", "b", "c"):
        sights.prove(label_id)
    assert [sights.awaited(2) for _ in range(3)] == [["a", "b"], ["c", "a"], ["b", "c"]]


async def test_labels_that_take_g5_files_are_noted(sights: LabelSights) -> None:
    await told(sights, version=0x29)
    assert sights.takes_g5 == {1}
