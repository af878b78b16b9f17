"""A reader's configuration: set all or nothing, told part by part, back to factory. Pure.

What is checked before anything is changed: a SET_READER_CONFIG with one fault changes nothing (LLRP 1.0.1, section 12.2).
"""

from __future__ import annotations

from protocols.llrp import messages as m
from protocols.llrp.capabilities import C1g2InventoryCommand, C1g2SingulationControl
from protocols.llrp.parameters import (
    AccessReportSpec,
    AntennaConfiguration,
    AntennaProperties,
    CustomParameter,
    EventNotificationState,
    EventsAndReports,
    GpiPortCurrentState,
    GpoWriteData,
    Identification,
    KeepaliveSpec,
    LlrpConfigurationState,
    Notify,
    ReaderEventNotificationSpec,
    RfReceiver,
    RfTransmitter,
    RoReportSpec,
    TagReportContentSelector,
)
from protocols.llrp.vendors import ImpinjLinkMonitor, find_own
from protocols.llrp.wire import Parameter, find, find_all
from simulators.llrp_reader.checks import Checks
from simulators.llrp_reader.refusals import Path, unexpected, wrong_field, wrong_message_field

KEEPALIVE_MS_MAX = 600_000
READER_ID = (0x02, 0, 0, 0, 0, 1)
TELL_ALL = 0xFFC0
(ALL, IDENTIFICATION, PROPERTIES, ANTENNAS, RO_REPORT, EVENTS, ACCESS_REPORT, STATE, KEEPALIVE, INPUTS, OUTPUTS,
 EVENTS_AND_REPORTS) = range(12)  # fmt: skip
_KNOWN = (
    ReaderEventNotificationSpec, AntennaProperties, AntennaConfiguration, RoReportSpec, AccessReportSpec, KeepaliveSpec,
    GpoWriteData, GpiPortCurrentState, EventsAndReports, CustomParameter,
)  # fmt: skip


