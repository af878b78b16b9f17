"""What each store may do on a RabbitMQ with its MQTT plug-in, as a definitions file. Pure. (Mosquitto: `broker_access`.)

The plug-in turns `ts1/3/S001/up/txn` into the routing key `ts1.3.S001.up.txn` of the exchange `amq.topic` (a dot in a name
becomes a slash), `+` and `#` of a subscription into `*` and `#`, and asks topic permissions for both. The user name is the
certificate's common name; nobody has a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from cloud.stores.authority import HQ_NAME
from protocols.sync.topics import ROOT

VHOST, EXCHANGE = "/", "amq.topic"
_QUEUE = "mqtt-subscription-.*"


def definitions(stores: Iterable[tuple[str, str]]) -> bytes:
    """The whole file for (store id, zone) pairs. An import adds and changes; it takes nobody away."""
    users = [_user(HQ_NAME)]
    permissions = [_permission(HQ_NAME)]
    topics = [_topics(HQ_NAME, write=rf"^{ROOT}\..+$", read=rf"^{ROOT}\..+$")]
    for store_id, zone in sorted(stores):
        name, here = _key(store_id), _key(zone)
        feeds = rf"global|zone\.{here}|store\.{name}"
        users.append(_user(store_id))
        permissions.append(_permission(store_id))
        topics.append(
            _topics(
                store_id,
                write=rf"^{ROOT}\.[0-9]+\.{name}\.(hello|up\.[a-z]+|report|state)$",
                read=rf"^{ROOT}\.[0-9]+\.{name}\.down$|^{ROOT}\.feed\.({feeds})\..+$",
            )
        )
    body = {"users": users, "vhosts": [{"name": VHOST}], "permissions": permissions, "topic_permissions": topics}
    return msgspec.json.format(msgspec.json.encode(body), indent=1)


def _key(name: str) -> str:
    """A level of a topic as the plug-in has it in routing keys, for a regular expression."""
    return re.escape(name.replace(".", "/"))


def _user(name: str) -> dict[str, object]:
    return {"name": name, "password_hash": "", "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ""}


def _permission(name: str) -> dict[str, object]:
    both = rf"^({_QUEUE}|{re.escape(EXCHANGE)})$"
    return {"user": name, "vhost": VHOST, "configure": f"^{_QUEUE}$", "write": both, "read": both}


def _topics(name: str, *, write: str, read: str) -> dict[str, object]:
    return {"user": name, "vhost": VHOST, "exchange": EXCHANGE, "write": write, "read": read}
