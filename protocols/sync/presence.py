"""HQ's view of whether a store is connected, from retained births and last wills that may come late (fault F16)."""

from __future__ import annotations

import msgspec

from protocols.sync.messages import StoreState

_BOOTS_REMEMBERED = 16


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """Kept per store at HQ. `boots` are former boots of the store: nothing they say counts any more."""

    boot_id: str = ""
    conn_epoch: int = 0
    online: bool = False
    software: str = ""
    boots: tuple[str, ...] = ()


def decide_presence(known: Presence, message: StoreState) -> Presence:
    """The presence after a birth or will; `known` itself when the message is late or says nothing new.

    A will counts only for the very connection it was given for. A birth counts from a boot not seen before, or from the
    current boot with a connection epoch at least as high.
    """
    same_boot = message.boot_id == known.boot_id
    if not message.online:
        if same_boot and message.conn_epoch == known.conn_epoch and known.online:
            return msgspec.structs.replace(known, online=False)
        return known
    if message.boot_id in known.boots or (same_boot and message.conn_epoch < known.conn_epoch):
        return known
    boots = known.boots
    if known.boot_id and not same_boot:
        boots = (*boots, known.boot_id)[-_BOOTS_REMEMBERED:]
    return Presence(
        boot_id=message.boot_id, conn_epoch=message.conn_epoch, online=True, software=message.software, boots=boots
    )


def heard(known: Presence, boot_id: str, conn_epoch: int, software: str) -> Presence:
    """The presence after a hello or report: a connection newer than any known is up, even if its birth got lost.

    It says nothing about a connection whose birth or will is known already: a late report must not undo a will.
    """
    if boot_id == known.boot_id and conn_epoch <= known.conn_epoch:
        return known
    birth = StoreState(store_id="", boot_id=boot_id, conn_epoch=conn_epoch, online=True, software=software)
    return decide_presence(known, birth)
