"""The headers of the EPCIS interface: what we speak, what the asker wants (EPCIS 2.0 section 12.4)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header

from cloud.epcis.answers import AS_THEY_ARE, FORMATS, LINKS, URNS
from cloud.epcis.problems import EpcisRefused

EPCIS_VERSION = CBV_VERSION = "2.0.0"
CAPTURE_EVENTS_MAX = 500
CAPTURE_BYTES_MAX = 4_000_000
CAPTURES = "/epcis/capture"
_SPOKEN = frozenset({"2.0.0", "2.0"})

ANSWERED = {
    "GS1-EPCIS-Version": EPCIS_VERSION,
    "GS1-EPCIS-Min": EPCIS_VERSION,
    "GS1-EPCIS-Max": EPCIS_VERSION,
    "GS1-CBV-Version": CBV_VERSION,
    "GS1-CBV-Min": CBV_VERSION,
    "GS1-CBV-Max": CBV_VERSION,
    "GS1-EPCIS-Capture-Limit": str(CAPTURE_EVENTS_MAX),
    "GS1-EPCIS-Capture-File-Size-Limit": str(CAPTURE_BYTES_MAX),
    "GS1-Vendor-Version": "1",
}
"""On every answer."""


def spoken(
    epcis: Annotated[str, Header(alias="GS1-EPCIS-Version")] = EPCIS_VERSION,
    cbv: Annotated[str, Header(alias="GS1-CBV-Version")] = CBV_VERSION,
    epc_format: Annotated[str, Header(alias="GS1-EPC-Format")] = AS_THEY_ARE,
) -> str:
    """Dependency: how the asker wants pieces to be spelled. Raises `EpcisRefused` for what we do not speak."""
    if epcis not in _SPOKEN or cbv not in _SPOKEN:
        raise EpcisRefused("ImplementationException", 406, f"We speak EPCIS {EPCIS_VERSION} and CBV {CBV_VERSION}.")
    if epc_format not in FORMATS:
        raise EpcisRefused("ValidationException", 406, f"GS1-EPC-Format: one of {', '.join(sorted(FORMATS))}.")
    if epc_format == URNS:
        detail = f"A Digital Link does not tell the length of its company prefix: ask for {LINKS} or {AS_THEY_ARE}."
        raise EpcisRefused("ImplementationException", 406, detail)
    return epc_format


EpcFormat = Annotated[str, Depends(spoken)]
