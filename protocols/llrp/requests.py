"""Requests that wait for their answers: joined by message id, each with its own time, refusals as typed errors. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from protocols.llrp import messages as m
from protocols.llrp import vendors as v
from protocols.llrp.codec import encode_message
from protocols.llrp.errors import LlrpError, NoAnswer, RequestRefused
from protocols.llrp.event_parameters import FieldError, LlrpStatus, ParameterError, Status
from protocols.llrp.wire import Message, find, readable

Then = Callable[[Message | None, int], None]
"""Called with the answer (None: it came and cannot be read) and the time."""
Otherwise = Callable[[LlrpError, int], None]
"""Called when the request was refused or not answered in time."""

_ANSWERS: tuple[type[Message], ...] = (*m.ANSWER_TO.values(), m.ErrorMessage, m.CustomMessage)

PENDING_MAX = 64
"""Requests on their way. Policy when reached: a further one is an error of the caller (ValueError)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request on its way."""

    request: Message
    until_ms: int
    then: Then
    otherwise: Otherwise | None
    """None: the connection ends with the error."""

    @property
    def name(self) -> str:
        """For people."""
        return type(self.request).__name__


class Requests:
    """What one connection sends, and its requests that wait for an answer."""

    def __init__(self, answer_within_ms: int) -> None:
        self._answer_within_ms = answer_within_ms
        self._asked: dict[int, Asked] = {}
        self._output = bytearray()
        self._last_id = 0
        self.version = m.VERSION
        """What is spoken: 1 is LLRP 1.0.1, 2 is LLRP 1.1."""

    def take_output(self) -> bytes:
        """What is to be sent now."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def send(self, message: Message) -> None:
        """Send a message that is no request and no answer; it gets its own id."""
        self.reply(self._numbered(message))

    def reply(self, message: Message) -> None:
        """Send a message with the id it has."""
        self._output += encode_message(message, version=self.version)

    def ask(
        self, request: Message, then: Then, otherwise: Otherwise | None, now_ms: int, *, version: int | None = None
    ) -> None:
        """Send a request. `then` or `otherwise` is called once. Raises ValueError when too many wait."""
        if len(self._asked) >= PENDING_MAX:
            raise ValueError(f"{PENDING_MAX} requests wait for their answers already")
        request = self._numbered(request)
        self._asked[request.message_id] = Asked(request, now_ms + self._answer_within_ms, then, otherwise)
        self._output += encode_message(request, version=version or self.version)

    def _numbered(self, message: Message) -> Message:
        if message.message_id:
            return message
        self._last_id = self._last_id % 0xFFFFFFFF + 1
        return msgspec.structs.replace(message, message_id=self._last_id)

    def waits_for(self, kind: type[Message]) -> bool:
        """Whether such a request is on its way."""
        return any(isinstance(asked.request, kind) for asked in self._asked.values())

    @property
    def deadline_ms(self) -> int | None:
        """When the first of them has waited long enough."""
        return min((asked.until_ms for asked in self._asked.values()), default=None)

    def overdue(self, now_ms: int) -> None:
        """See to requests that were not answered. Raises NoAnswer."""
        for message_id, asked in list(self._asked.items()):
            if now_ms >= asked.until_ms:
                del self._asked[message_id]
                self._failed(asked, NoAnswer(f"the reader does not answer {asked.name}"), now_ms)

    def answer(self, message: Message, now_ms: int) -> bool:
        """A message that may be an answer; False: nobody asked for it. Raises RequestRefused.

        A reader numbers its own messages as it likes: what is no answer of any kind is not taken for one because of its id.
        """
        if not isinstance(message, _ANSWERS):
            return False
        asked = self._asked.pop(message.message_id, None)
        if asked is None:
            return False
        refused = refusal(asked, message)
        if refused is None:
            asked.then(message, now_ms)
        else:
            self._failed(asked, refused, now_ms)
        return True

    def unreadable(self, message_id: int, now_ms: int) -> bool:
        """An answer came whose inside makes no sense: what was asked is taken for done, the next step shows if it is not."""
        asked = self._asked.pop(message_id, None)
        if asked is None:
            return False
        asked.then(None, now_ms)
        return True

    @staticmethod
    def _failed(asked: Asked, error: LlrpError, now_ms: int) -> None:
        if asked.otherwise is None:
            raise error
        asked.otherwise(error, now_ms)


def refusal(asked: Asked, message: Message) -> RequestRefused | None:
    """What the answer complains of; None: it is well."""
    status = _status(message)
    if status is not None and status.code != Status.SUCCESS:
        return RequestRefused(asked.name, status.code, readable(status.description), path_of(status))
    if isinstance(asked.request, m.CustomMessage):
        return None
    if not isinstance(message, m.ANSWER_TO[type(asked.request)]):
        return RequestRefused(asked.name, -1, f"answered by a {type(message).__name__}", "")
    return None


def path_of(status: LlrpStatus) -> str:
    """`parameter 222 / parameter 224 / field 2`: where in the request the fault is."""
    steps: list[str] = []
    part: LlrpStatus | ParameterError | None = status
    while part is not None:
        field, inner = find(part.parts, FieldError), find(part.parts, ParameterError)
        if field is not None:
            steps.append(f"field {field.field}")
        if inner is not None:
            steps.append(f"parameter {inner.parameter}")
        part = inner
    return " / ".join(steps)


def _status(message: Message) -> LlrpStatus | None:
    if isinstance(message, m.CustomMessage):
        return v.status_in(message)
    return find(message.parts, LlrpStatus)
