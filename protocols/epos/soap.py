"""The envelope of ePOS-Print, and XML that comes from outside: bounded, without DOCTYPE, in one exception. Both roles.

Source: the public ePOS-Print XML manual (namespaces, `service.cgi`).
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

EPOS = "http://www.epson-pos.com/schemas/2011/03/epos-print"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PATH = "/cgi-bin/epos/service.cgi"
DEVICE = "local_printer"
CONTENT_TYPE = "text/xml; charset=utf-8"
MESSAGE_BYTES_MAX = 2 << 20


class BadXml(ValueError):
    """What came is no message of ePOS-Print; the text says why."""


def target(timeout_ms: int, device: str = DEVICE) -> str:
    """Path and query of a request; the printer itself gives up after `timeout_ms`."""
    return f"{PATH}?devid={device}&timeout={timeout_ms}"


def wrapped(body: ET.Element) -> bytes:
    """A message in its envelope. `body` and all in it are named without a namespace: it is said once, as printers expect."""
    body.set("xmlns", EPOS)
    inner: str = ET.tostring(body, encoding="unicode")
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<s:Envelope xmlns:s="{SOAP}"><s:Body>'
    return f"{head}{inner}</s:Body></s:Envelope>".encode()


def unwrapped(data: bytes, name: str) -> ET.Element:
    """The element `name` of ePOS-Print inside an envelope. Raises BadXml."""
    if len(data) > MESSAGE_BYTES_MAX:
        raise BadXml(f"more than {MESSAGE_BYTES_MAX} bytes")
    try:
        text = data.decode("utf-8")
        if "<!" in text.replace("<!--", ""):  # no entities, so a small message stays small
            raise BadXml("a document type is not taken")
        root = ET.fromstring(text)
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise BadXml(f"no XML: {error}") from error
    found = root.find(f"{{{SOAP}}}Body/{{{EPOS}}}{name}")
    if found is None:
        raise BadXml(f"no envelope with <{name}>")
    return found


def clean(text: str) -> str:
    """Without the characters XML cannot hold."""
    return "".join(each for each in text if each in "\n\t" or (ord(each) >= 0x20 and ord(each) not in _FORBIDDEN))


_FORBIDDEN = frozenset((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF))
