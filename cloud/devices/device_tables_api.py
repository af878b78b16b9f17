"""Routes of a store's device table: how it stands, and a new one sent."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.devices import device_tables
from cloud.devices.device_tables import StoreTable
from cloud.web.access import Reader, StoresWriter
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.device_table import TEXT_CHARS_MAX

router = APIRouter(prefix="/api/v1", tags=["devices"])


class SentView(BaseModel):
    revision: int
    text: str = Field(description="TOML; empty: the box's own settings file again")
    even_if_not_ready: bool
    sent_at_ms: int
    sent_by: str


class ToldView(BaseModel):
    at_ms: int
    in_force: int = Field(description="The revision in force; 0: the box's own settings file")
    text: str = Field(description="The table in force, as TOML")
    revision: int = Field(description="The revision tried last; 0: none ever was")
    outcome: str = Field(description="in_force, refused, rolled_back")
    reason: str


class DeviceTableView(BaseModel):
    store_id: str
    outcome: str = Field(description="Of the table sent last: none, waiting, in_force, refused, rolled_back")
    sent: SentView | None
    told: ToldView | None

    @classmethod
    def of(cls, table: StoreTable) -> DeviceTableView:
        return cls.model_validate({**asdict(table), "outcome": table.outcome})


class NewTable(BaseModel):
    """A device table for a store."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=TEXT_CHARS_MAX, description="[[devices]] tables; empty: the box's own settings file again")
    seen_revision: int = Field(ge=0, description="The revision sent last when this one was made; 0: none")
    even_if_not_ready: bool = Field(default=False, description="Also when a device that came or changed does not answer now")


@router.get("/stores/{store_id}/device-table")
async def get_device_table(store_id: str, asking: Reader) -> DeviceTableView:
    """What was sent last, what became of it, and what is in force."""
    async with asking.read() as tx:
        return DeviceTableView.of(await device_tables.of_store(tx, store_id))


@router.put("/stores/{store_id}/device-table", response_model=DeviceTableView)
async def put_device_table(
    store_id: str, body: NewTable, asking: StoresWriter, once: Annotated[Repeat, Depends(repeat_of)]
) -> Response:
    """Send one. The store tries it before it keeps it, and says what became of it."""

    async def use_case(tx: Connection) -> Done[DeviceTableView]:
        before = await device_tables.of_store(tx, store_id)
        after = await device_tables.send(
            tx,
            store_id,
            body.text,
            body.seen_revision,
            even_if_not_ready=body.even_if_not_ready,
            now_ms=asking.now_ms,
            by=asking.person.name,
        )
        noted = Entry("store.devices_sent", store_id, (store_id,), before=before.sent, after=after.sent)
        return Done(DeviceTableView.of(after), noted)

    return await write(asking, once, use_case)
