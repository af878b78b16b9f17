"""Files for an OpenEPaperLink access point: pictures and the saved tag table as multipart forms, JSON templates; both roles.

In `/imgupload` the field `mac` must come before the file, or the access point answers "parameters incomplete".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from protocols.esl.oepl_forms import FORM, HttpRequest, RequestRefused, fields_of, mac_of, number_of

UPLOAD_BYTES_MAX = 512 * 1024
RESTORE_BYTES_MAX = 16 * 1024 * 1024
CONTENT_EXTERNAL = 24
"""Content mode of an image that somebody outside keeps up to date."""


@dataclass(frozen=True, slots=True)
class ImageUpload:
    """POST `/imgupload`. What is None is not sent, and the access point keeps what it has.

    `dither` 0 none, 1 Burkes (the device's own default), 2 ordered. `lut` 0 full refresh, 1 no repeats, 2 fast without red,
    3 fast. `preload_type` (as of `dataTypeArg`: 0x10 and 0x11 buttons, 0x1E NFC): the label keeps the image for later.
    """

    mac: str
    picture: bytes
    dither: int = 0
    ttl_minutes: int = 0
    content_mode: int = CONTENT_EXTERNAL
    alias: str | None = None
    rotate: int | None = None
    lut: int | None = None
    invert: int | None = None
    preload_type: int | None = None
    preload_lut: int | None = None


@dataclass(frozen=True, slots=True)
class JsonUpload:
    """POST `/jsonupload`: a drawing the access point makes itself (content mode 19)."""

    mac: str
    json: str
    ttl_minutes: int = 0


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """POST `/restore_db`: the tag table of a `/backup_db` takes the place of the present one."""

    backup: bytes


_OPTIONAL = {
    "alias": "alias",
    "rotate": "rotate",
    "lut": "lut",
    "invert": "invert",
    "preload_type": "preloadtype",
    "preload_lut": "preloadlut",
}
"""Of our names, what the device calls them."""


def write_image(upload: ImageUpload) -> HttpRequest:
    """The bytes of an upload."""
    fields = {
        "mac": upload.mac,
        "dither": str(upload.dither),
        "ttl": str(upload.ttl_minutes),
        "contentmode": str(upload.content_mode),
    }
    given = {wire: getattr(upload, ours) for ours, wire in _OPTIONAL.items()}
    fields |= {wire: str(value) for wire, value in given.items() if value is not None}
    return _multipart("/imgupload", fields, "label.jpg", "image/jpeg", upload.picture)


def write_json(upload: JsonUpload) -> HttpRequest:
    """The bytes of a template."""
    form = {"mac": upload.mac, "json": upload.json, "ttl": str(upload.ttl_minutes)}
    return HttpRequest("POST", "/jsonupload", FORM, urlencode(form).encode())


def write_restore(restore: RestoreRequest) -> HttpRequest:
    """The bytes of a restore."""
    return _multipart("/restore_db", {}, "tagDB.json", "application/json", restore.backup)


def read_image(http: HttpRequest) -> ImageUpload:
    """An upload as the access point takes it. Raises `RequestRefused`."""
    if len(http.body) > UPLOAD_BYTES_MAX:
        raise RequestRefused(413, "")
    fields: dict[str, str] = {}
    for name, is_file, content in _parts(http):
        if not is_file:
            fields[name] = content.decode("utf-8", "replace")
        elif "mac" not in fields:
            raise RequestRefused(400, "parameters incomplete")
        else:
            return _image_of(fields, content)
    raise RequestRefused(200, "")  # Without a file only the empty answer of the web server is left.


def read_json(http: HttpRequest) -> JsonUpload:
    """A template as the access point takes it. Raises `RequestRefused`."""
    form = fields_of(http.body)
    if "mac" not in form or "json" not in form:
        raise RequestRefused(400, "Missing parameters")
    return JsonUpload(mac_of(form["mac"], 400, "mac not found in tagDB"), form["json"], number_of(form.get("ttl", "0")))


def read_restore(http: HttpRequest) -> RestoreRequest:
    """A restore as the access point takes it. Raises `RequestRefused`."""
    if len(http.body) > RESTORE_BYTES_MAX:
        raise RequestRefused(413, "")
    for _, is_file, content in _parts(http):
        if is_file:
            return RestoreRequest(content)
    raise RequestRefused(200, "")


def _image_of(fields: Mapping[str, str], picture: bytes) -> ImageUpload:
    def number(name: str) -> int | None:
        return number_of(fields[name]) if name in fields else None

    return ImageUpload(
        mac=mac_of(fields["mac"], 200, ""),
        picture=picture,
        dither=number_of(fields.get("dither", "1")),
        ttl_minutes=number_of(fields.get("ttl", "0")),
        content_mode=number_of(fields.get("contentmode", str(CONTENT_EXTERNAL))),
        alias=fields.get("alias"),
        rotate=number("rotate"),
        lut=number("lut"),
        invert=number("invert"),
        preload_type=number("preloadtype"),
        preload_lut=number("preloadlut"),
    )


def _multipart(path: str, fields: Mapping[str, str], name: str, kind: str, content: bytes) -> HttpRequest:
    boundary = b"tallystick-" + hashlib.sha256(content).hexdigest()[:32].encode()
    parts = [
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (boundary, field.encode(), value.encode())
        for field, value in fields.items()
    ]
    parts.append(
        b'--%b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n'
        b"Content-Type: %b\r\n\r\n%b\r\n--%b--\r\n" % (boundary, name.encode(), kind.encode(), content, boundary)
    )
    return HttpRequest("POST", path, f"multipart/form-data; boundary={boundary.decode()}", b"".join(parts))


def _parts(http: HttpRequest) -> Iterable[tuple[str, bool, bytes]]:
    """(name, is a file, content) of each part, in order. A body cut off in a part loses that part."""
    _, found, boundary = http.content_type.partition("boundary=")
    if not found or not boundary:
        raise RequestRefused(400, "parameters incomplete")
    mark = b"\r\n--" + boundary.strip('"').encode("latin-1")
    pieces = (b"\r\n" + http.body).split(mark)
    for piece in pieces[1:-1]:
        head, split, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if split:
            disposition = head.decode("latin-1")
            yield _quoted(disposition, 'name="'), 'filename="' in disposition, content


def _quoted(text: str, before: str) -> str:
    return text.partition(" " + before)[2].partition('"')[0]
