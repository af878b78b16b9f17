"""Connections of an access point for Bluetooth labels: who is dialled next, and what is done with who was met."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from msgspec.structs import replace as struct_replace

from firmware_bridges.ble_connection import Connection, VisitFailed
from firmware_bridges.ble_esl_visit import Visit
from firmware_bridges.ble_hci import CommandRefused, Controller
from protocols.ble_esl import hci_commands as hci
from protocols.ble_esl.network import Network
from protocols.ble_esl.network_words import Job, Join, Upload
from protocols.ble_esl.pairing import CHANCE_BYTES
from protocols.ble_esl.records import LabelRecord
from protocols.clock import Clock, RandomSource


class Visitor:
    """`wanted` is set when a connection may be wanted; `next_group` says where the train is."""

    def __init__(self, clock: Clock, rng: RandomSource, look: Callable[[], None], *, admit: bool) -> None:
        """`look`: called after each connection, since there may be something to tell."""
        self._clock = clock
        self._rng = rng
        self._look = look
        self._admit = admit
        self._one_dial = asyncio.Lock()
        self.wanted = asyncio.Event()
        self.next_group = 0

    async def run(self, controller: Controller, network: Network) -> None:
        """Make connections for ever, one after the other; several of these may run side by side."""
        while True:
            met = await self._dial(controller, network)
            if met is None:
                self.wanted.clear()
                await self.wanted.wait()
                continue
            job, connection = met
            if connection is not None:
                await self._visit(job, connection, controller, network)
            self._look()

    async def _dial(self, controller: Controller, network: Network) -> tuple[Job, Connection | None] | None:
        """The next label to be met. It is chosen when the controller is free to dial: its turn of the train comes soon."""
        async with self._one_dial:
            job = network.next_job(self._clock.now_ms(), self.next_group)
            if job is None:
                return None
            try:
                return job, await controller.connect(_dial_order(job))
            except CommandRefused as error:
                network.job_failed(job.record.label_id, f"no connection to the label ({error})", self._clock.now_ms())
                return job, None

    async def _visit(self, job: Job, connection: Connection, controller: Controller, network: Network) -> None:
        record = job.record
        slot = job.slot if isinstance(job, Upload) else None
        try:
            record = await self._secure(connection, record, controller, new=isinstance(job, Join))
            visit = await Visit.begin(connection)
            if isinstance(job, Join):
                await self._join(visit, replace(job, record=record), controller, network)
            else:
                await self._store(visit, job, network)
        except (VisitFailed, CommandRefused) as error:
            network.job_failed(record.label_id, str(error), self._clock.now_ms(), slot=slot)
        finally:
            await connection.close()

    async def _secure(
        self, connection: Connection, record: LabelRecord, controller: Controller, *, new: bool
    ) -> LabelRecord:
        """Encrypt the connection, with the key of the pairing, or a new one while the label joins. Raises `VisitFailed`."""
        if record.long_term_key and await controller.encrypt(connection, bytes.fromhex(record.long_term_key)):
            return record
        if not new or (record.long_term_key and not self._admit):
            raise VisitFailed("the label does not know the key of its pairing any more: admit it anew")
        key = await connection.pair(controller.own, self._rng.bytes(CHANCE_BYTES))
        if not await controller.encrypt(connection, key):
            raise VisitFailed("the label forgot the key it has just agreed on")
        return struct_replace(record, long_term_key=key.hex())

    async def _join(self, visit: Visit, job: Join, controller: Controller, network: Network) -> None:
        record = await visit.describe(job.record)
        wrong: list[int] = []
        if job.check:
            await visit.listen_to_controls()
            wrong = await visit.wrong_slots(record, (slot for slot in job.check if slot < len(record.images)))
        await visit.provision(record, network.sync_key)
        await self._return(visit, record, controller)
        network.joined(record, wrong, self._clock.now_ms())

    async def _store(self, visit: Visit, job: Upload, network: Network) -> None:
        await visit.listen_to_controls()
        await visit.write_image(job.slot, job.picture.data)
        await visit.write_time(self._clock.now_ms())
        await visit.complete(job.record.esl_id)
        network.uploaded(job.record.label_id, job.slot, job.picture, self._clock.now_ms())

    async def _return(self, visit: Visit, record: LabelRecord, controller: Controller) -> None:
        await visit.write_time(self._clock.now_ms())
        await controller.command(hci.LePeriodicAdvertisingSetInfoTransfer(visit.connection.handle))
        await visit.complete(record.esl_id)


def _dial_order(job: Job) -> hci.LeExtendedCreateConnection:
    """By the train to a label on it, by scanning to one that advertises."""
    record = job.record
    handle, subevent = (hci.ADVERTISING_SET, record.group) if isinstance(job, Upload) else (0xFF, 0xFF)
    return hci.LeExtendedCreateConnection(handle, subevent, 0, 0, record.device_type, bytes.fromhex(record.device))
