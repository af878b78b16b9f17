"""A label cloud that takes data instead of pixels, in the shape of SoluM's AIMS; both roles.

Bearer token from `POST /common/api/v2/token`; articles (a flat table of texts per article) by `POST .../articles`; labels
joined to articles by `.../labels/link` and `/unlink`; what became of a label's last update by `GET .../labels` and
`.../labels/status/history`; lights by `PUT /common/api/v1/labels/contents/led`. Every answer carries `responseCode` as
text. Paths, the bodies of token, link, unlink and light, and the envelope are public; the names of the three time fields
are ours (a real server's are mapped in `read_labels` alone).

Times are the cloud's own, in milliseconds since 1970: they are compared with each other only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

BASE = "/common/api/v2"
LED_PATH = "/common/api/v1/labels/contents/led"
PAGE_SIZE = 500
ANSWER_BYTES_MAX = 8 * 1024 * 1024
OK = "200"


class CloudRefused(ValueError):
    """The bytes are not what such a cloud says or takes; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class CloudRequest:
    """One request on the wire. `token` empty: without authorization."""

    method: str
    target: str
    body: bytes = b""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """Whose labels: both are query parameters of almost every request."""

    company: str
    store: str

    def query(self, **more: str | int) -> str:
        """As a query string."""
        return urlencode({"company": self.company, "store": self.store, **more})


class Login(msgspec.Struct, frozen=True, kw_only=True):
    username: str
    password: str


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """`expires_in` in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str = ""
    token_type: str = "Bearer"


class Article(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a label's template draws: a name and texts by field. `last_modified` is the cloud's word."""

    article_id: str
    article_name: str = ""
    data: dict[str, str] = {}
    last_modified: int = 0


class Assignment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    label_code: str
    article_id_list: tuple[str, ...]


class CloudLabel(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A label as the cloud knows it. `status` is of its last update: SUCCESS, PROCESSING, TIMEOUT, FAILED, or empty."""

    label_code: str
    article_list: tuple[Article, ...] = ()
    status: str = ""
    process_update_time: int = 0
    """When the cloud began to work on the last update."""
    status_update_time: int = 0
    """When the status became what it is."""
    last_response_time: int = 0
    signal: str = ""
    battery: str = ""


class Light(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`duration` as "30s"; "0s" stops."""

    label_code: str
    color: str
    duration: str
    pattern_id: int = 0
    multi_led: bool = False


class _Links(msgspec.Struct, frozen=True, rename="camel"):
    assign_list: tuple[Assignment, ...]


class _Unlinks(msgspec.Struct, frozen=True):
    labels: tuple[str, ...] = msgspec.field(name="unAssignList")


class _Answer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    response_code: str
    response_message: str | Token = "SUCCESS"
    label_list: tuple[CloudLabel, ...] = ()
    article_list: tuple[Article, ...] = ()
    total_elements: int = 0


_answers = msgspec.json.Decoder(_Answer)
_encode = msgspec.json.encode


# The client's side.


def login(user: Login) -> CloudRequest:
    """Ask for a token."""
    return CloudRequest("POST", f"{BASE}/token", _encode(user))


def put_article(shop: Shop, article: Article, token: str) -> CloudRequest:
    """Create an article or change it; its labels follow."""
    return CloudRequest("POST", f"{BASE}/common/articles?{shop.query()}", _encode([article]), token)


def link(shop: Shop, label_code: str, article_id: str, token: str) -> CloudRequest:
    """Join a label to an article."""
    links = _Links((Assignment(label_code=label_code, article_id_list=(article_id,)),))
    return CloudRequest("POST", f"{BASE}/common/labels/link?{shop.query()}", _encode(links), token)


def unlink(shop: Shop, label_code: str, token: str) -> CloudRequest:
    """Part a label from its article."""
    return CloudRequest("POST", f"{BASE}/common/labels/unlink?{shop.query()}", _encode(_Unlinks((label_code,))), token)


def labels_page(shop: Shop, page: int, token: str) -> CloudRequest:
    """A page of labels with the status of each one's last update and the articles joined to it."""
    return CloudRequest("GET", f"{BASE}/common/labels?{shop.query(page=page, size=PAGE_SIZE)}", token=token)


def light(shop: Shop, order: Light, token: str) -> CloudRequest:
    """Light a label."""
    return CloudRequest("PUT", f"{LED_PATH}?{urlencode({'company': shop.company})}", _encode([order]), token)


def read_token(status: int, body: bytes) -> Token:
    """The token of an answer. Raises `CloudRefused`."""
    message = _read(status, body).response_message
    if not isinstance(message, Token) or not message.access_token or message.expires_in <= 0:
        raise CloudRefused("the answer holds no token")
    return message


def read_done(status: int, body: bytes) -> None:
    """Whether a change was taken. Raises `CloudRefused` with the cloud's reason."""
    _read(status, body)


def read_labels(status: int, body: bytes) -> tuple[CloudLabel, ...]:
    """The labels of a page; 204 is an empty page. Raises `CloudRefused`."""
    return () if status == 204 else _read(status, body).label_list


def _read(status: int, body: bytes) -> _Answer:
    try:
        answer = _answers.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise CloudRefused(f"status {status}, and not an answer of a label cloud: {error}") from error
    if status != 200 or answer.response_code != OK:
        raise CloudRefused(f"refused with {answer.response_code}: {str(answer.response_message)[:120]}")
    return answer


# The server's side.


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: `what` is one of login, articles, link, unlink, labels, light."""

    what: str
    shop: Shop
    body: object = None
    page: int = 0


_BODIES: Mapping[str, tuple[str, str, type]] = {
    f"{BASE}/token": ("POST", "login", Login),
    f"{BASE}/common/articles": ("POST", "articles", tuple[Article, ...]),
    f"{BASE}/common/labels/link": ("POST", "link", _Links),
    f"{BASE}/common/labels/unlink": ("POST", "unlink", _Unlinks),
    LED_PATH: ("PUT", "light", tuple[Light, ...]),
}


def read_cloud_request(request: CloudRequest) -> Asked:
    """Read a request as the cloud does. Raises `CloudRefused`."""
    parts = urlsplit(request.target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    shop = Shop(query.get("company", ""), query.get("store", ""))
    if (request.method, parts.path) == ("GET", f"{BASE}/common/labels"):
        page = query.get("page", "0")
        return Asked("labels", shop, page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 0)
    method, what, kind = _BODIES.get(parts.path, ("", "", object))
    if method != request.method:
        raise CloudRefused(f"{request.method} {parts.path} is not served")
    try:
        return Asked(what, shop, msgspec.json.decode(request.body, type=kind))
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise CloudRefused(f"parameter is invalid: {error}") from error


def assignments(asked: Asked) -> tuple[Assignment, ...]:
    """Of a `link`."""
    return asked.body.assign_list if isinstance(asked.body, _Links) else ()


def parted(asked: Asked) -> tuple[str, ...]:
    """Labels of an `unlink`."""
    return asked.body.labels if isinstance(asked.body, _Unlinks) else ()


def write_done() -> bytes:
    """A change was taken."""
    return _encode(_Answer(OK))


def write_refusal(code: int, why: str) -> bytes:
    """A change was not taken."""
    return _encode(_Answer(str(code), why))


def write_token(token: Token) -> bytes:
    """The answer to a login."""
    return _encode({"responseMessage": token, "responseCode": OK})


def write_labels(labels: tuple[CloudLabel, ...], total: int) -> bytes:
    """A page of labels."""
    return _encode(_Answer(OK, label_list=labels, total_elements=total))
