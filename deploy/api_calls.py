"""JSON over HTTP to the running system, with the standard library alone."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

CALL_SECONDS = 15.0

Json = dict[str, object]


class CallFailed(RuntimeError):
    """An API said no or did not answer; the text carries its words."""


def call(method: str, url: str, body: object = None, *, token: str = "") -> Json:
    """One request; the JSON object it was answered with, empty for an answer without a body. Raises `CallFailed`."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
            found = json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise CallFailed(f"{method} {url}: {error.code} {error.read()[:300].decode(errors='replace')}") from error
    except (OSError, ValueError) as error:
        raise CallFailed(f"{method} {url}: {error}") from error
    if not isinstance(found, dict):
        raise CallFailed(f"{method} {url}: no JSON object")
    return found


def rows(answer: Json, key: str) -> list[Json]:
    """A list of objects inside an answer. Raises `CallFailed`."""
    found = answer.get(key)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise CallFailed(f"the answer has no list '{key}'")
    return found
