"""The box itself: health, devices, staff keys, words."""

from __future__ import annotations

import sqlite3

from edge.local_api.endpoint import ANY_STAFF, Call, Endpoint, Json
from edge.local_api.problems import Refused
from edge.local_api.shapes import (
    DeviceInfo,
    DeviceList,
    Done,
    FeedHealth,
    FoundDevice,
    FoundDevices,
    Health,
    LocaleCatalogue,
    StaffKey,
    StaffLogin,
    StreamHealth,
)
from edge.locale import catalogue as locale
from edge.staff.service import LockedOut
from edge.store_db import journal
from protocols.contract.device_table import write_table
from protocols.contract.values import Stream


async def health(call: Call) -> Health:
    shop = call.shop
    desk, around = shop.desk, shop.around
    try:
        identity = journal.identity(desk.reader())
        heads = [(stream, journal.stream_head(desk.reader(), identity.incarnation, stream)) for stream in Stream]
        feeds = journal.feeds(desk.reader())
        unacked_seconds = around.oldest_unacked_seconds()
    except sqlite3.Error:
        return Health(
            status="db_broken",
            store_id=desk.store_id,
            software=shop.software,
            boot_number=shop.boot_number,
            clock=desk.clock.quality().value,
            now_ms=desk.clock.now_ms(),
            alarms=around.alarms(),
        )
    return Health(
        status="attention" if around.alarms() else "ok",
        store_id=desk.store_id,
        software=shop.software,
        boot_number=shop.boot_number,
        clock=desk.clock.quality().value,
        now_ms=desk.clock.now_ms(),
        incarnation=identity.incarnation,
        hq_online=around.hq_online(),
        hq_status=shop.hq.status(),
        oldest_unacked_seconds=unacked_seconds,
        streams=tuple(
            StreamHealth(
                stream=stream.value, last_seq=head.last_seq, acked_upto=head.acked_upto, durable_upto=head.durable_upto
            )
            for stream, head in heads
        ),
        feeds=tuple(FeedHealth(feed_id=row.feed_id, version=row.version, state_hash=row.state_hash) for row in feeds),
        second_medium=desk.second_copy.problem or "ok",
        alarms=around.alarms(),
    )


async def devices(call: Call) -> DeviceList:
    now_ms, ages_ms = call.shop.desk.clock.now_ms(), call.shop.alerts.device_ages_ms()
    return DeviceList(
        devices=tuple(
            DeviceInfo(
                device_id=view.device_id,
                device_kind=view.device_kind,
                state=view.state,
                reason=view.reason,
                since_ms=now_ms - ages_ms.get(view.device_id, 0),
            )
            for view in call.shop.devices.views()
        )
    )


async def found_devices(call: Call) -> FoundDevices:
    found = [] if call.shop.find_devices is None else await call.shop.find_devices()
    return FoundDevices(
        found=tuple(
            FoundDevice(
                where=each.where,
                what=each.what,
                hint=each.hint,
                table="" if each.table is None else write_table([each.table]),
            )
            for each in found
        )
    )


async def staff_login(call: Call) -> StaffKey:
    wanted = call.body_as(StaffLogin)
    try:
        given = await call.shop.keys.give(call.shop.desk.reader(), wanted.staff_id, wanted.pin)
    except LockedOut as locked:
        raise Refused(429, "locked_out", f"Too many wrong PINs. Wait {locked.seconds_left} seconds.") from locked
    if given is None:
        raise Refused(401, "wrong_pin", "Unknown member of staff or wrong PIN.")
    person, key = given
    return StaffKey(staff_id=person.staff_id, name=person.name, rights=person.rights, key=key)


async def staff_logout(call: Call) -> Done:
    call.shop.keys.take_back(call.token)
    return Done()


async def locale_catalogue(call: Call) -> Json:
    try:
        return Json(locale.as_json(call.path["language"]))
    except locale.UnknownLanguage:
        raise Refused(404, "unknown_language", f"There is no catalogue for {call.path['language'][:20]!r}.") from None


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/health",
        summary="The box, its journal and its line in one look",
        handler=health,
        response=Health,
    ),
    Endpoint(
        method="GET", path="/v1/devices", summary="Devices with states and reasons", handler=devices, response=DeviceList
    ),
    Endpoint(
        method="GET",
        path="/v1/devices/found",
        summary="What is plugged in or announces itself and is not in use; nothing is opened or asked",
        handler=found_devices,
        response=FoundDevices,
        right=ANY_STAFF,
        problems=(401,),
    ),
    Endpoint(
        method="POST",
        path="/v1/staff/login",
        summary="A key for the operations that need a right",
        handler=staff_login,
        request=StaffLogin,
        response=StaffKey,
        problems=(401, 429),
    ),
    Endpoint(method="POST", path="/v1/staff/logout", summary="Give the key back", handler=staff_logout, response=Done),
    Endpoint(
        method="GET",
        path="/v1/locale/{language}",
        summary="Words of the screens in a language",
        handler=locale_catalogue,
        response=LocaleCatalogue,
        problems=(404,),
    ),
)
