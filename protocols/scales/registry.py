"""Every scale protocol of the house, by the name settings use. Driver, simulator and tests go through this table."""

from __future__ import annotations

from protocols.scales import mt_sics, toledo8217
from protocols.scales.session import ScaleProtocol

PROTOCOLS: dict[str, ScaleProtocol] = {
    each.name: each
    for each in (
        toledo8217.PROTOCOL,
        mt_sics.PROTOCOL,
    )
}
