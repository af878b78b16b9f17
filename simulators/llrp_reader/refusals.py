"""How a reader says no: an LLRPStatus that names the parameter and field at fault (LLRP 1.0.1, section 14.1)."""

from __future__ import annotations

from protocols.llrp.event_parameters import FieldError, LlrpStatus, ParameterError, Status
from protocols.llrp.wire import Parameter

OK = LlrpStatus(code=Status.SUCCESS)
Path = tuple[type[Parameter], ...]


class Refused(Exception):
    """The request is answered with `status`."""

    def __init__(self, status: LlrpStatus) -> None:
        super().__init__(status.description)
        self.status = status


def number_of_field(kind: type[Parameter], name: str) -> int:
    """Which field of the parameter, from 0, in wire order."""
    return [field for field in kind.__struct_fields__ if field != "parts"].index(name)


def wrong_message_field(field: int, words: str, code: Status = Status.A_INVALID) -> Refused:
    """A field of the message itself, by its number."""
    return Refused(
        LlrpStatus(code=Status.M_FIELD, description=words, parts=(FieldError(field=field, code=code),))
    )  # fmt: skip


def wrong_field(path: Path, field: str, words: str, code: Status = Status.A_OUT_OF_RANGE) -> Refused:
    """A field of the last parameter of the path."""
    error = FieldError(field=number_of_field(path[-1], field), code=code)
    return _inside(path, Status.P_FIELD, words, error)


def missing(path: Path, words: str) -> Refused:
    """Something the last parameter of the path must hold; of the message itself when the path is empty."""
    if not path:
        return Refused(LlrpStatus(code=Status.M_MISSING_PARAMETER, description=words))
    return _inside(path, Status.P_MISSING_PARAMETER, words)


def unexpected(path: Path, part: Parameter, words: str, *, unsupported: bool = False) -> Refused:
    """A parameter that does not belong there, or that this reader does not have."""
    code = Status.P_UNSUPPORTED_PARAMETER if unsupported else Status.P_UNEXPECTED_PARAMETER
    number = getattr(part, "kind", part.number)
    inner: Parameter = ParameterError(parameter=number, code=code)
    for kind in reversed(path):
        inner = ParameterError(parameter=kind.number, code=Status.P_PARAMETER, parts=(inner,))
    return Refused(LlrpStatus(code=Status.M_PARAMETER, description=words, parts=(inner,)))


def overflow(path: Path, words: str) -> Refused:
    """More of something than the reader can hold."""
    if not path:
        return Refused(LlrpStatus(code=Status.M_OVERFLOW_PARAMETER, description=words))
    return _inside(path, Status.P_OVERFLOW_PARAMETER, words)


def device(words: str) -> Refused:
    """The reader cannot do it now."""
    return Refused(LlrpStatus(code=Status.R_DEVICE, description=words))


def _inside(path: Path, code: Status, words: str, *parts: Parameter) -> Refused:
    inner: Parameter = ParameterError(parameter=path[-1].number, code=code, parts=parts)
    for kind in reversed(path[:-1]):
        inner = ParameterError(parameter=kind.number, code=Status.P_PARAMETER, parts=(inner,))
    return Refused(LlrpStatus(code=Status.M_PARAMETER, description=words, parts=(inner,)))
