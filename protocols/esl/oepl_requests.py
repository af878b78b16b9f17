"""What a client asks an OpenEPaperLink access point over HTTP, as typed values and as bytes; both roles.

`write_request` gives method, target, content type and body; `read_request` is its reverse as `web.cpp` does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from protocols.esl import oepl_uploads as uploads
from protocols.esl.oepl_forms import FORM, HttpRequest, RequestRefused, fields_of, mac_of, number_of
from protocols.esl.oepl_leds import PATTERN_BYTES
from protocols.esl.oepl_uploads import CONTENT_EXTERNAL, UPLOAD_BYTES_MAX, ImageUpload, JsonUpload, RestoreRequest

__all__ = [
    "CONTENT_EXTERNAL",
    "UPLOAD_BYTES_MAX",
    "HttpRequest",
    "ImageUpload",
    "JsonUpload",
    "RequestRefused",
    "RestoreRequest",
]

EPOCH_MIN = 1_600_000_000
"""`/set_time` refuses an instant (seconds since 1970) that is not later."""
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
class TagTypeRequest:
    """GET `/tagtypes/XX.json`: size, colours and compression of a hardware type."""

    hardware_type: int


@dataclass(frozen=True, slots=True)
class TagConfigChange:
    """POST `/save_cfg`: what is given changes, and the label is drawn again.

    Fields: contentmode, modecfgjson, alias, rotate, lut, invert. `mac` may be empty, the answer is "Ok, saved" all the same.
    """

    mac: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class VariablesChange:
    """POST `/set_var` (one) or `/set_vars` (`json` given): values for JSON templates."""

    key: str = ""
    value: str = ""
    json: str = ""


@dataclass(frozen=True, slots=True)
class SetTime:
    """POST `/set_time`: seconds since 1970, above `EPOCH_MIN`."""

    epoch: int


@dataclass(frozen=True, slots=True)
class SystemInfoRequest:
    """GET `/sysinfo`: versions and memory."""


@dataclass(frozen=True, slots=True)
class RebootRequest:
    """POST `/reboot`."""


ApRequest = (
    ImageUpload
    | JsonUpload
    | TagPageRequest
    | BackupRequest
    | RestoreRequest
    | TagCommand
    | LedFlash
    | TagConfigChange
    | VariablesChange
    | ApConfigRequest
    | ApConfigChange
    | SetTime
    | SystemInfoRequest
    | TagTypeRequest
    | CurrentFileRequest
    | PendingFileRequest
    | CheckFileRequest
    | RebootRequest
)


def write_request(request: ApRequest) -> HttpRequest:
    """The bytes of a request."""
    match request:
        case ImageUpload():
            return uploads.write_image(request)
        case JsonUpload():
            return uploads.write_json(request)
        case RestoreRequest():
            return uploads.write_restore(request)
        case TagCommand(mac=mac, command=command):
            return _post("/tag_cmd", {"mac": mac, "cmd": command})
        case TagConfigChange(mac=mac, values=values):
            return _post("/save_cfg", {"mac": mac} | dict(values))
        case VariablesChange(json=json) if json:
            return _post("/set_vars", {"json": json})
        case VariablesChange(key=key, value=value):
            return _post("/set_var", {"key": key, "val": value})
        case ApConfigChange(values=values):
            return _post("/save_apcfg", dict(values))
        case SetTime(epoch=epoch):
            return _post("/set_time", {"epoch": str(epoch)})
        case RebootRequest():
            return HttpRequest("POST", "/reboot", FORM)
    return HttpRequest("GET", _target(request))


_Get = (
    TagPageRequest
    | BackupRequest
    | LedFlash
    | ApConfigRequest
    | SystemInfoRequest
    | TagTypeRequest
    | CurrentFileRequest
    | PendingFileRequest
    | CheckFileRequest
)


def _target(request: _Get) -> str:
    match request:
        case TagPageRequest(mac=mac, position=position):
            return f"/get_db?mac={mac}" if mac else f"/get_db?pos={position}"
        case BackupRequest():
            return "/backup_db"
        case LedFlash(mac=mac, pattern=pattern):
            return f"/led_flash?mac={mac}&pattern={pattern.hex()}"
        case ApConfigRequest():
            return "/get_ap_config"
        case SystemInfoRequest():
            return "/sysinfo"
        case TagTypeRequest(hardware_type=kind):
            return f"/tagtypes/{kind:02X}.json"
        case CurrentFileRequest(mac=mac):
            return f"/current/{mac}.raw"
        case PendingFileRequest(mac=mac, version=version):
            return f"/getdata?mac={mac}&md5={version}"
        case CheckFileRequest(path=path):
            return f"/check_file?path={quote(path, safe='')}"


def read_request(http: HttpRequest) -> ApRequest:
    """Read a request as the access point does. Raises `RequestRefused` with its answer; 404 for what it does not serve."""
    parts = urlsplit(http.target)
    if http.method == "POST":
        return _read_post(http, parts.path)
    if http.method == "GET":
        return _read_get(parts.path, fields_of(parts.query))
    raise RequestRefused(404, "")


def _read_post(http: HttpRequest, path: str) -> ApRequest:
    match path:
        case "/imgupload":
            return uploads.read_image(http)
        case "/jsonupload":
            return uploads.read_json(http)
        case "/restore_db":
            return uploads.read_restore(http)
        case "/reboot":
            return RebootRequest()
    return _read_form(path, fields_of(http.body))


def _read_form(path: str, form: dict[str, str]) -> ApRequest:
    match path:
        case "/tag_cmd":
            if "mac" not in form or "cmd" not in form:
                raise RequestRefused(500, "param error")
            return TagCommand(mac_of(form["mac"], 400, "Error: mac not found"), form["cmd"])
        case "/save_cfg":
            mac = mac_of(form["mac"], 200, "Ok, saved") if "mac" in form else ""
            return TagConfigChange(mac, tuple((name, value) for name, value in form.items() if name != "mac"))
        case "/save_apcfg":
            return ApConfigChange(tuple(form.items()))
        case "/set_var":
            if "key" not in form or "val" not in form:
                raise RequestRefused(500, "param error")
            return VariablesChange(form["key"], form["val"])
        case "/set_vars":
            if not form.get("json"):
                raise RequestRefused(400, "No 'json' parameter found in request")
            return VariablesChange(json=form["json"])
        case "/set_time":
            return _read_time(form)
    raise RequestRefused(404, "")


def _read_get(path: str, query: dict[str, str]) -> ApRequest:
    match path:
        case "/get_db":
            if "mac" in query:
                return TagPageRequest(mac_of(query["mac"], 200, '{"error": "malformatted parameter"}'))
            return TagPageRequest(position=number_of(query.get("pos", "0")))
        case "/backup_db":
            return BackupRequest()
        case "/led_flash":
            mac = mac_of(query.get("mac", ""), 400, "parameters are missing")
            return LedFlash(mac, _pattern(query["pattern"]) if "pattern" in query else bytes(PATTERN_BYTES))
        case "/get_ap_config":
            return ApConfigRequest()
        case "/sysinfo":
            return SystemInfoRequest()
        case "/getdata":
            return PendingFileRequest(mac_of(query.get("mac", ""), 400, "No data available"), query.get("md5", ""))
        case "/check_file":
            return CheckFileRequest(query.get("path", ""))
        case _ if path.startswith("/current/") and path.endswith(".raw"):
            return CurrentFileRequest(mac_of(path.removeprefix("/current/").removesuffix(".raw"), 404, ""))
        case _ if path.startswith("/tagtypes/") and path.endswith(".json"):
            return TagTypeRequest(_hardware_type(path.removeprefix("/tagtypes/").removesuffix(".json")))
    raise RequestRefused(404, "")


def _post(path: str, form: dict[str, str]) -> HttpRequest:
    return HttpRequest("POST", path, FORM, urlencode(form).encode())


def _read_time(form: dict[str, str]) -> SetTime:
    if "epoch" not in form:
        raise RequestRefused(400, "missing 'epoch'")
    text = form["epoch"]
    epoch = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    if epoch <= EPOCH_MIN:
        raise RequestRefused(400, "invalid epoch")
    return SetTime(epoch)


def _pattern(text: str) -> bytes:
    """The first 24 digits, as the device's `sscanf` takes them."""
    try:
        pattern = bytes.fromhex(text[: 2 * PATTERN_BYTES])
    except ValueError as error:
        raise RequestRefused(400, "Error: expects 12 hex bytes in pattern") from error
    if len(pattern) != PATTERN_BYTES:
        raise RequestRefused(400, "Error: expects 12 hex bytes in pattern")
    return pattern


def _hardware_type(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError as error:
        raise RequestRefused(404, "") from error
