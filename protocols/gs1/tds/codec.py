"""The registry of schemes, and a tag's bits read and written by it.

To add a scheme: its line in `partitioned.py` or `plus.py`; both tables below follow.
"""

from __future__ import annotations

from protocols.gs1.tds.bits import BitReader
from protocols.gs1.tds.errors import EpcRefused
from protocols.gs1.tds.keys import Epc
from protocols.gs1.tds.partitioned import PARTITIONED, Partitioned
from protocols.gs1.tds.plus import PLUS, Plus

SCHEMES: dict[str, Partitioned | Plus] = {scheme.name: scheme for scheme in (*PARTITIONED, *PLUS)}
_BY_HEADER: dict[int, Partitioned | Plus] = {
    **{scheme.header: scheme for scheme in (*PARTITIONED, *PLUS)},
    **{scheme.host_header: scheme for scheme in PLUS},
}
EPC_BITS_MAX = 496
"""What the length in a tag's protocol control bits can tell (section 9.3)."""


def read_epc(epc: bytes, bits: int) -> Epc:
    """Read a tag's EPC memory. `bits`: as the reader told them. Raises `EpcRefused` (`epc_foreign`: no GS1 key)."""
    scheme = _BY_HEADER.get(epc[0]) if epc and bits >= 8 else None
    if scheme is None or (isinstance(scheme, Partitioned) and bits < scheme.bits):
        raise EpcRefused("epc_foreign", f"{epc.hex()} ({bits} bits) is no key of GS1.")
    reader = BitReader(epc, bits)
    reader.take(8)
    return scheme.decode(reader)


def write_epc(epc: Epc, scheme: str) -> tuple[bytes, int]:
    """The bytes to write into a tag, in whole 16-bit words, and how many bits count. Raises `EpcRefused`."""
    found = SCHEMES.get(scheme)
    if found is None or found.kind is not epc.kind:
        fitting = ", ".join(name for name, each in SCHEMES.items() if each.kind is epc.kind)
        raise EpcRefused("epc_scheme", f"'{scheme}' holds no {epc.kind}; these do: {fitting}.")
    return found.encode(epc)
