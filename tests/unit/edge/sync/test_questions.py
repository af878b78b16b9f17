"""The breaker: one customer waits for a silent headquarters, the next ones do not, and it closes by itself."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import httpx
import pytest

from edge.checkout.ports import Unreachable
from edge.sync import questions
from edge.sync.https_line import HqHttps
from edge.sync.questions import HqQuestions
from protocols.contract.questions import (
    AskBalance,
    Balance,
    QuestionError,
    QuestionRefused,
    ValueKind,
    decode_answer,
    decode_question,
    encode_answer,
    encode_question,
    value_key,
    value_tail,
)
from tests.support.waiting import until

QUESTION = AskBalance(question_id="q1", value_kind=ValueKind.GIFT_CARD, key=value_key(ValueKind.GIFT_CARD, "6001 2345"))


class Web(httpx.AsyncBaseTransport):
    """Headquarters as a network: up, silent (never answers), busy, or broken on an idle connection."""

    def __init__(self) -> None:
        self.state = "up"
        self.asked: list[str] = []
        self.bodies: list[bytes] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.state == "silent":
            await asyncio.Event().wait()
        if self.state == "down":
            raise httpx.ConnectError("no route", request=request)
        if self.state == "stale":
            self.state = "up"
            raise httpx.RemoteProtocolError("Server disconnected", request=request)
        if self.state == "busy":
            return httpx.Response(503)
        if request.method == "POST":
            self.bodies.append(request.content)
        return httpx.Response(200, content=encode_answer(Balance(free=1234, currency="EUR")))


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def hq(web: Web) -> HqQuestions:
    return HqQuestions(HqHttps("https://hq", "S001", ssl.create_default_context(), transport=web))


async def test_an_answer(hq: HqQuestions, web: Web) -> None:
    assert await hq.ask(QUESTION) == Balance(free=1234, currency="EUR")
    assert web.asked == ["/v1/edge/S001/questions"]
    assert decode_question(web.bodies[0]) == QUESTION


async def test_a_connection_that_broke_idle_is_tried_once_more(hq: HqQuestions, web: Web) -> None:
    web.state = "stale"
    assert await hq.ask(QUESTION) == Balance(free=1234, currency="EUR")
    assert len(web.asked) == 2


@pytest.mark.parametrize("state", ["silent", "down"])
async def test_after_a_failure_nobody_else_waits(
    hq: HqQuestions, web: Web, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(questions, "RETRY_SECONDS_MIN", 0.01)
    web.state = state
    assert isinstance(await hq.ask(QUESTION), Unreachable)
    assert not hq.reachable
    asked = len(web.asked)
    assert isinstance(await hq.ask(QUESTION), Unreachable)
    assert len(web.asked) == asked
    running = asyncio.create_task(hq.run())
    try:
        web.state = "up"
        await until(lambda: hq.reachable)
        assert await hq.ask(QUESTION) == Balance(free=1234, currency="EUR")
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_a_busy_headquarters_is_asked_again_by_the_next(hq: HqQuestions, web: Web) -> None:
    web.state = "busy"
    assert isinstance(await hq.ask(QUESTION), Unreachable)
    assert hq.reachable
    web.state = "up"
    assert await hq.ask(QUESTION) == Balance(free=1234, currency="EUR")


async def test_not_more_than_so_many_at_once(hq: HqQuestions, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "ANSWER_SECONDS", 0.05)
    web.state = "silent"
    answers = await asyncio.gather(*(hq.ask(QUESTION) for _ in range(questions.WAITING_MAX + 3)))
    assert all(isinstance(answer, Unreachable) for answer in answers)
    assert len(web.asked) == questions.WAITING_MAX


def test_what_is_no_question() -> None:
    for body in (b"", b"{}", b'{"kind":"ask_balance"}', b"\xff", b'{"kind":"of_the_future","question_id":"1"}'):
        with pytest.raises(QuestionError):
            decode_question(body)
    with pytest.raises(QuestionError, match="1 to 64"):
        decode_question(encode_question(AskBalance(question_id="", value_kind=ValueKind.POINTS)))
    with pytest.raises(QuestionError):
        decode_answer(b'{"kind":"of_the_future"}')
    refused = QuestionRefused(code="value_short", params={"balance": "5"})
    assert decode_answer(encode_answer(refused)) == refused


def test_a_number_is_never_told_in_plain() -> None:
    assert value_key(ValueKind.GIFT_CARD, "6001 2345-ab") == value_key(ValueKind.GIFT_CARD, "60012345AB")
    assert value_key(ValueKind.GIFT_CARD, "60012345") != value_key(ValueKind.COUPON, "60012345")
    assert value_tail("6001 2345-ab") == "45AB"
    assert value_tail("1234") == ""
