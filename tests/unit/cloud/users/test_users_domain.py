"""Roles, passwords and the wait after wrong ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.refusals import Invalid
from cloud.users.domain import (
    FORGET_FAILURES_MS,
    FREE_FAILURES,
    LOCK_SECONDS_MAX,
    RIGHTS_OF,
    SCOPES_MAX,
    Failures,
    NewPerson,
    Person,
    Right,
    Role,
    after_failure,
    check_new_person,
    wait_seconds,
)
from cloud.users.secrets import generated_password, hash_password, new_token, password_matches, token_hash
from protocols.clock import SeededRandom

NOW = 1_790_000_000_000


def new_person(**changes: object) -> NewPerson:
    values: dict[str, object] = {"login": "mei", "name": "Mei", "role": Role.VIEWER, "password": "three small words"}
    return NewPerson(**{**values, **changes})  # type: ignore[arg-type]


def test_every_role_reads_and_only_the_admin_manages_people() -> None:
    assert all(Right.READ in rights for rights in RIGHTS_OF.values())
    assert [role for role, rights in RIGHTS_OF.items() if Right.PEOPLE_WRITE in rights] == [Role.ADMIN]


def test_pricing_changes_prices_and_operations_does_not() -> None:
    def person(role: Role) -> Person:
        return Person("1", "a", "A", role, all_stores=True)

    assert person(Role.PRICING).may(Right.PRICES_WRITE)
    assert not person(Role.OPERATIONS).may(Right.PRICES_WRITE)
    assert person(Role.OPERATIONS).may(Right.STORES_WRITE)


def test_managers_look_after_staff_and_alarms_and_change_nothing_of_the_chain() -> None:
    for role in (Role.REGION_MANAGER, Role.STORE_MANAGER):
        assert RIGHTS_OF[role] == {
            Right.READ, Right.STAFF_WRITE, Right.ALARMS_WRITE, Right.AUDIT_READ, Right.MEMBERS_WRITE,
            Right.STOCK_WRITE,
        }  # fmt: skip


def test_a_scope_of_stores_hides_the_others() -> None:
    person = Person("1", "a", "A", Role.VIEWER, all_stores=False, regions=("north",), reach=("S001",))
    assert person.sees("S001")
    assert not person.sees("S002")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "mei-mei-mei-mei"}, "password"),
        ({"password": "aaaaaaaaaaaa"}, "password"),
        ({"login": "Mei Lin"}, "login"),
        ({"name": " "}, "name"),
        ({"all_stores": False}, "stores"),
        ({"stores": ("S001",)}, "stores"),
        ({"all_stores": False, "stores": ("S001",), "regions": ("north",)}, "stores"),
        ({"role": Role.ADMIN, "all_stores": False, "stores": ("S001",)}, "role"),
        ({"role": Role.REGION_MANAGER}, "regions"),
        ({"role": Role.REGION_MANAGER, "all_stores": False, "stores": ("S001",)}, "regions"),
        ({"role": Role.STORE_MANAGER, "all_stores": False, "regions": ("north",)}, "stores"),
        ({"all_stores": False, "stores": tuple(f"S{n}" for n in range(SCOPES_MAX + 1))}, "stores"),
        ({"language": "xx"}, "language"),
    ],
)
def test_a_bad_person_is_refused_with_the_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_new_person(new_person(**changes))
    assert [problem.field for problem in refused.value.problems] == [field]
    assert all(problem.remedy for problem in refused.value.problems)


def test_a_good_person_passes() -> None:
    check_new_person(new_person())
    check_new_person(new_person(role=Role.REGION_MANAGER, all_stores=False, regions=("north",)))
    check_new_person(new_person(role=Role.STORE_MANAGER, all_stores=False, stores=("S001", "S002")))


def test_the_first_wrong_passwords_cost_no_wait() -> None:
    failures = Failures()
    for _ in range(FREE_FAILURES - 1):
        failures = after_failure(failures, NOW)
    assert wait_seconds(failures, NOW) == 0


def test_then_each_one_doubles_the_wait_up_to_a_limit() -> None:
    failures, waits = Failures(), []
    for _ in range(FREE_FAILURES + 20):
        failures = after_failure(failures, NOW)
        waits.append(wait_seconds(failures, NOW))
    assert waits[FREE_FAILURES - 1 : FREE_FAILURES + 2] == [2, 4, 8]
    assert waits[-1] == LOCK_SECONDS_MAX


@given(count=st.integers(0, 50), elapsed_ms=st.integers(0, 2 * FORGET_FAILURES_MS))
def test_waiting_as_long_as_told_is_enough(count: int, elapsed_ms: int) -> None:
    failures = Failures(count, NOW)
    left = wait_seconds(failures, NOW + elapsed_ms)
    assert wait_seconds(failures, NOW + elapsed_ms + left * 1000) == 0


def test_an_hour_forgets() -> None:
    failures = Failures(30, NOW)
    assert after_failure(failures, NOW + FORGET_FAILURES_MS).count == 1


def test_a_password_is_stored_as_argon2id_and_matches_only_itself() -> None:
    stored = hash_password("three small words")
    assert stored.startswith("$argon2id$")
    assert password_matches(stored, "three small words")
    assert not password_matches(stored, "three small word")
    assert not password_matches("not a hash", "three small words")


def test_tokens_are_long_and_differ() -> None:
    rng = SeededRandom(1)
    first, second = new_token(rng), new_token(rng)
    assert first != second
    assert len(first) >= 43
    assert len(token_hash(first)) == 32


def test_a_generated_password_passes_the_rules() -> None:
    for seed in range(50):
        check_new_person(new_person(login="admin", password=generated_password(SeededRandom(seed))))
