"""Questions to headquarters while a customer waits: HTTPS with a short time-out, and a breaker.

After a failure no further customer waits: the breaker is open, every question is `Unreachable` at once, and headquarters is
tried in the background until it answers. See `edge.checkout.ports.Headquarters`.
"""

from __future__ import annotations

import asyncio

import structlog

from edge.checkout.ports import Unreachable
from edge.sync.errors import LineBroken
from edge.sync.https_line import HqHttps
from protocols.contract.questions import ANSWER_SECONDS, Answer, Question, QuestionError, decode_answer, encode_question

log = structlog.get_logger("tallystick.edge.sync")

RETRY_SECONDS_MIN = 2.0
RETRY_SECONDS_MAX = 30.0
WAITING_MAX = 16
"""Questions under way of all tills; the next one is `Unreachable`."""


class HqQuestions:
    """The box's questions. Run `run` beside; one per box."""

    def __init__(self, https: HqHttps) -> None:
        self._https = https
        self._under_way = 0
        self._broken = asyncio.Event()

    @property
    def reachable(self) -> bool:
        """Whether a question would be asked at all."""
        return not self._broken.is_set()

    async def ask(self, question: Question) -> Answer | Unreachable:
        """See `edge.checkout.ports.Headquarters`."""
        if self._broken.is_set():
            return Unreachable("headquarters does not answer")
        if self._under_way >= WAITING_MAX:
            return Unreachable("too many questions at once")
        self._under_way += 1
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                body = await self._https.question(encode_question(question))
            return Unreachable("headquarters is busy") if body is None else decode_answer(body)
        except (TimeoutError, LineBroken) as error:
            return self._trip(str(error) or "no answer in time")
        except QuestionError as error:
            log.warning("headquarters answered a question with something else", error=str(error))
            return Unreachable(f"not understood: {error}")
        finally:
            self._under_way -= 1

    async def run(self) -> None:
        """Try headquarters while it does not answer, for ever."""
        while True:
            await self._broken.wait()
            wait_seconds = RETRY_SECONDS_MIN
            while not await self._answers():
                await asyncio.sleep(wait_seconds)
                wait_seconds = min(2 * wait_seconds, RETRY_SECONDS_MAX)
            self._broken.clear()
            log.info("headquarters answers questions again")

    def _trip(self, why: str) -> Unreachable:
        if not self._broken.is_set():
            log.info("headquarters does not answer questions", reason=why)
        self._broken.set()
        return Unreachable(why)

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._https.probe_quickly()
        except (TimeoutError, LineBroken):
            return False
        return True
