"""A label cloud in the shape of AIMS: articles out, statuses in. It draws the labels; the box sends data.

What proves what. The cloud's 200 proves that it has the data (evidence B, queued). Status SUCCESS proves that a label took
an update (F), and only of an update that the cloud began after the article was changed last: then the label shows what the
article says, and the article carries our name for it. Nothing proves the panel (G). Each label has an article of its own:
nothing may reach a label that the ledger has not recorded as sent to it.

All this is read from the cloud itself, so a restarted box or a lost answer costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from firmware_bridges.label_cloud_web import CloudAnswer, CloudLink, NoCloud, open_cloud
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent, LabelSeen, LabelTimedOut
from protocols.esl import aims
from protocols.labels.article import (
    DATA_HARDWARE_TYPE,
    ArticleRefused,
    ShelfArticle,
    printed_price,
    read_article,
)

ANSWER_SECONDS = 20.0
TOKEN_SPARE_MS = 60_000
"""A token is renewed so long before it ends."""
PAGES_MAX = 100
NO_IMAGE = "0" * 32
NAME_FIELD = "TALLYSTICK"
"""The article's field with our name for what it says."""
SIGNALS = {"EXCELLENT": 240, "GOOD": 170, "NORMAL": 110, "BAD": 40}
"""The cloud's words as link quality."""

Uploaded = Literal["queued", "refused", "unknown_label"]
OpenCloud = Callable[[str, float], CloudLink]

log = structlog.get_logger("tallystick.bridges.label_cloud")


@dataclass(frozen=True, slots=True)
class CloudAccount:
    """Where and who. `url` as `https://host`; plain `http` for this machine only."""

    url: str
    company: str
    store: str
    username: str
    password: str

    def __post_init__(self) -> None:
        """Raises ValueError for a password that would travel in the open."""
        local = self.url.startswith(("http://127.0.0.1", "http://localhost"))
        if not self.url.startswith("https://") and not local:
            raise ValueError(f"{self.url} would send the password in the open: use https")


