"""Every scale protocol of the house, by the name settings use. Driver, simulator and tests go through this table."""

from __future__ import annotations

from protocols.scales import (
    cas,
    dialog06_scale,
    hid,
    mt_sics,
    nci,
    pinnacle,
    sma,
    st_gs,
    tisa,
    toledo8217,
    toledo_continuous,
    weighbridge,
)
from protocols.scales.session import ScaleProtocol

PROTOCOLS: dict[str, ScaleProtocol] = {
    each.name: each
    for each in (
        toledo8217.PROTOCOL,
        toledo8217.PROTOCOL_8213,
        mt_sics.PROTOCOL,
        nci.PROTOCOL_01,
        nci.PROTOCOL_02,
        sma.PROTOCOL,
        cas.PROTOCOL,
        st_gs.CAS_CONTINUOUS,
        st_gs.ST_GS,
        dialog06_scale.PROTOCOL,
        tisa.PROTOCOL,
        pinnacle.PROTOCOL,
        toledo_continuous.PROTOCOL,
        weighbridge.PROTOCOL,
        hid.PROTOCOL,
    )
}
