"""GS1 Digital Link: product keys in a web address. Read where it is scanned, never resolved: a till needs no network for it.

`https://host/any/stem/01/{GTIN}/10/{batch}/21/{serial}?17=YYMMDD&3103=000750` (GS1 Digital Link: URI syntax 1.4, section 4).
Compressed links are not read. Only the path from the last `/01/` on and numeric names in the query count.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from protocols.gs1.elements import check_element, shown
from protocols.gs1.gtin import GTIN_LENGTHS, CodeRefused

LINK_LENGTH_MAX = 512
_QUALIFIERS = ("22", "10", "21", "235")


def is_link(text: str) -> bool:
    """Whether a scan is a web address."""
    return text[:8].lower().startswith(("http://", "https://"))


def elements_of_link(text: str) -> dict[str, str]:
    """The elements of a Digital Link by AI; the GTIN as 14 digits. Raises `CodeRefused` when it names no product."""
    if len(text) > LINK_LENGTH_MAX:
        raise CodeRefused("link_no_product", "The web address is too long for a product's.")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise CodeRefused("link_no_product", f"'{shown(text)}' is no web address.") from error
    steps = [unquote(step) for step in parts.path.split("/")[1:]]
    found: dict[str, str] = {}
    starts = [place for place, step in enumerate(steps[:-1]) if step == "01"]
    if not starts:
        raise CodeRefused("link_no_product", f"'{shown(text)}' is a web address that names no product.")
    keys = steps[starts[-1] :]
    if len(keys) % 2:
        keys = keys[:-1] if not keys[-1] else keys
    if len(keys) % 2:
        raise CodeRefused("link_no_product", f"'{shown(text)}' is a web address that names no product.")
    for ai, data in zip(keys[::2], keys[1::2], strict=True):
        if ai != "01" and ai not in _QUALIFIERS:
            raise CodeRefused("link_no_product", f"'{shown(text)}' is a web address that names no product.")
        found[ai] = data.rjust(14, "0") if ai == "01" and len(data) in GTIN_LENGTHS else data
    for name, value in parse_qsl(parts.query, keep_blank_values=False, max_num_fields=40):
        if name.isascii() and name.isdigit() and name not in found:
            found[name] = value
    for ai, data in found.items():
        check_element(ai, data, text)
    return found
