"""The cloud and its labels as one machine that moves only in `step`: it takes articles, draws them, and tells statuses."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from protocols.clock import RandomSource
from protocols.esl import aims

HISTORY_KEPT = 200
ARTICLES_MAX = 100_000


@dataclass(slots=True)
class CloudFaults:
    """What goes wrong at present."""

    busy: bool = False
    """Every request is answered 429."""
    tokens_end_now: bool = False
    """Every token is refused, until the next login."""
    lost_answer_percent: int = 0
    """A change is taken and the connection cut before the answer."""
    time_out_percent: int = 0
    """A label does not take its update."""


@dataclass(slots=True)
class PanelLabel:
    """One label. `shown`: texts its panel showed, in order, each with the cloud's time."""

    code: str
    article_id: str = ""
    status: str = ""
    process_ms: int = 0
    status_ms: int = 0
    response_ms: int = 0
    silent: bool = False
    shown: deque[tuple[int, dict[str, str]]] = field(default_factory=lambda: deque(maxlen=HISTORY_KEPT))
    due_ms: int | None = None
    taking: dict[str, str] = field(default_factory=dict)
    light: aims.Light | None = None


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """`work_ms`: from an article's change to the beginning of the update; `update_ms`: until the label has it."""

    company: str = "SHOP"
    store: str = "0001"
    username: str = "box"
    password: str = "secret-of-the-bench"
    labels: int = 10
    work_ms: int = 500
    update_ms: int = 2_000
    time_out_ms: int = 10_000
    token_seconds: int = 3_600


@dataclass(frozen=True, slots=True)
class Reply:
    """`cut`: the connection is closed instead of an answer."""

    status: int
    body: bytes = b""
    cut: bool = False


