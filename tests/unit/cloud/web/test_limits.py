"""The body limit counts what arrives, not what is promised."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from cloud.web.limits import BodyLimit

LIMIT = 10


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads everything, then answers with its size; swallows errors as a careless handler does."""
    size, more = 0, True
    while more:
        try:
            message = await receive()
        except RuntimeError:
            break
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def call(chunks: list[bytes], announced: str | None, path: str = "/") -> int:
    """The status of the answer."""
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1} for number, chunk in enumerate(chunks)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(0)
        return waiting.pop(0)

    async def send(message: Message) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    headers = [] if announced is None else [(b"content-length", announced.encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    await BodyLimit(echo, LIMIT, {"/files/": 3 * LIMIT})(scope, receive, send)
    status: int = sent[0]["status"]
    return status


@pytest.mark.parametrize(
    ("chunks", "announced", "status"),
    [
        ([b"x" * LIMIT], str(LIMIT), 200),
        ([b"x" * LIMIT], None, 200),
        ([b"x" * 4, b"x" * 6], None, 200),
        ([b""], str(LIMIT + 1), 413),
        ([b"x" * 4, b"x" * 7], None, 413),
        ([b"x" * 4, b"x" * 7], "4", 413),
        ([b""], "-1", 413),
        ([b""], "many", 413),
    ],
)
async def test_what_is_larger_is_refused(chunks: list[bytes], announced: str | None, status: int) -> None:
    assert await call(chunks, announced) == status


@pytest.mark.parametrize(("size", "path", "status"), [(30, "/files/a", 200), (31, "/files/a", 413), (11, "/file", 413)])
async def test_a_path_for_files_takes_more(size: int, path: str, status: int) -> None:
    assert await call([b"x" * size], None, path) == status
    assert await call([b"x" * size], str(size), path) == status
