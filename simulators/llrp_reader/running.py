"""The reader at work: time passes in steps, triggers act, antennas hear, tags are accessed, rows become reports. Pure.

Steps end where something can happen (a slot of the air, a start trigger), so a stop after N tags stops at the Nth, and the
same seed and the same times give the same bytes.
"""

from __future__ import annotations

from collections import deque

from protocols.llrp import access_parameters as a
from protocols.llrp import messages as m
from protocols.llrp.event_parameters import (
    AiSpecEvent,
    HoppingEvent,
    ReaderException,
    ReportBufferOverflow,
    ReportBufferWarning,
    RfSurveyEvent,
    RoSpecEvent,
    SpecLoopEvent,
    UtcTimestamp,
)
from protocols.llrp.parameters import AccessReportSpec, AiSpec, Notify, RfSurveySpec, RoReportSpec
from protocols.llrp.tag_parameters import (
    ClientRequestOpSpecResult,
    FrequencyRssiLevelEntry,
    RfSurveyReportData,
    SingulationDetails,
)
from protocols.llrp.wire import Parameter, find
from simulators.llrp_reader.accessspecs import AccessBook, AccessLife, carry_out
from simulators.llrp_reader.air import SLOT_MS, Air, Asking, Heard, Item
from simulators.llrp_reader.asking import asking_of
from simulators.llrp_reader.config import ReaderConfig, selector_of
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.gen2 import Slots
from simulators.llrp_reader.profiles import Profile
from simulators.llrp_reader.radio import FULL_POWER_CDBM
from simulators.llrp_reader.reports import BUFFER_TAGS_MAX, WARN_AT_PERCENT, Buffer, Row, Telling, telling_of
from simulators.llrp_reader.rospecs import Began, Ended, Looped, News, RoSpecBook, RoSpecLife, SpecEnded
from simulators.llrp_reader.speaker import Speaker

REPORT_TAGS_MAX = 500
HOP_MS = 200
SPEED_OVER_MS = 20
REQUESTS_OPEN_MAX = 32
"""Tags a client was asked about at once. Policy when reached: the next tag is not asked about."""
RECENT_READS = 400
SECOND_MS = 1_000
AT_SPEC_END, AT_ROSPEC_END = (1, 3, 5), (1, 2, 3, 4, 5, 6)
BY_SECONDS, BY_MILLISECONDS = (3, 4), (5, 6)


