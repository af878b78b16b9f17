"""Puts the line to headquarters together from the settings."""

from __future__ import annotations

import functools
import hashlib
import ssl
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.catalogue.watch import CatalogueWatch
from edge.checkout.alarms import AlarmBoard
from edge.clock import SystemClock
from edge.settings import HqSettings, Settings
from edge.store_db.database import Database
from edge.store_db.journal import Journal
from edge.sync.alarms import SyncAlarms
from edge.sync.availability import Availability
from edge.sync.credentials import Credentials, CredentialsUnusable
from edge.sync.feeds import FeedStore
from edge.sync.handover import HandoverTaker
from edge.sync.https_line import HqHttps, HttpsLine
from edge.sync.mqtt_line import MqttLine
from edge.sync.position import BoxFacts
from edge.sync.schedule import LineChoice, door_opens
from edge.sync.shell import SyncGround, SyncShell
from protocols.clock import IdSource, RandomSource
from protocols.sync.store_state import SyncSettings


@dataclass(frozen=True, slots=True)
class SyncNeeds:
    """What the shell takes from the box's ground."""

    store: Database
    journal: Journal
    watch: CatalogueWatch
    alarms: AlarmBoard
    clock: SystemClock
    random: RandomSource
    ids: IdSource
    boot_id: str
    software: str


@dataclass(frozen=True, slots=True)
class HqWays:
    """The ways to headquarters: requests, lines, and until when it lets this store in."""

    https: HqHttps
    lines: LineChoice
    certificate_expires_ms: int | None = None
    availability: Availability | None = None
    """What the lines retain of the devices; its board is set once they are put together."""


OpenWays = Callable[[HqSettings, str, RandomSource], HqWays]
"""Takes the settings, the store id and chance. Raises `CredentialsUnusable`."""


def credentials_of(hq: HqSettings) -> Credentials:
    """The files of the settings. Raises `CredentialsUnusable` when one is not named."""
    if hq.ca_file is None or hq.cert_file is None or hq.key_file is None:
        raise CredentialsUnusable("hq: ca_file, cert_file and key_file are needed")
    return Credentials(hq.ca_file, hq.cert_file, hq.key_file)


def open_ways(hq: HqSettings, store_id: str, random: RandomSource) -> HqWays:
    """TLS with the store's certificate, MQTT first. Raises `CredentialsUnusable`."""
    credentials = credentials_of(hq)
    tls = credentials.context()
    https = HqHttps(hq.https_url, store_id, tls)
    availability = Availability(store_id, hq.shards)
    return HqWays(https, _lines(hq, store_id, https, tls, random, availability), credentials.expires_ms(), availability)


def make_shell(settings: Settings, hq: HqSettings, needs: SyncNeeds, ways: HqWays) -> tuple[SyncShell, HandoverTaker]:
    """The shell, and what takes over from a former box. Needs a running event loop."""
    handover = HandoverTaker(needs.store, ways.https, needs.clock)
    shell = SyncShell(
        SyncGround(
            store=needs.store,
            journal=needs.journal,
            feeds=FeedStore(needs.store, needs.journal, needs.watch, needs.clock),
            alarms=SyncAlarms(needs.alarms, needs.store, needs.journal, needs.clock),
            clock=needs.clock,
            random=needs.random,
            ids=needs.ids,
            https=ways.https,
            handover=handover,
            lines=ways.lines,
            settings=SyncSettings(shards=hq.shards),
            box=BoxFacts(
                boot_id=needs.boot_id,
                hardware=hardware_id(),
                software=needs.software,
                config_hash=hashlib.sha256(msgspec.json.encode(settings, enc_hook=str)).hexdigest(),
                certificate_expires_ms=ways.certificate_expires_ms,
            ),
            staging=settings.store.data_dir / "staging",
        )
    )
    return shell, handover


def _lines(
    hq: HqSettings, store_id: str, https: HqHttps, tls: ssl.SSLContext, random: RandomSource, availability: Availability
) -> LineChoice:
    over_https = HttpsLine(https)
    if hq.transport == "https" or not hq.mqtt_url:
        return LineChoice(over_https, None, functools.partial(_never), random)
    over_mqtt = MqttLine(hq.mqtt_url, store_id, hq.shards, tls, availability)
    broker = urllib.parse.urlsplit(hq.mqtt_url)
    door = functools.partial(door_opens, broker.hostname or "", broker.port or 8883)
    return LineChoice(over_mqtt, over_https if hq.transport == "auto" else None, door, random)


async def _never() -> bool:
    return False


def hardware_id() -> str:
    """The board's serial number, which a copied card does not carry along; empty where there is none."""
    for path in ("/proc/device-tree/serial-number", "/sys/class/dmi/id/product_uuid"):
        try:
            return Path(path).read_text(encoding="ascii").strip().strip("\0")
        except (OSError, UnicodeDecodeError):
            continue
    return ""
