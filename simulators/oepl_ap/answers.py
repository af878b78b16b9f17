"""What the access point answers to a request: status, type and body, as `web.cpp` does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from protocols.esl.image import data_version
from protocols.esl.oepl_records import write_backup, write_page, write_tags
from protocols.esl.oepl_requests import (
    ApConfigChange,
    ApConfigRequest,
    ApRequest,
    BackupRequest,
    CheckFileRequest,
    CurrentFileRequest,
    ImageUpload,
    LedFlash,
    PendingFileRequest,
    RebootRequest,
    TagCommand,
    TagPageRequest,
)
from simulators.oepl_ap.access_point import AccessPoint

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


def answer(point: AccessPoint, request: ApRequest) -> Answer:
    """Carry out one request."""
    match request:
        case ImageUpload():
            return _upload(point, request)
        case TagPageRequest(mac=mac, position=position):
            if not mac:
                return Answer(200, JSON, write_page(tuple(known.record for known in point.known.values()), position))
            known = point.known.get(mac)
            return Answer(200, JSON, write_tags(known.record) if known is not None else b'{"tags":[]}')
        case BackupRequest():
            return Answer(200, JSON, write_backup(tuple(known.record for known in point.known.values())))
        case TagCommand(mac=mac, command=command):
            return _command(point, mac, command)
        case LedFlash(mac=mac, pattern=pattern):
            known_tag = point.flash(mac, pattern)
            return Answer(200, TEXT, b"ok, request transmitted") if known_tag else Answer(400, TEXT, b"mac not found")
        case ApConfigRequest():
            return Answer(
                200, JSON, msgspec.json.encode({"C6": "0", "apstate": "1", "alias": point.settings.ap_id} | point.config)
            )
        case ApConfigChange(values=values):
            point.config.update(values)
            return Answer(200, TEXT, b"Ok, saved")
        case CurrentFileRequest(mac=mac):
            file = _current(point, mac)
            return Answer(200, FILE, file) if file else Answer(404)
        case PendingFileRequest(mac=mac, version=version):
            return _pending(point, mac, version)
        case CheckFileRequest(path=path):
            file = _current(point, path.removeprefix("/current/").removesuffix(".raw"))
            digest = hashlib.md5(file, usedforsecurity=False).hexdigest()
            return Answer(
                200, JSON, msgspec.json.encode({"filesize": len(file), "md5": digest}) if file else b'{"filesize":0}'
            )
        case RebootRequest():
            return Answer(200, TEXT, b"OK Reboot", reboot=True)


def _upload(point: AccessPoint, upload: ImageUpload) -> Answer:
    if point.faults.busy:
        return Answer(409, TEXT, b"Come back later")
    if not point.upload(upload.mac, upload.picture):
        return Answer(400, TEXT, b"mac not found")
    return Answer(200, TEXT, b"Ok, saved", cut=point.lucky(point.faults.lost_answer_percent))


def _command(point: AccessPoint, mac: str, command: str) -> Answer:
    done = {"clear": point.clear, "del": point.forget, "refresh": point.refresh}.get(command)
    known = done(mac) if done is not None else mac in point.known
    return Answer(200, TEXT, b"Ok, done") if known else Answer(400, TEXT, b"Error: mac not found")


def _current(point: AccessPoint, mac: str) -> bytes:
    known = point.known.get(mac)
    return known.current_file if known is not None and point.config.get("preview") == "1" else b""


def _pending(point: AccessPoint, mac: str, version: str) -> Answer:
    known = point.known.get(mac)
    if known is None or not version:
        return Answer(400, TEXT, b"No data available")
    for item in known.queue:
        if data_version(item.image_hash) == version.upper():
            return Answer(200, FILE, item.file)
    return Answer(404, TEXT, b"File not found")