class Running:
    """Works on the reader's books; `run(now)` lets time pass."""

    def __init__(
        self, air: Air, profile: Profile, config: ReaderConfig, faults: ReaderFaults, speaker: Speaker,
        book: RoSpecBook, access: AccessBook, now_ms: int,
    ) -> None:  # fmt: skip
        self.air = air
        self.buffer = Buffer()
        self._profile = profile
        self._config = config
        self._faults = faults
        self._speaker = speaker
        self._book = book
        self._access = access
        self._at_ms = now_ms
        self._seen: dict[tuple[object, ...], Row] = {}
        self._asking: tuple[tuple[object, ...], Asking, Telling] | None = None
        self._dwells = 0
        self._report_at_ms: int | None = None
        self._report_rows = REPORT_TAGS_MAX
        self._requests: dict[int, tuple[Item, int, AccessLife, Row]] = {}
        self.recent: deque[Heard] = deque(maxlen=RECENT_READS)
        """The newest reads, for whoever watches."""

    # Time.

    @property
    def at_ms(self) -> int:
        """How far time has passed for it."""
        return self._at_ms

    def run(self, now_ms: int) -> None:
        """Let time pass until now. A clock that went back is followed."""
        self._at_ms = min(self._at_ms, now_ms)
        while self._at_ms < now_ms:
            self._step(self._next_ms(now_ms))
        if self._faults.exception_next and self._speaker.session is not None:
            self._faults.exception_next = False
            self._speaker.notify(Notify.EXCEPTION, ReaderException(words="a fault of the radio"), now_ms)
        self.send(now_ms)

    def miss(self, now_ms: int) -> None:
        """Nothing happened until now: the machine slept, or its clock was set."""
        self.air.skip(now_ms)
        self._at_ms = now_ms

    def changed(self, now_ms: int) -> None:
        """A request may have changed the books: say so."""
        self._tell_news(now_ms)
        self.send(now_ms)

    def _next_ms(self, now_ms: int) -> int:
        if self._book.active is not None:
            return min(now_ms, (self._at_ms // SLOT_MS + 1) * SLOT_MS)
        due_ms = self._book.next_start_ms()
        return now_ms if due_ms is None else min(now_ms, max(due_ms, self._at_ms + 1))

    def _step(self, now_ms: int) -> None:
        life = self._book.active
        self._at_ms = now_ms
        if life is None:
            self.air.skip(now_ms)
        else:
            self._work(life, now_ms)
        self._book.advance(now_ms)
        self._tell_news(now_ms)
        if self._report_at_ms is not None and now_ms >= self._report_at_ms and self._book.active is not None:
            self._report_at_ms = now_ms + self._report_period_ms(self._report_of(self._book.active))
            self.flush(now_ms)

    def _work(self, life: RoSpecLife, now_ms: int) -> None:
        busy = now_ms % SECOND_MS < self._faults.radio_busy_percent * 10
        running = life.now
        if busy or isinstance(running, RfSurveySpec):
            self.air.skip(now_ms)
            return
        asking, telling = self._how(life, running)
        before_ms = now_ms - 1
        heard = self.air.listen(now_ms, running.antennas, asking)
        left = life.tags_left()
        for each in heard if left is None else heard[: max(0, left)]:
            self._take(life, telling, asking, each)
        if now_ms // SLOT_MS > before_ms // SLOT_MS:
            self._dwells += 1
            self._hop(now_ms)
            count = len(self.air.antennas) if 0 in running.antennas else len(running.antennas)
            attempts = int(self._dwells % max(1, count) == 0)
            self._book.heard(now_ms, [each.tag.epc for each in heard], attempts)

    def _how(self, life: RoSpecLife, running: AiSpec) -> tuple[Asking, Telling]:
        key = (id(life), life.at, self._config.changes)
        if self._asking is None or self._asking[0] != key:
            antennas = tuple(one.number for one in self.air.antennas)
            asking = asking_of(running, self._config.antennas, self._profile, antennas)
            report = self._report_of(life)
            selector = selector_of(report, self._config.report)
            self._asking = (key, asking, telling_of(selector, report.parts, life.rospec_id, life.at + 1))
        return self._asking[1], self._asking[2]

    def _hop(self, now_ms: int) -> None:
        if self._profile.hopping and now_ms % HOP_MS == 0 and self._speaker.wants(Notify.HOPPING):
            event = HoppingEvent(hop_table=1, next_channel=self._channel(now_ms))
            self._speaker.notify(Notify.HOPPING, event, now_ms)

    # Tags.

    def _take(self, life: RoSpecLife, telling: Telling, asking: Asking, heard: Heard) -> None:
        self.recent.append(heard)
        if self._access.specs and heard.item is not None:
            access = self._access.fitting(heard.item, heard.antenna, life.rospec_id)
            if access is not None:
                self._access_tag(access, heard.item, heard, telling, asking)
                return
        key = telling.key(heard)
        known = self._seen.get(key)
        if known is not None:
            known.again(heard)
            return
        self._seen[key] = self._row(heard, telling, asking)
        self._when_enough(life, heard.at_ms)

    def _row(self, heard: Heard, telling: Telling, asking: Asking) -> Row:
        channel = self._channel(heard.at_ms)
        row = Row(
            telling, heard.tag, heard.antenna, heard.rssi_cdbm, heard.at_ms, heard.at_ms, channel,
            self._profile.frequencies_khz[channel - 1], heard.distance_mm, item=heard.item,
            power_cdbm=asking.powers_cdbm.get(heard.antenna, FULL_POWER_CDBM),
        )  # fmt: skip
        if telling.own and heard.item is not None:
            antenna = next(one for one in self.air.antennas if one.number == heard.antenna)
            before = heard.item.loud(antenna, heard.at_ms - SPEED_OVER_MS)
            if before is not None:
                row.speed_mm_per_s = (before[1] - heard.distance_mm) * 1_000 // SPEED_OVER_MS
        return row

    def _channel(self, at_ms: int) -> int:
        """From 1. A hopping reader changes every `HOP_MS`, in an order that looks like chance."""
        count = len(self._profile.frequencies_khz)
        return 1 + (at_ms // HOP_MS * 17) % count if self._profile.hopping else 1

    def _when_enough(self, life: RoSpecLife, now_ms: int) -> None:
        report = self._report_of(life)
        if report.trigger in {1, 2} and report.every_tags and len(self._seen) >= report.every_tags:
            self.flush(now_ms)

    # Access.

    def _access_tag(self, access: AccessLife, item: Item, heard: Heard, telling: Telling, asking: Asking) -> None:
        row = self._row(heard, telling, asking)
        row.access_id = access.spec.accessspec_id
        question = next((each for each in access.operations if isinstance(each, a.ClientRequestOpSpec)), None)
        if question is not None:
            self._ask_client(question, access, item, row)
            return
        row.results = tuple(carry_out(access.operations, item))
        self._accessed(access, row)

    def _accessed(self, access: AccessLife, row: Row) -> None:
        self._access.count(access)
        self._seen[row.tag, row.antenna, row.access_id, len(self._seen), row.first_ms] = row
        trigger = (find(access.spec.parts, AccessReportSpec) or self._config.access_report).trigger
        life = self._book.active
        if trigger == 1:
            self.flush(row.first_ms)
        elif life is not None:
            self._when_enough(life, row.first_ms)

    def _ask_client(self, question: a.ClientRequestOpSpec, access: AccessLife, item: Item, row: Row) -> None:
        session = self._speaker.session
        waits = any(item is asked[0] for asked in self._requests.values())
        if session is None or not self._speaker.may_report or waits or len(self._requests) >= REQUESTS_OPEN_MAX:
            return
        number = session.next_id()
        self._requests[number] = (item, question.opspec_id, access, row)
        session.send_raw(self._speaker.question(number, row))

    def client_answers(self, answer: m.ClientRequestOpResponse) -> None:
        """CLIENT_REQUEST_OP_RESPONSE: what to do with the tag that was asked about."""
        asked = self._requests.pop(answer.message_id, None)
        response = find(answer.parts, a.ClientRequestResponse)
        if asked is None or response is None:
            return
        item, _, access, row = asked
        done = carry_out(tuple(part for part in response.parts if isinstance(part, a.Operation)), item)
        row.results = (ClientRequestOpSpecResult(result=0), *done)
        self._accessed(access, row)

    def forget(self) -> None:
        """The client is gone: what it was asked stays unanswered."""
        self._requests.clear()

    # Reports.

    def _report_of(self, life: RoSpecLife) -> RoReportSpec:
        return life.report or self._config.report

    def flush(self, now_ms: int) -> None:
        """What was gathered becomes rows to be sent."""
        rows = list(self._seen.values())
        self._seen.clear()
        most = self._faults.buffer_tags or BUFFER_TAGS_MAX
        warn, lost = self.buffer.put(rows, most)
        self.send(now_ms)
        if lost:
            self._speaker.notify(Notify.BUFFER_WARNING, ReportBufferOverflow(), now_ms)
        elif warn:
            self._speaker.notify(Notify.BUFFER_WARNING, ReportBufferWarning(percent=WARN_AT_PERCENT), now_ms)

    def send(self, now_ms: int) -> None:
        """Send what is in the buffer, if somebody listens."""
        while self.buffer.rows and self._speaker.may_report:
            self._speaker.report(self.buffer.take(self._report_rows), now_ms)

    def _report_period_ms(self, report: RoReportSpec) -> int:
        return report.every_tags * (SECOND_MS if report.trigger in BY_SECONDS else 1)

    # News.

    def _tell_news(self, now_ms: int) -> None:
        for news in self._book.take_news():
            self._tell(news, now_ms)

    def _tell(self, news: News, now_ms: int) -> None:
        speaker, rospec_id = self._speaker, news.life.rospec_id
        report = self._report_of(news.life)
        match news:
            case Began():
                self._began(news.life, report, now_ms)
                speaker.notify(Notify.ROSPEC, RoSpecEvent(event=0, rospec_id=rospec_id), now_ms)
            case SpecEnded():
                if report.trigger in AT_SPEC_END:
                    self.flush(now_ms)
                self._spec_ended(news, now_ms)
            case Looped():
                speaker.notify(Notify.SPEC_LOOP, SpecLoopEvent(rospec_id=rospec_id, loops=news.loops), now_ms)
            case Ended():
                if report.trigger in AT_ROSPEC_END:
                    self.flush(now_ms)
                event = RoSpecEvent(
                    event=2 if news.preempted_by else 1, rospec_id=rospec_id, preempting_id=news.preempted_by
                )
                speaker.notify(Notify.ROSPEC, event, now_ms)

    def _began(self, life: RoSpecLife, report: RoReportSpec, now_ms: int) -> None:
        self.air.skip(now_ms)
        self.air.collisions = self.air.empty_slots = self._dwells = 0
        self._report_rows = REPORT_TAGS_MAX
        self._report_at_ms = None
        if report.trigger in BY_SECONDS + BY_MILLISECONDS and report.every_tags:
            self._report_at_ms = now_ms + self._report_period_ms(report)
        elif report.trigger and report.every_tags:
            self._report_rows = report.every_tags
        if isinstance(life.now, AiSpec):
            self.air.begin(Slots(self._how(life, life.now)[0].query.population))

    def _spec_ended(self, news: SpecEnded, now_ms: int) -> None:
        life, speaker = news.life, self._speaker
        ended = life.specs[news.index - 1]
        if isinstance(ended, RfSurveySpec):
            speaker.notify(
                Notify.RF_SURVEY, RfSurveyEvent(event=1, rospec_id=life.rospec_id, spec_index=news.index), now_ms
            )  # fmt: skip
            self._survey(ended, now_ms)
            return
        details: tuple[Parameter, ...] = ()
        kind = Notify.AISPEC
        if speaker.wants(Notify.AISPEC_WITH_DETAILS):
            kind = Notify.AISPEC_WITH_DETAILS
            collisions, empty = min(0xFFFF, self.air.collisions), min(0xFFFF, self.air.empty_slots)
            details = (SingulationDetails(collision_slots=collisions, empty_slots=empty),)
        self.air.collisions = self.air.empty_slots = 0
        event = AiSpecEvent(event=0, rospec_id=life.rospec_id, spec_index=news.index, parts=details)
        speaker.notify(kind, event, now_ms)

    def _survey(self, survey: RfSurveySpec, now_ms: int) -> None:
        """How loud the band is: quiet, a little louder at every other channel."""
        session = self._speaker.session
        if session is None or not self._speaker.may_report:
            return
        stamp = UtcTimestamp(microseconds=self._speaker.us(now_ms))
        entries = tuple(
            FrequencyRssiLevelEntry(
                khz=khz, bandwidth_khz=200, average_dbm=-92 + 6 * (number % 2), peak_dbm=-80, parts=(stamp,)
            )
            for number, khz in enumerate(self._profile.frequencies_khz)
            if survey.from_khz <= khz <= survey.to_khz
        )
        data = RfSurveyReportData(parts=entries)
        session.send(m.RoAccessReport(message_id=session.next_id(), parts=(data,)))
