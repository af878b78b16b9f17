"""What a client asks an OpenEPaperLink access point over HTTP, as typed values and as bytes; both roles.

`write_request` gives method, target, content type and body; `read_request` is its reverse as `web.cpp` does it. In
`/imgupload` the field `mac` must come before the file, or the access point answers "parameters incomplete".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from protocols.esl.oepl_leds import PATTERN_BYTES
from protocols.esl.oepl_records import RecordsRefused, normal_mac

UPLOAD_BYTES_MAX = 512 * 1024
FORM = "application/x-www-form-urlencoded"
CONTENT_EXTERNAL = 24
"""Content mode of an image that somebody outside keeps up to date."""
COMMANDS = frozenset(
    {
        "del",
        "purge",
        "clear",
        "refresh",
        "reboot",
        "scan",
        "reset",
        "deepsleep",
        "ledflash",
        "ledflash_long",
        "ledflash_stop",
    }
)


class RequestRefused(ValueError):
    """The access point answers this status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request on the wire. `target` is path and query."""

    method: str
    target: str
    content_type: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class ImageUpload:
    """POST `/imgupload`. `dither` 0 none, 1 Burkes, 2 ordered."""

    mac: str
    picture: bytes
    dither: int = 0
    ttl_minutes: int = 0
    content_mode: int = CONTENT_EXTERNAL


@dataclass(frozen=True, slots=True)
class TagPageRequest:
    """GET `/get_db`: one tag, or a page from `position` on."""

    mac: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class BackupRequest:
    """GET `/backup_db`: all tags at once."""


@dataclass(frozen=True, slots=True)
class TagCommand:
    """POST `/tag_cmd`. `command` is one of `COMMANDS`."""

    mac: str
    command: str


@dataclass(frozen=True, slots=True)
class LedFlash:
    """GET `/led_flash`: a pattern of `oepl_leds`. It reaches the tag at its next check-in."""

    mac: str
    pattern: bytes


@dataclass(frozen=True, slots=True)
class ApConfigRequest:
    """GET `/get_ap_config`."""


@dataclass(frozen=True, slots=True)
class ApConfigChange:
    """POST `/save_apcfg`: only what is given changes."""

    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CurrentFileRequest:
    """GET `/current/{MAC}.raw`: the file transferred last, kept while the setting `preview` is 1."""

    mac: str


@dataclass(frozen=True, slots=True)
class PendingFileRequest:
    """GET `/getdata`: a file that waits in the queue. `version` as `image.data_version` writes it."""

    mac: str
    version: str


@dataclass(frozen=True, slots=True)
class CheckFileRequest:
    """GET `/check_file`: size and MD5 of a file on the access point."""

    path: str


@dataclass(frozen=True, slots=True)
class RebootRequest:
    """POST `/reboot`."""


ApRequest = (
    ImageUpload
    | TagPageRequest
    | BackupRequest
    | TagCommand
    | LedFlash
    | ApConfigRequest
    | ApConfigChange
    | CurrentFileRequest
    | PendingFileRequest
    | CheckFileRequest
    | RebootRequest
)


def write_request(request: ApRequest) -> HttpRequest:
    """The bytes of a request."""
    match request:
        case ImageUpload():
            return _write_upload(request)
        case TagPageRequest(mac=mac, position=position):
            return HttpRequest("GET", f"/get_db?mac={mac}" if mac else f"/get_db?pos={position}")
        case BackupRequest():
            return HttpRequest("GET", "/backup_db")
        case TagCommand(mac=mac, command=command):
            return HttpRequest("POST", "/tag_cmd", FORM, urlencode({"mac": mac, "cmd": command}).encode())
        case LedFlash(mac=mac, pattern=pattern):
            return HttpRequest("GET", f"/led_flash?mac={mac}&pattern={pattern.hex()}")
        case ApConfigRequest():
            return HttpRequest("GET", "/get_ap_config")
        case ApConfigChange(values=values):
            return HttpRequest("POST", "/save_apcfg", FORM, urlencode(values).encode())
        case CurrentFileRequest(mac=mac):
            return HttpRequest("GET", f"/current/{mac}.raw")
        case PendingFileRequest(mac=mac, version=version):
            return HttpRequest("GET", f"/getdata?mac={mac}&md5={version}")
        case CheckFileRequest(path=path):
            return HttpRequest("GET", f"/check_file?path={quote(path, safe='')}")
        case RebootRequest():
            return HttpRequest("POST", "/reboot", FORM)


def read_request(http: HttpRequest) -> ApRequest:
    """Read a request as the access point does. Raises `RequestRefused` with its answer; 404 for what it does not serve."""
    parts = urlsplit(http.target)
    query = _fields(parts.query)
    match http.method, parts.path:
        case "POST", "/imgupload":
            return _read_upload(http)
        case "GET", "/get_db":
            return TagPageRequest(_mac(query["mac"]) if "mac" in query else "", _number(query.get("pos", "0")))
        case "GET", "/backup_db":
            return BackupRequest()
        case "POST", "/tag_cmd":
            form = _fields(http.body.decode("latin-1"))
            if "mac" not in form or "cmd" not in form:
                raise RequestRefused(500, "param error")
            return TagCommand(_mac(form["mac"]), form["cmd"])
        case "GET", "/led_flash":
            return LedFlash(_mac(query.get("mac", "")), _pattern(query.get("pattern", "")))
        case "GET", "/get_ap_config":
            return ApConfigRequest()
        case "POST", "/save_apcfg":
            return ApConfigChange(tuple(_fields(http.body.decode("latin-1")).items()))
        case "GET", "/getdata":
            return PendingFileRequest(_mac(query.get("mac", "")), query.get("md5", ""))
        case "GET", "/check_file":
            return CheckFileRequest(query.get("path", ""))
        case "POST", "/reboot":
            return RebootRequest()
        case "GET", path if path.startswith("/current/") and path.endswith(".raw"):
            return CurrentFileRequest(_mac(path.removeprefix("/current/").removesuffix(".raw")))
    raise RequestRefused(404, "")


def _write_upload(upload: ImageUpload) -> HttpRequest:
    boundary = b"tallystick-" + hashlib.sha256(upload.picture).hexdigest()[:32].encode()
    fields = {
        "mac": upload.mac,
        "dither": str(upload.dither),
        "ttl": str(upload.ttl_minutes),
        "contentmode": str(upload.content_mode),
    }
    parts = [
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (boundary, name.encode(), value.encode())
        for name, value in fields.items()
    ]
    parts.append(
        b'--%b\r\nContent-Disposition: form-data; name="file"; filename="label.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n%b\r\n--%b--\r\n" % (boundary, upload.picture, boundary)
    )
    return HttpRequest("POST", "/imgupload", f"multipart/form-data; boundary={boundary.decode()}", b"".join(parts))


def _read_upload(http: HttpRequest) -> ImageUpload:
    if len(http.body) > UPLOAD_BYTES_MAX:
        raise RequestRefused(413, "")
    fields: dict[str, str] = {}
    for name, is_file, content in _parts(http):
        if not is_file:
            fields[name] = content.decode("latin-1")
            continue
        if "mac" not in fields:
            raise RequestRefused(400, "parameters incomplete")
        return ImageUpload(
            mac=_mac(fields["mac"]),
            picture=content,
            dither=_number(fields.get("dither", "1")),
            ttl_minutes=_number(fields.get("ttl", "0")),
            content_mode=_number(fields.get("contentmode", str(CONTENT_EXTERNAL))),
        )
    raise RequestRefused(400, "parameters incomplete")


def _parts(http: HttpRequest) -> list[tuple[str, bool, bytes]]:
    """(name, is a file, content) of each part, in order. A body cut off in a part loses that part."""
    _, found, boundary = http.content_type.partition("boundary=")
    if not found or not boundary:
        raise RequestRefused(400, "parameters incomplete")
    mark = b"\r\n--" + boundary.strip('"').encode("latin-1")
    pieces = (b"\r\n" + http.body).split(mark)
    parts: list[tuple[str, bool, bytes]] = []
    for piece in pieces[1:-1]:
        head, split, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if split:
            disposition = head.decode("latin-1")
            parts.append((_quoted(disposition, 'name="'), 'filename="' in disposition, content))
    return parts


def _quoted(text: str, before: str) -> str:
    return text.partition(" " + before)[2].partition('"')[0]


def _fields(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _mac(text: str) -> str:
    try:
        return normal_mac(text)
    except RecordsRefused as error:
        raise RequestRefused(400, "mac not found") from error


def _pattern(text: str) -> bytes:
    try:
        pattern = bytes.fromhex(text)
    except ValueError as error:
        raise RequestRefused(400, "parameters are missing") from error
    if len(pattern) != PATTERN_BYTES:
        raise RequestRefused(400, "parameters are missing")
    return pattern


def _number(text: str) -> int:
    """As C's `atoi`: what is no number is 0."""
    digits = text.strip()
    return (
        int(digits) if digits.removeprefix("-").isascii() and digits.removeprefix("-").isdigit() and len(digits) < 10 else 0
    )
