"""Operations of a receipt printer as an ePOS-Print document, and back. Both roles.

Source: the public ePOS-Print XML manual. Attributes of `<text>` stay in force until they are set anew.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from xml.etree import ElementTree as ET

from protocols.epos.soap import BadXml, clean, unwrapped, wrapped
from protocols.escpos.barcodes import Symbology, bar_data
from protocols.escpos.operations import (
    QR_LEVELS,
    Align,
    Barcode,
    Cut,
    Feed,
    Initialize,
    KickDrawer,
    Operation,
    Qr,
    Raster,
    Style,
    Text,
)

_ALIGNS: dict[Align, str] = {"left": "left", "centre": "center", "right": "right"}
_TYPES: dict[Symbology, str] = {
    "upc_a": "upc_a", "upc_e": "upc_e", "ean13": "ean13", "ean8": "ean8", "code39": "code39", "itf": "itf",
    "codabar": "codabar", "code93": "code93", "code128": "code128", "gs1_128": "gs1_128",
    "databar": "gs1_databar_omnidirectional", "databar_truncated": "gs1_databar_truncated",
    "databar_limited": "gs1_databar_limited", "databar_expanded": "gs1_databar_expanded",
}  # fmt: skip
_QR_TYPE = "qrcode_model_2"
_PULSES = (100, 200, 300, 400, 500)


def document_bytes(operations: Iterable[Operation]) -> bytes:
    """The request. An empty document prints nothing and asks for the status. Raises ValueError as `escpos.operations.encode`
    does, also for operations that ePOS has none for."""
    root = ET.Element("epos-print")
    style = Style()
    for operation in operations:
        if isinstance(operation, Style):
            style = operation
        elif not isinstance(operation, Initialize):
            _add(root, operation, style)
        else:
            style = Style()
    return wrapped(root)


def read_document(data: bytes) -> list[Operation]:
    """The printer's side. Raises BadXml; elements it does not know are refused, as the device does (`SchemaError`)."""
    operations: list[Operation] = [Initialize()]
    style = Style()
    for element in unwrapped(data, "epos-print"):
        name = element.tag.rpartition("}")[2]
        read = _READ.get(name)
        if read is None:
            raise BadXml(f"no element of ePOS-Print: <{name}>")
        try:
            fresh = _restyled(element, style) if name in {"text", "barcode", "symbol", "image"} else style
            made = list(read(element))
        except (ValueError, KeyError, IndexError, binascii.Error) as error:
            raise BadXml(f"<{name}>: {error}") from error
        if fresh != style:
            style = fresh
            operations.append(style)
        operations.extend(made)
    return operations


def _add(root: ET.Element, operation: Operation, style: Style) -> None:
    match operation:
        case Text(text):
            _child(root, "text", text, **_look(style), lang="zh-cn" if _chinese(text) else "en")
        case Feed(lines):
            _child(root, "feed", line=str(lines))
        case Cut(_, feed_dots):
            _child(root, "cut", type="no_feed" if feed_dots is None else "feed")
        case KickDrawer(pin, on_ms):
            pulse = min(_PULSES, key=lambda each: abs(each - on_ms))
            _child(root, "pulse", drawer="drawer_1" if pin == 2 else "drawer_2", time=f"pulse_{pulse}")
        case Barcode(symbology, data, height_dots, module_dots, caption):
            raw = bar_data(symbology, data)[1].decode("ascii")
            looks = {"type": _TYPES[symbology], "hri": "below" if caption else "none", "font": "font_a"}
            size = {"width": str(module_dots), "height": str(height_dots)}
            _child(root, "barcode", raw, **looks, **size, align=_ALIGNS[style.align])
        case Qr(data, module_dots, level):
            looks = {"type": _QR_TYPE, "level": f"level_{level.lower()}", "width": str(module_dots)}
            _child(root, "symbol", data, **looks, align=_ALIGNS[style.align])
        case Raster(width_bytes, rows):
            size = {"width": str(width_bytes * 8), "height": str(operation.height_dots)}
            text = base64.b64encode(rows).decode("ascii")
            _child(root, "image", text, **size, color="color_1", mode="mono", align=_ALIGNS[style.align])
        case _:
            raise ValueError(f"ePOS has no element for {type(operation).__name__}")