class LabelCloud:
    """See the module and `firmware_bridges.supervise.Driver`."""

    device_kind = "labels"

    def __init__(
        self,
        device_id: str,
        account: CloudAccount,
        clock: Clock,
        *,
        poll_seconds: float = 15.0,
        answer_seconds: float = ANSWER_SECONDS,
        open_link: OpenCloud = open_cloud,
    ) -> None:
        self.device_id = device_id
        self._account = account
        self._shop = aims.Shop(account.company, account.store)
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._answer_seconds = answer_seconds
        self._open_link = open_link
        self._link: CloudLink | None = None
        self._ready = asyncio.Event()
        self._one_change = asyncio.Lock()
        self._token = ""
        self._token_ends_mono_ms = 0
        self._timed_out: dict[str, int] = {}

    async def ready(self) -> None:
        """Return once the cloud has let us in."""
        await self._ready.wait()

    async def run(self, emit: Emit) -> None:
        """Poll for ever. Emits LabelSeen, LabelTimedOut. Raises LinkBroken."""
        link = self._link = self._open_link(self._account.url, self._answer_seconds)
        self._token = ""
        try:
            while True:
                await self._tell_all(emit)
                if not self._ready.is_set():
                    self._ready.set()
                    emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=DeviceState.READY))
                await asyncio.sleep(self._poll_seconds)
        except (NoCloud, aims.CloudRefused) as error:
            raise LinkBroken(f"the label cloud at {self._account.url}: {error}") from error
        finally:
            self._ready.clear()
            self._link = None
            await link.close()

    async def upload(self, label_id: str, article: bytes, image_hash: str, clear_first: bool) -> Uploaded:  # noqa: ARG002
        """Give a label's article its new data and join the two. `article`: bytes of `protocols.labels.article`.

        An article is replaced as a whole, so the newest always wins. "refused": out of reach, or not taken; ask again.
        """
        try:
            wanted = _cloud_article(label_id, read_article(article), image_hash)
        except ArticleRefused as error:
            log.warning("order is no article", device_id=self.device_id, label_id=label_id, reason=str(error))
            return "refused"
        async with self._one_change:
            try:
                await self._change(lambda token: aims.put_article(self._shop, wanted, token))
                linked = await self._ask(lambda token: aims.link(self._shop, label_id, wanted.article_id, token))
                if linked.status == 404:
                    return "unknown_label"
                aims.read_done(linked.status, linked.body)
            except (NoCloud, aims.CloudRefused) as error:
                log.info("cloud took no article", device_id=self.device_id, label_id=label_id, reason=str(error))
                return "refused"
        return "queued"

    async def part(self, label_id: str) -> Uploaded:
        """Part a label from its article: its panel stays as it is. Never raises for the line or the cloud."""
        try:
            await self._change(lambda token: aims.unlink(self._shop, label_id, token))
        except (NoCloud, aims.CloudRefused) as error:
            log.info("cloud parted nothing", device_id=self.device_id, label_id=label_id, reason=str(error))
            return "refused"
        return "queued"

    async def flash(self, label_id: str, colour: str, seconds: int) -> Uploaded:
        """Light a label for a time; 0 seconds: stop. Never raises for the line or the cloud."""
        order = aims.Light(label_code=label_id, color=colour.upper(), duration=f"{seconds}s")
        try:
            answer = await self._ask(lambda token: aims.light(self._shop, order, token))
            if answer.status == 404:
                return "unknown_label"
            aims.read_done(answer.status, answer.body)
        except (NoCloud, aims.CloudRefused) as error:
            log.info("cloud lit nothing", device_id=self.device_id, label_id=label_id, reason=str(error))
            return "refused"
        return "queued"

    async def _tell_all(self, emit: Emit) -> None:
        for page in range(PAGES_MAX):
            answer = await self._ask(lambda token, page=page: aims.labels_page(self._shop, page, token))  # type: ignore[misc]
            labels = aims.read_labels(answer.status, answer.body)
            for label in labels:
                emit(self._sight(label))
                self._tell_time_out(label, emit)
            if len(labels) < aims.PAGE_SIZE:
                return

    def _sight(self, label: aims.CloudLabel) -> LabelSeen:
        article = next((each for each in label.article_list if each.article_id == _article_id(label.label_code)), None)
        proven = article is not None and label.status == "SUCCESS" and label.process_update_time > article.last_modified
        return LabelSeen(
            device_id=self.device_id,
            label_id=label.label_code,
            image_hash=article.data.get(NAME_FIELD, NO_IMAGE) if article is not None and proven else NO_IMAGE,
            # Grows with every update that succeeded, whoever restarts.
            update_count=label.status_update_time if proven else 0,
            pending=0 if proven or article is None else 1,
            last_seen_ms=label.last_response_time,
            hardware_type=DATA_HARDWARE_TYPE,
            link_quality=SIGNALS.get(label.signal),
            has_light=True,
        )

    def _tell_time_out(self, label: aims.CloudLabel, emit: Emit) -> None:
        if label.status in ("TIMEOUT", "FAILED") and self._timed_out.get(label.label_code) != label.status_update_time:
            self._timed_out[label.label_code] = label.status_update_time
            emit(LabelTimedOut(device_id=self.device_id, label_id=label.label_code))

    async def _change(self, make: Callable[[str], aims.CloudRequest]) -> None:
        answer = await self._ask(make)
        aims.read_done(answer.status, answer.body)

    async def _ask(self, make: Callable[[str], aims.CloudRequest]) -> CloudAnswer:
        """One request with a valid token; a refused token is renewed once. Raises `NoCloud`, `CloudRefused`."""
        answer = await self._send(make(await self._valid_token()))
        if answer.status != 401:
            return answer
        self._token = ""
        return await self._send(make(await self._valid_token()))

    async def _valid_token(self) -> str:
        now_ms = self._clock.monotonic_ms()
        if not self._token or now_ms >= self._token_ends_mono_ms:
            user = aims.Login(username=self._account.username, password=self._account.password)
            answer = await self._send(aims.login(user))
            token = aims.read_token(answer.status, answer.body)
            self._token = token.access_token
            self._token_ends_mono_ms = now_ms + max(token.expires_in * 1000 - TOKEN_SPARE_MS, 1_000)
        return self._token

    async def _send(self, request: aims.CloudRequest) -> CloudAnswer:
        link = self._link
        if link is None:
            raise NoCloud("not connected")
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await link.ask(request)
        except (NoCloud, TimeoutError) as error:
            path = request.target.partition("?")[0]
            raise NoCloud(f"no answer to {request.method} {path} ({error or 'too slow'})") from error


def _article_id(label_id: str) -> str:
    return f"tallystick-{label_id}"


def _cloud_article(label_id: str, article: ShelfArticle, image_hash: str) -> aims.Article:
    digits = article.minor_digits
    data = {
        NAME_FIELD: image_hash,
        "ITEM_ID": article.item_id,
        "NAME": article.name,
        "NAME_ZH": article.name_zh,
        "PRICE": printed_price(article.price_minor, digits),
        "WAS_PRICE": printed_price(article.was_minor, digits),
        "UNTIL": article.until,
        "MEMBER_PRICE": printed_price(article.member_price_minor, digits),
        "UNIT_PRICE": article.unit_price,
        "STOCK": "out" if article.out_of_stock else "",
        "CURRENCY": article.currency,
        "PER": "kg" if article.per_kg else "",
        "GTIN": article.gtin,
    }
    return aims.Article(article_id=_article_id(label_id), article_name=article.name, data=data)
