"""The registry of kinds and the structs of the settings say the same, so a device cannot be half added."""

import msgspec
import pytest

from edge.devices.fitting import DeviceKind
from edge.devices.kinds.registry import BY_TABLE, FAMILIES, KINDS
from edge.settings import TillSettings
from edge.settings.devices.registry import BY_KIND, TABLES, TILL_KEYS


def test_every_struct_has_its_kind_and_every_kind_its_struct() -> None:
    assert set(BY_TABLE) == set(TABLES)
    assert len(KINDS) == len(BY_TABLE) == len(BY_KIND), "a kind stands twice in the registry"
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_a_till_has_a_key_for_whatever_stands_at_it() -> None:
    keys = {field.name for field in msgspec.structs.fields(TillSettings)}
    assert set(TILL_KEYS) <= keys


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_says_what_it_is_and_what_it_speaks(kind: DeviceKind) -> None:
    assert kind.device_kind
    assert kind.protocol
    assert all(command.isidentifier() for command in kind.commands)
    other = _any(next(table for table in TABLES if table is not kind.table))
    with pytest.raises(TypeError, match="is no"):
        kind.fit_table(None, other)


def _any(table: type[msgspec.Struct]) -> msgspec.Struct:
    """A device of this table; the values mean nothing."""
    required = {field.name: "x" for field in msgspec.structs.fields(table) if field.required}
    return table(**required)
