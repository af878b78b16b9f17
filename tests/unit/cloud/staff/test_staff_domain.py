"""Staff data and PINs are checked before a store gets them."""

import pytest

from cloud.refusals import Invalid
from cloud.staff.domain import StaffMember, check_staff, pin_problem


@pytest.mark.parametrize("pin", ["123", "123456789", "12a4", "0000", "1234", "4321", "8901", ""])
def test_pins_everybody_tries_first_are_refused(pin: str) -> None:
    assert pin_problem(pin)


@pytest.mark.parametrize("pin", ["4071", "90210733"])
def test_other_pins_pass(pin: str) -> None:
    assert pin_problem(pin) == ""


def test_every_problem_is_told_at_once() -> None:
    member = StaffMember("S001", "a b", "", rights=("till", "fly"), language="tlh")
    with pytest.raises(Invalid) as refused:
        check_staff(member, is_new=True)
    assert [problem.field for problem in refused.value.problems] == ["staff_id", "name", "rights", "language", "pin"]


def test_a_known_member_keeps_the_pin() -> None:
    check_staff(StaffMember("S001", "1001", "Ana"), is_new=False)
