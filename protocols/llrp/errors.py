"""What can go wrong with a reader: who is at fault, and whether the connection can go on."""

from __future__ import annotations


class LlrpError(Exception):
    """Root. Unless said otherwise the connection is of no use any more."""


class FramingLost(LlrpError):
    """A message header makes no sense: nothing after it can be trusted."""


class Malformed(LlrpError):
    """One message's inside cannot be read; the frames around it can, so the connection goes on."""


class ReaderRefuses(LlrpError):
    """The reader does not want this connection. `status` is its ConnectionAttemptEvent (1, 2: another client has it)."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class RequestRefused(LlrpError):
    """A request was answered with an LLRPStatus other than success.

    `code` is the LLRP status code, `path` where in the request the reader saw the fault (parameter and field numbers).
    """

    def __init__(self, request: str, code: int, description: str, path: str) -> None:
        where = f" at {path}" if path else ""
        super().__init__(f"the reader refuses {request}: status {code}{where} {description}".rstrip())
        self.request = request
        self.code = code
        self.description = description
        self.path = path


class NoAnswer(LlrpError):
    """A request stayed without an answer."""


class ReaderSilent(LlrpError):
    """No byte came for two keepalive intervals."""


class ReaderClosed(LlrpError):
    """The reader said that it closes the connection."""