def _child(root: ET.Element, name: str, text: str | None = None, **attributes: str) -> None:
    element = ET.SubElement(root, name, attributes)
    element.text = None if text is None else clean(text)


def _look(style: Style) -> dict[str, str]:
    return {
        "align": _ALIGNS[style.align], "width": str(style.width), "height": str(style.height), "em": _word(style.bold),
        "ul": _word(style.underline), "reverse": _word(style.invert),
    }  # fmt: skip


def _word(on: bool) -> str:
    return "true" if on else "false"


def _chinese(text: str) -> bool:
    return any("\u4e00" <= each <= "\u9fff" for each in text)


def _restyled(element: ET.Element, style: Style) -> Style:
    given = element.attrib
    names = {word: align for align, word in _ALIGNS.items()}
    align = names[given["align"]] if "align" in given else style.align
    if not element.tag.endswith("}text"):
        return Style(align, style.bold, style.underline, style.invert, style.width, style.height)

    def flag(name: str, before: bool) -> bool:
        return given[name] in {"true", "1"} if name in given else before

    return Style(
        align=align,
        bold=flag("em", style.bold),
        underline=flag("ul", style.underline),
        invert=flag("reverse", style.invert),
        width=_number(given.get("width", str(style.width)), 1, 8),
        height=_number(given.get("height", str(style.height)), 1, 8),
    )


def _number(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6) or not least <= int(text) <= most:
        raise ValueError(f"{text!r} is not within {least} to {most}")
    return int(text)


def _read_text(element: ET.Element) -> Iterator[Operation]:
    if element.text:
        yield Text(element.text)


def _read_feed(element: ET.Element) -> Iterator[Operation]:
    yield Feed(_number(element.get("line", "1"), 0, 255))


def _read_cut(element: ET.Element) -> Iterator[Operation]:
    yield Cut(full=False, feed_dots=None if element.get("type") == "no_feed" else 0)


def _read_pulse(element: ET.Element) -> Iterator[Operation]:
    on_ms = _number(element.get("time", "pulse_100").removeprefix("pulse_"), 100, 500)
    yield KickDrawer(2 if element.get("drawer", "drawer_1") == "drawer_1" else 5, on_ms)


def _read_barcode(element: ET.Element) -> Iterator[Operation]:
    symbology = {word: name for name, word in _TYPES.items()}[element.get("type", "")]
    raw, size = (element.text or ""), element.attrib
    data = raw.removeprefix("{B").replace("{{", "{") if symbology == "code128" else raw
    bar_data(symbology, data)
    height, width = _number(size.get("height", "162"), 1, 255), _number(size.get("width", "3"), 2, 6)
    yield Barcode(symbology, data, height, width, caption=size.get("hri", "none") != "none")


def _read_symbol(element: ET.Element) -> Iterator[Operation]:
    level = element.get("level", "level_l").removeprefix("level_").upper()
    if element.get("type") != _QR_TYPE or level not in QR_LEVELS or not element.text:
        raise ValueError("only QR codes of model 2 are drawn")
    yield Qr(element.text, _number(element.get("width", "3"), 1, 16), level)


def _read_image(element: ET.Element) -> Iterator[Operation]:
    wide, high = _number(element.get("width", ""), 1, 2048), _number(element.get("height", ""), 1, 65_535)
    rows, width_bytes = base64.b64decode("".join((element.text or "").split()), validate=True), -(-wide // 8)
    if len(rows) != width_bytes * high:
        raise ValueError(f"{len(rows)} bytes are no image of {wide} by {high}")
    yield Raster(width_bytes, rows)


_READ: dict[str, Callable[[ET.Element], Iterator[Operation]]] = {
    "text": _read_text, "feed": _read_feed, "cut": _read_cut, "pulse": _read_pulse, "barcode": _read_barcode,
    "symbol": _read_symbol, "image": _read_image,
}  # fmt: skip
