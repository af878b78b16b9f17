"""PINs are checked against argon2id hashes; anything that is no such hash opens nothing."""

import pytest

from edge.staff.service import LOCKOUT_SECONDS, WRONG_PINS_MAX, LockedOut, PinCheck, Staff
from protocols.clock import FakeClock
from tests.support.goods import PIN, PIN_HASH


def person(pin_hash: str = PIN_HASH, staff_id: str = "7") -> Staff:
    return Staff(staff_id=staff_id, name="n", pin_hash=pin_hash, rights=("till",), language="en", active=True)


async def test_only_the_right_pin_matches() -> None:
    pins = PinCheck(FakeClock())
    assert await pins.matches(person(), PIN)
    assert not await pins.matches(person(), PIN + "0")
    assert not await pins.matches(person(), "")


@pytest.mark.parametrize("broken", ["", "4711", "$argon2id$v=19$m=8,t=1,p=1$AAAA", "$2b$12$abc"])
async def test_what_is_no_hash_matches_nothing(broken: str) -> None:
    assert not await PinCheck(FakeClock()).matches(person(broken), PIN)


async def test_a_right_pin_forgives_earlier_slips_and_a_lockout_ends() -> None:
    clock = FakeClock()
    pins = PinCheck(clock)
    for _ in range(2):
        for _ in range(WRONG_PINS_MAX - 1):
            assert not await pins.matches(person(), "0000")
        assert await pins.matches(person(), PIN)
    for _ in range(WRONG_PINS_MAX):
        await pins.matches(person(), "0000")
    clock.advance(10_000)
    with pytest.raises(LockedOut) as locked:
        await pins.matches(person(), PIN)
    assert locked.value.seconds_left == LOCKOUT_SECONDS - 10
    assert await pins.matches(person(staff_id="8"), PIN), "others are not locked out"
    clock.advance(LOCKOUT_SECONDS * 1000)
    assert await pins.matches(person(), PIN)
