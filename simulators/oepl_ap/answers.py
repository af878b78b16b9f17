"""What the access point answers to a request: status, type and body, as `web.cpp` does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from protocols.esl.image import data_version
from protocols.esl.oepl_records import RecordsRefused, read_backup, write_backup, write_page, write_tags
from protocols.esl.oepl_requests import (
    ApConfigChange,
    ApConfigRequest,
    ApRequest,
    BackupRequest,
    CheckFileRequest,
    CurrentFileRequest,
    ImageUpload,
    JsonUpload,
    LedFlash,
    PendingFileRequest,
    RebootRequest,
    RestoreRequest,
    SetTime,
    SystemInfoRequest,
    TagCommand,
    TagConfigChange,
    TagPageRequest,
    TagTypeRequest,
    VariablesChange,
)
from protocols.esl.tag_types import TAG_TYPES
from simulators.oepl_ap.access_point import AccessPoint
from simulators.oepl_ap.ap_config import change_config, config_json, system_info, tag_type_json
from simulators.oepl_ap.changes import configure, purge, put_template, restore, set_time

JSON = "application/json"
TEXT = "text/plain"
FILE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `cut`: the connection is closed instead, the answer is lost. `reboot`: the device restarts then."""

    status: int
    content_type: str = TEXT
    body: bytes = b""
    cut: bool = False
    reboot: bool = False


OK_SAVED = Answer(200, TEXT, b"Ok, saved")


def answer(point: AccessPoint, request: ApRequest) -> Answer:
    """Carry out one request."""
    match request:
        case ImageUpload() | JsonUpload() | TagConfigChange() | TagCommand() | LedFlash():
            return _to_a_tag(point, request)
        case TagPageRequest() | BackupRequest() | RestoreRequest():
            return _table(point, request)
        case CurrentFileRequest() | PendingFileRequest() | CheckFileRequest() | TagTypeRequest():
            return _file(point, request)
        case ApConfigRequest():
            return Answer(200, JSON, config_json(point.config))
        case ApConfigChange(values=values):
            if (
                point.state.traps.crashes_on_half_a_window
                and "sleeptime1" in dict(values)
                and "sleeptime2" not in dict(values)
            ):
                point.crash()
                return Answer(200, cut=True)
            change_config(point.config, dict(values))
            return OK_SAVED
        case SetTime(epoch=epoch):
            set_time(point, epoch)
            return Answer(200, TEXT, b"ok")
        case SystemInfoRequest():
            return Answer(200, JSON, system_info(point.config))
        case VariablesChange():
            return _variables(point, request)
        case RebootRequest():
            return Answer(200, TEXT, b"OK Reboot", reboot=True)


def _to_a_tag(point: AccessPoint, request: ImageUpload | JsonUpload | TagConfigChange | TagCommand | LedFlash) -> Answer:
    match request:
        case ImageUpload():
            return _upload(point, request)
        case JsonUpload(mac=mac, json=json):
            if not point.state.running:
                return Answer(409, TEXT, b"come back later")
            return OK_SAVED if put_template(point, mac, json) else Answer(400, TEXT, b"mac not found in tagDB")
        case TagConfigChange(mac=mac, values=values):
            if not mac or configure(point, mac, dict(values)):
                return OK_SAVED
            status = 200 if point.state.traps.says_ok_to_nobody else 400
            return Answer(status, TEXT, b"Error while saving: mac not found")
        case TagCommand(mac=mac, command=command):
            return _command(point, mac, command)
        case LedFlash(mac=mac, pattern=pattern):
            known = point.flash(mac, pattern)
            return Answer(200, TEXT, b"ok, request transmitted") if known else Answer(400, TEXT, b"parameters are missing")


def _upload(point: AccessPoint, upload: ImageUpload) -> Answer:
    if point.faults.busy or not point.state.running:
        return Answer(409, TEXT, b"Come back later")
    if not point.upload(upload.mac, upload.picture, content_mode=upload.content_mode):
        return Answer(400, TEXT, b"mac not found")
    given = {"alias": upload.alias, "rotate": upload.rotate, "lut": upload.lut, "invert": upload.invert}
    point.known[upload.mac].change(**{name: value for name, value in given.items() if value is not None})
    return Answer(200, TEXT, b"Ok, saved", cut=point.state.lucky(point.faults.lost_answer_percent))


def _command(point: AccessPoint, mac: str, command: str) -> Answer:
    if mac not in point.known:
        return Answer(400, TEXT, b"Error: mac not found")
    match command:
        case "clear":
            point.clear(mac)
        case "del":
            point.forget(mac)
        case "purge":
            purge(point)
        case "refresh":
            point.refresh(mac)
        case "reboot" | "scan" | "reset" | "deepsleep" | "ledflash" | "ledflash_long" | "ledflash_stop":
            point.command(mac, command)
    return Answer(200, TEXT, b"Ok, done")


def _table(point: AccessPoint, request: TagPageRequest | BackupRequest | RestoreRequest) -> Answer:
    match request:
        case TagPageRequest(mac=mac) if mac:
            known = point.known.get(mac)
            return Answer(200, JSON, write_tags(known.record) if known is not None else b'{"tags":[]}')
        case TagPageRequest(position=position):
            records = tuple(known.record for known in point.known.values())
            return Answer(200, JSON, write_page(records, position, wraps=point.state.traps.paging_wraps))
        case BackupRequest():
            return Answer(200, JSON, write_backup(tuple(known.record for known in point.known.values())))
        case RestoreRequest(backup=backup):
            try:
                restore(point, read_backup(backup))
            except RecordsRefused:
                restore(point, ())
            return Answer(200, TEXT, b"Ok, restored.")


def _file(
    point: AccessPoint, request: CurrentFileRequest | PendingFileRequest | CheckFileRequest | TagTypeRequest
) -> Answer:
    match request:
        case CurrentFileRequest(mac=mac):
            file = _current(point, mac)
            return Answer(200, FILE, file) if file else Answer(404)
        case PendingFileRequest(mac=mac, version=version):
            return _pending(point, mac, version)
        case CheckFileRequest(path=path):
            file = _current(point, path.removeprefix("/current/").removesuffix(".raw"))
            digest = hashlib.md5(file, usedforsecurity=False).hexdigest()
            found = msgspec.json.encode({"filesize": len(file), "md5": digest})
            return Answer(200, JSON, found if file else b'{"filesize":0}')
        case TagTypeRequest(hardware_type=number):
            kind = TAG_TYPES.get(number)
            return Answer(200, JSON, tag_type_json(kind)) if kind is not None else Answer(404)


def _variables(point: AccessPoint, change: VariablesChange) -> Answer:
    if not change.json:
        point.state.variables[change.key] = change.value
        return OK_SAVED
    try:
        values = msgspec.json.decode(change.json, type=dict[str, str | int | float | bool | None])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Answer(400, TEXT, b"Failed to parse JSON")
    point.state.variables |= {key: str(value) for key, value in values.items()}
    return Answer(200, TEXT, b"JSON uploaded and processed")


def _current(point: AccessPoint, mac: str) -> bytes:
    known = point.known.get(mac)
    return known.current_file if known is not None and point.config.get("preview") == "1" else b""


def _pending(point: AccessPoint, mac: str, version: str) -> Answer:
    known = point.known.get(mac)
    if known is None or not version:
        return Answer(400, TEXT, b"No data available")
    for item in known.queue:
        if item.file and data_version(item.image_hash) == version.upper():
            return Answer(200, FILE, item.file)
    return Answer(404, TEXT, b"File not found")
