"""From an AISpec and the reader's configuration to how the air is asked: power, session, target, mode, filters. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from protocols.llrp.capabilities import C1g2InventoryCommand, C1g2RfControl, C1g2SingulationControl
from protocols.llrp.parameters import AiSpec, AntennaConfiguration, InventoryParameterSpec, RfTransmitter
from protocols.llrp.selection import (
    C1g2Filter,
    C1g2StateAwareFilterAction,
    C1g2StateAwareSingulationAction,
    C1g2StateUnawareFilterAction,
    C1g2TagInventoryMask,
)
from protocols.llrp.vendors import ImpinjSearchMode, find_own
from protocols.llrp.wire import Parameter, find, find_all
from simulators.llrp_reader.air import Asking, Item
from simulators.llrp_reader.gen2 import READ_US, Query, Target
from simulators.llrp_reader.profiles import Profile

STATE_B = 0x80
POPULATION = 32
_SINGLE, _DUAL = (1, 3, 5), (2, 6)
_MATCH_IN, _MATCH_OUT = {0: True, 1: True, 3: False, 4: False}, {0: False, 2: False, 3: True, 5: True}
"""State-unaware actions: what becomes of a tag that matches, and of one that does not; others stay as they are."""
_AWARE_IN, _AWARE_OUT = {0: True, 1: True, 4: False, 5: False}, {0: False, 2: False, 4: True, 6: True}


def asking_of(
    inventory: AiSpec, configured: Mapping[int, AntennaConfiguration], profile: Profile, antennas: tuple[int, ...]
) -> Asking:
    """How this AISpec asks. `configured` by antenna: what SET_READER_CONFIG said."""
    given = _by_antenna(inventory, configured, antennas)
    powers = {number: power for number in given if (power := _power(given[number], profile)) is not None}
    command = next((each for parts in given.values() for each in find_all(parts, C1g2InventoryCommand)), None)
    if command is None:
        return Asking(Query(target=_target(None, profile)), powers)
    singulation, control = find(command.parts, C1g2SingulationControl), find(command.parts, C1g2RfControl)
    mode = None if control is None else profile.mode(control.mode_index)
    query = Query(
        session=0 if singulation is None else singulation.session >> 6,
        target=_target(command, profile),
        population=POPULATION if singulation is None else singulation.population,
        read_us=READ_US if mode is None else mode.read_us,
    )
    filters = find_all(command.parts, C1g2Filter)
    return Asking(query, powers, _selecting(filters) if filters else None)


def _by_antenna(
    inventory: AiSpec, configured: Mapping[int, AntennaConfiguration], antennas: tuple[int, ...]
) -> dict[int, tuple[Parameter, ...]]:
    """What holds for each antenna: the AISpec's own parameters first."""
    found: dict[int, tuple[Parameter, ...]] = {}
    spec = find(inventory.parts, InventoryParameterSpec)
    own = [] if spec is None else find_all(spec.parts, AntennaConfiguration)
    for number in antennas:
        mine = tuple(part for each in own if each.antenna in {0, number} for part in each.parts)
        before = configured.get(number)
        found[number] = (*mine, *(() if before is None else before.parts))
    return found


def _power(parts: tuple[Parameter, ...], profile: Profile) -> int | None:
    transmitter = find(parts, RfTransmitter)
    return None if transmitter is None else profile.power_cdbm(transmitter.power)


def _target(command: C1g2InventoryCommand | None, profile: Profile) -> Target:
    usual = Target.DUAL if profile.dual_target else Target.A
    if command is None:
        return usual
    search = find_own(command.parts, ImpinjSearchMode)
    if search is not None and search.mode:
        return Target.A if search.mode in _SINGLE else Target.DUAL
    singulation = find(command.parts, C1g2SingulationControl)
    aware = None if singulation is None else find(singulation.parts, C1g2StateAwareSingulationAction)
    if aware is not None and command.state_aware:
        return Target.B if aware.flags & STATE_B else Target.A
    return usual


def _selecting(filters: list[C1g2Filter]) -> Callable[[Item, int], bool]:
    unaware = find(filters[0].parts, C1g2StateUnawareFilterAction)
    begins_in = unaware is not None and unaware.action in {2, 4}

    def wants(item: Item, now_ms: int) -> bool:
        taking_part = begins_in
        for each in filters:
            taking_part = _after(each, item, now_ms, taking_part)
        return taking_part

    return wants


def _after(given: C1g2Filter, item: Item, now_ms: int, taking_part: bool) -> bool:
    """Whether the tag takes part after this filter."""
    mask = find(given.parts, C1g2TagInventoryMask)
    aware = find(given.parts, C1g2StateAwareFilterAction)
    unaware = find(given.parts, C1g2StateUnawareFilterAction)
    if mask is None:
        return taking_part
    matches = item.memory.alike(mask.bank, mask.pointer, mask.mask.bits, mask.mask.data)
    if aware is None:
        action = 0 if unaware is None else unaware.action
        return (_MATCH_IN if matches else _MATCH_OUT).get(action, taking_part)
    wanted = (_AWARE_IN if matches else _AWARE_OUT).get(aware.action)
    if aware.target == 0 or wanted is None:
        return taking_part if wanted is None else wanted
    if wanted:
        item.flags.make_a(aware.target - 1)
    else:
        item.flags.make_b(aware.target - 1, now_ms)
    return True
