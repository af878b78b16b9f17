"""When an access point may be told to name no file any more, and when not."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from firmware_bridges.oepl_last_files import DRAWN_WITHIN_MS, SAVED_WITHIN_MS, LastFiles
from protocols.clock import FakeClock
from protocols.esl.image import NO_IMAGE_HASH
from protocols.esl.oepl_records import NEVER_SECONDS, NO_FILE_NAMED, TagRecord
from protocols.esl.oepl_uploads import CONTENT_EXTERNAL

MAC = "0000021A00000001"
SHOWN = TagRecord(
    mac=MAC,
    hash="a" * 32,
    nextupdate=NEVER_SECONDS,
    content_mode=CONTENT_EXTERNAL,
    modecfgjson='{"filename":"/temp/upload.jpg","delete":"1"}',
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.mark.parametrize(
    ("changes", "could"),
    [
        ({}, True),
        ({"modecfgjson": NO_FILE_NAMED}, False),
        ({"modecfgjson": ""}, False),
        ({"modecfgjson": "{"}, False),
        ({"pending": 1}, False),
        ({"nextupdate": 0}, False),
        ({"content_mode": 29}, False),
        ({"hash": NO_IMAGE_HASH}, False),
    ],
)
def test_a_file_that_could_come_again(clock: FakeClock, changes: dict[str, object], could: bool) -> None:
    assert LastFiles(clock).could_come_again(msgspec.structs.replace(SHOWN, **changes)) is could


def test_an_upload_being_drawn_is_let_alone(clock: FakeClock) -> None:
    """Its record says that nothing is pending and nothing is due; without the name of its file it would be lost."""
    files, drawing = LastFiles(clock), msgspec.structs.replace(SHOWN, hash=NO_IMAGE_HASH)
    clock.advance(DRAWN_WITHIN_MS)
    assert files.could_come_again(drawing)
    files.uploaded(MAC)
    clock.advance(DRAWN_WITHIN_MS - 1)
    assert not files.could_come_again(drawing)
    clock.advance(1)
    assert files.could_come_again(drawing)
    files.connected()
    assert not files.could_come_again(drawing), "whoever served it before may have sent something"


async def test_each_label_has_one_turn(clock: FakeClock) -> None:
    files = LastFiles(clock)
    waiting = asyncio.create_task(files.next())
    await asyncio.sleep(0)
    for _ in range(2):
        files.look(SHOWN)
    files.look(msgspec.structs.replace(SHOWN, mac="0000021A00000002"))
    assert [await waiting, await files.next()] == [MAC, "0000021A00000002"]


@pytest.mark.parametrize("changes", [{}, {"modecfgjson": NO_FILE_NAMED, "pending": 1}])
def test_nothing_comes_again_once_a_record_without_a_file_must_have_been_saved(
    clock: FakeClock, changes: dict[str, object]
) -> None:
    """A power cut sets a record back to what was saved, every five minutes."""
    files, clean = LastFiles(clock), msgspec.structs.replace(SHOWN, modecfgjson=NO_FILE_NAMED)
    clock.advance(SAVED_WITHIN_MS - 1)
    files.look(clean)
    assert files.may_send_again(MAC), "what this box did before it started is not known"
    clock.advance(1)
    assert not files.may_send_again(MAC)
    files.look(msgspec.structs.replace(SHOWN, **changes))
    clock.advance(SAVED_WITHIN_MS - 1)
    files.look(clean)
    assert files.may_send_again(MAC)
    clock.advance(1)
    assert not files.may_send_again(MAC)
    files.uploaded(MAC)
    assert files.may_send_again(MAC), "an upload names a file"
