"""Names of organisation and regions."""

import pytest

from cloud.organisation.domain import NAME_LENGTH_MAX, check_region_id, checked_name
from cloud.refusals import Invalid


def test_a_name_is_trimmed() -> None:
    assert checked_name("  North shore ") == "North shore"


@pytest.mark.parametrize("name", ["", "   ", "x" * (NAME_LENGTH_MAX + 1)])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        checked_name(name)


@pytest.mark.parametrize("region_id", ["North", "north shore", "", "x" * 33, "north/south", "nörd"])
def test_a_short_name_is_small_letters_digits_and_dashes(region_id: str) -> None:
    check_region_id("north-shore-2")
    with pytest.raises(Invalid, match="region_id"):
        check_region_id(region_id)