class ReaderConfig:
    """The settings that SET_READER_CONFIG changes. Levels of inputs belong to the world and are not among them."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self.changes = 0
        """Counts up with every change: the LLRPConfigurationState."""
        self.input_levels: dict[int, bool] = dict.fromkeys(range(1, checks.profile.inputs + 1), False)
        self.connected: dict[int, bool] = dict.fromkeys(range(1, checks.antennas + 1), True)
        self.factory()

    def factory(self) -> None:
        """As it left the factory."""
        profile = self._checks.profile
        self.events: set[int] = set()
        self.keepalive_ms = 0
        self.hold = False
        self.inputs_on: set[int] = set(self.input_levels)
        self.outputs: dict[int, bool] = dict.fromkeys(range(1, profile.outputs + 1), False)
        self.report = RoReportSpec(trigger=2, every_tags=0, parts=(TagReportContentSelector(tell=TELL_ALL),))
        self.access_report = AccessReportSpec(trigger=0)
        self.watched_keepalives = 0
        """After so many unanswered keepalives the client is given up; 0: never."""
        self.own: dict[tuple[int, int], CustomParameter] = {}
        command = C1g2InventoryCommand(
            state_aware=False, parts=(C1g2SingulationControl(session=0, population=32, transit_time_ms=0),)
        )
        hop_table, channel = (1, 0) if profile.hopping else (0, 1)
        radio = (
            RfReceiver(sensitivity=1),
            RfTransmitter(hop_table=hop_table, channel=channel, power=profile.power_levels),
            command,
        )
        self.antennas = {number: AntennaConfiguration(antenna=number, parts=radio) for number in self.connected}
        self.changes += 1

    def set(self, request: m.SetReaderConfig) -> None:
        """SET_READER_CONFIG. Raises Refused, and then nothing has changed."""
        for part in request.parts:
            self._check(part)
        if request.reset:
            self.factory()
        for part in request.parts:
            self._apply(part)
        self.changes += 1

    def _check(self, part: Parameter) -> None:
        path: Path = (type(part),)
        match part:
            case KeepaliveSpec():
                if part.trigger > 1:
                    raise wrong_field(path, "trigger", "0 none, 1 periodic")
                if part.trigger and not 1 <= part.milliseconds <= KEEPALIVE_MS_MAX:
                    raise wrong_field(path, "milliseconds", f"1 to {KEEPALIVE_MS_MAX} ms")
            case RoReportSpec():
                self._checks.report(part, path)
            case AccessReportSpec() if part.trigger > 1:
                raise wrong_field(path, "trigger", "0 with the ROReport, 1 at the end of the AccessSpec")
            case ReaderEventNotificationSpec():
                for state in find_all(part.parts, EventNotificationState):
                    if state.event not in set(Notify):
                        raise wrong_field((*path, EventNotificationState), "event", f"there is no event {state.event}")
            case CustomParameter():
                self._checks.own((), (part,))
            case _ if not isinstance(part, _KNOWN):
                raise unexpected((), part, "not a part of a reader's configuration")
            case _:
                self._check_number(part, path)

    def _check_number(self, part: Parameter, path: Path) -> None:
        """Antennas and ports."""
        match part:
            case AntennaConfiguration():
                self._checks.antenna(part, path)
            case AntennaProperties() if part.antenna > self._checks.antennas:
                raise wrong_field(path, "antenna", f"the antennas are 1 to {self._checks.antennas}")
            case GpoWriteData() if part.port not in self.outputs:
                raise wrong_field(path, "port", f"the outputs are 1 to {len(self.outputs)}")
            case GpiPortCurrentState() if part.port not in self.input_levels:
                raise wrong_field(path, "port", f"the inputs are 1 to {len(self.input_levels)}")
            case _:
                pass

    def _apply(self, part: Parameter) -> None:
        match part:
            case ReaderEventNotificationSpec():
                states = find_all(part.parts, EventNotificationState)
                self.events = (self.events | {each.event for each in states}) - {
                    each.event for each in states if not each.on
                }
            case KeepaliveSpec():
                self.keepalive_ms = part.milliseconds if part.trigger else 0
            case EventsAndReports():
                self.hold = part.hold
            case AntennaConfiguration():
                numbers = list(self.antennas) if part.antenna == 0 else [part.antenna]
                self.antennas.update({number: _merged(self.antennas[number], part) for number in numbers})
            case RoReportSpec():
                self.report = part
            case AccessReportSpec():
                self.access_report = part
            case _:
                self._apply_rest(part)

    def _apply_rest(self, part: Parameter) -> None:
        match part:
            case GpoWriteData():
                self.outputs[part.port] = part.high
            case GpiPortCurrentState():
                (self.inputs_on.add if part.enabled else self.inputs_on.discard)(part.port)
            case CustomParameter():
                self.own[part.vendor, part.subtype] = part
                monitor = find_own((part,), ImpinjLinkMonitor)
                if monitor is not None:
                    self.watched_keepalives = monitor.threshold if monitor.mode else 0
            case _:
                pass

    def tell(self, request: m.GetReaderConfig) -> tuple[Parameter, ...]:
        """The parameters of GET_READER_CONFIG_RESPONSE. Raises Refused."""
        if request.what > EVENTS_AND_REPORTS:
            raise wrong_message_field(1, "0 to 11 can be asked for")
        for field, number, count, what in (
            (0, request.antenna, len(self.antennas), "antennas"),
            (2, request.gpi_port, len(self.input_levels), "inputs"),
            (3, request.gpo_port, len(self.outputs), "outputs"),
        ):
            if number > count:
                raise wrong_message_field(field, f"the {what} are 1 to {count}; 0: all")
        sections = self._sections(request)
        if request.what:
            return sections[request.what]
        return (*(part for section in sections.values() for part in section), *self.own.values())

    def _sections(self, request: m.GetReaderConfig) -> dict[int, tuple[Parameter, ...]]:
        antennas = [number for number in self.antennas if request.antenna in {0, number}]
        inputs = [port for port in self.input_levels if request.gpi_port in {0, port}]
        outputs = [port for port in self.outputs if request.gpo_port in {0, port}]
        states = tuple(EventNotificationState(event=kind, on=kind in self.events) for kind in _told_events(self._checks))
        keepalive = KeepaliveSpec(trigger=int(self.keepalive_ms > 0), milliseconds=self.keepalive_ms)
        return {
            IDENTIFICATION: (Identification(id_type=0, reader_id=READER_ID),),
            PROPERTIES: tuple(
                AntennaProperties(connected=self.connected[number], antenna=number, gain_cdbi=600) for number in antennas
            ),
            ANTENNAS: tuple(self.antennas[number] for number in antennas),
            EVENTS: (ReaderEventNotificationSpec(parts=states),),
            RO_REPORT: (self.report,),
            ACCESS_REPORT: (self.access_report,),
            STATE: (LlrpConfigurationState(value=self.changes),),
            KEEPALIVE: (keepalive,),
            INPUTS: tuple(self._input(port) for port in inputs),
            OUTPUTS: tuple(GpoWriteData(port=port, high=self.outputs[port]) for port in outputs),
            EVENTS_AND_REPORTS: (EventsAndReports(hold=self.hold),),
        }

    def _input(self, port: int) -> GpiPortCurrentState:
        enabled = port in self.inputs_on
        return GpiPortCurrentState(port=port, enabled=enabled, state=int(self.input_levels[port]) if enabled else 2)


def _told_events(checks: Checks) -> list[int]:
    return [int(kind) for kind in Notify if kind is not Notify.SPEC_LOOP or checks.version > 1]


def _merged(before: AntennaConfiguration, given: AntennaConfiguration) -> AntennaConfiguration:
    """What is given replaces its kind; the rest stays."""
    kinds = {type(part) for part in given.parts}
    kept = tuple(part for part in before.parts if type(part) not in kinds)
    return AntennaConfiguration(antenna=before.antenna, parts=(*kept, *given.parts))


def selector_of(report: RoReportSpec, fallback: RoReportSpec) -> TagReportContentSelector:
    """What to tell of a tag: by the report's own selector, else by the configured one."""
    found = find(report.parts, TagReportContentSelector) or find(fallback.parts, TagReportContentSelector)
    return found or TagReportContentSelector(tell=TELL_ALL)
