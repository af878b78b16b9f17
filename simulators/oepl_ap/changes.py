"""What requests change at an access point beside pictures: a label's settings, the whole table, the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from protocols.esl.oepl_forms import number_of
from protocols.esl.oepl_records import TagRecord
from simulators.oepl_ap.access_point import AccessPoint
from simulators.oepl_ap.records import Known, is_purged, saved

NUMBERS = {"contentmode": "content_mode", "rotate": "rotate", "lut": "lut", "invert": "invert"}
TEXTS = {"alias": "alias", "modecfgjson": "modecfgjson"}
"""Of the names on the wire, those in a record."""


def configure(point: AccessPoint, mac: str, values: Mapping[str, str]) -> bool:
    """`/save_cfg`: the label is drawn again. False: unknown label."""
    known = point.known.get(mac)
    if known is None:
        return False
    changed: dict[str, object] = {ours: number_of(values[wire]) for wire, ours in NUMBERS.items() if wire in values}
    changed |= {ours: values[wire] for wire, ours in TEXTS.items() if wire in values}
    known.change(nextupdate=0, **changed)
    point.stage(mac)
    point.state.tell(known)
    return True


def put_template(point: AccessPoint, mac: str, template: str) -> bool:
    """`/jsonupload`: kept and told, but this access point draws no templates. False: unknown label."""
    known = point.known.get(mac)
    if known is None:
        return False
    known.template = template
    return configure(point, mac, {"contentmode": "19"})


def restore(point: AccessPoint, records: Sequence[TagRecord]) -> None:
    """`/restore_db`: this table takes the place of the present one."""
    point.state.radio.clear()
    point.known.clear()
    point.known.update({each.mac: Known(record=saved(each, point.state.now_seconds)) for each in records})


def set_time(point: AccessPoint, epoch_seconds: int) -> None:
    """`/set_time`."""
    point.state.clock_offset_ms = epoch_seconds * 1000 - point.state.now_ms
    point.state.say(point.system())


def purge(point: AccessPoint) -> None:
    """`/tag_cmd purge`: the records of all labels not seen for long are deleted."""
    for mac in [mac for mac, known in point.known.items() if is_purged(known.record, point.state.now_seconds)]:
        point.forget(mac)
