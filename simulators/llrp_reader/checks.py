"""What a reader checks of a specification before it takes it: every number against its own tables. Raises Refused."""

from __future__ import annotations

from protocols.llrp.capabilities import C1g2InventoryCommand, C1g2RfControl
from protocols.llrp.parameters import (
    AiSpec,
    AiSpecStopTrigger,
    AntennaConfiguration,
    CustomParameter,
    GpiTriggerValue,
    InventoryParameterSpec,
    PeriodicTriggerValue,
    RawParameter,
    RawRest,
    RfReceiver,
    RfSurveySpec,
    RfTransmitter,
    RoBoundarySpec,
    RoReportSpec,
    RoSpec,
    RoSpecStartTrigger,
    RoSpecStopTrigger,
    TagObservationTrigger,
)
from protocols.llrp.selection import C1g2Filter, C1g2TagInventoryMask
from protocols.llrp.vendors import IMPINJ, ZEBRA
from protocols.llrp.wire import Parameter, find, find_all
from simulators.llrp_reader.profiles import VERSION_1_1, Extensions, Profile
from simulators.llrp_reader.refusals import Path, missing, overflow, unexpected, wrong_field

GEN2 = 1


class Checks:
    """The tables of one reader as it is now."""

    def __init__(self, profile: Profile, antennas: int) -> None:
        self.profile = profile
        self.antennas = antennas
        self.version = 1
        self.extensions_on = profile.extensions is not Extensions.IMPINJ
        self.refuse_power = False
        self.refuse_filters = False

    def rospec(self, spec: RoSpec) -> None:
        """A ROSpec of ADD_ROSPEC."""
        if spec.rospec_id == 0 or spec.state != 0:
            field = "rospec_id" if spec.rospec_id == 0 else "state"
            raise wrong_field((RoSpec,), field, "a new ROSpec is disabled and has an id above 0")
        if spec.priority > self.profile.priority_max:
            raise wrong_field((RoSpec,), "priority", f"0 to {self.profile.priority_max}")
        boundary = find(spec.parts, RoBoundarySpec)
        if boundary is None:
            raise missing((RoSpec,), "a ROSpec needs a boundary")
        self._boundary(boundary)
        inventories = find_all(spec.parts, AiSpec)
        surveys = find_all(spec.parts, RfSurveySpec)
        if not inventories and not surveys:
            raise missing((RoSpec,), "a ROSpec needs an AISpec")
        if surveys and not self.profile.surveys:
            raise unexpected((RoSpec,), surveys[0], "this reader makes no surveys", unsupported=True)
        if len(inventories) + len(surveys) > self.profile.specs_per_rospec_max:
            raise overflow((RoSpec,), f"at most {self.profile.specs_per_rospec_max} specs in a ROSpec")
        for inventory in inventories:
            self._inventory(inventory)
        report = find(spec.parts, RoReportSpec)
        if report is not None:
            self.report(report, (RoSpec, RoReportSpec))
        self.own((RoSpec,), spec.parts)

    def report(self, report: RoReportSpec, path: Path) -> None:
        """When to report."""
        if report.trigger > (6 if self.version >= VERSION_1_1 else 2):
            raise wrong_field(path, "trigger", "there is no such trigger")
        self.own(path, report.parts)

    def antenna(self, given: AntennaConfiguration, path: Path) -> None:
        """How an antenna shall be used; `path` ends with it."""
        if given.antenna > self.antennas:
            raise wrong_field(path, "antenna", f"the antennas are 1 to {self.antennas}; 0: all")
        receiver = find(given.parts, RfReceiver)
        if receiver is not None and not 1 <= receiver.sensitivity <= len(self.profile.sensitivities_db):
            raise wrong_field((*path, RfReceiver), "sensitivity", f"1 to {len(self.profile.sensitivities_db)}")
        transmitter = find(given.parts, RfTransmitter)
        if transmitter is not None:
            self._transmitter(transmitter, (*path, RfTransmitter))
        for command in find_all(given.parts, C1g2InventoryCommand):
            self._command(command, (*path, C1g2InventoryCommand))
        self.own(path, given.parts)

    def own(self, path: Path, parts: tuple[Parameter, ...]) -> None:
        """Unknown parameters and makers' own."""
        for part in parts:
            if isinstance(part, RawParameter | RawRest):
                raise unexpected(path, part, "a parameter this reader does not know")
            if isinstance(part, CustomParameter) and not self._understands(part):
                words = "a maker's parameter this reader does not know, or that was not enabled"
                raise unexpected(path, part, words, unsupported=True)

    def _understands(self, part: CustomParameter) -> bool:
        vendors = {Extensions.IMPINJ: IMPINJ, Extensions.ZEBRA: ZEBRA}
        return vendors.get(self.profile.extensions) == part.vendor and self.extensions_on

    def _boundary(self, boundary: RoBoundarySpec) -> None:
        path: Path = (RoSpec, RoBoundarySpec)
        start, stop = find(boundary.parts, RoSpecStartTrigger), find(boundary.parts, RoSpecStopTrigger)
        if start is None or stop is None:
            raise missing(path, "a boundary needs a start and a stop trigger")
        if start.trigger > 3:
            raise wrong_field((*path, RoSpecStartTrigger), "trigger", "0 to 3")
        if start.trigger == 2 and find(start.parts, PeriodicTriggerValue) is None:
            raise missing((*path, RoSpecStartTrigger), "a periodic start needs its period")
        if stop.trigger > 2:
            raise wrong_field((*path, RoSpecStopTrigger), "trigger", "0 to 2")
        self._input(start.parts, start.trigger == 3, (*path, RoSpecStartTrigger))
        self._input(stop.parts, stop.trigger == 2, (*path, RoSpecStopTrigger))

    def _input(self, parts: tuple[Parameter, ...], wanted: bool, path: Path) -> None:
        value = find(parts, GpiTriggerValue)
        if not wanted:
            return
        if value is None:
            raise missing(path, "a GPI trigger needs its port")
        if not 1 <= value.port <= self.profile.inputs:
            raise wrong_field((*path, GpiTriggerValue), "port", f"the inputs are 1 to {self.profile.inputs}")

    def _inventory(self, inventory: AiSpec) -> None:
        path: Path = (RoSpec, AiSpec)
        if not inventory.antennas or any(number > self.antennas for number in inventory.antennas):
            raise wrong_field(path, "antennas", f"the antennas are 1 to {self.antennas}; 0: all")
        stop = find(inventory.parts, AiSpecStopTrigger)
        if stop is None:
            raise missing(path, "an AISpec needs a stop trigger")
        if stop.trigger > 3:
            raise wrong_field((*path, AiSpecStopTrigger), "trigger", "0 to 3")
        self._input(stop.parts, stop.trigger == 2, (*path, AiSpecStopTrigger))
        observed = find(stop.parts, TagObservationTrigger)
        if stop.trigger == 3 and observed is None:
            raise missing((*path, AiSpecStopTrigger), "a stop by tags needs a TagObservationTrigger")
        if observed is not None and observed.trigger > (4 if self.version >= VERSION_1_1 else 2):
            raise wrong_field((*path, AiSpecStopTrigger, TagObservationTrigger), "trigger", "there is no such trigger")
        inventories = find_all(inventory.parts, InventoryParameterSpec)
        if len(inventories) > 1:
            raise overflow(path, "one InventoryParameterSpec in an AISpec")
        for each in inventories:
            self._inventory_parameters(each, (*path, InventoryParameterSpec))

    def _inventory_parameters(self, given: InventoryParameterSpec, path: Path) -> None:
        if given.protocol != GEN2:
            raise wrong_field(path, "protocol", "this reader speaks EPC Gen2 only")
        for antenna in find_all(given.parts, AntennaConfiguration):
            self.antenna(antenna, (*path, AntennaConfiguration))
        self.own(path, given.parts)

    def _transmitter(self, given: RfTransmitter, path: Path) -> None:
        if self.refuse_power or self.profile.power_cdbm(given.power) is None:
            raise wrong_field(path, "power", f"the power levels are 1 to {self.profile.power_levels}")
        if self.profile.hopping and given.hop_table not in {0, 1}:
            raise wrong_field(path, "hop_table", "there is one hop table, 1")
        if not self.profile.hopping and not 0 <= given.channel <= len(self.profile.frequencies_khz):
            raise wrong_field(path, "channel", f"the channels are 1 to {len(self.profile.frequencies_khz)}")

    def _command(self, given: C1g2InventoryCommand, path: Path) -> None:
        control = find(given.parts, C1g2RfControl)
        if control is not None and self.profile.mode(control.mode_index) is None:
            known = ", ".join(str(mode.mode_id) for mode in self.profile.modes)
            raise wrong_field((*path, C1g2RfControl), "mode_index", f"the modes are {known}")
        if given.state_aware and not self.profile.state_aware:
            raise wrong_field(path, "state_aware", "this reader has no state-aware singulation")
        filters = find_all(given.parts, C1g2Filter)
        if len(filters) > self.profile.filters_max or (filters and self.refuse_filters):
            raise overflow(path, f"at most {self.profile.filters_max} filters")
        for each in filters:
            if find(each.parts, C1g2TagInventoryMask) is None:
                raise missing((*path, C1g2Filter), "a filter needs a mask")
        self.own(path, given.parts)
