"""An MQTT 3.1.1 broker without a server installed: `amqtt` over TLS, as a process of its own. For demos and small trials.

    python -m deploy.embedded_broker --ca ca.crt --cert server.crt --key server.key --access access.acl [--port 8883]

Listens on 127.0.0.1 only. Every client shows a certificate of the CA; its common name is the user name, and the access
list (Mosquitto's format, read again as soon as it changes) says what that user may publish and receive. Nothing is
kept on the disk: retained messages are published again by their owners when they reconnect.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import ssl
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, cast

from amqtt import broker as amqtt_broker
from amqtt.adapters import WriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig, ListenerConfig
from amqtt.errors import MQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session

from deploy.broker_access import AccessList, AccessListError

log = logging.getLogger("deploy.embedded_broker")


class CertifiedHandler(BrokerProtocolHandler):  # type: ignore[misc]
    """One connection. Who it is gets decided before amqtt touches anybody's session, and silence ends it.

    amqtt 0.12 throws away the session of a client id before it asks whether the newcomer may be that client, and it never
    gives up a client that has stopped talking (MQTT 3.1.1 section 3.1.2.10).
    """

    admits: ClassVar[Callable[[Session], bool]]
    """Set by the broker of this process."""

    @classmethod
    async def init_from_connect(
        cls, reader: object, writer: WriterAdapter, plugins_manager: object, loop: object = None
    ) -> tuple[CertifiedHandler, Session]:
        handler, session = await super().init_from_connect(reader, writer, plugins_manager, loop)
        if not cls.admits(session):
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.close()
            raise MQTTError(f"{session.username or 'a client without a name'} was turned away")
        session.keep_alive += session.keep_alive // 2 + session.keep_alive % 2  # one and a half times, in whole seconds
        return handler, session

    def handle_read_timeout(self) -> None:
        waiter = self._disconnect_waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


amqtt_broker.BrokerProtocolHandler = CertifiedHandler  # amqtt offers no other place to say which class it makes


class CertifiedBroker(Broker):  # type: ignore[misc]
    """`amqtt` with required client certificates and an access list by common name.

    It overrides inner steps of amqtt 0.12 on purpose: the plugin hooks suspend while amqtt walks its tables of
    subscriptions, which loses messages when a client comes or goes meanwhile; and on a reconnect amqtt sends retained
    messages of everybody's subscriptions.
    """

    def __init__(self, config: BrokerConfig, access: AccessList, revoked: Path | None = None) -> None:
        super().__init__(config)
        self._access = access
        self._revoked = revoked
        CertifiedHandler.admits = self._admits

    @staticmethod
    def _create_ssl_context(listener: ListenerConfig) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cafile=listener.cafile)
        context.load_cert_chain(listener.certfile, listener.keyfile)
        return context

    def _admits(self, session: Session) -> bool:
        user = common_name(session.ssl_object)
        session.username = user
        session.is_anonymous = False
        if not user:
            return False
        if not (session.client_id == user or str(session.client_id).startswith(f"{user}-")):
            log.warning("%s: client id %r must be the certificate's name, or start with it and '-'", user, session.client_id)
            return False
        if session.will_flag and not self._access.may_write(user, str(session.will_topic)):
            log.warning("%s may not leave a last will on %s", user, session.will_topic)
            return False
        if self._is_revoked(session):
            log.warning("%s: the certificate is revoked", user)
            return False
        return True

    async def _authenticate(self, _session: Session, _listener: ListenerConfig) -> bool:
        return True  # decided at the door, `_admits`

    async def _delete_session(self, client_id: str) -> None:
        _, handler = self._sessions.get(client_id, (None, None))
        if handler is not None:
            await handler.handle_connection_closed()  # the former connection of the same client ends (section 3.1.4)
        await super()._delete_session(client_id)

    def _is_revoked(self, session: Session) -> bool:
        if self._revoked is None or not self._revoked.exists() or session.ssl_object is None:
            return False
        certificate = session.ssl_object.getpeercert() or {}
        serial = str(certificate.get("serialNumber", "")).lower().lstrip("0")
        return serial in self._revoked.read_text().split()

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        user = session.username or ""
        may = self._access.may_write if action == Action.PUBLISH else self._access.may_read
        allowed = may(user, topic)
        if not allowed and action != Action.RECEIVE:
            log.warning("%s may not %s %s", user, action.value, topic)
        return allowed

    async def _publish_retained_messages_for_subscription(self, subscription: tuple[str, int], session: Session) -> None:
        topic_filter, qos = subscription
        handler = self._get_handler(session)
        subscribers = self._subscriptions.get(topic_filter, ())
        if handler is None or all(other.client_id != session.client_id for other, _ in subscribers):
            return
        for topic, retained in self._retained_messages.items():
            if self._matches(topic, topic_filter) and self._access.may_read(session.username or "", topic):
                sent_qos = min(qos, retained.qos or 0)
                self._tasks_queue.append(
                    asyncio.ensure_future(handler.mqtt_publish(retained.topic, retained.data, sent_qos, retain=True))
                )


def common_name(connection: ssl.SSLObject | None) -> str:
    """The common name of the peer's certificate; empty when there is none."""
    certificate = connection.getpeercert() if connection is not None else None
    subject = cast("tuple[tuple[tuple[str, str], ...], ...]", (certificate or {}).get("subject", ()))
    return next((value for part in subject for name, value in part if name == "commonName"), "")


async def serve(
    port: int, *, ca: Path, certificate: Path, key: Path, access: AccessList, revoked: Path | None = None
) -> None:
    """Serve until SIGTERM or SIGINT."""
    listener = ListenerConfig(bind=f"127.0.0.1:{port}", ssl=True, cafile=ca, certfile=certificate, keyfile=key)
    broker = CertifiedBroker(BrokerConfig(listeners={"default": listener}, plugins={}), access, revoked)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await broker.start()
    print(f"MQTT_URL=mqtts://127.0.0.1:{port}", flush=True)
    await stop.wait()
    await broker.shutdown()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit code 0 after a clean stop, 1 when a file is missing or wrong."""
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded_broker", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--port", type=int, default=8883, help="loopback port (default 8883)")
    parser.add_argument("--ca", type=Path, required=True, help="certificate of the CA that signs stores and HQ")
    parser.add_argument("--cert", type=Path, required=True, help="certificate of this broker")
    parser.add_argument("--key", type=Path, required=True, help="its private key")
    parser.add_argument("--access", type=Path, required=True, help="access list in Mosquitto's format")
    parser.add_argument("--revoked", type=Path, help="serial numbers of revoked certificates, hexadecimal, one a line")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    try:
        access = AccessList(given.access)
        asyncio.run(
            serve(given.port, ca=given.ca, certificate=given.cert, key=given.key, access=access, revoked=given.revoked)
        )
    except (AccessListError, OSError, ssl.SSLError) as error:
        print(f"embedded broker: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