class Cloud:
    """See the module. Times in milliseconds of the cloud's own clock."""

    def __init__(self, settings: CloudSettings, rng: RandomSource) -> None:
        self.settings = settings
        self.faults = CloudFaults()
        self.labels = {code: PanelLabel(code) for code in (f"0A0000{n:06X}" for n in range(settings.labels))}
        self.articles: dict[str, aims.Article] = {}
        self._rng = rng
        self._tokens: set[str] = set()
        self._waiting: dict[str, int] = {}
        self._now_ms = 0

    def step(self, now_ms: int) -> None:
        """Do everything that is due."""
        self._now_ms = max(now_ms, self._now_ms)
        for code, begin_ms in list(self._waiting.items()):
            if begin_ms <= self._now_ms and self.labels[code].due_ms is None:
                del self._waiting[code]
                self._begin(self.labels[code])
        for label in self.labels.values():
            if label.due_ms is not None and label.due_ms <= self._now_ms:
                self._end(label)

    def answer(self, request: aims.CloudRequest) -> Reply:
        """Carry out one request."""
        if self.faults.busy:
            return Reply(429, aims.write_refusal(429, "TOO MANY REQUESTS"))
        try:
            asked = aims.read_cloud_request(request)
        except aims.CloudRefused as error:
            return Reply(405, aims.write_refusal(405, str(error)))
        if asked.what == "login":
            return self._login(asked)
        if self.faults.tokens_end_now or request.token not in self._tokens:
            return Reply(401, aims.write_refusal(401, "UNAUTHORIZED"))
        if asked.shop.company != self.settings.company:
            return Reply(403, aims.write_refusal(403, "COMPANY INVALID"))
        if asked.what == "labels":
            return self._page(asked.page)
        reply = self._change(asked)
        return replace(reply, cut=self._lucky(self.faults.lost_answer_percent))

    def _login(self, asked: aims.Asked) -> Reply:
        user = asked.body
        if not isinstance(user, aims.Login):
            return Reply(405, aims.write_refusal(405, "PARAMETER IS INVALID"))
        if (user.username, user.password) != (self.settings.username, self.settings.password):
            return Reply(406, aims.write_refusal(406, "AUTHENTICATION FAILED"))
        self.faults.tokens_end_now = False
        token = self._rng.bytes(16).hex()
        self._tokens = {token}
        return Reply(200, aims.write_token(aims.Token(access_token=token, expires_in=self.settings.token_seconds)))

    def _page(self, page: int) -> Reply:
        start = page * aims.PAGE_SIZE
        labels = tuple(map(self._view, list(self.labels.values())[start : start + aims.PAGE_SIZE]))
        return Reply(200, aims.write_labels(labels, len(self.labels))) if labels else Reply(204)

    def _view(self, label: PanelLabel) -> aims.CloudLabel:
        article = self.articles.get(label.article_id)
        return aims.CloudLabel(
            label_code=label.code,
            article_list=(article,) if article is not None else (),
            status=label.status,
            process_update_time=label.process_ms,
            status_update_time=label.status_ms,
            last_response_time=label.response_ms,
            signal="GOOD",
            battery="GOOD",
        )

    def _change(self, asked: aims.Asked) -> Reply:
        match asked.what, asked.body:
            case "articles", tuple() as articles:
                return self._put(articles)
            case "link", _:
                return self._link(aims.assignments(asked))
            case "light", tuple() as lights:
                return self._light(lights)
            case "unlink", _:
                for code in set(aims.parted(asked)) & self.labels.keys():
                    self.labels[code].article_id = ""
        return Reply(200, aims.write_done())

    def _put(self, articles: tuple[aims.Article, ...]) -> Reply:
        if len(self.articles) + len(articles) > ARTICLES_MAX:
            return Reply(500, aims.write_refusal(500, "FAILED TO PROCESS REQUEST OPERATION"))
        for article in articles:
            self.articles[article.article_id] = _dated(article, self._now_ms)
            for label in self.labels.values():
                if label.article_id == article.article_id:
                    self._plan(label)
        return Reply(200, aims.write_done())

    def _link(self, links: tuple[aims.Assignment, ...]) -> Reply:
        for each in links:
            label = self.labels.get(each.label_code)
            if label is None:
                return Reply(404, aims.write_refusal(404, "LABEL NOT FOUND"))
            article_id = each.article_id_list[0] if each.article_id_list else ""
            if article_id != label.article_id:
                label.article_id = article_id
                self._plan(label)
        return Reply(200, aims.write_done())

    def _light(self, lights: tuple[aims.Light, ...]) -> Reply:
        for light in lights:
            if light.label_code not in self.labels:
                return Reply(404, aims.write_refusal(404, "LABEL NOT FOUND"))
            self.labels[light.label_code].light = light
        return Reply(200, aims.write_done())

    def _plan(self, label: PanelLabel) -> None:
        self._waiting[label.code] = self._now_ms + self.settings.work_ms

    def _begin(self, label: PanelLabel) -> None:
        article = self.articles.get(label.article_id)
        if article is None:
            return
        label.status, label.process_ms, label.taking = "PROCESSING", self._now_ms, dict(article.data)
        failing = label.silent or self._lucky(self.faults.time_out_percent)
        label.due_ms = self._now_ms + (self.settings.time_out_ms if failing else self.settings.update_ms)
        label.status_ms = self._now_ms
        if failing:
            label.taking = {}

    def _end(self, label: PanelLabel) -> None:
        label.due_ms, label.status_ms = None, self._now_ms
        if not label.taking or label.silent:
            label.status = "TIMEOUT"
            return
        label.status, label.response_ms = "SUCCESS", self._now_ms
        label.shown.append((self._now_ms, label.taking))

    def _lucky(self, percent: int) -> bool:
        return percent > 0 and int.from_bytes(self._rng.bytes(2), "big") % 100 < percent


def _dated(article: aims.Article, now_ms: int) -> aims.Article:
    return aims.Article(
        article_id=article.article_id, article_name=article.article_name, data=article.data, last_modified=now_ms
    )
